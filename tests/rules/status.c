/* STATUS, a bridge's of its secondary side, and those of a PCI Express capability. */
#include "rules/plain.h"

#define SECONDARY_STATUS 0x1e

/* Write 1 to clear: parity, target and master abort, system error. */
#define CLEARS           0xf900u
/*
 * What a function can do: capability list, 66 MHz, fast back-to-back, DEVSEL timing; and what is
 * reserved.
 */
#define READ_ONLY        0x06f7u
/*
 * What changes by itself: Interrupt Status. Reserved on the secondary side (Bridge 1.2, 3.2.5.7).
 */
#define INTERRUPT        0x0008u

/* It shares a dword with COMMAND, or with a bridge's window for ports: a write that lands there is
 * undone, and is a failure. */
static uint16_t put_status(const struct rule_target *t, unsigned reg, uint16_t value)
{
	uint16_t before = cfg_read16(t->cfg, t->fn->at, reg - 2), after;

	cfg_write16(t->cfg, t->fn->at, reg, value);
	after = cfg_read16(t->cfg, t->fn->at, reg - 2);
	if (!rule_expect(t, after == before, reg - 2,
			 "wrote 0x%04x to 0x%02x, this reads 0x%04x, should be 0x%04x", value, reg,
			 after, before))
		cfg_write16(t->cfg, t->fn->at, reg - 2, before);
	return cfg_read16(t->cfg, t->fn->at, reg);
}

/*
 * After a write of STATUS: the error bits, and everything else, which no write may change. False
 * after a failure.
 */
static bool expect_status(const struct rule_target *t, unsigned reg, uint16_t wrote, uint16_t want)
{
	unsigned failures = t->s->outcome.failures;
	uint16_t got = put_status(t, reg, wrote) & (uint16_t)~INTERRUPT;

	want &= (uint16_t)~INTERRUPT;
	rule_expect(t, (got & CLEARS) == (want & CLEARS), reg,
		    "wrote 0x%04x, error bits read 0x%04x, should be 0x%04x", wrote, got & CLEARS,
		    want & CLEARS);
	if (rule_expect(t, (got & ~CLEARS) == (want & ~CLEARS), reg,
			"wrote 0x%04x, read-only bits read 0x%04x, should be 0x%04x", wrote,
			got & ~CLEARS & 0xffff, want & ~CLEARS & 0xffff))
		return failures == t->s->outcome.failures;
	/* Put back as far as can be, so that no other rule is blamed. */
	cfg_write16(t->cfg, t->fn->at, reg, want & (uint16_t)~CLEARS);
	return false;
}

/*
 * Ones go to error bits alone: were all bits of the kind that one clears, this would not be the
 * rule that does the damage. Error bits stay cleared: that is what they are for, and kernels clear
 * them.
 */
static void expect_clears(const struct rule_target *t, unsigned reg)
{
	uint16_t status = cfg_read16(t->cfg, t->fn->at, reg);

	expect_status(t, reg, 0, status);
	expect_status(t, reg, CLEARS, status & (uint16_t)~CLEARS);
}

static void check_clears(const struct rule_target *t)
{
	expect_clears(t, PCI_STATUS);
	if (pci_is_bridge(t->fn))
		expect_clears(t, SECONDARY_STATUS);
}

/* Interrupt Status may be anything at any time; not what was just written, again and again. */
static void expect_no_echo(const struct rule_target *t, unsigned reg)
{
	unsigned echoes = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint16_t wrote = i & 1 ? 0 : INTERRUPT;

		cfg_write16(t->cfg, t->fn->at, reg, wrote);
		echoes += (cfg_read16(t->cfg, t->fn->at, reg) & INTERRUPT) == wrote;
	}
	rule_expect(t, echoes < 4, reg,
		    "wrote 0x%04x and 0 twice, bit 3 read what was written, should take no writes",
		    INTERRUPT);
}

/* Each gets a one and a zero, whichever it holds; error bits get neither. */
static void expect_read_only(const struct rule_target *t, unsigned reg)
{
	uint16_t status = cfg_read16(t->cfg, t->fn->at, reg);

	if (expect_status(t, reg, READ_ONLY, status) && expect_status(t, reg, 0, status))
		expect_no_echo(t, reg);
}

static void check_read_only(const struct rule_target *t)
{
	expect_read_only(t, PCI_STATUS);
	if (pci_is_bridge(t->fn))
		expect_read_only(t, SECONDARY_STATUS);
}

/* Device Status and Slot Status (PCIe 7.5.3.5 and 7.5.3.11): bits that a one clears. */
#define DEVICE_STATUS    0x0a
#define DEVICE_CLEARS    0x000fu
#define SLOT_STATUS      0x1a
#define SLOT_CLEARS      0x011fu
#define HAS_SLOT(header) ((header) >> 24 & 1u) /* Slot Implemented, of a port that leads down */

/*
 * Ones go to what is set, or to all if nothing is: QEMU takes the first event of a slot that is
 * cleared with others that are not there for one that nobody has seen yet.
 */
static void expect_events(const struct rule_target *t, unsigned reg, uint16_t bits)
{
	uint16_t before = cfg_read16(t->cfg, t->fn->at, reg) & bits, zeros, ones;

	cfg_write16(t->cfg, t->fn->at, reg, 0);
	zeros = cfg_read16(t->cfg, t->fn->at, reg) & bits;
	cfg_write16(t->cfg, t->fn->at, reg, before ? before : bits);
	ones = cfg_read16(t->cfg, t->fn->at, reg) & bits;
	/* An event may come at any time. */
	rule_expect(t, !(before & ~zeros), reg,
		    "wrote 0, events read 0x%04x, should still be 0x%04x", zeros, before);
	if (!rule_expect(t, !ones, reg, "wrote 0x%04x, events read 0x%04x, should be clear",
			 before ? before : bits, ones))
		cfg_write16(t->cfg, t->fn->at, reg, before);
}

static void check_express(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		unsigned type = CAP_EXPRESS_TYPE(w.header);

		if (w.id != CAP_EXPRESS || w.at + rule_plain_length(t->fn, &w) > 0x100)
			continue;
		expect_events(t, w.at + DEVICE_STATUS, DEVICE_CLEARS);
		if ((type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM_PORT) &&
		    HAS_SLOT(w.header) && rule_plain_length(t->fn, &w) > SLOT_STATUS)
			expect_events(t, w.at + SLOT_STATUS, SLOT_CLEARS);
	}
}

TEST(.name = "rule.status.clears", .id = "CMD-02", .check = check_clears,
     .reference = "PCI Local Bus 3.0, 6.2.3; PCI-to-PCI Bridge 1.2, 3.2.5.7",
     .text =
	 "Error bits of STATUS, and of a bridge's secondary STATUS, clear when written with 1, stay "
	 "when written with 0, and are never set by a write.");
TEST(.name = "rule.status.read-only", .id = "CMD-03", .check = check_read_only,
     .reference = "PCI Local Bus 3.0, 6.2.3; PCI-to-PCI Bridge 1.2, 3.2.5.7",
     .text = "The bits of STATUS, and of a bridge's secondary STATUS, that say what a function can "
	     "do or are reserved, and Interrupt Status, take no writes.");
TEST(.name = "rule.status.express", .id = "CMD-07", .check = check_express,
     .idle = "no function is PCI Express",
     .reference = "PCI Express Base 4.0, 7.5.3.5 and 7.5.3.11",
     .text = "Events in Device Status and Slot Status clear when written with 1, stay when written "
	     "with 0, and are never set by a write.");
