/*
 * Which function here stands for which function of a record: the one at the same address if it has
 * the same kind of header, else one of the same kind. Absent functions are played on absent ones.
 */
#ifndef BAROMETER_LIB_REPLAY_MAP_H
#define BAROMETER_LIB_REPLAY_MAP_H

#include "pci.h"
#include "record.h"

/* A function here that stands for at least one of the record. */
struct replay_place {
	struct pci_function fn;
	uint8_t kind;    /* enum record_kind */
	unsigned stands; /* for how many */
};

struct replay_map {
	/* By address in the record, RECORD_ADDRESSES of each. */
	uint16_t *to;     /* address here */
	uint16_t *number; /* 0: absent, else 1 + which of the record's functions it is */
	/* By that number, RECORD_FUNCTIONS_MAX: index into places. */
	uint16_t *place;
	struct replay_place *places; /* every function here, in the order given */
	unsigned count;
	unsigned moved; /* functions of the record that are played at another address */
	unsigned other; /* and those whose header, a bridge's or not, nothing here has */
};

/* The kind of a function here, by its header and a look at its capabilities. */
enum record_kind replay_kind(struct cfg *cfg, const struct pci_function *fn,
			     const struct diag *diag);

/*
 * Fills to, number and place; places and count are the caller's, at least one, all of one segment.
 * here holds RECORD_ADDRESSES bytes for the while.
 */
void replay_map_make(struct replay_map *map, const struct record *record, uint8_t *here);

#endif
