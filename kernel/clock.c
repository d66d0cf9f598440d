/* TSC frequency. */
#include "clock.h"
#include "cpu.h"
#include "io.h"
#include "mem.h"
#include "pvclock.h"
#include "stats.h"
#include "tsc.h"

/* Intel SDM volume 2, CPUID: EBX/EAX is TSC over crystal, ECX the crystal in Hz, and 0 where it is
 * not enumerated. */
static uint64_t from_leaf_15(const struct hypervisor *hypervisor, const struct acpi *acpi)
{
	struct cpu_id id;

	(void)hypervisor, (void)acpi;
	if (cpu_id(0, 0).eax < 0x15)
		return 0;
	id = cpu_id(0x15, 0);
	return id.eax && id.ebx && id.ecx ? (uint64_t)id.ecx * id.ebx / id.eax / 1000 : 0;
}

/*
 * VMware's timing leaf, which KVM offers as well: EAX of leaf 10h of the range is TSC kHz. In
 * Microsoft's range there is something else.
 */
static uint64_t from_hypervisor_leaf(const struct hypervisor *hypervisor, const struct acpi *acpi)
{
	(void)acpi;
	for (unsigned i = 0; i < hypervisor->count; i++) {
		uint32_t leaf = hypervisor->by[i].base + 0x10;

		if (hypervisor->by[i].highest < leaf ||
		    hypervisor_signs(hypervisor, i, "Microsoft Hv"))
			continue;
		if (cpu_id(leaf, 0).eax)
			return cpu_id(leaf, 0).eax;
	}
	return 0;
}

#define VMWARE_MAGIC 0x564d5868u
#define VMWARE_PORT  0x5658
#define VMWARE_GETHZ 45

/* GETHZ gives the frequency in Hz in EBX:EAX, all-ones in EBX when it does not know. */
static uint64_t from_vmware_backdoor(const struct hypervisor *hypervisor, const struct acpi *acpi)
{
	uint32_t low = VMWARE_MAGIC, high = 0xffffffff, command = VMWARE_GETHZ, port = VMWARE_PORT;

	(void)acpi;
	if (!hypervisor_is(hypervisor, "VMwareVMware"))
		return 0;
	__asm__ volatile("inl %%dx, %%eax"
			 : "+a"(low), "+b"(high), "+c"(command), "+d"(port)
			 :
			 : "memory");
	return high == 0xffffffff ? 0 : ((uint64_t)high << 32 | low) / 1000;
}

/*
 * A vCPU that is taken off its processor between a reading of a timer and one of the counter spoils
 * the measurement, by any factor. Of three the middle one is believed; 0: there is no such timer.
 */
static uint64_t middle_of_three(bool (*measure)(const struct acpi *acpi, uint64_t *khz),
				const struct acpi *acpi)
{
	uint64_t khz[3];

	for (unsigned i = 0; i < 3; i++)
		if (!measure(acpi, &khz[i]))
			return 0;
	return stats_median64(khz, 3);
}

#define PM_TIMER_HZ 3579545ull

static uint32_t pm_timer(const struct acpi_pm_timer *timer)
{
	return io_in32(timer->port) & (timer->extended ? 0xffffffff : 0xffffff);
}

/* ACPI 6.4, 4.8.3.3. A timer that stands still is given up after a million readings, ten times as
 * many as fit into 5 ms. */
static bool by_pm_timer(const struct acpi *acpi, uint64_t *khz)
{
	const struct acpi_pm_timer *timer = &acpi->pm_timer;
	const uint32_t mask = timer->extended ? 0xffffffff : 0xffffff, wanted = PM_TIMER_HZ / 200;
	uint32_t start, ticks = 0;
	uint64_t from, cycles;

	if (!timer->port)
		return false;
	start = pm_timer(timer);
	from = tsc_read();
	for (unsigned readings = 0; ticks < wanted && readings < 1000000; readings++)
		ticks = (pm_timer(timer) - start) & mask;
	cycles = tsc_read() - from;
	*khz = ticks ? cycles * PM_TIMER_HZ / ticks / 1000 : 0;
	return ticks >= wanted;
}

static uint64_t from_pm_timer(const struct hypervisor *hypervisor, const struct acpi *acpi)
{
	(void)hypervisor;
	return middle_of_three(by_pm_timer, acpi);
}

#define KVM_FEATURES_LEAF     1
#define KVM_FEATURE_CLOCK     (1u << 3)
#define MSR_KVM_CLOCK         0x4b564d01
#define MSR_KVM_CLOCK_ENABLED 1

static uint64_t kvm_khz;

/* KVM fills the clock in before the guest goes on after the write. */
void clock_ask_kvm(void)
{
	static struct pvclock clock;
	struct hypervisor found;

	kvm_khz = 0;
	cpu_hypervisor(&found);
	for (unsigned i = 0; i < found.count; i++) {
		if (!hypervisor_signs(&found, i, "KVMKVMKVM") ||
		    !(cpu_id(found.by[i].base + KVM_FEATURES_LEAF, 0).eax & KVM_FEATURE_CLOCK) ||
		    !cpu_msr_write(MSR_KVM_CLOCK, (uint64_t)&clock | MSR_KVM_CLOCK_ENABLED))
			continue;
		cpu_msr_write(MSR_KVM_CLOCK, 0);
		kvm_khz = pvclock_khz(&clock);
		return;
	}
}

static uint64_t from_kvm_clock(const struct hypervisor *hypervisor, const struct acpi *acpi)
{
	(void)hypervisor, (void)acpi;
	return kvm_khz;
}

/* Leaf 3 of Xen's range, subleaf 0: ECX is the guest's TSC in kHz (public/arch-x86/cpuid.h). */
static uint64_t from_xen_leaf(const struct hypervisor *hypervisor, const struct acpi *acpi)
{
	(void)acpi;
	for (unsigned i = 0; i < hypervisor->count; i++) {
		uint32_t leaf = hypervisor->by[i].base + 3;

		if (hypervisor_signs(hypervisor, i, "XenVMMXenVMM") &&
		    hypervisor->by[i].highest >= leaf)
			return cpu_id(leaf, 0).ecx;
	}
	return 0;
}

#define PIT_HZ         1193182ull
#define PIT_WANTED     (PIT_HZ / 200)
#define PIT_CHANNEL_0  0x40
#define PIT_CONTROL    0x43
#define PIT_LATCH      0x00
#define PIT_COUNT_DOWN 0x30 /* both bytes, mode 0: once, from what is written next */

static unsigned pit_count(void)
{
	unsigned low;

	io_out8(PIT_CONTROL, PIT_LATCH);
	low = io_in8(PIT_CHANNEL_0);
	return low | (unsigned)io_in8(PIT_CHANNEL_0) << 8;
}

/*
 * 5 ms of channel 0 (Intel 8254 data sheet), whose interrupt is off; channel 2 has its gate at a
 * port that not every machine with a PIT has. A tick is shorter than a reading of the counter, so a
 * counter that has not moved after a thousand of them is not there.
 */
static bool by_pit(const struct acpi *acpi, uint64_t *khz)
{
	unsigned start, ticks = 0;
	uint64_t from, cycles;

	(void)acpi;
	io_out8(PIT_CONTROL, PIT_COUNT_DOWN);
	io_out8(PIT_CHANNEL_0, 0xff);
	io_out8(PIT_CHANNEL_0, 0xff);
	start = pit_count();
	from = tsc_read();
	for (unsigned readings = 0;
	     ticks < PIT_WANTED && (ticks || readings < 1000) && readings < 1000000; readings++)
		ticks = (start - pit_count()) & 0xffff;
	cycles = tsc_read() - from;
	*khz = ticks ? cycles * PIT_HZ / ticks / 1000 : 0;
	return ticks >= PIT_WANTED;
}

static uint64_t from_pit(const struct hypervisor *hypervisor, const struct acpi *acpi)
{
	(void)hypervisor;
	return middle_of_three(by_pit, acpi);
}

/*
 * In the order in which they are believed: the hypervisor's own word stands before the processor's
 * leaf, which knows nothing of a scaled TSC, and what has to be measured comes last.
 */
static const struct {
	const char *name;
	uint64_t (*khz)(const struct hypervisor *hypervisor, const struct acpi *acpi);
} sources[] = {
    {"cpuid-40000010", from_hypervisor_leaf},
    {"vmware-backdoor", from_vmware_backdoor},
    {"kvm-clock", from_kvm_clock},
    {"xen-cpuid-3", from_xen_leaf},
    {"cpuid-15", from_leaf_15},
    {"acpi-pm-timer", from_pm_timer},
    {"pit", from_pit},
};

struct clock clock_find(const struct acpi *acpi)
{
	struct hypervisor hypervisor;

	cpu_hypervisor(&hypervisor);
	for (unsigned i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		uint64_t khz = sources[i].khz(&hypervisor, acpi);

		if (khz)
			return (struct clock){khz, sources[i].name};
	}
	return (struct clock){0, "none"};
}
