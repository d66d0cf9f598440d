/*
 * The one way a run ends, from wherever: mark, last line, exit. What must be known for that is
 * here.
 */
#ifndef BAROMETER_KERNEL_FINISH_H
#define BAROMETER_KERNEL_FINISH_H

#include "keep.h"
#include "report.h"
#include "options.h"

/* Written to the POST port: a trace taken outside can be cut at these (docs/output.md). */
#define FINISH_PORT       0x80
#define FINISH_MARK_START 0xb0
#define FINISH_MARK_END   0xb1

#define FINISH_LINES_MAX  8

struct finish {
	struct report report;
	struct cfg_counts counts;
	enum options_exit exit;
	struct keep keep; /* of the log */
	/* For the screen; NULL or empty: left out. */
	const char *lines[FINISH_LINES_MAX];
};

extern struct finish finish_state;

/* Writes the end mark and the `done` object, waits for the console, ends the machine with the
 * status. */
_Noreturn void finish(void);

/*
 * Called with an exception: ends the run, without another line, if the last one is out. Else
 * returns.
 */
void finish_after_fault(void);

/* The same as finish() after an ERROR in the test that is running (or in `kernel`, outside any). */
_Noreturn void finish_error(const char *reason);

#endif
