/*
 * How a device is told by what its own registers read: the same wherever they are, and not what
 * nothing reads. Configuration space alone cannot show where they answer.
 */
#ifndef BAROMETER_TESTS_RULES_TOLD_H
#define BAROMETER_TESTS_RULES_TOLD_H

#include "rules/place.h"

struct told {
	uint8_t bar;     /* BAR_ROM_INDEX: the expansion ROM */
	uint8_t width;   /* 2 or 4 bytes */
	uint32_t offset; /* in the BAR */
	uint32_t mask;   /* the bits that are always the same; not all of them 0, nor all 1 */
	/* Some show it only once a register is written, and until it is written back. */
	struct {
		uint8_t width; /* 0: no such register */
		uint16_t offset;
		uint32_t on, off;
	} select;
};

/* By its memory, or by its ports. False for a device that is not known. */
bool told_by(const struct rule_target *t, bool ports, struct told *told);

/* By its ROM, which begins with this (PCI 3.0, 6.3.1.1). False where it has no BAR for one. */
#define ROM_SIGNATURE 0xaa55u
bool told_by_rom(const struct rule_target *t, struct told *told);

/* What it reads in a place (rules/place.h), which was mapped; the bits under the mask. */
uint32_t told_read(const struct rule_target *t, const struct rule_place *place,
		   const struct told *told, unsigned which);

/* Makes it show itself, or no longer. Only while it answers there. */
void told_select(const struct rule_target *t, const struct rule_place *place,
		 const struct told *told, unsigned which, bool on);

/* Zeros or ones: where nothing is the chipset answers one or the other. */
static inline bool told_is_nothing(const struct told *told, uint32_t value)
{
	return value == 0 || value == told->mask;
}

#endif
