/*
 * What base address registers mean (PCI Local Bus 3.0, sections 6.2.5.1 and 6.2.5.2).
 *
 * Whatever obtained the raw registers (a sizing dance, a paravirtual table), this is the one
 * decoder.
 */
#ifndef BAROMETER_LIB_BAR_H
#define BAROMETER_LIB_BAR_H

#include "pci.h"

#define BAR_COUNT      7 /* BAR0 to BAR5 and the ROM */
#define BAR_ROM_INDEX  6

#define BAR_PROBE_ONES 0xffffffffu
#define BAR_PROBE_ROM  0xfffff800u /* address bits only: bit 0 would enable decoding */

/* Raw dwords of one function. A register that its header type does not have is 0 in both. */
struct bar_registers {
	uint32_t value[BAR_COUNT]; /* as they were found */
	uint32_t mask[BAR_COUNT];  /* what they read after the probe pattern was written */
};

enum bar_space { BAR_SPACE_IO, BAR_SPACE_MEM32, BAR_SPACE_MEM64, BAR_SPACE_ROM };

struct bar {
	uint8_t index; /* 0 to 6; a 64-bit BAR's lower index */
	uint8_t space; /* enum bar_space */
	bool prefetch;
	uint64_t size;    /* bytes, a power of two */
	uint64_t address; /* bus address now in the register */
};

struct bar_set {
	unsigned count;
	struct bar bar[BAR_COUNT];
};

/* BAR registers that a header type has, from 10h on: 6, 2 or 0. */
unsigned bar_registers_of(const struct pci_function *fn);

/* Offset of register `index` (0 to 6), or 0 when this header type does not have it. */
unsigned bar_offset(const struct pci_function *fn, unsigned index);

/*
 * Decodes what was read. A register that does not move when the probe pattern is written is no BAR,
 * unless what it holds is just what a BAR of its size reads (all address bits set from the size
 * up). Anything that the specification does not allow is said in a diagnostic and decoded as far as
 * it makes sense: the size is that of the lowest address bit that can be set.
 */
void bar_decode(const struct pci_function *fn, const struct bar_registers *raw, struct bar_set *set,
		const struct diag *diag);

/* The same for six registers from an offset on, without a ROM: a VF's, in the SR-IOV capability. */
void bar_decode_at(struct cfg_address at, unsigned first, const struct bar_registers *raw,
		   struct bar_set *set, const struct diag *diag);

/* "io", "mem32", "mem64", "rom". */
const char *bar_space_name(unsigned space);

bool bar_equal(const struct bar *a, const struct bar *b);

#endif
