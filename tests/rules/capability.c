/* Capability lists: bounded, aligned, and where they belong. */
#include <stddef.h>
#include "caps.h"
#include "rules/rule.h"

#define STEPS_MAX          ((0x100 - 0x40) / 4)
#define STEPS_EXTENDED_MAX ((0x1000 - 0x100) / 4)

static void check_list(const struct rule_target *t)
{
	unsigned at, from = PCI_CAPABILITIES, steps;

	if (pci_header_type(t->fn) > 1 ||
	    !(cfg_read16(t->cfg, t->fn->at, PCI_STATUS) & PCI_STATUS_CAPS))
		return;
	at = cfg_read8(t->cfg, t->fn->at, from);
	for (steps = 0; at && steps < STEPS_MAX; steps++) {
		uint16_t header;

		if (at < 0x40 || at & 3) {
			rule_fail(t, from,
				  "points at 0x%02x, should be 0 or a multiple of 4 from 0x40", at);
			return;
		}
		header = cfg_read16(t->cfg, t->fn->at, at);
		if ((header & 0xff) == 0xff) {
			rule_fail(t, at, "read 0x%04x, should be a capability", header);
			return;
		}
		from = at + 1;
		at = header >> 8;
	}
	if (at)
		rule_fail(t, from,
			  "points at 0x%02x after %u capabilities, should have ended: a loop", at,
			  steps);
}

static void list(struct session *s, const struct test *test)
{
	rule_each(s, test, RULE_ONE_PATH, check_list);
}

/* Zero or all-ones at 100h: no extended capabilities, or no extended space (conventional
 * functions). */
static void check_extended(const struct rule_target *t)
{
	unsigned at = 0x100, from = 0x100, steps;

	for (steps = 0; at && steps < STEPS_EXTENDED_MAX; steps++) {
		uint32_t header;

		if (at < 0x100 || at & 3) {
			rule_fail(t, from,
				  "points at 0x%03x, should be 0 or a multiple of 4 from 0x100",
				  at);
			return;
		}
		header = cfg_read32(t->cfg, t->fn->at, at);
		if (at == 0x100 && (header == 0 || header == 0xffffffff))
			return;
		if (header == 0xffffffff) {
			rule_fail(t, at, "read 0x%08x, should be an extended capability", header);
			return;
		}
		from = at;
		at = header >> 20;
	}
	if (at)
		rule_fail(t, from,
			  "points at 0x%03x after %u capabilities, should have ended: a loop", at,
			  steps);
}

static void extended(struct session *s, const struct test *test)
{
	rule_each(s, test, RULE_BY_TEST, check_extended);
}

static void check_alias(const struct rule_target *t)
{
	static const unsigned regs[] = {PCI_ID, PCI_CLASS_REVISION, PCI_CACHE_LINE_HEADER};
	uint32_t got = 0;

	for (unsigned i = 0; i < 3; i++) {
		got = cfg_read32(t->cfg, t->fn->at, 0x100 + regs[i]);
		if (got != cfg_read32(t->cfg, t->fn->at, regs[i]))
			return;
	}
	rule_fail(t, 0x100, "read 0x%08x and so on, should not be the header from 0x00 again",
		  t->fn->id);
}

static void alias(struct session *s, const struct test *test)
{
	rule_each(s, test, RULE_BY_TEST, check_alias);
}

#define CAP_PCI_X 0x07

static void ignore(void *context, const char *text)
{
	(void)context;
	(void)text;
}

/* Only PCI Express functions, and PCI-X ones in mode 2, have more than 256 bytes. */
static void check_conventional(const struct rule_target *t)
{
	const struct diag silent = {ignore, NULL};
	uint32_t got;

	if (caps_find(t->cfg, t->fn, CAP_EXPRESS, &silent) ||
	    caps_find(t->cfg, t->fn, CAP_PCI_X, &silent))
		return;
	got = cfg_read32(t->cfg, t->fn->at, 0x100);
	if (got != 0 && got != 0xffffffff)
		rule_fail(t, 0x100, "a conventional function read 0x%08x, should be all-ones or 0",
			  got);
}

static void conventional(struct session *s, const struct test *test)
{
	rule_each(s, test, RULE_BY_TEST, check_conventional);
}

TEST(.name = "rule.capability.list", .id = "CAP-01", .run = list,
     .reference = "PCI Local Bus 3.0, 6.7",
     .text = "The capability list ends, and stays on multiples of 4 from 40h.");
TEST(.name = "rule.capability.extended", .id = "CAP-02", .run = extended, .path = PATH_ECAM,
     .flags = TEST_NEEDS_ECAM, .reference = "PCI Express Base 4.0, 7.6.2 and 7.6.3",
     .text = "The extended capability list ends, and stays on multiples of 4 from 100h.");
TEST(.name = "rule.capability.no-alias", .id = "CAP-03", .run = alias, .path = PATH_ECAM,
     .flags = TEST_NEEDS_ECAM, .reference = "PCI Express Base 4.0, 7.2.2",
     .text = "Registers from 100h on are not the header again.");
TEST(.name = "rule.capability.conventional", .id = "CAP-04", .run = conventional, .path = PATH_ECAM,
     .flags = TEST_NEEDS_ECAM, .reference = "PCI Express Base 4.0, 7.2.1 and 7.6.1",
     .text = "A function that is not PCI Express has nothing at 100h.");
