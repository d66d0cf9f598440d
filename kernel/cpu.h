/*
 * The processor's own tables: GDT, TSS, IDT and the control bits that the kernel relies on (Intel
 * SDM volume 3, chapters 2, 3, 6, 7).
 */
#ifndef BAROMETER_KERNEL_CPU_H
#define BAROMETER_KERNEL_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include "hypervisor.h"

/* Selectors. CPL 3 code and data are flat, like those of ring 0. */
#define CPU_CODE0 0x08
#define CPU_DATA0 0x10
#define CPU_DATA3 0x1b
#define CPU_CODE3 0x23
#define CPU_TSS   0x28

/* Loads all tables: from here on an exception is reported. Ring 0 only. */
void cpu_init(void);

/*
 * Turns on what the page tables use: no-execute, write protection in ring 0, and the power-on PAT.
 * Ring 0 only. True when the processor runs with five levels of page tables (LA57), which long mode
 * cannot change.
 */
bool cpu_enable_paging_features(void);

struct cpu_id {
	uint32_t eax, ebx, ecx, edx;
};

struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf);

/* Whoever signs as the hypervisor; none where CPUID says that there is none. */
void cpu_hypervisor(struct hypervisor *found);

/* MAXPHYADDR: bits of a physical address, 36 to 52. */
unsigned cpu_physical_bits(void);

/* A model-specific register that may not be there: false, and nothing done, when it faults. Ring 0. */
bool cpu_msr_read(uint32_t msr, uint64_t *value);
bool cpu_msr_write(uint32_t msr, uint64_t value);

/*
 * Makes LFENCE wait for all instructions before it, which the time-stamp readings count on. Intel's
 * always does; AMD's when a bit of DE_CFG says so, which is the kernel's to set. False when the bit
 * is not set and could not be. Ring 0.
 */
bool cpu_serialise_lfence(void);

#endif
