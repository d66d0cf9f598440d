/* Widths and byte lanes: an access touches the bytes that it names and no others. */
#include "rules/rule.h"

#define PORTS "PCI Local Bus 3.0, 3.2.2.3.2"
#define ECAM  "PCI Express Base 4.0, 7.2.2"

/* Widths at every aligned lane; what crosses a dword is not promised by either mechanism. */
static const struct lane {
	unsigned at, width;
} lanes[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {0, 2}, {2, 2}, {0, 4}};

#define LANES (sizeof(lanes) / sizeof(lanes[0]))

static void read_register(const struct rule_target *t, unsigned reg)
{
	uint32_t whole = cfg_read32(t->cfg, t->fn->at, reg);

	for (unsigned i = 0; i < LANES; i++) {
		const struct lane *l = &lanes[i];
		uint32_t want = whole >> 8 * l->at & cfg_ones(l->width);
		uint32_t got = cfg_read(t->cfg, t->fn->at, reg + l->at, l->width);

		if (!rule_expect(t, got == want, reg + l->at,
				 "a read of %u bytes gave 0x%0*x, should be 0x%0*x (dword 0x%08x)",
				 l->width, (int)(2 * l->width), got, (int)(2 * l->width), want,
				 whole))
			return;
	}
}

/* Registers that never change, with different bytes. */
static void read_lanes(const struct rule_target *t)
{
	read_register(t, PCI_ID);
	read_register(t, PCI_CLASS_REVISION);
}

/* Patterns that differ in every byte, none of them all-ones, which has a meaning of its own. */
#define PATTERN_BASE 0xa5c3965au
#define PATTERN_LANE 0x3c69f00fu

static void write_lane(const struct rule_target *t, unsigned index, const struct lane *l,
		       bool inverse)
{
	unsigned reg = bar_offset(t->fn, index);
	uint32_t bits = rule_address_bits(t->bars, index), mask = t->bars->raw.mask[index] & bits;
	uint32_t base = inverse ? ~PATTERN_BASE : PATTERN_BASE,
		 value = inverse ? ~PATTERN_LANE : PATTERN_LANE;
	uint32_t touched = cfg_ones(l->width) << 8 * l->at, want, got;
	bool both = t->s->found.usable[1 - t->path] &&
		    rule_other(t)->ops->reaches(rule_other(t), t->fn->at, reg);

	value = value >> 8 * l->at & cfg_ones(l->width);
	cfg_write32(t->cfg, t->fn->at, reg, base);
	cfg_write(t->cfg, t->fn->at, reg + l->at, l->width, value);
	want = ((base & ~touched) | value << 8 * l->at) & mask;
	/* Through the other path, so that two mistakes of one do not cancel out. */
	got = cfg_read32(both ? rule_other(t) : t->cfg, t->fn->at, reg) & mask;
	/* What a stale path says is another rule's business. */
	rule_expect(t, got == want || (both && (cfg_read32(t->cfg, t->fn->at, reg) & mask) == want),
		    reg + l->at,
		    "wrote 0x%0*x over 0x%08x; address bits read 0x%08x, should be 0x%08x",
		    (int)(2 * l->width), value, base & mask, got, want);
}

/* A BAR is the register in which every function lets most bits be written; with decode off they
 * mean nothing. */
static void write_lanes(const struct rule_target *t)
{
	unsigned index = rule_scratch(t->bars);
	struct rule_window w;

	if (index == BAR_COUNT || !rule_open(t, &w))
		return;
	for (unsigned i = 0; i < LANES; i++) {
		write_lane(t, index, &lanes[i], false);
		write_lane(t, index, &lanes[i], true);
	}
	rule_close(t, &w);
}

TEST(.name = "rule.lane.read-pio", .id = "LANE-01", .check = read_lanes, .filter = RULE_BY_TEST,
     .path = PATH_PIO, .flags = TEST_NEEDS_PIO, .reference = PORTS,
     .text =
	 "A read of 1, 2 or 4 bytes at port CFCh + n gives the bytes from lane n of the selected "
	 "dword.");
TEST(.name = "rule.lane.read-ecam", .id = "LANE-02", .check = read_lanes, .filter = RULE_BY_TEST,
     .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM, .reference = ECAM,
     .text = "A read of 1, 2 or 4 bytes in ECAM gives the bytes at that offset.");
TEST(.name = "rule.lane.write-pio", .id = "LANE-03", .check = write_lanes,
     .filter = RULE_BY_TEST | RULE_BARS, .path = PATH_PIO, .flags = TEST_NEEDS_PIO,
     .reference = PORTS,
     .text = "A write of 1, 2 or 4 bytes at port CFCh + n changes the bytes from lane n of the "
	     "selected dword and no others.");
TEST(.name = "rule.lane.write-ecam", .id = "LANE-04", .check = write_lanes,
     .filter = RULE_BY_TEST | RULE_BARS, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = ECAM,
     .text = "A write of 1, 2 or 4 bytes in ECAM changes the bytes at that offset and no others.");
