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

/* All that follow take their context from here. own is the kernel's RAM, tables included. */
struct memory {
	const struct handoff *handoff;
	struct handoff_range own;
	const struct diag *diag;
};

/* len readable bytes at a physical address, or NULL: only what firmware lists is memory. */
const void *memory_map_table(void *memory, uint64_t physical, size_t len);

/*
 * Device memory, uncached and writable. NULL, after a diagnostic that says why, for what is no device:
 * the image with its stack, the kernel's RAM, any other RAM; and for what cannot be addressed.
 */
volatile uint8_t *memory_map_device(void *memory, uint64_t physical, uint64_t len);

/* Whether any of these bytes is RAM, as far as firmware says. */
bool memory_is_ram(void *memory, uint64_t physical, uint64_t len);

/* Whether its map lists any of them, as RAM or as anything else. */
bool memory_is_listed(void *memory, uint64_t physical, uint64_t len);

/* A second, uncached view of a page of the kernel's RAM; NULL when tables ran out. */
volatile uint8_t *memory_map_uncached(void *page);

#endif
