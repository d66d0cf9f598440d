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

#include "rules/occupied.h"

#define PLACE_DEPTH_MAX 8

struct rule_place {
	struct rule_window window; /* of the function, as rule_open() has it */
	struct occupied *occupied; /* the addresses of all functions */
	uint64_t memory;           /* where the first of two places begins; 0: none */
	uint64_t span;             /* bytes of a place, a power of two of at least 1 MiB */
	uint32_t ports;            /* the same for I/O; 0: no I/O BARs, or no room for them */
	uint32_t ports_span;
	uint64_t high; /* where one BAR is above 4 GiB; 0: it is not */
	volatile uint8_t *map, *high_map;
	unsigned bridges; /* above the function, the nearest first */
	struct {
		struct cfg_address at;
		const struct bridge_windows *windows;
		uint16_t command;
	} bridge[PLACE_DEPTH_MAX];
};

/*
 * Puts all BARs and the ROM into the first place, decode and the ROM off, bridges open, nothing
 * printed. I/O BARs for which there is no room stay where they are. False when there is room for
 * none, or decode cannot be turned off; then nothing was changed.
 */
bool rule_place(const struct rule_target *t, struct rule_place *place);

/* Moves them to the first or the second place (0 or 1), decode off. */
void rule_place_in(const struct rule_target *t, const struct rule_place *place, unsigned which);

/* Decode of what bits of COMMAND say, and of nothing else. */
void rule_place_decode(const struct rule_target *t, const struct rule_place *place, uint16_t bits);

void rule_unplace(const struct rule_target *t, const struct rule_place *place);

/* The address that a BAR, or the ROM, has in a place. */
uint64_t rule_place_of(const struct rule_target *t, const struct rule_place *place, unsigned which,
		       unsigned index);

/*
 * Moves a 64-bit BAR, and no other, above 4 GiB, decode off, the bridges above open there as well:
 * it is in place PLACE_HIGH then. False, and nothing was moved, where it is not certain that such
 * addresses lead to PCI.
 */
#define PLACE_HIGH 2
bool rule_place_high(const struct rule_target *t, struct rule_place *place, unsigned index);

/* Gives the ROM its address in a place, and turns it on or off; decode is as it is. */
void rule_place_rom(const struct rule_target *t, const struct rule_place *place, unsigned which,
		    bool on);

/* Maps the memory of both places, to be looked at. False after a diagnostic. */
bool rule_place_map(const struct rule_target *t, struct rule_place *place);

/*
 * What is at an offset from a BAR's address in a place: reads of 2 and 4 bytes, writes of 1 and 4.
 * These are no accesses to configuration space, and are not counted as such.
 */
uint32_t rule_place_read(const struct rule_target *t, const struct rule_place *place,
			 unsigned which, unsigned index, uint32_t offset, unsigned width);
void rule_place_write(const struct rule_target *t, const struct rule_place *place, unsigned which,
		      unsigned index, uint32_t offset, unsigned width, uint32_t value);

#endif
