/*
 * Long operations (a whole scan, a whole sizing pass): repeated a few times, each with exact
 * counts, which must be the same each time.
 */
#ifndef BAROMETER_TESTS_REPEAT_H
#define BAROMETER_TESTS_REPEAT_H

#include "session.h"

/* What one pass of something cost. */
struct cost {
	uint64_t reads, writes, calls;
	uint64_t cycles; /* median over the passes */
	uint64_t first;  /* of the first pass, which may touch pages that nothing touched before */
	unsigned passes;
};

/*
 * Runs pass(context) until four budgets are used up, at least once and at most nine times. The
 * counts are those of cfg (NULL for none) and of the paravirtual calls. A pass that returns false
 * ends it; so do counts that change from pass to pass, after session_fail(). Returns whether all
 * went well.
 */
bool repeat(struct session *session, struct cfg *cfg, bool (*pass)(void *context), void *context,
	    struct cost *cost);

void cost_report(struct report *report, const struct cost *cost);

/*
 * The same with decode turned off everywhere beforehand, for what sizes functions over a path of
 * which so many decode memory or I/O as they were found (decode.h). With none this is no different,
 * and with functions that are not known it cannot be had: neither runs anything. False when a pass
 * does not go well.
 */
bool repeat_without_decode(struct session *session, unsigned path, bool (*pass)(void *context),
			   void *context, struct cost *cost);

/* Members `decoding` and, unless it is 0, those of a cost with "off_" in front. */
void cost_report_without_decode(struct session *session, unsigned path, const struct cost *cost);

#endif
