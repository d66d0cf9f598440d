/* Sending INIT and SIPI. */
#include "apic.h"
#include "cpu.h"
#include "io.h"
#include "paging.h"

#define MSR_APIC_BASE    0x1b
#define BASE_ENABLE      0x800u
#define BASE_X2APIC      0x400u
#define BASE_ADDRESS     0x000ffffffffff000ull

#define MSR_X2APIC_ICR   0x830

#define ALL_XAPICS       0xffu

#define ICR_LOW          0x300
#define ICR_HIGH         0x310
#define ICR_PENDING      0x1000u
#define ICR_INIT         0x4500u /* assert, edge */
#define ICR_STARTUP      0x4600u

#define CPUID_APIC       (1u << 9)  /* leaf 1, EDX */
#define CPUID_X2APIC     (1u << 21) /* leaf 1, ECX */

/* Readings of a bit that clears within microseconds. */
#define PENDING_READINGS 100000

static uint64_t base; /* IA32_APIC_BASE; 0: there is no APIC */
static bool has_x2;
static volatile uint8_t *registers;

void apic_init(void)
{
	if (!(cpu_id(1, 0).edx & CPUID_APIC) || !cpu_msr_read(MSR_APIC_BASE, &base))
		base = 0;
	has_x2 = cpu_id(1, 0).ecx & CPUID_X2APIC;
}

static bool is_x2(void)
{
	return base & BASE_X2APIC;
}

const char *apic_ready(bool wide)
{
	if (!base)
		return "the processor has no local APIC";
	/* Each of the two bits by itself (10.12.5). */
	if (!(base & BASE_ENABLE))
		apic_write_msr(MSR_APIC_BASE, base |= BASE_ENABLE);
	if (wide && !is_x2() && has_x2)
		apic_write_msr(MSR_APIC_BASE, base |= BASE_X2APIC);
	if (is_x2())
		return NULL;
	registers = paging_map(base & BASE_ADDRESS, 0x1000, PAGING_WRITE | PAGING_UNCACHED);
	return registers ? NULL : "the local APIC cannot be mapped";
}

bool apic_reaches(uint32_t id)
{
	return is_x2() || id < ALL_XAPICS;
}

const char *apic_mode(void)
{
	return is_x2() ? "x2apic" : "xapic";
}

static void send(uint32_t id, uint32_t command)
{
	if (is_x2()) {
		apic_write_msr(MSR_X2APIC_ICR, (uint64_t)id << 32 | command);
		return;
	}
	io_mmio_write32(registers + ICR_HIGH, id << 24);
	io_mmio_write32(registers + ICR_LOW, command);
	for (unsigned i = 0; i < PENDING_READINGS; i++)
		if (!(io_mmio_read32(registers + ICR_LOW) & ICR_PENDING))
			return;
}

void apic_send_init(uint32_t id)
{
	send(id, ICR_INIT);
}

void apic_send_startup(uint32_t id, uint8_t page)
{
	send(id, ICR_STARTUP | page);
}
