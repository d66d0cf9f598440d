/* From raw registers to base address registers. */
#include "bar.h"

#define IO_SPACE     0x1u
#define MEM_TYPE     0x6u
#define MEM_TYPE_64  0x4u
#define MEM_PREFETCH 0x8u
#define IO_ADDRESS   0xfffffffcu
#define MEM_ADDRESS  0xfffffff0u

unsigned bar_registers_of(const struct pci_function *fn)
{
	switch (pci_header_type(fn)) {
	case 0:
		return 6;
	case 1:
		return 2;
	default:
		return 0;
	}
}

unsigned bar_offset(const struct pci_function *fn, unsigned index)
{
	if (index < bar_registers_of(fn))
		return PCI_BAR0 + 4 * index;
	if (index != BAR_ROM_INDEX || pci_header_type(fn) > 1)
		return 0;
	return pci_header_type(fn) == 0 ? PCI_ROM_TYPE0 : PCI_ROM_TYPE1;
}

const char *bar_space_name(unsigned space)
{
	static const char *const name[] = {"io", "mem32", "mem64", "rom"};

	return name[space];
}

bool bar_equal(const struct bar *a, const struct bar *b)
{
	return a->index == b->index && a->space == b->space && a->prefetch == b->prefetch &&
	       a->size == b->size && a->address == b->address;
}

struct decoder {
	struct cfg_address at;
	unsigned first, count; /* offset of register 0, and how many there are, less the ROM's */
	unsigned rom;          /* its offset */
	struct bar_set *set;
	const struct diag *diag;
};

static void complain(const struct decoder *d, unsigned index, uint64_t value, uint64_t mask,
		     const char *what)
{
	char name[16];

	diag_say(d->diag, "%s register 0x%02x (was 0x%llx, reads 0x%llx after the probe) %s",
		 pci_name(name, d->at), index == BAR_ROM_INDEX ? d->rom : d->first + 4 * index,
		 (unsigned long long)value, (unsigned long long)mask, what);
}

/*
 * The address bits that can be set must reach from the lowest one to `top` without a hole. What
 * does not move and has holes is a constant, no BAR; what does not move and has none is a BAR that
 * holds the highest address of its size, as some firmware leaves ROMs that it did not assign. False
 * when it is no BAR.
 */
static bool add(struct decoder *d, struct bar bar, uint64_t value, uint64_t mask,
		uint64_t address_bits, uint64_t top)
{
	uint64_t settable = mask & address_bits;
	bool whole;

	bar.size = settable & -settable;
	bar.address = value & address_bits;
	whole = (settable | (bar.size - 1)) == top;
	if (bar.address == settable && !whole) {
		complain(d, bar.index, value, mask, "does not move: no BAR");
		return false;
	}
	if (!whole)
		complain(d, bar.index, value, mask, "has a hole in its address bits");
	if (bar.address & (bar.size - 1))
		complain(d, bar.index, value, mask, "holds an address below its own alignment");
	d->set->bar[d->set->count++] = bar;
	return true;
}

static bool add_io(struct decoder *d, unsigned index, uint32_t value, uint32_t mask)
{
	/* The upper 16 bits may be hard-wired to zero: a PC has 64 KiB of I/O space (6.2.5.1). */
	uint64_t top = mask & 0xffff0000 ? 0xffffffff : 0xffff;

	return add(d, (struct bar){.index = (uint8_t)index, .space = BAR_SPACE_IO}, value, mask,
		   IO_ADDRESS, top);
}

static bool add_memory(struct decoder *d, unsigned index, const struct bar_registers *raw,
		       bool wide)
{
	uint64_t value = raw->value[index], mask = raw->mask[index];
	struct bar bar = {.index = (uint8_t)index,
			  .space = wide ? BAR_SPACE_MEM64 : BAR_SPACE_MEM32,
			  .prefetch = value & MEM_PREFETCH};

	if (wide) {
		value |= (uint64_t)raw->value[index + 1] << 32;
		mask |= (uint64_t)raw->mask[index + 1] << 32;
	}
	return add(d, bar, value, mask, wide ? 0xffffffff00000000 | MEM_ADDRESS : MEM_ADDRESS,
		   wide ? UINT64_MAX : 0xffffffff);
}

/* Decodes the BAR at index; true when it took the next register too. */
static bool decode_at(struct decoder *d, unsigned index, const struct bar_registers *raw)
{
	uint32_t value = raw->value[index], mask = raw->mask[index];
	bool io = value & IO_SPACE;
	bool wide = !io && (value & MEM_TYPE) == MEM_TYPE_64;
	uint32_t type_bits = io ? 3u : 0xfu;
	uint64_t settable = mask & (io ? IO_ADDRESS : MEM_ADDRESS);

	if (wide && index + 1 >= d->count) {
		complain(d, index, value, mask, "says 64 bits in the last register");
		return false;
	}
	if (wide)
		settable |= (uint64_t)raw->mask[index + 1] << 32;
	if (settable == 0)
		return wide;
	if ((value ^ mask) & type_bits)
		complain(d, index, value, mask, "changes its type bits with the probe");
	if (io)
		add_io(d, index, value, mask);
	else if (!add_memory(d, index, raw, wide))
		return false;
	return wide;
}

static void decode(struct decoder *d, const struct bar_registers *raw)
{
	d->set->count = 0;
	for (unsigned i = 0; i < d->count; i++)
		i += decode_at(d, i, raw);
}

void bar_decode(const struct pci_function *fn, const struct bar_registers *raw, struct bar_set *set,
		const struct diag *diag)
{
	struct decoder d = {.at = fn->at,
			    .first = PCI_BAR0,
			    .count = bar_registers_of(fn),
			    .rom = bar_offset(fn, BAR_ROM_INDEX),
			    .set = set,
			    .diag = diag};
	uint32_t rom = raw->mask[BAR_ROM_INDEX] & BAR_PROBE_ROM;

	decode(&d, raw);
	if (rom)
		add(&d, (struct bar){.index = BAR_ROM_INDEX, .space = BAR_SPACE_ROM},
		    raw->value[BAR_ROM_INDEX], rom, BAR_PROBE_ROM, 0xffffffff);
}

void bar_decode_at(struct cfg_address at, unsigned first, const struct bar_registers *raw,
		   struct bar_set *set, const struct diag *diag)
{
	struct decoder d = {.at = at, .first = first, .count = 6, .set = set, .diag = diag};

	decode(&d, raw);
}
