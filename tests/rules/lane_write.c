/* Writes of every width: they change the bytes that they name and no others. */
#include "rules/lane.h"
#include "rules/plain.h"

#define PORTS        "PCI Local Bus 3.0, 3.2.2.3.2"
#define ECAM         "PCI Express Base 4.0, 7.2.2"

/* Patterns that differ in every byte, none of them all-ones, which has a meaning of its own. */
#define PATTERN_BASE 0xa5c3965au
#define PATTERN_LANE 0x3c69f00fu

/*
 * A dword, and which of its bits take what is written. Read through the other path where that
 * reaches it, so that two mistakes of one do not cancel out. Bits that are not free to be tried
 * with anything are written as they were before.
 */
struct scratch {
	unsigned reg;
	uint32_t free, mask, before;
	uint32_t clears; /* bits that a one clears: always written as zeros */
};

static uint32_t with_others(const struct scratch *s, uint32_t value)
{
	return (value & s->free) | (s->before & ~s->free);
}

static bool is_free(const struct scratch *s, const struct lane *l)
{
	return cfg_ones(l->width) << 8 * l->at & s->free;
}

/* Whether only one byte of it may be written. */
static bool is_byte(uint32_t free)
{
	for (unsigned lane = 0; lane < 4; lane++)
		if (!(free & ~(0xffu << 8 * lane)))
			return true;
	return false;
}

/*
 * What a part is then written over. Of one byte by all widths, one of which may be lost; of more
 * bytes the parts show that it is missing.
 */
static void put_base(const struct rule_target *t, const struct scratch *s, uint32_t value)
{
	value = with_others(s, value);
	for (unsigned i = is_byte(s->free) ? 0 : LANES - 1; i < LANES; i++)
		if (is_free(s, &lanes[i]))
			cfg_write(t->cfg, t->fn->at, s->reg + lanes[i].at, lanes[i].width,
				  value >> 8 * lanes[i].at & cfg_ones(lanes[i].width));
}

static void write_lane(const struct rule_target *t, const struct scratch *s, const struct lane *l,
		       bool inverse)
{
	struct cfg *other = rule_other(t);
	/* Of a few bits each must change. */
	uint32_t over = s->free == 0xffffffff ? PATTERN_LANE : ~PATTERN_BASE;
	uint32_t base = with_others(s, inverse ? ~PATTERN_BASE : PATTERN_BASE),
		 value = with_others(s, inverse ? ~over : over);
	uint32_t touched = cfg_ones(l->width) << 8 * l->at, want, got;
	bool both =
	    t->s->found.usable[1 - t->path] && other->ops->reaches(other, t->fn->at, s->reg);

	value = value >> 8 * l->at & cfg_ones(l->width);
	put_base(t, s, base);
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

/* Thorough: with the inverse patterns as well. */
static void write_lanes(const struct rule_target *t, const struct scratch *s, bool thorough)
{
	for (unsigned i = 0; i < LANES; i++) {
		if (!is_free(s, &lanes[i]))
			continue;
		write_lane(t, s, &lanes[i], false);
		if (thorough)
			write_lane(t, s, &lanes[i], true);
	}
}

/*
 * BARs are the registers in which every function lets most bits be written; with decode off they
 * mean nothing. The one with most of them thoroughly.
 */
static void check_bars(const struct rule_target *t)
{
	unsigned best = rule_scratch(t->bars);
	struct rule_window w;

	if (!rule_open(t, &w))
		return;
	for (unsigned i = 0; i < BAR_COUNT; i++) {
		struct scratch s = {.reg = bar_offset(t->fn, i),
				    .free = 0xffffffff,
				    .mask = t->bars->raw.mask[i] & rule_address_bits(t->bars, i)};

		if (rule_has_bar(t->bars, i) && s.mask)
			write_lanes(t, &s, i == best);
	}
	rule_close(t, &w);
}

/*
 * Registers elsewhere that are tried together: those of one capability, of one part of the header.
 */
#define REGISTERS_MAX 8

struct registers {
	unsigned first, len; /* of what holds them all */
	unsigned count;
	struct scratch list[REGISTERS_MAX];
};

static struct scratch *add(struct registers *r, unsigned offset, uint32_t free)
{
	struct scratch *s = &r->list[r->count++];

	*s = (struct scratch){.reg = r->first + offset, .free = free};
	return s;
}

/* The dwords before and after a register that was written to. */
static void expect_beside(const struct rule_target *t, const struct registers *r, unsigned reg,
			  const uint32_t *before)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned at = reg - 4 + 8 * i;
		uint32_t now;

		if (at - r->first >= r->len)
			continue;
		now = cfg_read32(t->cfg, t->fn->at, at);
		rule_expect(t, now == before[i], at,
			    "read 0x%08x once 0x%02x was written to, should still be 0x%08x", now,
			    reg, before[i]);
	}
}

/* Which bits take what is written, ones and zeros tell. */
static void write_register(const struct rule_target *t, const struct registers *r,
			   struct scratch *s)
{
	uint32_t ones, zeros, beside[2] = {0};

	s->before = cfg_read32(t->cfg, t->fn->at, s->reg) & ~s->clears;
	for (unsigned i = 0; i < 2; i++)
		if (s->reg - 4 + 8 * i - r->first < r->len)
			beside[i] = cfg_read32(t->cfg, t->fn->at, s->reg - 4 + 8 * i);
	put_base(t, s, 0);
	zeros = cfg_read32(t->cfg, t->fn->at, s->reg);
	put_base(t, s, 0xffffffff);
	ones = cfg_read32(t->cfg, t->fn->at, s->reg);
	expect_beside(t, r, s->reg, beside);
	s->mask = ones & ~zeros & s->free;
	if (s->mask)
		write_lanes(t, s, false);
	expect_beside(t, r, s->reg, beside);
}

/*
 * Everything is put back, and nothing elsewhere may change: asked before that, since what is put
 * back goes the same way.
 */
static void write_registers(const struct rule_target *t, struct registers *r)
{
	static const char since[] = "before other registers were written";
	uint32_t header[RULE_HEADER_DWORDS];
	struct rule_capabilities capabilities;
	bool elsewhere = r->first >= INVENTORY_HEADER_LEN;

	rule_take_header(t->cfg, t->fn->at, header);
	if (elsewhere)
		rule_take_capabilities(t, &capabilities);
	for (unsigned i = 0; i < r->count; i++)
		write_register(t, r, &r->list[i]);
	if (elsewhere)
		rule_expect_capabilities(t, &capabilities, r->first, r->len, since);
	for (unsigned i = 0; i < r->count; i++)
		put_base(t, &r->list[i], r->list[i].before);
	rule_expect_header(t, header, since);
}

#define MSI_ENABLED_SHIFT                                                                          \
	20 /* how many messages, as a power of two: bits 22 to 20 of the first dword */
#define MSI_DATA_BITS 0x0000ffffu

/*
 * One bit of the number of messages, so that it is 0 or one that there is (PCI 3.0, 6.8.1.3):
 * QEMU's ioh3420 ends of more.
 */
static uint32_t number_bit(uint32_t header)
{
	unsigned most = MSI_CAPABLE(header);

	return (most >= 4 ? 4u : most >= 2 ? 2u : most) << MSI_ENABLED_SHIFT;
}

/* None of it means anything while messages are off (PCI 3.0, 6.8.1.3 to 6.8.1.7, 6.8.2.3). */
static void check_messages(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		struct registers r = {.first = w.at, .len = rule_plain_length(t->fn, &w)};

		if (w.id == CAP_MSI_X && !(w.header & MSI_X_ENABLE)) {
			add(&r, 0, MSI_X_MASK_ALL);
		} else if (w.id == CAP_MSI && !(w.header & MSI_ENABLE)) {
			add(&r, 0, number_bit(w.header));
			add(&r, MSI_ADDRESS, 0xffffffff);
			if (MSI_IS_WIDE(w.header))
				add(&r, MSI_ADDRESS_UPPER, 0xffffffff);
			add(&r, MSI_DATA(w.header), MSI_DATA_BITS);
			if (MSI_HAS_MASKS(w.header))
				add(&r, MSI_MASKS(w.header), 0xffffffff);
		} else {
			continue;
		}
		if (r.first + r.len <= 0x100)
			write_registers(t, &r);
	}
}

#define AER_LENGTH   0x2c
#define LATENCY_BITS 0x1fff1fffu /* of the dword at 4: values and scales (7.8.2.2 and 7.8.2.3) */
#define ACS_ENABLES  0x007f0000u /* of the dword at 4: the control register (7.7.8.3) */
#define SHORT_LENGTH 8

/*
 * Which errors are reported, and how (PCIe 7.8.4.3, 7.8.4.4 and 7.8.4.6): nothing here makes any.
 * What latency is told to a device, and which requests a port redirects: nothing here makes
 * requests.
 */
static void check_extended(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin_extended(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		struct registers r = {.first = w.at,
				      .len = w.id == ECAP_AER ? AER_LENGTH : SHORT_LENGTH};

		if (r.first + r.len > 0x1000)
			continue;
		if (w.id == ECAP_AER) {
			add(&r, AER_MASK, 0xffffffff);
			add(&r, AER_SEVERITY, 0xffffffff);
			add(&r, AER_CORRECTABLE_MASK, 0xffffffff);
		} else if (w.id == ECAP_LTR) {
			add(&r, 4, LATENCY_BITS);
		} else if (w.id == ECAP_ACS) {
			add(&r, 4, ACS_ENABLES);
		} else {
			continue;
		}
		write_registers(t, &r);
	}
}

#define BIST_CAPABLE          0x80000000u
#define DISCARD_TIMER_EXPIRED 0x04000000u /* of a bridge's 3Ch: cleared by a one (3.2.5.18) */

/* One of software's own bytes, the lowest of a dword, whose others are written as they are. */
static void write_byte(const struct rule_target *t, unsigned reg, uint32_t clears)
{
	static const uint8_t values[] = {0x5a, 0xa5, 0x3c};
	uint32_t before = cfg_read32(t->cfg, t->fn->at, reg) & ~clears, got[3];
	bool holds = false;

	for (unsigned i = 0; i < 3; i++) {
		cfg_write(t->cfg, t->fn->at, reg, 1u << i,
			  ((before & ~0xffu) | values[i]) & cfg_ones(1u << i));
		got[i] = cfg_read32(t->cfg, t->fn->at, reg) & ~clears;
		holds |= (got[i] & 0xff) == values[i];
	}
	for (unsigned width = 4; width; width /= 2)
		cfg_write(t->cfg, t->fn->at, reg, width, before & cfg_ones(width));
	for (unsigned i = 0; holds && i < 3; i++)
		rule_expect(
		    t, got[i] == ((before & ~0xffu) | values[i]), reg,
		    "wrote 0x%02x by a write of %u bytes, the dword reads 0x%08x, should be "
		    "0x%08x",
		    values[i], 1u << i, got[i], (before & ~0xffu) | values[i]);
}

/*
 * Of 6.2.4. A function may leave out either; of cache line sizes it may take only some, which then
 * say nothing here.
 */
static void check_header(const struct rule_target *t)
{
	if (pci_header_type(t->fn) > 1)
		return;
	if (!(t->fn->header & BIST_CAPABLE))
		write_byte(t, PCI_CACHE_LINE_HEADER, 0);
	write_byte(t, PCI_INTERRUPT_LINE, pci_is_bridge(t->fn) ? DISCARD_TIMER_EXPIRED : 0);
}

/* Bytes and words of the numbers by themselves: the dword shows what became of the others. */
static void check_bus_numbers(const struct rule_target *t)
{
	uint32_t before = t->fn->buses & 0x00ffffff;

	if (!pci_is_bridge(t->fn))
		return;
	for (unsigned i = 0; i < LANES; i++) {
		const struct lane *l = &lanes[i];
		uint32_t touched = cfg_ones(l->width) << 8 * l->at & 0x00ffffff;
		uint32_t want = before ^ touched, got;

		if (!touched)
			continue;
		/* The latency timer is written as it is. */
		cfg_write(t->cfg, t->fn->at, PCI_BUS_NUMBERS + l->at, l->width,
			  (t->fn->buses ^ touched) >> 8 * l->at & cfg_ones(l->width));
		got = cfg_read32(t->cfg, t->fn->at, PCI_BUS_NUMBERS) & 0x00ffffff;
		cfg_write32(t->cfg, t->fn->at, PCI_BUS_NUMBERS, t->fn->buses);
		rule_expect(t, got == want, PCI_BUS_NUMBERS + l->at,
			    "wrote 0x%0*x, all numbers read 0x%06x, should be 0x%06x",
			    (int)(2 * l->width), want >> 8 * l->at & cfg_ones(l->width), got, want);
	}
}

/*
 * Windows of a type 1 header (Bridge 1.2, 3.2.5): nothing is passed on while they are tried. Of
 * ports the upper half of the dword is secondary STATUS, of Bridge Control two bits are harmless.
 */
static void check_windows(const struct rule_target *t)
{
	static const struct {
		unsigned reg;
		uint32_t free, clears;
	} windows[] = {{0x1c, 0x0000f0f0, 0xf9000000},
		       {0x20, 0xfff0fff0, 0},
		       {0x24, 0xfff0fff0, 0},
		       {0x28, 0xffffffff, 0},
		       {0x2c, 0xffffffff, 0},
		       {0x30, 0xffffffff, 0},
		       {0x3c, 0x00030000, DISCARD_TIMER_EXPIRED}};
	struct registers r = {.first = 0x1c, .len = 0x24};
	uint16_t command;

	if (!pci_is_bridge(t->fn))
		return;
	command = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
		    command & (uint16_t) ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	for (unsigned i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		add(&r, windows[i].reg - r.first, windows[i].free)->clears = windows[i].clears;
	write_registers(t, &r);
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, command);
}

TEST(.name = "rule.lane.write-pio", .id = "LANE-03", .check = check_bars,
     .filter = RULE_BY_TEST | RULE_BARS, .path = PATH_PIO, .flags = TEST_NEEDS_PIO,
     .reference = PORTS,
     .text = "A write of 1, 2 or 4 bytes at port CFCh + n changes the bytes from lane n of the "
	     "selected dword and no others.");
TEST(.name = "rule.lane.write-ecam", .id = "LANE-04", .check = check_bars,
     .filter = RULE_BY_TEST | RULE_BARS, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = ECAM,
     .text = "A write of 1, 2 or 4 bytes in ECAM changes the bytes at that offset and no others.");
TEST(.name = "rule.lane.message", .id = "LANE-05", .check = check_messages,
     .idle = "no function has messages that are off",
     .reference = "PCI Local Bus 3.0, 6.1, 6.8.1 and 6.8.2",
     .text = "Writes of 1, 2 and 4 bytes to address, data, masks and control of messages change "
	     "the bytes that they name and nothing else.");
TEST(.name = "rule.lane.extended", .id = "LANE-06", .check = check_extended, .path = PATH_ECAM,
     .filter = RULE_BY_TEST, .flags = TEST_NEEDS_ECAM,
     .idle = "no function has a register there that is harmless",
     .reference = ECAM "; 7.7.8, 7.8.2 and 7.8.4",
     .text = "Writes of 1, 2 and 4 bytes from 100h on change the bytes that they name and nothing "
	     "else.");
TEST(.name = "rule.lane.header", .id = "LANE-08", .check = check_header,
     .reference = "PCI Local Bus 3.0, 6.1 and 6.2.4",
     .text = "Writes of 1, 2 and 4 bytes reach the cache line size and the interrupt line, where "
	     "they take what is written, and change nothing else.");
TEST(.name = "rule.destructive.bus-number-lanes", .id = "LANE-07", .check = check_bus_numbers,
     .flags = TEST_DESTRUCTIVE, .idle = "there is no bridge",
     .reference = "PCI-to-PCI Bridge 1.2, 3.2.5",
     .text = "Writes of 1, 2 and 4 bytes to a bridge's bus numbers change the numbers that they "
	     "name alone.");
TEST(.name = "rule.destructive.window-lanes", .id = "LANE-09", .check = check_windows,
     .flags = TEST_DESTRUCTIVE, .idle = "there is no bridge",
     .reference = "PCI-to-PCI Bridge 1.2, 3.2.5",
     .text = "Writes of 1, 2 and 4 bytes to a bridge's windows and to Bridge Control change the "
	     "bytes that they name and nothing else.");
