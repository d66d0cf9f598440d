/*
 * ECAM reads that do not leave the guest: told by time, against accesses that must. A hypervisor
 * that maps a function's page for reading still traps writes to it, so a write is the measure.
 */
#ifndef BAROMETER_TESTS_DIRECT_H
#define BAROMETER_TESTS_DIRECT_H

#include <stdbool.h>
#include <stdint.h>
#include "cfg.h"

struct session;

enum direct_answer { DIRECT_EXITS, DIRECT_YES, DIRECT_UNKNOWN };

/* The header, what is left of the first 256 bytes, and the extended space. */
enum direct_region { DIRECT_HEADER, DIRECT_LOW, DIRECT_EXTENDED, DIRECT_REGIONS };

struct direct_scale {
	uint64_t none, trap;           /* cycles of the timing itself; of a write, less that */
	volatile uint8_t *id_register; /* what is written to, through ECAM, and what it holds */
	uint32_t id;
};

/* What one function's reads are like. */
struct direct_look {
	enum direct_answer answer[DIRECT_REGIONS];
	uint32_t first, later; /* cycles of reads of the header */
};

/*
 * Times writes of a function's ID with its own value: a register that takes none. False out of
 * ECAM's reach.
 */
bool direct_calibrate(struct session *session, struct cfg_address at, uint32_t id,
		      struct direct_scale *scale);

/*
 * Reads one dword of each region, a few times, through ECAM, which must reach it. like: what is
 * expected; where anything else is seen, or what is not plain, writes and reads are timed anew and
 * in turn, since a host takes its time now and then, and not every processor is as fast. NULL:
 * nothing is expected, and all are made, so that their number does not depend on time.
 */
void direct_look_at(struct session *session, const struct direct_scale *scale,
		    struct cfg_address at, const struct direct_look *like,
		    struct direct_look *look);

/* For the `env` object, from the first functions of the first root bus: "none" (no ECAM), "exit",
 * "direct", or "partial" where some are and some are not. */
const char *direct_summary(struct session *session);

#endif
