/*
 * Playing a record back without changing what the machine is set up to.
 *
 * Reads are made as they were. A write is made where it is known to be harmless, with a value of
 * this machine in place of the recorded one:
 *
 *   - the register's own, read when the plan is made, with every bit that is cleared by writing a 1
 *     left 0: the ID, COMMAND, cache line size, latency timer, base addresses, interrupt line, and
 *     a bridge's bus numbers, windows and control (PCI Local Bus 3.0, 6.1 and 6.2; PCI-to-PCI
 *     Bridge 1.2, 3.2);
 *   - COMMAND without I/O and memory decoding where the recorded one was without, until the next
 *     write to it, but not of a host bridge;
 *   - ones to a base address that was probed with ones, while decoding is off here.
 *
 * Every other write is played as a read. What is left off, or with ones in it, is put back at the
 * end.
 */
#ifndef BAROMETER_LIB_REPLAY_H
#define BAROMETER_LIB_REPLAY_H

#include "bar.h"
#include "replay_map.h"

/* One access as it is played. */
struct replay_op {
	uint32_t value; /* to write */
	uint16_t to;    /* bus << 8 | device << 3 | function, here */
	uint16_t reg;
	uint8_t width;
	bool write;
	bool by_table; /* the mask table answers it (docs/paravirtual.md) */
};

/* A function that is written to. */
struct replay_state {
	uint32_t header[16]; /* as it was when the plan was made */
	bool read, listed;   /* header was read; the mask table lists the function */
	bool off;            /* decode is, by a write of ours */
	uint8_t probed;      /* bit per base address that holds ones */
};

/* The record's own side of it: which of its writes size base addresses. */
struct replay_sizing {
	uint8_t probed; /* bit per base address whose next write puts its value back */
	bool clean;     /* nothing but what the table answers since `off`, */
	bool sized;     /* and a base address sized */
	uint32_t off;   /* 1 + index of the COMMAND write that switched decode off; 0: none */
};

struct replay_plan {
	const struct replay_map *map;
	struct cfg *cfg;              /* reaches every place */
	struct replay_op *op;         /* record->accesses, and room for restoring */
	struct replay_state *state;   /* map->count, zeroed but for `listed` */
	struct replay_sizing *sizing; /* RECORD_FUNCTIONS_MAX, zeroed */
	unsigned count;               /* of ops, those that restore included */
	unsigned restores;            /* the last so many */
	unsigned held;                /* writes that are played as reads */
};

/* Room that op needs beyond the record's accesses. */
#define REPLAY_RESTORES(places) ((places) * (BAR_COUNT + 1))

/* Fills op and the counts; reads the header of each function that is written to. */
void replay_make(struct replay_plan *plan, const struct record *record);

#endif
