/* GDT, TSS, IDT, control registers. */
#include <stddef.h>
#include "cpu.h"
#include "image.h"
#include "mem.h"

struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

struct __attribute__((packed)) gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

#define GATE_INTERRUPT 0x8e
#define VECTORS        32

static struct cpu first;
static struct gate idt[VECTORS] __attribute__((aligned(16)));

/* Access bytes and flags as the SDM's figures 3-8 and 7-4 have them; the TSS descriptor's two slots
 * are filled in below. */
static const uint64_t descriptors[] = {
    0,
    0x00af9b000000ffff, /* ring 0 code, 64 bit */
    0x00cf93000000ffff, /* ring 0 data */
    0x00cff3000000ffff, /* ring 3 data */
    0x00affb000000ffff, /* ring 3 code, 64 bit */
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

static void load_gdt(struct cpu *cpu)
{
	struct table_pointer pointer = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};
	uint64_t base = (uint64_t)&cpu->tss, limit = sizeof(cpu->tss) - 1;

	memcpy(cpu->gdt, descriptors, sizeof(descriptors));
	cpu->gdt[CPU_TSS / 8] =
	    limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
	cpu->gdt[CPU_TSS / 8 + 1] = base >> 32;
	__asm__ volatile(
	    "lgdt %0\n\tpushq %1\n\tleaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tlretq\n"
	    "1:\n\tmovl %2, %%eax\n\tmovl %%eax, %%ds\n\tmovl %%eax, %%es\n\tmovl %%eax, "
	    "%%ss\n\txorl %%eax, %%eax\n\tmovl %%eax, %%fs\n\tmovl %%eax, %%gs\n\t"
	    :
	    : "m"(pointer), "i"(CPU_CODE0), "i"(CPU_DATA0)
	    : "rax", "memory");
	__asm__ volatile("ltr %w0" : : "r"(CPU_TSS));
}

/*
 * What firmware may have left on: CET, whose shadow stack the far return below would fault on; PGE
 * and PCIDE, under which translations outlive the switch to our page tables (SDM volume 3,
 * 4.10.4.1); TSD, which keeps RDTSC from CPL 3; UMIP, SMEP, SMAP and PKE, which pages that are all
 * open to CPL 3 cannot have.
 */
#define CR4_TSD   (1ull << 2)
#define CR4_PGE   (1ull << 7)
#define CR4_UMIP  (1ull << 11)
#define CR4_PCIDE (1ull << 17)
#define CR4_SMEP  (1ull << 20)
#define CR4_SMAP  (1ull << 21)
#define CR4_PKE   (1ull << 22)
#define CR4_CET   (1ull << 23)
#define CR4_OFF   (CR4_TSD | CR4_PGE | CR4_UMIP | CR4_PCIDE | CR4_SMEP | CR4_SMAP | CR4_PKE | CR4_CET)

static void turn_off(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	if (cr4 & CR4_OFF)
		__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 & ~CR4_OFF) : "memory");
}

struct cpu *cpu_this(void)
{
	struct table_pointer pointer;

	__asm__ volatile("sgdt %0" : "=m"(pointer));
	return (struct cpu *)pointer.base;
}

void cpu_load(struct cpu *cpu)
{
	struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};

	turn_off();
	for (unsigned i = 0; i < 2; i++)
		cpu->tss.ist[i] = (uint64_t)cpu->trap_stack[i] + CPU_TRAP_STACK;
	cpu->tss.rsp[0] = cpu->tss.ist[0];
	cpu->tss.io_map = offsetof(struct cpu_tss, io_permission);
	cpu->tss.io_end = 0xff;
	cpu->trap_resume = 0;
	load_gdt(cpu);
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void cpu_init(void)
{
	for (unsigned v = 0; v < VECTORS; v++)
		set_gate(v, trap_vectors + 16 * v, v == 8 ? 2 : 1, GATE_INTERRUPT);
	first.stack_bottom = stack_bottom;
	first.stack_top = stack_top;
	cpu_load(&first);
}

#define MSR_PAT      0x277
#define MSR_EFER     0xc0000080
#define EFER_NXE     0x800

#define CR0_WP       0x10000ull
#define CR4_LA57     0x1000ull

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
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_WP) : "memory");
	return cr4 & CR4_LA57;
}

/*
 * The same where there may be no such register: kernel/traps.asm resumes at trap_resume after a
 * general protection fault, with good still false.
 */
bool cpu_msr_read(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0, high = 0, good = 0;

	__asm__ volatile("leaq 1f(%%rip), %%r8\n\t"
			 "movq %%r8, %[resume]\n\t"
			 "rdmsr\n\t"
			 "movl $1, %[good]\n"
			 "1:\n\t"
			 "movq $0, %[resume]"
			 : "+a"(low),
			   "+d"(high), [good] "+r"(good), [resume] "+m"(cpu_this()->trap_resume)
			 : "c"(msr)
			 : "r8", "memory");
	*value = (uint64_t)high << 32 | low;
	return good;
}

bool cpu_msr_write(uint32_t msr, uint64_t value)
{
	uint32_t good = 0;

	__asm__ volatile("leaq 1f(%%rip), %%r8\n\t"
			 "movq %%r8, %[resume]\n\t"
			 "wrmsr\n\t"
			 "movl $1, %[good]\n"
			 "1:\n\t"
			 "movq $0, %[resume]"
			 : [good] "+r"(good), [resume] "+m"(cpu_this()->trap_resume)
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "r8", "memory");
	return good;
}

struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf)
{
	struct cpu_id id;

	__asm__ volatile("cpuid"
			 : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
			 : "a"(leaf), "c"(subleaf));
	return id;
}

static struct hypervisor_leaf hypervisor_leaf(uint32_t leaf)
{
	struct cpu_id id = cpu_id(leaf, 0);

	return (struct hypervisor_leaf){id.eax, id.ebx, id.ecx, id.edx};
}

void cpu_hypervisor(struct hypervisor *found)
{
	*found = (struct hypervisor){0};
	if (cpu_id(1, 0).ecx & 1u << 31)
		hypervisor_find(found, hypervisor_leaf);
}

unsigned cpu_physical_bits(void)
{
	unsigned bits =
	    cpu_id(0x80000000, 0).eax >= 0x80000008 ? cpu_id(0x80000008, 0).eax & 0xff : 0;

	/* 36 where the leaf is not there (SDM volume 3, 4.1.4); entries have room for 52. */
	return bits == 0 ? 36 : bits > 52 ? 52 : bits;
}

/* Vendors whose LFENCE waits only when it is told to (AMD64 manual volume 2, 3.1.8 and 3.2.9). */
static bool lfence_is_amds(void)
{
	struct cpu_id id = cpu_id(0, 0);

	return (id.ebx == 0x68747541 && id.edx == 0x69746e65 && id.ecx == 0x444d4163) ||
	       (id.ebx == 0x6f677948 && id.edx == 0x6e65476e && id.ecx == 0x656e6975);
}

#define MSR_DE_CFG       0xc0011029
#define DE_CFG_LFENCE    0x2
#define LFENCE_ALWAYS    0x4 /* CPUID 80000021h EAX */
#define FAMILY_BASE(eax) ((eax) >> 8 & 0xf)
#define FAMILY(eax)      (FAMILY_BASE(eax) + ((eax) >> 20 & 0xff))

bool cpu_serialise_lfence(void)
{
	uint32_t eax = cpu_id(1, 0).eax;
	uint64_t value;

	if (!lfence_is_amds())
		return true;
	if (cpu_id(0x80000000, 0).eax >= 0x80000021 && cpu_id(0x80000021, 0).eax & LFENCE_ALWAYS)
		return true;
	/* Families 0Fh and 11h have no such bit; their LFENCE always waits. */
	if (FAMILY(eax) == 0x0f || FAMILY(eax) == 0x11)
		return true;
	/* A hypervisor may refuse the register, or drop what is written. */
	return cpu_msr_read(MSR_DE_CFG, &value) &&
	       (value & DE_CFG_LFENCE ||
		(cpu_msr_write(MSR_DE_CFG, value | DE_CFG_LFENCE) &&
		 cpu_msr_read(MSR_DE_CFG, &value) && value & DE_CFG_LFENCE));
}
