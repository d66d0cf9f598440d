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

/* What tests leave for the verdict. Cycles are 0 where nothing was measured. */
struct read_cost {
	uint64_t p50, p90; /* cycles of a 4-byte read of a present function */
};

struct scan_cost {
	uint64_t cycles;
	uint64_t exits; /* accesses that leave the guest; two an access through ports */
};

/* What a kernel's boot is estimated to take (budget.linux). */
struct boot_cost {
	const char *sizing;   /* NULL: nothing was estimated */
	unsigned path;        /* below 100h */
	bool known;           /* the exits are, for it is known which reads exit */
	uint64_t exits;       /* of configuration accesses */
	uint64_t buses_exits; /* of these: the look at buses that MCFG names and nothing leads to */
};

struct costs {
	struct read_cost read[PATHS];
	struct scan_cost scan[PATHS][SIZING_STRATEGIES]; /* whole tree scan, by sizing */
	struct scan_cost scan_table;
	struct boot_cost linux_now, linux_series; /* since 6.14, and with the series for it */
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
