/* TSC frequency. */
#include "clock.h"
#include "cpu.h"
#include "io.h"
#include "mem.h"
#include "tsc.h"

/* Intel SDM volume 2, CPUID: EBX/EAX is TSC over crystal, ECX the crystal in Hz, and 0 where it is
 * not enumerated. */
static uint64_t from_leaf_15(void)
{
	struct cpu_id id;

	if (cpu_id(0, 0).eax < 0x15)
		return 0;
	id = cpu_id(0x15, 0);
	return id.eax && id.ebx && id.ecx ? (uint64_t)id.ecx * id.ebx / id.eax / 1000 : 0;
}

/*
 * VMware's timing leaf, which KVM offers as well: EAX of leaf 10h of the range is TSC kHz. In
 * Microsoft's range there is something else.
 */
static uint64_t from_hypervisor_leaf(const struct hypervisor *hypervisor)
{
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
static uint64_t from_vmware_backdoor(void)
{
	uint32_t low = VMWARE_MAGIC, high = 0xffffffff, command = VMWARE_GETHZ, port = VMWARE_PORT;

	__asm__ volatile("inl %%dx, %%eax"
			 : "+a"(low), "+b"(high), "+c"(command), "+d"(port)
			 :
			 : "memory");
	return high == 0xffffffff ? 0 : ((uint64_t)high << 32 | low) / 1000;
}

#define PM_TIMER_HZ 3579545ull

static uint32_t pm_timer(const struct acpi_pm_timer *timer)
{
	return io_in32(timer->port) & (timer->extended ? 0xffffffff : 0xffffff);
}

/* ACPI 6.4, 4.8.3.3. A timer that stands still is given up after as many readings as could fit ten
 * times over. */
static uint64_t from_pm_timer(const struct acpi_pm_timer *timer)
{
	const uint32_t mask = timer->extended ? 0xffffffff : 0xffffff, wanted = PM_TIMER_HZ / 200;
	uint32_t start, ticks = 0;
	uint64_t from, cycles;

	if (!timer->port)
		return 0;
	start = pm_timer(timer);
	from = tsc_read();
	for (unsigned readings = 0; ticks < wanted && readings < 1000000; readings++)
		ticks = (pm_timer(timer) - start) & mask;
	cycles = tsc_read() - from;
	return ticks < wanted ? 0 : cycles * PM_TIMER_HZ / ticks / 1000;
}

struct clock clock_find(const struct acpi *acpi)
{
	struct hypervisor hypervisor;
	uint64_t khz;

	cpu_hypervisor(&hypervisor);
	/* Before the processor's own leaf, which knows nothing of a scaled TSC. */
	khz = from_hypervisor_leaf(&hypervisor);
	if (khz)
		return (struct clock){khz, "cpuid-40000010"};
	khz = hypervisor_is(&hypervisor, "VMwareVMware") ? from_vmware_backdoor() : 0;
	if (khz)
		return (struct clock){khz, "vmware-backdoor"};
	khz = from_leaf_15();
	if (khz)
		return (struct clock){khz, "cpuid-15"};
	khz = from_pm_timer(&acpi->pm_timer);
	if (khz)
		return (struct clock){khz, "acpi-pm-timer"};
	return (struct clock){0, "none"};
}
