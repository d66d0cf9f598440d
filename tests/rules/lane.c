/* Widths and byte lanes: an access touches the bytes that it names and no others. */
#include "caps.h"
#include "rules/rule.h"

#define PORTS "PCI Local Bus 3.0, 3.2.2.3.2"
#define ECAM  "PCI Express Base 4.0, 7.2.2"

/* Widths at every aligned lane; what crosses a dword is not promised by either mechanism. */
static const struct lane {
	unsigned at, width;
} lanes[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {0, 2}, {2, 2}, {0, 4}};

#define LANES (sizeof(lanes) / sizeof(lanes[0]))

/* False once a part does not fit the whole. What changes by itself says nothing. */
static bool read_parts(const struct rule_target *t, unsigned reg)
{
	uint32_t whole = cfg_read32(t->cfg, t->fn->at, reg);

	/* Of nothing and of all-ones every part is the same. */
	if (whole == 0 || whole == 0xffffffff)
		return true;
	for (unsigned i = 0; i < LANES; i++) {
		const struct lane *l = &lanes[i];
		uint32_t want = whole >> 8 * l->at & cfg_ones(l->width);
		uint32_t got = cfg_read(t->cfg, t->fn->at, reg + l->at, l->width);

		if (!rule_expect(
			t, got == want || cfg_read32(t->cfg, t->fn->at, reg) != whole, reg + l->at,
			"a read of %u bytes gave 0x%0*x, should be 0x%0*x (dword 0x%08x)", l->width,
			(int)(2 * l->width), got, (int)(2 * l->width), want, whole))
			return false;
	}
	return true;
}

/*
 * Bytes of the capabilities whose registers may all be read: PCI 3.0 appendix H and what it names, PCI
 * Express 7.5.3. Others are the device's own; virtio has one that reads its registers.
 */
static unsigned plain_length(const struct caps_walk *w)
{
	switch (w->id) {
	case CAP_PM:
	case CAP_PCI_X:
	case CAP_SUBSYSTEM:
	case CAP_SATA:
	case CAP_AF:
		return 8;
	case CAP_MSI_X:
		return 12;
	case CAP_MSI: /* with 64-bit address and masks, by bits of its control word */
		return w->header & 0x01000000 ? 24 : w->header & 0x00800000 ? 16 : 12;
	case CAP_EXPRESS:
		return 20;
	default:
		return 4;
	}
}

/* One failure a function: a lane that is wrong is so everywhere. */
static void check_reads(const struct rule_target *t)
{
	struct caps_walk w;

	for (unsigned reg = 0; reg < INVENTORY_HEADER_LEN; reg += 4)
		if (!read_parts(t, reg))
			return;
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w))
		for (unsigned at = 0; at < plain_length(&w) && w.at + at < 0x100; at += 4)
			if (!read_parts(t, w.at + at))
				return;
}

/* Patterns that differ in every byte, none of them all-ones, which has a meaning of its own. */
#define PATTERN_BASE 0xa5c3965au
#define PATTERN_LANE 0x3c69f00fu

/*
 * A dword, and which of its bits take what is written. Read through the other path where that reaches
 * it, so that two mistakes of one do not cancel out.
 */
struct scratch {
	unsigned reg;
	uint32_t mask;
};

static void write_lane(const struct rule_target *t, const struct scratch *s, const struct lane *l,
		       bool inverse)
{
	struct cfg *other = rule_other(t);
	uint32_t base = inverse ? ~PATTERN_BASE : PATTERN_BASE,
		 value = inverse ? ~PATTERN_LANE : PATTERN_LANE;
	uint32_t touched = cfg_ones(l->width) << 8 * l->at, want, got;
	bool both =
	    t->s->found.usable[1 - t->path] && other->ops->reaches(other, t->fn->at, s->reg);

	value = value >> 8 * l->at & cfg_ones(l->width);
	cfg_write32(t->cfg, t->fn->at, s->reg, base);
	cfg_write(t->cfg, t->fn->at, s->reg + l->at, l->width, value);
	want = ((base & ~touched) | value << 8 * l->at) & s->mask;
	got = cfg_read32(both ? other : t->cfg, t->fn->at, s->reg) & s->mask;
	/* What a stale path says is another rule's business. */
	rule_expect(
	    t, got == want || (both && (cfg_read32(t->cfg, t->fn->at, s->reg) & s->mask) == want),
	    s->reg + l->at,
	    "wrote 0x%0*x over 0x%08x; the bits that can be written read 0x%08x, should be "
	    "0x%08x",
	    (int)(2 * l->width), value, base & s->mask, got, want);
}

static void write_lanes(const struct rule_target *t, const struct scratch *s)
{
	for (unsigned i = 0; i < LANES; i++) {
		write_lane(t, s, &lanes[i], false);
		write_lane(t, s, &lanes[i], true);
	}
}

/* A BAR is the register in which every function lets most bits be written; with decode off they mean
 * nothing. */
static void check_writes(const struct rule_target *t)
{
	unsigned index = rule_scratch(t->bars);
	struct rule_window w;
	struct scratch s;

	if (index == BAR_COUNT || !rule_open(t, &w))
		return;
	s = (struct scratch){bar_offset(t->fn, index),
			     t->bars->raw.mask[index] & rule_address_bits(t->bars, index)};
	write_lanes(t, &s);
	rule_close(t, &w);
}

/* The dwords before and after a register that was written to. */
static void expect_beside(const struct rule_target *t, unsigned reg, const uint32_t *before)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned at = reg - 4 + 8 * i;
		uint32_t now = cfg_read32(t->cfg, t->fn->at, at);

		rule_expect(t, now == before[i], at,
			    "read 0x%08x once 0x%02x was written to, should still be 0x%08x", now,
			    reg, before[i]);
	}
}

/* Elsewhere: by what ones and zeros leave; everything is put back, and nothing beside it may change. */
static void write_register(const struct rule_target *t, unsigned reg)
{
	uint32_t header[RULE_HEADER_DWORDS], before = cfg_read32(t->cfg, t->fn->at, reg);
	uint32_t ones, zeros, beside[2];
	struct scratch s;

	rule_take_header(t->cfg, t->fn->at, header);
	for (unsigned i = 0; i < 2; i++)
		beside[i] = cfg_read32(t->cfg, t->fn->at, reg - 4 + 8 * i);
	zeros = rule_put(t, reg, 0);
	ones = rule_put(t, reg, 0xffffffff);
	expect_beside(t, reg, beside);
	s = (struct scratch){reg, ones & ~zeros};
	if (s.mask)
		write_lanes(t, &s);
	expect_beside(t, reg, beside);
	cfg_write32(t->cfg, t->fn->at, reg, before);
	rule_expect_header(t, header, "before other registers were written");
}

#define MSI_ENABLE  0x00010000u /* in the first dword */
#define MSI_ADDRESS 4

/* The message's address means nothing while MSI is off (PCI 3.0, 6.8.1.3). */
static void check_msi(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w))
		if (w.id == CAP_MSI && !(w.header & MSI_ENABLE))
			write_register(t, w.at + MSI_ADDRESS);
}

/* Which errors are reported, and how (PCIe 7.8.4.3, 7.8.4.4 and 7.8.4.6): nothing here makes any. */
static void check_extended(const struct rule_target *t)
{
	static const unsigned regs[] = {AER_MASK, AER_SEVERITY, AER_CORRECTABLE_MASK};
	struct caps_walk w;

	caps_begin_extended(&w, t->cfg, t->fn);
	while (caps_next(&w))
		for (unsigned i = 0; i < 3; i++)
			if (w.id == ECAP_AER && w.at + regs[i] < 0x1000)
				write_register(t, w.at + regs[i]);
}

/* Each byte of the numbers by itself: the dword shows what became of the others. */
static void check_bus_numbers(const struct rule_target *t)
{
	uint32_t before = t->fn->buses & 0x00ffffff;

	if (!pci_is_bridge(t->fn))
		return;
	for (unsigned lane = 0; lane < 3; lane++) {
		uint32_t want = before ^ 0xffu << 8 * lane, got;

		cfg_write(t->cfg, t->fn->at, PCI_BUS_NUMBERS + lane, 1, want >> 8 * lane & 0xff);
		got = cfg_read32(t->cfg, t->fn->at, PCI_BUS_NUMBERS) & 0x00ffffff;
		cfg_write32(t->cfg, t->fn->at, PCI_BUS_NUMBERS, t->fn->buses);
		rule_expect(t, got == want, PCI_BUS_NUMBERS + lane,
			    "wrote 0x%02x, all numbers read 0x%06x, should be 0x%06x",
			    want >> 8 * lane & 0xff, got, want);
	}
}

TEST(.name = "rule.lane.read-pio", .id = "LANE-01", .check = check_reads, .filter = RULE_BY_TEST,
     .path = PATH_PIO, .flags = TEST_NEEDS_PIO, .reference = PORTS,
     .text =
	 "A read of 1, 2 or 4 bytes at port CFCh + n gives the bytes from lane n of the selected "
	 "dword.");
TEST(.name = "rule.lane.read-ecam", .id = "LANE-02", .check = check_reads, .filter = RULE_BY_TEST,
     .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM, .reference = ECAM,
     .text = "A read of 1, 2 or 4 bytes in ECAM gives the bytes at that offset.");
TEST(.name = "rule.lane.write-pio", .id = "LANE-03", .check = check_writes,
     .filter = RULE_BY_TEST | RULE_BARS, .path = PATH_PIO, .flags = TEST_NEEDS_PIO,
     .reference = PORTS,
     .text = "A write of 1, 2 or 4 bytes at port CFCh + n changes the bytes from lane n of the "
	     "selected dword and no others.");
TEST(.name = "rule.lane.write-ecam", .id = "LANE-04", .check = check_writes,
     .filter = RULE_BY_TEST | RULE_BARS, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = ECAM,
     .text = "A write of 1, 2 or 4 bytes in ECAM changes the bytes at that offset and no others.");
TEST(.name = "rule.lane.message", .id = "LANE-05", .check = check_msi,
     .idle = "no function has MSI that is off", .reference = "PCI Local Bus 3.0, 6.1 and 6.8.1",
     .text = "Writes of 1, 2 and 4 bytes to the address of a message change the bytes that they "
	     "name and nothing else.");
TEST(.name = "rule.lane.extended", .id = "LANE-06", .check = check_extended, .path = PATH_ECAM,
     .filter = RULE_BY_TEST, .flags = TEST_NEEDS_ECAM, .idle = "no function reports errors",
     .reference = ECAM "; 7.8.4",
     .text = "Writes of 1, 2 and 4 bytes from 100h on change the bytes that they name and nothing "
	     "else.");
TEST(.name = "rule.destructive.bus-number-lanes", .id = "LANE-07", .check = check_bus_numbers,
     .flags = TEST_DESTRUCTIVE, .idle = "there is no bridge",
     .reference = "PCI-to-PCI Bridge 1.2, 3.2.5",
     .text = "A write of one byte to a bridge's bus numbers changes that number alone.");
