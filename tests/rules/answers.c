/*
 * Where a function's memory, ports and ROM really answer (cloud-hypervisor once moved a BAR's
 * register and not the memory behind it). Of functions behind bridges that are not reached at all
 * DST-12 tells.
 */
#include "rules/told.h"

#define SECTION "PCI Local Bus 3.0, 6.2.2 and 6.2.5.1"

/* One function's BAR, or its ROM. */
struct probe {
	const struct rule_target *t;
	struct rule_place *place;
	struct told told;
	uint16_t decode; /* the bit of COMMAND */
	const char *what;
};

static bool is_rom(const struct probe *p)
{
	return p->told.bar == BAR_ROM_INDEX;
}

static uint32_t look(const struct probe *p, unsigned which)
{
	return told_read(p->t, p->place, &p->told, which);
}

/* Decode off, moved, decode on. */
static void move(const struct probe *p, unsigned which)
{
	rule_place_in(p->t, p->place, which);
	if (is_rom(p))
		rule_place_rom(p->t, p->place, which, true);
	rule_place_decode(p->t, p->place, p->decode);
}

static unsigned long long address(const struct probe *p, unsigned which)
{
	return rule_place_of(p->t, p->place, which, p->told.bar) + p->told.offset;
}

static void expect_same(const struct probe *p, unsigned which, uint32_t want, const char *when)
{
	uint32_t got = look(p, which);

	rule_expect(p->t, got == want, bar_offset(p->t->fn, p->told.bar),
		    "%s, %s at 0x%llx reads 0x%0*x, should be 0x%0*x", when, p->what,
		    address(p, which), 2 * p->told.width, got, 2 * p->told.width, want);
}

static void expect_nothing(const struct probe *p, unsigned which, unsigned reg, const char *when)
{
	uint32_t got = look(p, which);

	rule_expect(p->t, told_is_nothing(&p->told, got), reg,
		    "%s, %s at 0x%llx still reads 0x%0*x, should be nothing", when, p->what,
		    address(p, which), 2 * p->told.width, got);
}

static void expect_high(const struct probe *p, uint32_t want)
{
	unsigned reg = bar_offset(p->t->fn, p->told.bar);

	if (!rule_place_high(p->t, p->place, p->told.bar))
		return;
	rule_place_decode(p->t, p->place, p->decode);
	expect_same(p, PLACE_HIGH, want, "moved above 4 GiB");
	expect_nothing(p, 1, reg, "moved above 4 GiB");
}

/* A ROM is there only while its own bit is on, too. */
static void expect_rom_off(const struct probe *p)
{
	rule_place_rom(p->t, p->place, 1, false);
	expect_nothing(p, 1, bar_offset(p->t->fn, BAR_ROM_INDEX), "its enable bit off");
	rule_place_rom(p->t, p->place, 1, true);
}

/* Once it answered in the first place. */
static void expect_follows(const struct probe *p, uint32_t want)
{
	unsigned reg = bar_offset(p->t->fn, p->told.bar);

	move(p, 1);
	expect_same(p, 1, want, "moved");
	expect_nothing(p, 0, reg, "moved away");
	if (is_rom(p))
		expect_rom_off(p);
	rule_place_decode(p->t, p->place, 0);
	expect_nothing(p, 1, PCI_COMMAND, "decode off");
	rule_place_decode(p->t, p->place, p->decode);
	expect_same(p, 1, want, "decode on again");
	expect_high(p, want);
	move(p, 0);
	expect_same(p, 0, want, "moved back");
}

/*
 * There may be no ROM behind its BAR (PCI 3.0, 6.3.2), and it may be the bridge above that does not
 * pass anything on.
 */
static bool must_answer(const struct probe *p)
{
	return !is_rom(p) && !p->place->bridges;
}

static void check(const struct probe *p)
{
	uint32_t first;

	move(p, 0);
	told_select(p->t, p->place, &p->told, 0, true);
	first = look(p, 0);
	if (is_rom(p) ? first == ROM_SIGNATURE : !told_is_nothing(&p->told, first))
		expect_follows(p, first);
	else if (must_answer(p))
		rule_expect(p->t, false, bar_offset(p->t->fn, p->told.bar),
			    "wrote its address with decode on, %s at 0x%llx reads 0x%0*x, should "
			    "be the device",
			    p->what, address(p, 0), 2 * p->told.width, first);
	told_select(p->t, p->place, &p->told, 0, false);
}

static void check_memory(const struct rule_target *t)
{
	struct rule_place place;
	struct probe p = {t, &place, {0}, PCI_COMMAND_MEMORY, "memory"};

	if (!told_by(t, false, &p.told) || !rule_place(t, &place))
		return;
	if (rule_place_map(t, &place))
		check(&p);
	rule_unplace(t, &place);
}

static void check_ports(const struct rule_target *t)
{
	struct rule_place place;
	struct probe p = {t, &place, {0}, PCI_COMMAND_IO, "ports"};

	if (!told_by(t, true, &p.told) || !rule_place(t, &place))
		return;
	if (place.ports)
		check(&p);
	rule_unplace(t, &place);
}

static void check_rom(const struct rule_target *t)
{
	struct rule_place place;
	struct probe p = {t, &place, {0}, PCI_COMMAND_MEMORY, "ROM"};

	if (!told_by_rom(t, &p.told) || !rule_place(t, &place))
		return;
	if (rule_place_map(t, &place))
		check(&p);
	rule_unplace(t, &place);
}

TEST(.name = "rule.destructive.memory", .id = "DST-04", .check = check_memory,
     .filter = RULE_BARS | RULE_ENDPOINT, .flags = TEST_DESTRUCTIVE,
     .idle = "no function whose memory can be told", .reference = SECTION,
     .text = "A function's memory answers where its BAR says, above 4 GiB as well, nowhere else, "
	     "and only while memory decode is on.");
TEST(.name = "rule.destructive.ports", .id = "DST-10", .check = check_ports,
     .filter = RULE_BARS | RULE_ENDPOINT, .flags = TEST_DESTRUCTIVE,
     .idle = "no function whose ports can be told, or no room for them", .reference = SECTION,
     .text = "A function's ports answer where its BAR says, nowhere else, and only while I/O "
	     "decode is on.");
TEST(.name = "rule.destructive.rom", .id = "DST-11", .check = check_rom,
     .filter = RULE_BARS | RULE_ENDPOINT, .flags = TEST_DESTRUCTIVE,
     .idle = "no function has a ROM that begins with AA55h",
     .reference = "PCI Local Bus 3.0, 6.2.2, 6.2.5.2 and 6.3",
     .text = "A function's ROM is where its BAR says, nowhere else, and only while memory decode "
	     "and the BAR's own enable bit are on.");
