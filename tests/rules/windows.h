/*
 * What a bridge passes down: its three windows (PCI-to-PCI Bridge 1.2, 3.2.5.6 to 3.2.5.10).
 */
#ifndef BAROMETER_TESTS_RULES_WINDOWS_H
#define BAROMETER_TESTS_RULES_WINDOWS_H

#include "rules/rule.h"

enum window_kind { WINDOW_PORTS, WINDOW_MEMORY, WINDOW_PREFETCHABLE, WINDOWS };

/* What a window is made of, in bytes: base and limit have no bits below. */
#define WINDOW_STEP(kind) ((kind) == WINDOW_PORTS ? 0x1000u : 0x100000u)

/* Where base and limit are, in a type 1 header. */
unsigned window_register(enum window_kind kind);

/* An address range; nothing where last is below first. */
struct window {
	uint64_t first, last;
};

/* Base above limit, whatever of their bits a window has. */
static inline struct window window_closed(void)
{
	return (struct window){0xfff0f000, 0};
}

/* As firmware left them. */
struct bridge_windows {
	bool known;
	uint32_t base_limit[WINDOWS], upper[WINDOWS][2];
	bool there[WINDOWS]; /* those for ports and for prefetchable memory may be missing */
	bool wide[WINDOWS];  /* ports of 32 bits, prefetchable memory of 64 */
	struct window range[WINDOWS];
	bool isa; /* ISA Enable: of each KiB of ports 256 bytes are passed on (3.2.5.18) */
};

/* Those of known[i], a bridge; read at the first call. NULL after session_error(). */
const struct bridge_windows *windows_of(struct session *session, unsigned known);

/*
 * Moves a window of the bridge there. Of one that is not wide only the lower halves are written.
 */
void window_set(struct cfg *cfg, struct cfg_address at, const struct bridge_windows *windows,
		enum window_kind kind, struct window to);

/* Puts one back. */
void window_restore(struct cfg *cfg, struct cfg_address at, const struct bridge_windows *windows,
		    enum window_kind kind);

#endif
