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

	/* A host bridge may have extended space without saying so; Linux looks there, too (pci_cfg_space_size). */
	if (pci_is_host_bridge(t->fn))
		return;
	if (caps_find(t->cfg, t->fn, CAP_EXPRESS, &silent) ||
	    caps_find(t->cfg, t->fn, CAP_PCI_X, &silent))
		return;
	got = cfg_read32(t->cfg, t->fn->at, 0x100);
	rule_expect(t, got == 0 || got == 0xffffffff, 0x100,
		    "a conventional function read 0x%08x, should be all-ones or 0", got);
}

/* Far above all that were given out (PCI Code and ID Assignment 1.11, 3). */
#define EXTENDED_ID_MAX 0x00ff

/* ID and next pointer: the low word of a capability, the whole first dword of an extended one. Where
 * extended space is the header again, IDs are vendors, and a write would reach COMMAND. */
static void check_headers(const struct rule_target *t, struct caps_walk *w)
{
	unsigned width = w->extended ? 4 : 2;

	while (caps_next(w) && !(w->extended && w->id > EXTENDED_ID_MAX)) {
		uint32_t before = w->header & cfg_ones(width), wrote = ~before & cfg_ones(width);
		uint32_t got;

		cfg_write(t->cfg, t->fn->at, w->at, width, wrote);
		got = cfg_read(t->cfg, t->fn->at, w->at, width);
		if (rule_expect(t, got == before, w->at,
				"wrote 0x%x, read 0x%x, should still be 0x%x", wrote, got, before))
			continue;
		cfg_write(t->cfg, t->fn->at, w->at, width, before);
		return;
	}
}

static void check_read_only(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	check_headers(t, &w);
	if (t->path != PATH_ECAM)
		return;
	caps_begin_extended(&w, t->cfg, t->fn);
	check_headers(t, &w);
}

#define CAP_PM                   0x01

/* Of the first dword: version of the Express capability, of the PM one. */
#define EXPRESS_VERSION(header)  ((header) >> 16 & 0xf)
#define PM_VERSION(header)       ((header) >> 16 & 7)
#define EXTENDED_VERSION(header) ((header) >> 16 & 0xf)

/* Root port, switch ports and bridges between PCIe and PCI are types 4 to 8; 2 and 3 are none. */
static bool type_fits(const struct pci_function *fn, unsigned type)
{
	return type >= 4 && type <= 8 ? pci_is_bridge(fn)
				      : type != 2 && type != 3 && type <= 10 && !pci_is_bridge(fn);
}

static void check_contents(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		if (w.id == CAP_EXPRESS) {
			unsigned version = EXPRESS_VERSION(w.header),
				 type = CAP_EXPRESS_TYPE(w.header);

			rule_expect(t, version == 1 || version == 2, w.at,
				    "PCI Express capability of version %u, should be 1 or 2",
				    version);
			rule_expect(t, type_fits(t->fn, type), w.at,
				    "PCI Express type %u with a header of type %u", type,
				    pci_header_type(t->fn));
		} else if (w.id == CAP_PM) {
			rule_expect(t, PM_VERSION(w.header) >= 1 && PM_VERSION(w.header) <= 3, w.at,
				    "Power Management capability of version %u, should be 1 to 3",
				    PM_VERSION(w.header));
		}
	}
	caps_begin_extended(&w, t->cfg, t->fn);
	while (caps_next(&w))
		if (w.id)
			rule_expect(t, EXTENDED_VERSION(w.header) != 0, w.at,
				    "extended capability 0x%04x of version 0, should be 1 or more",
				    w.id);
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
TEST(.name = "rule.capability.read-only", .id = "CAP-05", .check = check_read_only,
     .idle = "no function has capabilities",
     .reference = "PCI Local Bus 3.0, 6.7; PCI Express Base 4.0, 7.6.3",
     .text = "IDs and next pointers of capabilities take no writes.");
TEST(.name = "rule.capability.contents", .id = "CAP-06", .check = check_contents,
     .filter = RULE_ONE_PATH, .idle = "no function has a capability that this is about",
     .reference = "PCI Express Base 4.0, 7.5.3.2 and 7.6.3; PCI Power Management 1.2, 3.2.3",
     .text =
	 "A PCI Express capability is of version 1 or 2 and of a type that fits the header, Power "
	 "Management of version 1 to 3, extended capabilities of no version 0.");
