/*
 * What may be touched: the answers that ACPI and the tests need about physical memory, from
 * firmware's memory map and from where the kernel itself is.
 */
#ifndef BAROMETER_KERNEL_MEMORY_H
#define BAROMETER_KERNEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"
#include "handoff.h"

/* The kernel's own RAM from firmware's, before page tables are made in it. */
struct handoff_range memory_align(struct handoff_range range);

/*
 * RAM from 0 to mib MiB, on the word of whoever started the machine, where no loader gave a memory
 * map: adds it to the handoff, whose arena is what the image leaves of it.
 */
void memory_by_word(struct handoff *handoff, uint32_t mib);

/* All that follow take their context from here. own is the kernel's RAM, tables included. */
struct memory {
	const struct handoff *handoff;
	struct handoff_range own;
	const struct diag *diag;
};

/*
 * len readable bytes at a physical address, or NULL: only what firmware lists as readable is
 * memory. The first MiB is read whether listed or not: it holds the BIOS area (ACPI 6.4, 5.2.5.1),
 * and Cloud Hypervisor's tables at a0000h; nothing in it minds being read.
 */
const void *memory_map_table(void *memory, uint64_t physical, size_t len);

/*
 * Device memory, uncached and writable. NULL, after a diagnostic that says why, for what is no
 * device: the image with its stack, the kernel's RAM, any other RAM, or what may be RAM because
 * not all of the memory map is known; and for what cannot be addressed, or is where the views of
 * memory_map_uncached() are.
 */
volatile uint8_t *memory_map_device(void *memory, uint64_t physical, uint64_t len);

/* Whether any of these bytes is RAM, as far as firmware says. */
bool memory_is_ram(void *memory, uint64_t physical, uint64_t len);

/* Whether its map lists any of them, as RAM or as anything else. */
bool memory_is_listed(void *memory, uint64_t physical, uint64_t len);

/* A second, uncached view of a page of the kernel's RAM; NULL when tables ran out. */
volatile uint8_t *memory_map_uncached(void *page);

#endif
