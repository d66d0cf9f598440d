/*
 * Page tables of our own (Intel SDM volume 3, 4.5): identity mapped, only what is used, nothing
 * both writable and executable. They have memory of their own, which nothing else takes or gives
 * back.
 *
 * Every page is open to CPL 3, tables included: CPL 3 is for speed here, not for protection, and a
 * mapping that was absent can so be added from either level without a privileged instruction (an
 * absent entry is never cached, SDM 4.10.2.3).
 */
#ifndef BAROMETER_KERNEL_PAGING_H
#define BAROMETER_KERNEL_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "handoff.h"

#define PAGING_READ     0
#define PAGING_WRITE    1
#define PAGING_EXECUTE  2
#define PAGING_UNCACHED 4

/*
 * Builds the kernel's tables (image, stack, and `ram`, which is the kernel's to use) and switches
 * to them. Takes the first part of ram for tables, now and for all that is mapped later:
 * PAGING_TABLES, or an eighth where there is less. What is left of ram is the caller's. Ring 0;
 * false when there is too little.
 */
#define PAGING_TABLES   (4u << 20)

bool paging_init(struct handoff_range *ram);

/*
 * Maps [physical, physical + len) at its own address, widened to whole pages; what is mapped
 * already stays as it is. Returns the address, or NULL when len is 0, when the range reaches beyond
 * the processor's physical addresses (MAXPHYADDR) or the lower half of virtual ones, or when memory
 * for tables ran out.
 */
void *paging_map(uint64_t physical, uint64_t len, unsigned flags);

/* The same at another virtual address, page aligned like physical: a second view with other
 * attributes. */
void *paging_map_at(uint64_t virtual, uint64_t physical, uint64_t len, unsigned flags);

/* Whether anything is mapped at a virtual address. */
bool paging_is_mapped(uint64_t virtual);

/* How many mapped pages are both writable and executable: 0, or the kernel is at fault. */
unsigned paging_audit(void);

#endif
