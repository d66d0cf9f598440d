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

/* The task state segment of long mode (7.7), with the I/O permission map behind it. */
struct __attribute__((packed)) cpu_tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, io_map;
	/*
	 * One bit a port, all clear: CPL 3 may use every port (SDM volume 3, 19.5.2). IOPL 3 says
	 * the same, but a hypervisor that runs the guest's CPL 3 with an IOPL of its own asks only
	 * the map. One more byte of ones ends it.
	 */
	uint8_t io_permission[65536 / 8];
	uint8_t io_end;
};

#define CPU_TRAP_STACK 8192

/* What each processor has for itself. */
struct cpu {
	uint64_t gdt[7]; /* first: the GDT register says which processor this is */
	struct cpu_tss tss;
	/*
	 * Exceptions run on stacks of their own, whatever became of the one that was in use; a
	 * double fault on one more.
	 */
	uint8_t trap_stack[2][CPU_TRAP_STACK] __attribute__((aligned(16)));
	unsigned number;  /* 0: the one that the machine was booted on */
	uint32_t apic_id; /* of the others */
	const char *stack_bottom, *stack_top;
	bool done; /* with its job: HLT at CPL 3 faults, and means what it says */
	/*
	 * Where to go on after a general protection fault; 0, as at all other times, makes it
	 * fatal.
	 */
	uint64_t trap_resume;
};

/* The processor that runs. Ring 0 only. */
struct cpu *cpu_this(void);

/* Fills the table of exception vectors and loads all tables on the first processor: from here on an
 * exception is reported. Ring 0 only. */
void cpu_init(void);

/* Loads a processor's own tables, on that processor. Ring 0 only. */
void cpu_load(struct cpu *cpu);

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

/*
 * A model-specific register that may not be there: false, and nothing done, when it faults. Ring 0.
 */
bool cpu_msr_read(uint32_t msr, uint64_t *value);
bool cpu_msr_write(uint32_t msr, uint64_t value);

/*
 * Makes LFENCE wait for all instructions before it, which the time-stamp readings count on. Intel's
 * always does; AMD's when a bit of DE_CFG says so, which is the kernel's to set. False when the bit
 * is not set and could not be. Ring 0.
 */
bool cpu_serialise_lfence(void);

#endif
