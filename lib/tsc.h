/*
 * The time-stamp counter, read so that nothing moves across the reading.
 *
 * LFENCE on both sides: it waits for all earlier instructions and holds later ones back (Intel SDM
 * volume 2, LFENCE and RDTSC; on AMD once DE_CFG says so, which kernel/cpu.h sees to). Never CPUID,
 * which exits to the hypervisor. Unit: TSC cycles.
 *
 * LFENCE does not wait for stores: one that does not trap may still be in the store buffer when the
 * counter is read. What times a store ends it with tsc_wait_for_stores().
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

/* MFENCE: earlier stores are visible to all before anything later is (SDM volume 3, 8.2.5). */
static inline void tsc_wait_for_stores(void)
{
	__asm__ volatile("mfence" : : : "memory");
}

#endif
