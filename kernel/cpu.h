/*
 * The processor's own tables: GDT, TSS, IDT and the control bits that the kernel relies on (Intel
 * SDM volume 3, chapters 2, 3, 6, 7).
 */
#ifndef BAROMETER_KERNEL_CPU_H
#define BAROMETER_KERNEL_CPU_H

#include <stdbool.h>
#include <stdint.h>

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

/* The hypervisor's 12-character signature, NUL-terminated in to[13]; empty when CPUID says there is
 * none. Returns the highest hypervisor leaf, or 0. */
uint32_t cpu_hypervisor(char to[13]);

#endif
