/*
 * Addresses for a function's BARs, for as long as a rule needs them: where firmware assigned none,
 * no rule about decoding would have anything to check.
 *
 * The addresses are free: no memory that firmware lists, no ECAM, no BAR or bridge window of
 * another function. They lie between 3 GiB and the fixed devices at the top of the first 4 GiB,
 * which every PC chipset passes to PCI where there is no RAM. The windows of the bridges above are
 * opened over them. rule_unplace() puts everything back: BARs, COMMAND, the bridges' windows.
 */
#ifndef BAROMETER_TESTS_RULES_PLACE_H
#define BAROMETER_TESTS_RULES_PLACE_H

#include "rules/rule.h"

#define PLACE_DEPTH_MAX 8

struct rule_place {
	struct rule_window window; /* of the function, as rule_open() has it */
	uint64_t memory;           /* where the first of two places begins; 0: no memory BARs */
	uint64_t span;             /* bytes of a place */
	uint32_t ports;            /* the same for I/O; 0: no I/O BARs */
	unsigned bridges;          /* above the function, the nearest first */
	struct {
		struct cfg_address at;
		uint16_t command, ports;
		uint32_t memory, upper_ports;
	} bridge[PLACE_DEPTH_MAX];
};

/*
 * Puts all BARs but the ROM into the first place, decode off, bridges open, nothing printed. False
 * when there is no room, or decode cannot be turned off; then nothing was changed.
 */
bool rule_place(const struct rule_target *t, struct rule_place *place);

/* Moves them to the first or the second place (0 or 1), decode off. */
void rule_place_in(const struct rule_target *t, const struct rule_place *place, unsigned which);

void rule_unplace(const struct rule_target *t, const struct rule_place *place);

/* The address that a BAR has in a place. */
uint64_t rule_place_of(const struct rule_target *t, const struct rule_place *place, unsigned which,
		       unsigned index);

#endif
