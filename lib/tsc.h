/*
 * The time-stamp counter, read so that nothing moves across the reading.
 *
 * LFENCE on both sides: it waits for all earlier instructions and holds later ones back (Intel SDM
 * volume 2, LFENCE and RDTSC; on AMD it is dispatch-serializing, as every kernel since 2018 sets
 * it). Never CPUID, which exits to the hypervisor. Unit: TSC cycles.
 */
#ifndef BAROMETER_LIB_TSC_H
#define BAROMETER_LIB_TSC_H

#include <stdint.h>

static inline uint64_t tsc_read(void)
{
	uint32_t low, high;
	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#endif
