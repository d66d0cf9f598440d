/* How the test under way is doing. */
#ifndef BAROMETER_TESTS_OUTCOME_H
#define BAROMETER_TESTS_OUTCOME_H

#include <stdbool.h>
#include "report.h"

#define OUTCOME_HELD_MAX 8
#define OUTCOME_NOTE_MAX 240

struct session;

struct outcome {
	enum report_outcome worst; /* so far */
	char reason[OUTCOME_NOTE_MAX];
	bool deviates;     /* a rule that is known to be broken here */
	unsigned checks;   /* comparisons that a rule made */
	unsigned failures; /* of them that failed, printed or not */
	bool on_root;      /* some of these are of a function that no bridge leads to */
	bool hold;         /* decode is off somewhere: nothing may be printed */
	unsigned held;     /* lines kept until then; of more than fit only the number */
	char held_line[OUTCOME_HELD_MAX][OUTCOME_NOTE_MAX];
};

/* A line of the log, printed now or when outcome_release() is called. */
void outcome_say(struct session *session, const char *line);

/*
 * From outcome_hold() to outcome_release() nothing is printed: the console may be behind the very
 * function whose decoding is off.
 */
void outcome_hold(struct session *session);
void outcome_release(struct session *session);

/* The worst one counts; fail and error print a note as well. */
void session_pass(struct session *session);
void session_fail(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void session_error(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Only when nothing was said before: what was checked counts for more than what could not be. */
void session_skip(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
