/* Both mechanisms show the same registers, and one mechanism shows itself the same. */
#include "rules/rule.h"

static bool is_volatile(const struct rule_target *t, unsigned reg, uint32_t pio, uint32_t ecam)
{
	return cfg_read32(t->cfg, t->fn->at, reg) != pio ||
	       cfg_read32(rule_other(t), t->fn->at, reg) != ecam;
}

/* One failure a function: where the mechanisms reach different things, all registers differ. */
static void compare_low(const struct rule_target *t)
{
	for (unsigned reg = 0; reg < 0x100; reg += 4) {
		uint32_t pio = cfg_read32(t->cfg, t->fn->at, reg);
		uint32_t ecam = cfg_read32(rule_other(t), t->fn->at, reg);

		if (!rule_expect(
			t, pio == ecam || is_volatile(t, reg, pio, ecam), reg,
			"read 0x%08x, should be 0x%08x as over ecam, or the other way round", pio,
			ecam))
			return;
	}
}

/* At most so many dwords of a function are read in parts; most are zero and are not. */
#define PARTS_MAX 64

static uint32_t read_in_parts(const struct rule_target *t, unsigned reg, unsigned width)
{
	uint32_t value = 0;

	for (unsigned lane = 0; lane < 4; lane += width)
		value |= cfg_read(t->cfg, t->fn->at, reg + lane, width) << 8 * lane;
	return value;
}

static void compare_extended(const struct rule_target *t)
{
	unsigned parts = 0;

	/* A conventional function has no such space: all-ones. */
	if (cfg_read32(t->cfg, t->fn->at, 0x100) == 0xffffffff)
		return;
	for (unsigned reg = 0x100; reg < 0x1000; reg += 4) {
		uint32_t value = cfg_read32(t->cfg, t->fn->at, reg);

		/* The last dword of the space whatever it holds. */
		if (reg != 0xffc && (value == 0 || value == 0xffffffff || parts++ >= PARTS_MAX))
			continue;
		for (unsigned width = 1; width <= 2; width++) {
			uint32_t sum = read_in_parts(t, reg, width);

			if (!rule_expect(
				t, sum == value || cfg_read32(t->cfg, t->fn->at, reg) != value, reg,
				"reads of %u bytes gave 0x%08x together, should be 0x%08x", width,
				sum, value))
				return;
		}
	}
}

/*
 * The very first that was read of a function through this path, by the walk, against what it reads
 * now.
 */
static void check_first(const struct rule_target *t)
{
	const struct pci_function *first = inventory_find(t->s, t->fn->at)->found[t->path];
	struct pci_function now;

	if (!first)
		return;
	if (!rule_expect(t, pci_read_function(t->cfg, t->fn->at, &now), PCI_ID,
			 "first read 0x%08x, now reads as absent", first->id))
		return;
	rule_expect(t, now.id == first->id, PCI_ID, "first read 0x%08x, now 0x%08x", first->id,
		    now.id);
	rule_expect(t, now.class_revision == first->class_revision, PCI_CLASS_REVISION,
		    "first read 0x%08x, now 0x%08x", first->class_revision, now.class_revision);
	rule_expect(
	    t, !((now.header ^ first->header) & rule_plain_bits(t->fn, PCI_CACHE_LINE_HEADER)),
	    PCI_CACHE_LINE_HEADER, "first read 0x%08x, now 0x%08x", first->header, now.header);
	rule_expect(t, now.buses == first->buses, PCI_BUS_NUMBERS, "first read 0x%08x, now 0x%08x",
		    first->buses, now.buses);
}

TEST(.name = "rule.identity.low", .id = "ID-01", .check = compare_low,
     .filter = RULE_BOTH | RULE_REACHED, .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.1",
     .text =
	 "Each of the first 256 bytes of a function reads the same through ports and through ECAM, "
	 "unless it changes by itself.");
TEST(.name = "rule.identity.extended", .id = "ID-02",
     .idle = "no function has anything from 100h on", .check = compare_extended,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.2",
     .text = "From 100h to FFFh, dwords, words and bytes read through ECAM give the same.");
TEST(.name = "rule.identity.first", .id = "ID-03", .check = check_first,
     .reference = "PCI Local Bus 3.0, 6.2.1",
     .text = "What the walk read of a function is what it reads later.");
