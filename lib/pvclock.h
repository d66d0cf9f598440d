/*
 * What KVM says of its guest's TSC (Linux, Documentation/virt/kvm/x86/msr.rst,
 * MSR_KVM_SYSTEM_TIME_NEW): time in ns is TSC cycles, shifted, times mul / 2^32.
 */
#ifndef BAROMETER_LIB_PVCLOCK_H
#define BAROMETER_LIB_PVCLOCK_H

#include <stdint.h>

/* 32 bytes, which must not cross a page: aligned, they do not. */
struct pvclock {
	uint32_t version, pad0; /* odd while it is written; 0: never was */
	uint64_t tsc_timestamp, system_time;
	uint32_t mul;
	int8_t shift; /* left, or right where negative */
	uint8_t flags, pad[2];
} __attribute__((aligned(32)));

/* kHz, or 0 where it makes no sense. */
uint64_t pvclock_khz(const struct pvclock *clock);

#endif
