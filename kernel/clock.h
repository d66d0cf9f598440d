/* How fast the time-stamp counter runs, and who says so. */
#ifndef BAROMETER_KERNEL_CLOCK_H
#define BAROMETER_KERNEL_CLOCK_H

#include <stdint.h>
#include "acpi.h"

struct clock {
	uint64_t tsc_khz; /* 0: nothing here tells */
	/* "cpuid-40000010", "vmware-backdoor", "kvm-clock", "xen-cpuid-3", "cpuid-15",
	 * "acpi-pm-timer", "pit", "none" */
	const char *source;
};

/* KVM's clock is told by a model-specific register, so this must come first, in ring 0. */
void clock_ask_kvm(void);

/*
 * The first that answers: leaf 10h of the hypervisor's own range, the VMware backdoor (only behind
 * its signature), KVM's clock, Xen's leaf 3, CPUID leaf 15h, 5 ms of the ACPI PM timer, 5 ms of the
 * PIT.
 */
struct clock clock_find(const struct acpi *acpi);

#endif
