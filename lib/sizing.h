/*
 * The sizing dance (PCI Local Bus 3.0, 6.2.5.1 implementation note), in the variants that operating
 * systems use.
 *
 * A strategy is data. All of them read a register, write the probe pattern, read it back and
 * restore it; with decoding off in COMMAND, so that the half-written address claims nothing, except
 * on host bridges, behind which memory itself may be. Nothing is printed while decode is off: the
 * console may sit behind the very function.
 */
#ifndef BAROMETER_LIB_SIZING_H
#define BAROMETER_LIB_SIZING_H

#include "bar.h"

enum sizing_window {
	SIZING_WINDOW_BAR,      /* decode goes off and on around each BAR */
	SIZING_WINDOW_FUNCTION, /* once around all registers of a function */
};

struct sizing_strategy {
	const char *name;
	enum sizing_window window;
	bool rom_apart;  /* the ROM gets a decode-off window of its own */
	bool read_again; /* each register's value is read once more afterwards, to interpret it */
	/* Write the old value back even to a register that the probe did not change. */
	bool restore_unmoved;
};

#define SIZING_STRATEGIES 3
extern const struct sizing_strategy sizing_strategies[SIZING_STRATEGIES];

/* Sizes every BAR of a function. raw is complete afterwards; the function is as it was. */
void sizing_run(struct cfg *cfg, const struct sizing_strategy *strategy,
		const struct pci_function *fn, struct bar_registers *raw);

/* What must be the same before and after: COMMAND and every BAR register. */
struct sizing_snapshot {
	uint16_t command;
	uint32_t value[BAR_COUNT];
};

void sizing_snapshot(struct cfg *cfg, const struct pci_function *fn,
		     struct sizing_snapshot *snapshot);

/* Says each register that differs; true when none does. */
bool sizing_restored(const struct pci_function *fn, const struct sizing_snapshot *before,
		     const struct sizing_snapshot *after, const struct diag *diag);

#endif
