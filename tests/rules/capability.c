/* Capability lists: bounded, aligned, and where they belong. */
#include <stddef.h>
#include "caps.h"
#include "rules/rule.h"

/*
 * A list that does not lead where capabilities can be: the register that points there, and where.
 */
static void expect_end(const struct rule_target *t, const struct caps_walk *w)
{
	rule_expect(t, !w->fault, w->from, "points at 0x%02x after %u capabilities: %s", w->pointer,
		    w->steps, w->fault ? w->fault : "");
}

static void check_pointers(const struct rule_target *t, struct caps_walk *w)
{
	do
		rule_expect(t, !(w->pointer & 3), w->from,
			    "points at 0x%02x, should be 0 or a multiple of 4", w->pointer);
	while (caps_next(w));
	expect_end(t, w);
}

static void check_list(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	if (w.pointer)
		check_pointers(t, &w);
}

static void check_extended(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin_extended(&w, t->cfg, t->fn);
	if (w.pointer)
		check_pointers(t, &w);
}

static void check_alias(const struct rule_target *t)
{
	static const unsigned regs[] = {PCI_ID, PCI_CLASS_REVISION, PCI_CACHE_LINE_HEADER};
	bool same = true;

	for (unsigned i = 0; i < 3 && same; i++)
		same = cfg_read32(t->cfg, t->fn->at, 0x100 + regs[i]) ==
		       cfg_read32(t->cfg, t->fn->at, regs[i]);
	rule_expect(t, !same, 0x100,
		    "read 0x%08x and so on, should not be the header from 0x00 again", t->fn->id);
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
	rule_expect(t, got == 0 || got == 0xffffffff, 0x100,
		    "a conventional function read 0x%08x, should be all-ones or 0", got);
}

TEST(.name = "rule.capability.list", .id = "CAP-01", .idle = "no function has capabilities",
     .check = check_list, .filter = RULE_ONE_PATH, .reference = "PCI Local Bus 3.0, 6.7",
     .text = "The capability list ends, and stays on multiples of 4 from 40h.");
TEST(.name = "rule.capability.extended", .id = "CAP-02", .check = check_extended,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.6.2 and 7.6.3",
     .text = "The extended capability list ends, and stays on multiples of 4 from 100h.");
TEST(.name = "rule.capability.no-alias", .id = "CAP-03", .check = check_alias,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.2",
     .text = "Registers from 100h on are not the header again.");
TEST(.name = "rule.capability.conventional", .id = "CAP-04",
     .idle = "every function is PCI Express or PCI-X", .check = check_conventional,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.1 and 7.6.1",
     .text = "A function that is not PCI Express has nothing at 100h.");
