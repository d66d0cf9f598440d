/*
 * Base address registers, probed in every way that firmware and kernels do; always with decode off.
 */
#include "rules/rule.h"

#define SECTION "PCI Local Bus 3.0, 6.2.5.1"

static uint32_t ones_for(unsigned index)
{
	return index == BAR_ROM_INDEX ? BAR_PROBE_ROM : BAR_PROBE_ONES;
}

/* Probes and puts back. */
static uint32_t probe(const struct rule_target *t, unsigned index, uint32_t pattern,
		      const struct rule_window *w)
{
	uint32_t mask = rule_put(t, bar_offset(t->fn, index), pattern);

	cfg_write32(t->cfg, t->fn->at, bar_offset(t->fn, index), w->value[index]);
	return mask;
}

static void check_shape(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	uint32_t bits = rule_address_bits(t->bars, index);
	uint64_t mask = probe(t, index, ones_for(index), w) & bits, value = w->value[index] & bits;
	uint64_t top = 0xffffffff, size;

	if (rule_is_wide(t->bars, index)) {
		mask |= (uint64_t)probe(t, index + 1, BAR_PROBE_ONES, w) << 32;
		value |= (uint64_t)w->value[index + 1] << 32;
		top = UINT64_MAX;
	} else if (index != BAR_ROM_INDEX && (w->value[index] & 1) && !(mask >> 16)) {
		/* The upper 16 bits of an I/O BAR may be hard-wired to zero, all of them. */
		top = 0xffff;
	}
	size = mask & -mask;
	if (rule_expect(t, size && (mask | (size - 1)) == top, bar_offset(t->fn, index),
			"wrote 0x%08x, address bits read 0x%llx, should be ones from the size up "
			"to 0x%llx",
			ones_for(index), (unsigned long long)mask, (unsigned long long)top))
		rule_expect(t, !(value & (size - 1)), bar_offset(t->fn, index),
			    "holds 0x%llx, should be a multiple of its size 0x%llx",
			    (unsigned long long)value, (unsigned long long)size);
}

static void check_type_bits(const struct rule_target *t, unsigned index,
			    const struct rule_window *w)
{
	static const uint32_t patterns[] = {BAR_PROBE_ONES, 0xfffffff0, 0};
	uint32_t type = ~rule_address_bits(t->bars, index), want = t->bars->raw.value[index] & type;

	if (index == BAR_ROM_INDEX)
		return;
	for (unsigned i = 0; i < 3; i++) {
		uint32_t got = probe(t, index, patterns[i], w);

		rule_expect(t, (got & type) == want, bar_offset(t->fn, index),
			    "wrote 0x%08x, read 0x%08x, should have 0x%x in its type bits",
			    patterns[i], got, want);
	}
}

/* 0xfffffffe: what Linux wrote to ROM BARs before 2.6.36; 0xfffffff0: what firmware and BSDs write
 * to memory BARs. */
static void check_patterns(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	static const uint32_t bar[] = {0xfffffff0, 0xfffffffe, BAR_PROBE_ONES},
			      rom[] = {BAR_PROBE_ROM, 0xfffffffe};
	const uint32_t *patterns = index == BAR_ROM_INDEX ? rom : bar;
	uint32_t bits = rule_address_bits(t->bars, index),
		 all = probe(t, index, ones_for(index), w) & bits;

	for (unsigned i = 0; i < (index == BAR_ROM_INDEX ? 2u : 3u); i++) {
		uint32_t got = probe(t, index, patterns[i], w) & bits;

		rule_expect(t, got == (all & patterns[i]), bar_offset(t->fn, index),
			    "wrote 0x%08x, address bits read 0x%08x, should be 0x%08x", patterns[i],
			    got, all & patterns[i]);
	}
}

static void check_twice(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	unsigned reg = bar_offset(t->fn, index);
	uint32_t bits = rule_address_bits(t->bars, index);
	uint32_t first = rule_put(t, reg, ones_for(index)) & bits;
	uint32_t again = cfg_read32(t->cfg, t->fn->at, reg) & bits, second;

	cfg_write32(t->cfg, t->fn->at, reg, w->value[index]);
	second = probe(t, index, ones_for(index), w) & bits;
	rule_expect(
	    t, again == first && second == first, reg,
	    "wrote 0x%08x, read 0x%08x, then 0x%08x, probed again 0x%08x; should be one mask",
	    ones_for(index), first, again, second);
}

/* An address of its own choice first: the one found may be what a failed restoration left. */
static void check_restored(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	unsigned reg = bar_offset(t->fn, index);
	uint32_t bits = rule_address_bits(t->bars, index), mask = t->bars->raw.mask[index] & bits;
	uint32_t chosen = w->value[index] ^ (mask & -mask), got;

	rule_put(t, reg, ones_for(index));
	got = rule_put(t, reg, chosen);
	rule_expect(t, !((got ^ chosen) & bits), reg,
		    "after the probe wrote 0x%08x, read 0x%08x, should be what was written", chosen,
		    got);
	rule_put(t, reg, ones_for(index));
	got = rule_put(t, reg, w->value[index]);
	rule_expect(t, !((got ^ w->value[index]) & bits), reg,
		    "after the probe wrote back 0x%08x, read 0x%08x, should be what was there",
		    w->value[index], got);
}

static void check_order(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	unsigned reg = bar_offset(t->fn, index);
	uint32_t bits = rule_address_bits(t->bars, index), low[2], high[2];

	if (!rule_is_wide(t->bars, index))
		return;
	for (unsigned i = 0; i < 2; i++) {
		cfg_write32(t->cfg, t->fn->at, reg + (i ? 4 : 0), BAR_PROBE_ONES);
		cfg_write32(t->cfg, t->fn->at, reg + (i ? 0 : 4), BAR_PROBE_ONES);
		low[i] = cfg_read32(t->cfg, t->fn->at, reg) & bits;
		high[i] = cfg_read32(t->cfg, t->fn->at, reg + 4);
		cfg_write32(t->cfg, t->fn->at, reg, w->value[index]);
		cfg_write32(t->cfg, t->fn->at, reg + 4, w->value[index + 1]);
	}
	rule_expect(
	    t, low[0] == low[1] && high[0] == high[1], reg,
	    "wrote ones low then high, read 0x%08x%08x; high then low 0x%08x%08x; should be "
	    "equal",
	    high[0], low[0], high[1], low[1]);
}

static void check_high(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	static const uint32_t patterns[] = {0x00000001, 0x0000000a, 0x7ffffff5, 0};
	unsigned reg = bar_offset(t->fn, index) + 4;

	(void)w;
	if (!rule_is_wide(t->bars, index))
		return;
	for (unsigned i = 0; i < 4; i++) {
		uint32_t want = patterns[i] & t->bars->raw.mask[index + 1],
			 got = rule_put(t, reg, patterns[i]);

		rule_expect(t, got == want, reg, "wrote 0x%08x, read 0x%08x, should be 0x%08x",
			    patterns[i], got, want);
	}
}

/* All of them hold something known; then each in turn is probed. */
static void check_neighbours(const struct rule_target *t)
{
	struct rule_window w;
	uint32_t want[BAR_COUNT];

	if (!rule_open(t, &w))
		return;
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (rule_has_bar(t->bars, i))
			want[i] = rule_put(t, bar_offset(t->fn, i),
					   0x5a5aa5a0 & rule_address_bits(t->bars, i));
	for (unsigned i = 0; i < BAR_COUNT; i++) {
		if (!rule_has_bar(t->bars, i))
			continue;
		cfg_write32(t->cfg, t->fn->at, bar_offset(t->fn, i), ones_for(i));
		for (unsigned j = 0; j < BAR_COUNT; j++) {
			uint32_t got;

			if (j == i || !rule_has_bar(t->bars, j))
				continue;
			got = cfg_read32(t->cfg, t->fn->at, bar_offset(t->fn, j));
			rule_expect(t, got == want[j], bar_offset(t->fn, j),
				    "wrote 0x%08x to 0x%02x, this reads 0x%08x, should still be "
				    "0x%08x",
				    ones_for(i), bar_offset(t->fn, i), got, want[j]);
		}
		/* Whether it takes the value back is BAR-05's business. */
		want[i] = rule_put(t, bar_offset(t->fn, i), want[i]);
	}
	rule_close(t, &w);
}

/* What the dance moved can be moved. A register with an address in it that it did not move is asked
 * once more, by itself. */
static void check_moves(const struct rule_target *t, unsigned index, const struct rule_bars *bars)
{
	uint32_t value = bars->raw.value[index] & rule_address_bits(bars, index);
	uint32_t got = bars->raw.mask[index];
	uint16_t command;

	if (!value)
		return;
	if (!rule_has_bar(bars, index)) {
		command = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
			    (uint16_t)(command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY)));
		got = rule_put(t, bar_offset(t->fn, index), 0);
		cfg_write32(t->cfg, t->fn->at, bar_offset(t->fn, index), bars->raw.value[index]);
		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, command);
	}
	rule_expect(t, rule_has_bar(bars, index) || (got & rule_address_bits(bars, index)) != value,
		    bar_offset(t->fn, index),
		    "wrote 0 with decode off, read 0x%08x, should have moved", got);
}

static void moves(struct session *s, const struct test *test)
{
	if (!inventory_know(s))
		return;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		struct rule_target t = rule_target_of(s, test, i);
		const struct rule_bars *bars = rule_bars_of(s, i);
		bool upper = false;

		if (!bars)
			return;
		if (pci_is_host_bridge(t.fn))
			continue;
		for (unsigned b = 0; b < bar_registers_of(t.fn); b++) {
			/* The upper half of a register pair that is not there says nothing. */
			if (!upper)
				check_moves(&t, b, bars);
			upper = !upper && (bars->raw.value[b] & 7) == 4;
		}
	}
}

TEST(.name = "rule.bar.shape", .id = "BAR-01", .check_bar = check_shape, .reference = SECTION,
     .text =
	 "Probed with ones, the address bits of a BAR read ones from its size upwards without a "
	 "hole, and its address is a multiple of that size.");
TEST(.name = "rule.bar.type-bits", .id = "BAR-02", .check_bar = check_type_bits,
     .reference = SECTION, .text = "The type bits of a BAR read the same whatever is written.");
TEST(.name = "rule.bar.patterns", .id = "BAR-03", .check_bar = check_patterns, .reference = SECTION,
     .text = "Every probe pattern that systems use finds the same size: 0xffffffff, 0xfffffff0, "
	     "0xfffffffe, and 0xfffff800 for a ROM.");
TEST(.name = "rule.bar.twice", .id = "BAR-04", .check_bar = check_twice, .reference = SECTION,
     .text = "The read-back of a probe can be read and asked for again.");
TEST(.name = "rule.bar.restored", .id = "BAR-05", .check_bar = check_restored, .reference = SECTION,
     .text = "After a probe, the address that is written to a BAR is what it reads.");
TEST(.name = "rule.bar.order", .id = "BAR-06", .idle = "no 64-bit BAR", .check_bar = check_order,
     .reference = SECTION, .text = "The halves of a 64-bit BAR can be probed in either order.");
TEST(.name = "rule.bar.high-half", .id = "BAR-07", .idle = "no 64-bit BAR", .check_bar = check_high,
     .reference = SECTION, .text = "The upper half of a 64-bit BAR holds addresses above 4 GiB.");
TEST(.name = "rule.bar.neighbours", .id = "BAR-09", .idle = "no function with two BARs",
     .check = check_neighbours, .filter = RULE_BARS, .reference = SECTION,
     .text = "Probing a BAR changes no other BAR.");
TEST(.name = "rule.bar.moves", .id = "BAR-10", .idle = "no BAR holds an address", .run = moves,
     .reference = SECTION, .text = "A BAR that holds an address can be moved while decode is off.");
