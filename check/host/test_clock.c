/*
 * Whose word on the TSC's frequency is taken. The machine here is this file: CPUID's leaves, KVM's
 * clock, a PM timer and a PIT, each of which can be absent. The counter itself is this processor's,
 * so what is measured with it is only told from nothing.
 */
#include <string.h>
#include "check.h"
#include "clock.h"
#include "cpu.h"
#include "io.h"
#include "pvclock.h"

#define PM_TIMER 0x608

static struct {
	const char *signature; /* NULL: no hypervisor */
	uint32_t highest;      /* of its leaves, from 40000000h on */
	uint32_t timing_khz;   /* leaf 10h of its range, EAX */
	uint32_t xen_khz;      /* leaf 3 of its range, ECX */
	bool kvm_clock, kvm_clock_faults;
	bool leaf_15;
	bool pm_timer, pit; /* whether they run */
	uint32_t pm_count;
	uint32_t away_after; /* a reading of the PM timer after which 2^20 ticks pass; 0: none */
	uint16_t pit_count;
	bool pit_high_byte; /* comes next */
	unsigned msr_writes;
} machine;

static const struct acpi no_timer, with_timer = {.pm_timer = {.port = PM_TIMER}};

struct cpu_id cpu_id(uint32_t leaf, uint32_t subleaf)
{
	assert_int_equal(subleaf, 0);
	switch (leaf) {
	case 0:
		return (struct cpu_id){.eax = machine.leaf_15 ? 0x15 : 0xd};
	case 0x15: /* a crystal of 25 MHz, 80 times: 2 GHz */
		return (struct cpu_id){.eax = 1, .ebx = 80, .ecx = 25000000};
	case 0x40000001:
		return (struct cpu_id){.eax = machine.kvm_clock ? 1u << 3 : 0};
	case 0x40000003:
		return (struct cpu_id){.ecx = machine.xen_khz};
	case 0x40000010:
		return (struct cpu_id){.eax = machine.timing_khz};
	default:
		fail_msg("leaf %#x was asked", leaf);
		return (struct cpu_id){0};
	}
}

void cpu_hypervisor(struct hypervisor *found)
{
	*found = (struct hypervisor){0};
	if (!machine.signature)
		return;
	found->count = 1;
	found->by[0].base = 0x40000000;
	found->by[0].highest = machine.highest;
	snprintf(found->by[0].name, sizeof(found->by[0].name), "%s", machine.signature);
}

bool cpu_msr_write(uint32_t msr, uint64_t value)
{
	assert_int_equal(msr, 0x4b564d01);
	if (machine.kvm_clock_faults)
		return false;
	machine.msr_writes++;
	if (value & 1) { /* 1 GHz */
		struct pvclock *clock = (struct pvclock *)(uintptr_t)(value & ~1ull);

		*clock = (struct pvclock){.version = 2, .mul = 0x80000000, .shift = 1};
	}
	return true;
}

uint32_t sim_port_in(uint16_t port, unsigned width)
{
	if (port == PM_TIMER) {
		assert_int_equal(width, 4);
		if (!machine.pm_timer)
			return 0x123456;
		machine.pm_count++;
		if (machine.away_after && !--machine.away_after) {
			machine.pm_count += 1u << 20;
			return (machine.pm_count - (1u << 20)) & 0xffffff;
		}
		return machine.pm_count & 0xffffff;
	}
	assert_int_equal(port, 0x40);
	assert_int_equal(width, 1);
	if (!machine.pit)
		return 0xff;
	machine.pit_high_byte = !machine.pit_high_byte;
	return machine.pit_high_byte ? machine.pit_count & 0xff : machine.pit_count >> 8;
}

void sim_port_out(uint16_t port, unsigned width, uint32_t value)
{
	assert_int_equal(width, 1);
	assert_in_range(port, 0x40, 0x43);
	if (port == 0x43 && value == 0) {
		machine.pit_count--;
		machine.pit_high_byte = false;
	}
}

uint32_t sim_mmio_read(const volatile void *address, unsigned width)
{
	(void)address, (void)width;
	fail_msg("memory was read");
	return 0;
}

void sim_mmio_write(volatile void *address, unsigned width, uint32_t value)
{
	(void)address, (void)width, (void)value;
	fail_msg("memory was written");
}

static void finds(const char *source, uint64_t khz, const struct acpi *acpi)
{
	struct clock clock;

	clock_ask_kvm();
	clock = clock_find(acpi);
	assert_string_equal(clock.source, source);
	if (khz)
		assert_int_equal(clock.tsc_khz, khz);
	else
		assert_true(clock.tsc_khz || !strcmp(source, "none"));
}

/* Each source is taken away in turn, and the next one is believed. */
static void test_order(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.signature = "KVMKVMKVM";
	machine.highest = 0x40000010;
	machine.timing_khz = 3000000;
	machine.kvm_clock = machine.leaf_15 = machine.pm_timer = machine.pit = true;
	finds("cpuid-40000010", 3000000, &with_timer);
	machine.highest = 0x40000001;
	finds("kvm-clock", 1000000, &with_timer);
	machine.kvm_clock = false;
	finds("cpuid-15", 2000000, &with_timer);
	machine.leaf_15 = false;
	finds("acpi-pm-timer", 0, &with_timer);
	machine.pm_timer = false;
	finds("pit", 0, &with_timer);
	machine.pm_timer = true;
	finds("pit", 0, &no_timer);
	machine.pit = false;
	finds("none", 0, &no_timer);
}

/* Xen's word stands before the processor's leaf, which is wrong where the TSC is scaled. */
static void test_xen(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.signature = "XenVMMXenVMM";
	machine.highest = 0x40000005;
	machine.xen_khz = 2500000;
	machine.leaf_15 = true;
	finds("xen-cpuid-3", 2500000, &no_timer);
	machine.highest = 0x40000002;
	finds("cpuid-15", 2000000, &no_timer);
}

/* Leaf 40000010h is something else in Microsoft's range; leaf 15h needs no hypervisor. */
static void test_others(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.signature = "Microsoft Hv";
	machine.highest = 0x40000010;
	machine.timing_khz = 3000000;
	machine.leaf_15 = true;
	finds("cpuid-15", 2000000, &no_timer);
	machine.signature = NULL;
	finds("cpuid-15", 2000000, &no_timer);
}

/* KVM's clock is turned off again; an MSR that faults is no clock, nor is the one of last time. */
static void test_kvm_clock(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.signature = "KVMKVMKVM";
	machine.highest = 0x40000001;
	machine.kvm_clock = true;
	finds("kvm-clock", 1000000, &no_timer);
	assert_int_equal(machine.msr_writes, 2);
	machine.kvm_clock_faults = true;
	finds("none", 0, &no_timer);
}

/*
 * The vCPU is away as the first measurement begins, before the counter is read: the ticks of all
 * that time and the cycles of two readings, a ten thousandth of the truth. A reading of this timer
 * takes more than three cycles, so that 10 MHz is less than any of the others can find.
 */
static void test_away(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.pm_timer = true;
	machine.away_after = 1;
	assert_true(clock_find(&with_timer).tsc_khz > 10000);
	assert_int_equal(machine.away_after, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),  cmocka_unit_test(test_xen),
	    cmocka_unit_test(test_others), cmocka_unit_test(test_kvm_clock),
	    cmocka_unit_test(test_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
