/*
 * The functions that were found, by which path, and what each way of sizing says of their BARs.
 *
 * There may be 65,536 in a segment: whatever is done for each of them looks for others by an index,
 * and not through all.
 */
#ifndef BAROMETER_TESTS_INVENTORY_H
#define BAROMETER_TESTS_INVENTORY_H

#include "discovery.h"
#include "index.h"
#include "report.h"
#include "sizing.h"

/* Every way to obtain BARs: each strategy over each path, and the mask table. */
#define SIZED_BY_TABLE (SIZING_STRATEGIES * PATHS)
#define SIZED_BYS      (SIZED_BY_TABLE + 1)

static inline unsigned sized_by(unsigned strategy, unsigned path)
{
	return strategy * PATHS + path;
}

#define INVENTORY_HEADER_LEN 0x40 /* bytes */

/* Which BARs a function has. */
struct answer {
	unsigned by; /* bit per way (sized_by()) that says so */
	struct bar_set bars;
	struct answer *next; /* another one; NULL, as it should be: all agree */
};

/* A function that at least one path found. */
struct known {
	struct pci_function fn;
	unsigned seen;                           /* bit per path */
	uint16_t command;                        /* COMMAND when it became known */
	const struct pci_function *found[PATHS]; /* as that path found it; NULL: it did not */
	struct answer answer;                    /* the first that was given; by 0: none was */
	uint32_t
	    start[INVENTORY_HEADER_LEN / 4]; /* the header, once inventory_remember() was called */
};

/*
 * Bytes of memory that a function takes at the most: while it is not known yet that the paths found
 * the same ones. Two fifths are then given back, and are more than any test takes for each function
 * (the rules' BARs, a second map and its index, raw registers, what two vCPUs are to do).
 */
#define INVENTORY_FUNCTION_BYTES                                                                   \
	(PATHS * (sizeof(struct pci_function) + sizeof(struct known) + 4 * sizeof(uint64_t)))

/* The path to a function when one will do. */
static inline unsigned known_path(const struct known *k)
{
	return k->seen >> PATH_ECAM & 1 ? PATH_ECAM : PATH_PIO;
}

struct inventory {
	struct pci_map map[PATHS]; /* the tree as each path found it */
	bool mapped[PATHS];
	unsigned map_diagnostics[PATHS]; /* lines that the walk printed about what is not sound */
	struct known *known; /* the union of the maps, in the order found; NULL until asked for */
	unsigned count;      /* of them */
	unsigned capacity;   /* functions that there is memory for; 0 until asked for */
	bool short_said;     /* that this is less than there are was said */
	/* Places in known[], by cfg_key(), by dword 00h, and of bridges by inventory_bus_key(). */
	struct index by_address, by_id, by_bus_behind;
	bool show_functions, show_bars; /* objects to print at the end */
	bool bars_disagree, functions_disagree;
};

/* The tree as a path finds it, walked at the first call. NULL after session_error() when memory ran
 * out. */
const struct pci_map *inventory_map(struct session *session, unsigned path);

/* Fills known[] at the first call. False after session_error(). */
bool inventory_know(struct session *session);

/* Keeps every header as it is now. False after session_error(). */
bool inventory_remember(struct session *session);

/* The known function at an address, or NULL. Its place is the difference to known[]. */
struct known *inventory_find(const struct session *session, struct cfg_address at);

/*
 * Functions that there is memory for: what is left of the arena at the first call, less the part
 * that does not depend on their number, by what each takes. At least 1.
 */
unsigned inventory_capacity(struct session *session);

/* Functions that a path found and that there was no memory for; of the path with the most. */
unsigned inventory_left_out(const struct session *session);

/*
 * For what judges by a function's not being known: false, after session_skip(), where some are not.
 */
bool inventory_needs_all(struct session *session);

/*
 * An ERROR of the test under way, once, where the paths found more functions than there is memory
 * for: which were left out. To be called after every test.
 */
void inventory_check_short(struct session *session);

/*
 * The bridge that leads to the bus of an address, of those known: it is on a lower bus, as every
 * bridge that a walk follows is. NULL for a root bus.
 */
struct known *inventory_bridge_to(const struct session *session, struct cfg_address at);

/* An empty map with room for as many as there is memory for; false after session_error(). */
bool inventory_new_map(struct session *session, struct pci_map *map);

/* The same for what is read from the mask table: the functions, and as many registers. */
bool inventory_new_table(struct session *session, struct pci_map *map, struct bar_registers **raw);

/* Of the bus behind a bridge, in by_bus_behind. */
static inline uint32_t inventory_bus_key(uint16_t segment, uint8_t bus)
{
	return (uint32_t)segment << 8 | bus;
}

/* The lowest known function of a bus; NULL: none. */
const struct known *inventory_first_on(const struct session *session, uint16_t segment,
				       uint8_t bus);

/* What a way of sizing says of a function's BARs; NULL: it was not asked. */
const struct bar_set *inventory_bars(const struct known *known, unsigned by);

/*
 * Keeps what a way of sizing says: in the arena, where it is not what another said before. Without
 * memory for that it is lost, after session_error().
 */
void inventory_add_bars(struct session *session, struct known *known, unsigned by,
			const struct bar_set *bars);

/* "lean/ecam", "paravirtual": how an answer of struct known was obtained. to holds 24 bytes;
 * returns to. */
const char *inventory_sized_by(char *to, unsigned by);

/* Members `segment` and `bdf` of an object. */
void inventory_report_address(struct report *report, struct cfg_address at);

/* The `function` and `bar` objects, once every test has added what it found. */
void inventory_report(struct session *session);

#endif
