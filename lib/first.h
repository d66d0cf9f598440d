/*
 * What the very first read of a function's identity gave, through one mechanism: a back end over
 * another, which it passes everything on to, that keeps the answers. Kept are dword reads of
 * vendor and device ID (00h), class and revision (08h) and header type (0Ch).
 */
#ifndef BAROMETER_LIB_FIRST_H
#define BAROMETER_LIB_FIRST_H

#include "pci.h"

#define FIRST_REGISTERS 3

#define FIRST_CAPACITY  16384 /* a power of two */

/*
 * In use at the most, so that looking one up stays short: 32 devices on each of 256 buses, which a
 * sweep asks, and half as many functions again.
 */
#define FIRST_KEPT_MAX  12288

struct first_function {
	uint32_t key; /* cfg_key() */
	bool used;
	uint8_t kept; /* bit per register */
	uint32_t value[FIRST_REGISTERS];
};

struct first_reads {
	struct cfg *below;
	struct first_function *function; /* FIRST_CAPACITY of them, by a hash of the key */
	unsigned count;
};

/*
 * function: FIRST_CAPACITY zeroed elements, or NULL: nothing is kept. Nor is
 * what comes after FIRST_KEPT_MAX others.
 */
void first_init(struct cfg *cfg, struct first_reads *first, struct cfg *below,
		struct first_function *function);

/* False when that register of the function was not read, or is none of the three. */
bool first_of(const struct first_reads *first, struct cfg_address at, unsigned reg,
	      uint32_t *value);

/*
 * Forgets what was absent on buses that are no root buses: a bridge may be given their numbers yet.
 */
void first_forget_absent(struct first_reads *first, const struct pci_roots *roots);

#endif
