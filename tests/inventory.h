/* The functions that were found, by which path, and what each way of sizing says of their BARs. */
#ifndef BAROMETER_TESTS_INVENTORY_H
#define BAROMETER_TESTS_INVENTORY_H

#include "discovery.h"
#include "sizing.h"

/* Every way to obtain BARs: each strategy over each path, and the mask table. */
#define SIZED_BY_TABLE (SIZING_STRATEGIES * PATHS)
#define SIZED_BYS      (SIZED_BY_TABLE + 1)

static inline unsigned sized_by(unsigned strategy, unsigned path)
{
	return strategy * PATHS + path;
}

#define INVENTORY_FUNCTIONS_MAX 4096

#define INVENTORY_HEADER_LEN    0x40 /* bytes */

/* A function that at least one path found. */
struct known {
	struct pci_function fn;
	unsigned seen; /* bit per path */
	bool sized[SIZED_BYS];
	struct bar_set bars[SIZED_BYS];
	uint32_t
	    start[INVENTORY_HEADER_LEN / 4]; /* the header, once inventory_remember() was called */
};

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

/* The known function at an address, or NULL. Its index is the difference to known[]. */
struct known *inventory_find(struct session *session, struct cfg_address at);

/*
 * The bridge that leads to the bus of an address, of those known: it is on a lower bus, as every
 * bridge that a walk follows is. NULL for a root bus.
 */
struct known *inventory_bridge_to(struct session *session, struct cfg_address at);

/* An empty map with room for the most functions; false after session_error(). */
bool inventory_new_map(struct session *session, struct pci_map *map);

/* "lean/ecam", "paravirtual": how an answer of struct known was obtained. to holds 24 bytes;
 * returns to. */
const char *inventory_sized_by(char *to, unsigned by);

/* The `function` and `bar` objects, once every test has added what it found. */
void inventory_report(struct session *session);

#endif
