/*
 * Timing single operations, interleaved, with the cost of timing itself taken off. docs/method.md
 * gives the reasons.
 *
 * A round: the empty pair (two time-stamp readings around an empty function) is timed several times
 * and its median becomes the round's overhead; then every operation, in an order shuffled anew, is
 * timed a few times, each time by itself. The first round is thrown away. Unit: TSC cycles; a
 * sample above 2^32 - 1 is held at that.
 *
 * An operation that the first round finds too fast for the counter's own step (tens of cycles on
 * some processors) is called MEASURE_BATCH times between the two readings, an LFENCE after each
 * call so that they do not overlap; the empty pair is then batched alike.
 */
#ifndef BAROMETER_LIB_MEASURE_H
#define BAROMETER_LIB_MEASURE_H

#include <stdbool.h>
#include "arena.h"
#include "stats.h"

#define MEASURE_OPS_MAX 64
#define MEASURE_BATCH   64

struct measure_op {
	void (*run)(void *context);
	void *context;
};

struct measure_plan {
	uint64_t budget; /* cycles that one operation may use up; ignored when reads is set */
	uint32_t reads;  /* exactly that many samples of each, or 0 */
	uint64_t seed;
	struct arena *arena;
};

struct measure_result {
	unsigned batch;     /* calls in one sample: 1 or MEASURE_BATCH */
	struct stats stats; /* of whole samples; overhead already subtracted, not below 0 */
	uint32_t overhead;  /* of one sample: median over the rounds */
	/* False when the overhead wandered between rounds (from the 10th to the 90th percentile) by
	 * more than a tenth of p50 plus overhead. */
	bool stable;
};

/*
 * Runs count (at most MEASURE_OPS_MAX) operations. False when the arena is too small for the
 * samples; *need is then the number of bytes it lacks room for.
 */
bool measure_run(const struct measure_op *ops, unsigned count, const struct measure_plan *plan,
		 struct measure_result *results, size_t *need);

/* xorshift64*: a small generator whose order anyone can reproduce from the seed. */
uint64_t measure_random(uint64_t *state);

#endif
