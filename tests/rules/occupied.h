/*
 * Which addresses functions have, where place.c looks for room: what BARs and bridges' windows
 * claim, counted by units of address space, so that a look at a range does not depend on how many
 * functions there are. As firmware left it: rules put back what they move.
 */
#ifndef BAROMETER_TESTS_RULES_OCCUPIED_H
#define BAROMETER_TESTS_RULES_OCCUPIED_H

#include "rules/windows.h"

/* Between 3 GiB and the fixed devices below 4 GiB, in the units of a memory window. */
#define OCCUPIED_MEMORY     0xc0000000ull
#define OCCUPIED_MEMORY_END 0xfe000000ull

/* Above 4 GiB, as far as the smallest 64-bit processors can address. */
#define OCCUPIED_HIGH       (1ull << 32)
#define OCCUPIED_HIGH_END   (1ull << 36)
#define OCCUPIED_HIGH_UNIT  (1ull << 30)

#define OCCUPIED_PORTS      0xc000u
#define OCCUPIED_PORTS_END  0x10000u
#define OCCUPIED_PORTS_UNIT 8u

/* Claims on each unit. */
struct occupied {
	uint32_t memory[(OCCUPIED_MEMORY_END - OCCUPIED_MEMORY) / WINDOW_STEP(WINDOW_MEMORY)];
	uint32_t high[(OCCUPIED_HIGH_END - OCCUPIED_HIGH) / OCCUPIED_HIGH_UNIT];
	uint32_t ports[(OCCUPIED_PORTS_END - OCCUPIED_PORTS) / OCCUPIED_PORTS_UNIT];
	/* By windows, which are of whole steps. */
	uint32_t passed[(OCCUPIED_PORTS_END - OCCUPIED_PORTS) / WINDOW_STEP(WINDOW_PORTS)];
};

/* That of all functions; read at the first call. NULL after session_error(). */
struct occupied *occupied_of(struct session *session);

/* What a function's BARs, and a bridge's windows, claim: by is 1, or -1 to take it out again. */
void occupied_by_bars(struct occupied *occupied, const struct rule_bars *bars, int by);
void occupied_by_windows(struct occupied *occupied, const struct bridge_windows *windows, int by);

/* Whether nobody claims any of a range of memory, which lies in one of the two spaces. */
bool occupied_memory_free(const struct occupied *occupied, uint64_t start, uint64_t len);

/* The same for ports, in whole units and within a step of windows, which no bridge may pass on. */
bool occupied_ports_free(const struct occupied *occupied, uint32_t start, uint32_t len);

#endif
