/*
 * One run, in parts that change together: the machine as the kernel handed it over, what was
 * discovered of it, what was found on it, what things cost, how the test under way is doing.
 */
#ifndef BAROMETER_TESTS_SESSION_H
#define BAROMETER_TESTS_SESSION_H

#include "arena.h"
#include "discovery.h"
#include "inventory.h"
#include "outcome.h"
#include "platform.h"
#include "options.h"

/* What tests leave for the verdict, in cycles; 0: not measured. */
struct costs {
	uint64_t read[PATHS];                    /* p50 of a 4-byte read of a present function */
	uint64_t scan[PATHS][SIZING_STRATEGIES]; /* whole tree scan, by sizing */
	uint64_t scan_table;
	/* Accesses of the tree scan with sizing that makes the fewest. */
	struct {
		uint64_t reads, writes;
	} least[PATHS];
};

#define SESSION_FIGURES 4

struct session {
	const struct platform *platform;
	const struct options *options;
	struct report *report;
	struct arena *arena;
	struct cfg_counts *counts;
	struct diag diag; /* prints a note, and counts */
	unsigned diagnostics;

	struct discovery found;
	struct inventory inventory;
	struct costs costs;
	/* For the screen: the verdict in a few words, and the figures that matter most. */
	char headline[80];
	char figure[SESSION_FIGURES][48];
	struct outcome outcome;
	struct rules *rules; /* the conformance rules' own (rules/rule.h) */
};

/* Makes diagnostics lines of the log, for good. */
void session_init(struct session *session);

/* Cycles that the budget of one operation is. */
uint64_t session_budget_cycles(const struct session *session);

#endif
