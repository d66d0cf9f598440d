/*
 * Ending the machine: each way that options_exit names (docs/boot.md says which hypervisor ends
 * how). None returns; what cannot be done ends in a halt. QEMU goes on running for a moment after
 * it was told to exit (10.0 does).
 */
#ifndef BAROMETER_KERNEL_POWER_H
#define BAROMETER_KERNEL_POWER_H

#include <stddef.h>
#include "acpi_power.h"
#include "options.h"
#include "vmm.h"

/* Values written to QEMU's isa-debug-exit at port F4h; QEMU then exits with value * 2 + 1. */
#define POWER_PASS  0x10
#define POWER_FAIL  0x11
#define POWER_ERROR 0x12
#define POWER_SKIP  0x13

/* What is known of the machine; all of it may be missing. */
struct power_machine {
	bool virtual;   /* a hypervisor signs, or something else shows that this is no bare metal */
	bool delivered; /* the log has a way out: a machine that is switched off shows no screen */
	enum vmm vmm;
	struct acpi_power acpi;
	/* For registers that are memory; NULL is returned for what may not be written. */
	volatile uint8_t *(*map)(void *context, uint64_t physical, uint64_t len);
	void *context;
};

/* To be filled in as it becomes known. */
extern struct power_machine power_machine;

/* Whether isa-debug-exit is told the value, first of all. */
bool power_tells(enum options_exit how);

/*
 * The steps that power_off() will take, in order, for the log: nothing can be told after the last
 * of them.
 */
const char *power_plan(enum options_exit how);

_Noreturn void power_off(enum options_exit how, unsigned value);

/* power_off() has begun: the last line is out, and no exception may add another. */
bool power_ended(void);
_Noreturn void power_halt(void);

#endif
