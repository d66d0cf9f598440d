/* CONFIG_ADDRESS, the latch of mechanism 1. That it forgets after an access is legal: it is written
 * before each. */
#include <stddef.h>
#include "rules/rule.h"

#define NO_PORTS     "no configuration mechanism at port CF8h"
#define SECTION      "PCI Local Bus 3.0, 3.2.2.3.2"

/* Enable, bus, device, function and register: the bits that hold what is written. */
#define ADDRESS_BITS 0x80fffffcu

/* Bits 30 to 24. */
#define RESERVED     0x7f000000u

/*
 * Some function whose vendor and device ID differ, and the address that selects it; CF8 as it was.
 */
struct latch {
	struct session *s;
	const struct test *test;
	struct cfg *cfg;
	struct rule_target target;
	uint32_t select, found;
};

static bool take(struct session *s, const struct test *test, struct latch *l)
{
	*l = (struct latch){.s = s, .test = test, .cfg = &s->found.path[PATH_PIO]};
	if (!inventory_know(s))
		return false;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;

		if (!(s->inventory.known[i].seen >> PATH_PIO & 1) ||
		    (fn->id & 0xffff) == fn->id >> 16)
			continue;
		l->target = (struct rule_target){s, test, fn, l->cfg, PATH_PIO, NULL};
		l->select = PIO_ENABLE | (uint32_t)fn->at.bus << 16 | (uint32_t)fn->at.devfn << 8;
		l->found = pio_address_read(l->cfg);
		return true;
	}
	session_skip(s, "no function behind the ports");
	return false;
}

static void give_back(struct latch *l)
{
	pio_address_write(l->cfg, l->found);
}

static void enable(struct session *s, const struct test *test)
{
	const unsigned line = PCI_INTERRUPT_LINE;
	struct latch l;
	uint8_t before, after;
	uint32_t value;

	if (!take(s, test, &l))
		return;
	pio_address_write(l.cfg, l.select & ~PIO_ENABLE);
	value = pio_data_read(l.cfg, 0, 4);
	rule_expect(&l.target, value != l.target.fn->id, PCI_ID,
		    "wrote CF8 0x%08x, CFC read 0x%08x, should not be a configuration register",
		    l.select & ~PIO_ENABLE, value);
	/* Interrupt line: a register of software's own, which nothing acts upon (6.2.4). */
	before = cfg_read8(l.cfg, l.target.fn->at, line);
	pio_address_write(l.cfg, (l.select & ~PIO_ENABLE) | line);
	pio_data_write(l.cfg, 0, 1, (uint8_t)~before);
	after = cfg_read8(l.cfg, l.target.fn->at, line);
	if (!rule_expect(&l.target, after == before, line,
			 "wrote 0x%02x with CF8 0x%08x; reads 0x%02x, should still be 0x%02x",
			 (uint8_t)~before, (l.select & ~PIO_ENABLE) | line, after, before))
		cfg_write(l.cfg, l.target.fn->at, line, 1, before);
	give_back(&l);
}

static void keeps(struct session *s, const struct test *test)
{
	static const uint32_t patterns[] = {0x80fffffc, 0x80000000, 0x80a55a54, 0x005aa5a8,
					    0x00000000};
	struct latch l;

	if (s->found.pio.kind == PIO_STUCK)
		rule_expect_at(s, test, false, "port CFC",
			       "read 0x%08x for 00:00.0 and for ff:1f.7, should follow CF8",
			       s->found.pio.id);
	if (s->found.pio.kind == PIO_SILENT)
		rule_expect_at(
		    s, test, false, "port CF8",
		    "wrote 0x%08x, read 0x%08x, and CFC 0x%08x for 00:00.0: somebody has "
		    "these ports, and no function can be reached through them",
		    PIO_ENABLE, s->found.pio.latch, s->found.pio.id);
	if (!s->found.usable[PATH_PIO] || !take(s, test, &l))
		return;
	for (unsigned i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		uint32_t got;

		pio_address_write(l.cfg, patterns[i]);
		got = pio_address_read(l.cfg);
		rule_expect_at(s, test, (got & ADDRESS_BITS) == patterns[i], "port CF8",
			       "wrote 0x%08x, read 0x%08x, should be what was written", patterns[i],
			       got);
	}
	give_back(&l);
}

/*
 * The byte at CFBh is the one that Linux writes while it looks for mechanism 1 (pci_check_type1).
 * Nothing is written at CF9h, where PC chipsets have their reset register.
 */
static void small_writes(struct session *s, const struct test *test)
{
	static const struct {
		unsigned offset, width;
		uint32_t value;
	} writes[] = {{0, 1, 0x54}, {3, 1, 0x01}, {2, 2, 0x0101}};
	struct latch l;

	if (!take(s, test, &l))
		return;
	for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		uint32_t got;

		pio_address_write(l.cfg, l.select);
		pio_address_write_part(l.cfg, writes[i].offset, writes[i].width, writes[i].value);
		got = pio_address_read(l.cfg);
		rule_expect_at(
		    s, test, (got & ADDRESS_BITS) == l.select, "port CF8",
		    "wrote 0x%08x, then %u bytes 0x%x at CF8h + %u; read 0x%08x, should be "
		    "0x%08x",
		    l.select, writes[i].width, writes[i].value, writes[i].offset, got, l.select);
	}
	give_back(&l);
}

/* What such an address selects is one thing, what it reads back as another: a rule each. */
static void reserved(struct session *s, const struct test *test)
{
	struct latch l;
	uint32_t got;

	if (!take(s, test, &l))
		return;
	pio_address_write(l.cfg, l.select | RESERVED);
	got = pio_address_read(l.cfg);
	rule_expect_at(s, test, !(got & RESERVED), "port CF8",
		       "wrote 0x%08x, read 0x%08x, should have 0 in bits 30 to 24",
		       l.select | RESERVED, got);
	give_back(&l);
}

/* The interrupt line, if it is a register that takes what is written. */
static void write_reserved(struct latch *l, uint32_t pattern)
{
	const unsigned line = PCI_INTERRUPT_LINE;
	struct cfg_address at = l->target.fn->at;
	uint8_t before = cfg_read8(l->cfg, at, line), value = (uint8_t)~before, got;

	cfg_write(l->cfg, at, line, 1, value);
	got = cfg_read8(l->cfg, at, line);
	cfg_write(l->cfg, at, line, 1, before);
	if (got != value)
		return;
	pio_address_write(l->cfg, l->select | pattern | line);
	pio_data_write(l->cfg, 0, 1, value);
	got = cfg_read8(l->cfg, at, line);
	cfg_write(l->cfg, at, line, 1, before);
	rule_expect(&l->target, got == value, line,
		    "wrote 0x%02x with CF8 0x%08x, read 0x%02x, should be what was written", value,
		    l->select | pattern | line, got);
}

/*
 * Bits 27 to 24 are register bits 11 to 8 on AMD processors, once an MSR says so. What ECAM has
 * there is right as well, therefore; told by a function that has something, since nothing reads
 * like nobody.
 */
static void extended_access(struct session *s, const struct test *test)
{
	struct cfg *ports = &s->found.path[PATH_PIO], *ecam = &s->found.path[PATH_ECAM];

	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;
		struct rule_target t = {s, test, fn, ports, PATH_PIO, NULL};
		bool both = s->inventory.known[i].seen >> PATH_ECAM & 1;

		if (!(s->inventory.known[i].seen >> PATH_PIO & 1) ||
		    (s->found.usable[PATH_ECAM] &&
		     (!both || cfg_read32(ecam, fn->at, 0x100) == 0xffffffff)))
			continue;
		for (unsigned n = 1; n < 16; n *= 2) {
			uint32_t select = PIO_ENABLE | n << 24 | (uint32_t)fn->at.bus << 16 |
					  (uint32_t)fn->at.devfn << 8,
				 got;

			pio_address_write(ports, select);
			got = pio_data_read(ports, 0, 4);
			rule_expect(
			    &t, got == fn->id || (both && got == cfg_read32(ecam, fn->at, n << 8)),
			    PCI_ID, "wrote CF8 0x%08x, CFC read 0x%08x, should be 0x%08x", select,
			    got, fn->id);
		}
		return;
	}
}

static void reserved_access(struct session *s, const struct test *test)
{
	static const uint32_t patterns[] = {0x40000000, 0x30000000, RESERVED & ~0x0f000000u};
	struct latch l;

	if (!take(s, test, &l))
		return;
	for (unsigned i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		uint32_t got;

		pio_address_write(l.cfg, l.select | patterns[i]);
		got = pio_data_read(l.cfg, 0, 4);
		rule_expect(&l.target, got == l.target.fn->id, PCI_ID,
			    "wrote CF8 0x%08x, CFC read 0x%08x, should be 0x%08x",
			    l.select | patterns[i], got, l.target.fn->id);
		write_reserved(&l, patterns[i]);
	}
	extended_access(s, test);
	give_back(&l);
}

static void low_bits(struct session *s, const struct test *test)
{
	struct latch l;
	uint32_t got;

	if (!take(s, test, &l))
		return;
	pio_address_write(l.cfg, l.select | 2);
	got = pio_address_read(l.cfg);
	rule_expect_at(s, test, !(got & 3), "port CF8",
		       "wrote 0x%08x, read 0x%08x, should have 0 in bits 1 to 0", l.select | 2,
		       got);
	give_back(&l);
}

static void low_bits_access(struct session *s, const struct test *test)
{
	struct latch l;

	if (!take(s, test, &l))
		return;
	for (unsigned low = 1; low < 4; low++) {
		uint32_t word;

		pio_address_write(l.cfg, l.select | low);
		word = pio_data_read(l.cfg, 0, 2);
		rule_expect(&l.target, word == (l.target.fn->id & 0xffff), PCI_ID,
			    "wrote CF8 0x%08x; the word at CFC read 0x%04x, should be 0x%04x",
			    l.select | low, word, l.target.fn->id & 0xffff);
	}
	give_back(&l);
}

TEST(.name = "rule.cf8.enable", .id = "CF8-01", .run = enable, .flags = TEST_NEEDS_PIO,
     .reference = SECTION,
     .text = "With the enable bit of CF8 clear, CFC reaches no configuration register.");
/* Not where there are no ports, but where they are and do not listen: the rule finds that out. */
TEST(.name = "rule.cf8.latch", .id = "CF8-02", .run = keeps, .idle = NO_PORTS, .reference = SECTION,
     .text = "CF8 reads as the dword that was just written to it, in bits 31 and 23 to 2.");
TEST(.name = "rule.cf8.small-write", .id = "CF8-03", .run = small_writes, .flags = TEST_NEEDS_PIO,
     .reference = SECTION, .text = "A write of 1 or 2 bytes to CF8h to CFBh does not change CF8.");
TEST(.name = "rule.cf8.reserved", .id = "CF8-04", .run = reserved,
     .flags = TEST_NEEDS_PIO | TEST_INFORMATIVE, .reference = SECTION,
     .text = "Bits 30 to 24 of CF8 read as 0 whatever is written.");
TEST(.name = "rule.cf8.low-bits", .id = "CF8-05", .run = low_bits,
     .flags = TEST_NEEDS_PIO | TEST_INFORMATIVE, .reference = SECTION,
     .text = "Bits 1 to 0 of CF8 read as 0 whatever is written.");
TEST(.name = "rule.cf8.reserved-access", .id = "CF8-06", .run = reserved_access,
     .flags = TEST_NEEDS_PIO, .reference = SECTION,
     .text =
	 "Bits 30 to 28 of CF8 do not change what an access reaches; bits 27 to 24 do not, or are "
	 "bits 11 to 8 of the register.");
TEST(.name = "rule.cf8.low-bits-access", .id = "CF8-07", .run = low_bits_access,
     .flags = TEST_NEEDS_PIO, .reference = SECTION,
     .text = "Bits 1 to 0 of CF8 do not move an access to another byte.");
