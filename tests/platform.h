/*
 * What only the kernel can know or do: filled in by it, so that tests/ includes nothing of kernel/.
 */
#ifndef BAROMETER_TESTS_PLATFORM_H
#define BAROMETER_TESTS_PLATFORM_H

#include "acpi.h"
#include "hypervisor.h"
#include "pci.h"

struct platform {
	const char *boot;             /* "efi", "pvh" or "linux" */
	struct hypervisor hypervisor; /* as CPUID has it */
	bool emulated;                /* instructions are translated: timing is the emulator's */
	unsigned cpl;
	const char *cpl_reason;
	uint64_t tsc_khz; /* 0: unknown */
	const char *tsc_source;
	const char *lfence; /* "serializing", or "unconfirmed": see kernel/cpu.h */
	const struct acpi *acpi;
	struct pci_roots roots; /* as firmware names them; none: it does not */
	volatile uint8_t *(*map_device)(void *context, uint64_t physical, uint64_t len);
	void *map_context;
	/* Whether any of these bytes is RAM, as far as firmware says. */
	bool (*is_ram)(void *context, uint64_t physical, uint64_t len);
	/* Whether firmware's map lists any of them, as RAM or as anything else. */
	bool (*is_listed)(void *context, uint64_t physical, uint64_t len);
	/* A second, uncached view of a page of the arena; NULL when it cannot be had. */
	volatile uint8_t *(*map_uncached)(void *page);
	const char *console; /* where the log goes while it is written (kernel/console.h) */
	/* Tells whoever watches that a test starts, as `number` of `planned`; NULL: nobody does. */
	void (*progress)(const char *name, unsigned number, unsigned planned);
	/* vCPUs that can be had, at least 1; and why there is only one. */
	unsigned vcpus;
	const char *vcpus_reason;
	/*
	 * Calls job(context, k) on vCPUs 0 to count - 1 at once, 0 being the caller's, and returns
	 * when all are done. False, and no job was run, when one did not start. What lib/ and
	 * tests/ have one of (report, diagnostics, arena, counts) is vCPU 0's: the others have
	 * their own or none.
	 */
	bool (*run_together)(unsigned count, void (*job)(void *context, unsigned vcpu),
			     void *context);
	/*
	 * For a job that waits for another vCPU: called with the own number as often as the wait
	 * goes round. Ends the run when the other had an exception, or does not come.
	 */
	void (*pause)(unsigned vcpu);
};

#endif
