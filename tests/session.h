/*
 * One run: the machine as the kernel handed it over, what has been found out about it so far, and
 * how the test under way is doing. Whatever several tests need (functions, bars, prices) is found
 * once and kept here.
 */
#ifndef BAROMETER_TESTS_SESSION_H
#define BAROMETER_TESTS_SESSION_H

#include "acpi.h"
#include "arena.h"
#include "ecam.h"
#include "fwcfg.h"
#include "number.h"
#include "pio.h"
#include "pv.h"
#include "report.h"
#include "sizing.h"
#include "words.h"

/* What only the kernel can know or do. */
struct platform {
	const char *boot;    /* "efi" or "pvh" */
	char hypervisor[13]; /* CPUID's signature, empty for none */
	bool emulated;       /* instructions are translated: timing is the emulator's */
	unsigned cpl;
	const char *cpl_reason;
	uint64_t tsc_khz; /* 0: unknown */
	const char *tsc_source;
	const struct acpi *acpi;
	struct pci_roots roots; /* as firmware names them; none: it does not */
	volatile uint8_t *(*map_device)(void *context, uint64_t physical, uint64_t len);
	void *map_context;
	/* Whether any of these bytes is RAM, as far as firmware says. */
	bool (*is_ram)(void *context, uint64_t physical, uint64_t len);
	/* A second, uncached view of a page of the arena; NULL when it cannot be had. */
	volatile uint8_t *(*map_uncached)(void *page);
};

enum session_path { PATH_PIO, PATH_ECAM, PATHS };
extern const char *const session_path_names[PATHS];

enum session_pv { PV_NONE, PV_SNAPSHOT, PV_LIVE };

/* Every way to obtain BARs: each strategy over each path, and the table. */
#define SIZED_BY_TABLE (SIZING_STRATEGIES * PATHS)
#define SIZED_BYS      (SIZED_BY_TABLE + 1)

static inline unsigned sized_by(unsigned strategy, unsigned path)
{
	return strategy * PATHS + path;
}

#define SESSION_FUNCTIONS_MAX 4096
#define SESSION_HELD_MAX      4
#define SESSION_NOTE_MAX      200

/* A function that at least one path found. */
struct known {
	struct pci_function fn;
	unsigned seen; /* bit per path */
	bool sized[SIZED_BYS];
	struct bar_set bars[SIZED_BYS];
};

/* What tests leave for the verdict, in cycles; 0: not measured. */
struct prices {
	uint64_t read[PATHS];                    /* p50 of a 4-byte read of a present function */
	uint64_t scan[PATHS][SIZING_STRATEGIES]; /* whole tree scan, by sizing */
	uint64_t scan_table;
};

struct rule_bars;

struct session {
	const struct platform *platform;
	const struct words *words;
	struct report *report;
	struct arena *arena;
	struct cfg_counts *counts;
	struct diag diag; /* prints a note, and counts */
	unsigned diagnostics;

	struct pio pio;
	struct ecam ecam;
	struct cfg path[PATHS];
	bool usable[PATHS];
	struct fwcfg fwcfg;
	enum session_pv pv;
	struct fwcfg_item pv_item;
	struct fwcfg_item extra_roots_item;
	const char *ecam_reads; /* "none", "exit", "direct" */

	struct pci_roots roots;
	struct numbering numbering;

	struct pci_map map[PATHS]; /* the tree as each path found it */
	bool mapped[PATHS];
	unsigned map_diagnostics[PATHS]; /* lines that the walk printed about what is not sound */
	struct known *known;             /* union of the maps; NULL until asked for */
	unsigned known_count;
	bool show_functions, show_bars; /* objects to print at the end */
	bool bars_disagree, functions_disagree;
	struct prices prices;

	enum report_outcome outcome; /* of the test under way; the worst so far */
	char reason[SESSION_NOTE_MAX];
	char headline[80]; /* the verdict in a few words, for the screen */
	unsigned failures; /* of it that rule_fail() was told, printed or not */
	bool deviates;     /* a rule that is expected to fail here */
	bool hold_notes;   /* decode is off somewhere: nothing may be printed */
	unsigned held;
	char held_note[SESSION_HELD_MAX][SESSION_NOTE_MAX];

	struct rule_bars *rule_bars; /* of known[], see rules/rule.h; NULL until asked for */
	unsigned rule_targets;       /* the rule's own */
	unsigned rules_run;          /* that ran so far, and all accesses they made */
	uint64_t rule_accesses;
};

/* Finds mechanisms, root buses and numbers for bridges: all accesses that come before any test. */
void session_prepare(struct session *session);

/* How the test under way goes. The worst one counts; fail and error print a note as well. */
void session_pass(struct session *session);
void session_fail(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void session_error(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void session_skip(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True when the path is usable; otherwise the test under way is skipped with the reason. */
bool session_needs_path(struct session *session, unsigned path);
bool session_needs_pv(struct session *session);

/* The tree as a path finds it, walked at the first call. NULL after session_error() when memory ran
 * out. */
const struct pci_map *session_map(struct session *session, unsigned path);

/* All functions that any usable path found. False after session_error(). */
bool session_know(struct session *session);
struct known *session_find(struct session *session, struct cfg_address at);

/* Reads and checks the table: one call. False after a diagnostic. */
bool session_read_table(struct session *session, struct pv_table *table);

/* Arena for n functions' walk; false after session_error(). */
bool session_new_map(struct session *session, struct pci_map *map);

/* Cycles that the budget of one operation is. */
uint64_t session_budget_cycles(const struct session *session);

/* A path that reaches a function: ECAM where it does, else ports. */
struct cfg *session_best_path(struct session *session, struct cfg_address at);

#endif
