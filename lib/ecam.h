/*
 * Enhanced Configuration Access Mechanism: 4 KiB of memory a function, 1 MiB a bus (PCI Express
 * Base 4.0, 7.2.2). Reaches the segments and buses that MCFG lists, registers 0 to FFFh.
 */
#ifndef BAROMETER_LIB_ECAM_H
#define BAROMETER_LIB_ECAM_H

#include "acpi.h"
#include "cfg.h"

struct ecam {
	const struct acpi *acpi;
	/*
	 * Maps len bytes of device memory uncached, for good; NULL when it cannot, after saying
	 * why. Called once an MCFG entry, by the probe.
	 */
	volatile uint8_t *(*map)(void *context, uint64_t physical, uint64_t len);
	void *context;
	volatile uint8_t *window[ACPI_MCFG_MAX]; /* of bus start, by MCFG entry; NULL: not mapped */
};

/*
 * acpi, map and context of ecam are the caller's to set; the rest is zero. Nothing is reached
 * before the probe.
 */
void ecam_init(struct cfg *cfg, struct ecam *ecam, struct cfg_counts *counts);

/* Where a register lies in memory, for timing a load by itself; NULL out of reach. */
volatile uint8_t *ecam_pointer(const struct cfg *cfg, struct cfg_address at, unsigned reg);

#endif
