/*
 * The few hypercalls that a guest of Xen needs where neither firmware nor ACPI says it: the memory
 * map, which a PVH dom0 is not handed, and the end (Xen, public/arch-x86/cpuid.h, memory.h,
 * sched.h).
 */
#ifndef BAROMETER_KERNEL_XEN_H
#define BAROMETER_KERNEL_XEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Lets Xen fill in the hypercall page. Nothing is done, and false, where CPUID does not say Xen.
 * Ring 0.
 */
bool xen_init(void);

/* xen_init() was true. */
bool xen_present(void);

/* As in E820. */
struct __attribute__((packed)) xen_memory {
	uint64_t start, len;
	uint32_t type;
};

/* XENMEM_memory_map: how many entries there are now, at most max; 0 when it is refused. Ring 0. */
unsigned xen_memory_map(struct xen_memory *entry, unsigned max);

/* SCHEDOP_shutdown, power off; returns when it is refused. Ring 0. */
void xen_shutdown(void);

#endif
