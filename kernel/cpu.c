/* GDT, TSS, IDT, control registers. */
#include <stddef.h>
#include "cpu.h"
#include "image.h"
#include "mem.h"

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

struct __attribute__((packed)) tss {
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

struct __attribute__((packed)) gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

#define GATE_INTERRUPT 0x8e
#define VECTORS        32

/* Exceptions run on their own stacks, whatever became of the one that was in use; a double fault on
 * one more. */
#define TRAP_STACK     8192
static uint8_t trap_stack[2][TRAP_STACK] __attribute__((aligned(16)));

static struct tss tss;
static struct gate idt[VECTORS] __attribute__((aligned(16)));

/* Access bytes and flags as the SDM's figures 3-8 and 7-4 have them; the TSS descriptor's two slots
 * are filled in below. */
static uint64_t gdt[] = {
    0,
    0x00af9b000000ffff, /* ring 0 code, 64 bit */
    0x00cf93000000ffff, /* ring 0 data */
    0x00cff3000000ffff, /* ring 3 data */
    0x00affb000000ffff, /* ring 3 code, 64 bit */
    0,
    0,
};

extern char trap_vectors[];

static void set_gate(unsigned vector, const char *handler, uint8_t ist, uint8_t type)
{
	uint64_t at = (uint64_t)handler;

	idt[vector] = (struct gate){
	    .offset_low = (uint16_t)at,
	    .selector = CPU_CODE0,
	    .ist = ist,
	    .type = type,
	    .offset_middle = (uint16_t)(at >> 16),
	    .offset_high = (uint32_t)(at >> 32),
	};
}

static void load_gdt(void)
{
	struct table_pointer pointer = {sizeof(gdt) - 1, (uint64_t)gdt};
	uint64_t base = (uint64_t)&tss, limit = sizeof(tss) - 1;

	gdt[CPU_TSS / 8] =
	    limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
	gdt[CPU_TSS / 8 + 1] = base >> 32;
	__asm__ volatile(
	    "lgdt %0\n\tpushq %1\n\tleaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tlretq\n"
	    "1:\n\tmovl %2, %%eax\n\tmovl %%eax, %%ds\n\tmovl %%eax, %%es\n\tmovl %%eax, "
	    "%%ss\n\txorl %%eax, %%eax\n\tmovl %%eax, %%fs\n\tmovl %%eax, %%gs\n\t"
	    :
	    : "m"(pointer), "i"(CPU_CODE0), "i"(CPU_DATA0)
	    : "rax", "memory");
	__asm__ volatile("ltr %w0" : : "r"(CPU_TSS));
}

void cpu_init(void)
{
	struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};

	tss.rsp[0] = tss.ist[0] = (uint64_t)trap_stack[0] + TRAP_STACK;
	tss.ist[1] = (uint64_t)trap_stack[1] + TRAP_STACK;
	tss.io_map = offsetof(struct tss, io_permission);
	tss.io_end = 0xff;
	load_gdt();
	for (unsigned v = 0; v < VECTORS; v++)
		set_gate(v, trap_vectors + 16 * v, v == 8 ? 2 : 1, GATE_INTERRUPT);
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

#define MSR_PAT      0x277
#define MSR_EFER     0xc0000080
#define EFER_NXE     0x800

#define CR0_WP       0x10000ull
#define CR4_LA57     0x1000ull
/* What firmware may have left on and the kernel, whose pages are all open to CPL 3, cannot use:
 * UMIP, SMEP, SMAP, PKE, CET. */
#define CR4_OFF      ((1ull << 11) | (1ull << 20) | (1ull << 21) | (1ull << 22) | (1ull << 23))

/* Entry 3 (PCD and PWT) is UC, as at power-on (SDM volume 3, table 11-12). */
#define PAT_POWER_ON 0x0007040600070406ull

static uint64_t msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

bool cpu_enable_paging_features(void)
{
	uint64_t cr0, cr4;

	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
	msr_write(MSR_PAT, PAT_POWER_ON);
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	if (cr4 & CR4_OFF)
		__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 & ~CR4_OFF) : "memory");
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_WP) : "memory");
	return cr4 & CR4_LA57;
}

struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf)
{
	struct cpu_id id;

	__asm__ volatile("cpuid"
			 : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
			 : "a"(leaf), "c"(subleaf));
	return id;
}

uint32_t cpu_hypervisor(char to[13])
{
	struct cpu_id id;

	memset(to, 0, 13);
	if (!(cpu_id(1, 0).ecx & 1u << 31))
		return 0;
	id = cpu_id(0x40000000, 0);
	memcpy(to, &id.ebx, 4);
	memcpy(to + 4, &id.ecx, 4);
	memcpy(to + 8, &id.edx, 4);
	return id.eax >= 0x40000000 ? id.eax : 0;
}
