/* How fast the time-stamp counter runs, and who says so. */
#ifndef BAROMETER_KERNEL_CLOCK_H
#define BAROMETER_KERNEL_CLOCK_H

#include <stdint.h>
#include "acpi.h"

struct clock {
	uint64_t tsc_khz; /* 0: nothing here tells */
	const char
	    *source; /* "cpuid-15", "cpuid-40000010", "vmware-backdoor", "acpi-pm-timer", "none" */
};

/*
 * The first that answers: leaf 10h of the hypervisor's own range, the VMware backdoor (only behind
 * its signature), CPUID leaf 15h, or 5 ms of the ACPI PM timer.
 */
struct clock clock_find(const struct acpi *acpi);

#endif
