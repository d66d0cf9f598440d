/* Hypercalls by way of the page that Xen fills in. */
#include "xen.h"
#include "cpu.h"

/* A page of code, 32 bytes a hypercall (xen_page.asm). */
extern char xen_page[];

#define HYPERCALL_LEN       32
#define HYPERCALL_MEMORY_OP 12
#define HYPERCALL_SCHED_OP  29
#define XENMEM_MEMORY_MAP   9
#define SCHEDOP_SHUTDOWN    2
#define SHUTDOWN_POWER_OFF  0

static bool present;

bool xen_present(void)
{
	return present;
}

/* Leaf 2 of Xen's range: EBX is the MSR that takes the page's physical address. */
bool xen_init(void)
{
	struct hypervisor found;

	cpu_hypervisor(&found);
	for (unsigned i = 0; i < found.count && !present; i++) {
		if (!hypervisor_signs(&found, i, "XenVMMXenVMM") ||
		    found.by[i].highest < found.by[i].base + 2)
			continue;
		/* Before there are handlers of exceptions, too: this MSR is there. */
		cpu_msr_write(cpu_id(found.by[i].base + 2, 0).ebx, (uint64_t)xen_page);
		present = true;
	}
	return present;
}

static long hypercall(unsigned number, long first, const void *second)
{
	void *at = xen_page + HYPERCALL_LEN * number;
	long result;

	__asm__ volatile("call *%[at]"
			 : "=a"(result), "+D"(first), "+S"(second)
			 : [at] "r"(at)
			 : "memory", "rcx", "r8", "r9", "r10", "r11");
	return result;
}

unsigned xen_memory_map(struct xen_memory *entry, unsigned max)
{
	struct {
		uint32_t count;
		struct xen_memory *entry;
	} map = {max, entry};

	return present && hypercall(HYPERCALL_MEMORY_OP, XENMEM_MEMORY_MAP, &map) == 0 &&
		       map.count <= max
		   ? map.count
		   : 0;
}

void xen_shutdown(void)
{
	uint32_t reason = SHUTDOWN_POWER_OFF;

	if (present)
		hypercall(HYPERCALL_SCHED_OP, SCHEDOP_SHUTDOWN, &reason);
}
