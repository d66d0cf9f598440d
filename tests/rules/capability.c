/* Capability lists: bounded, aligned, and where they belong. */
#include <stddef.h>
#include "rules/buses.h"
#include "rules/plain.h"

/* Far above all that were given out (PCI Code and ID Assignment 1.11, 3). */
#define EXTENDED_ID_MAX 0x00ff

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

static bool same_as_header(const struct rule_target *t, unsigned from)
{
	static const unsigned regs[] = {PCI_ID, PCI_CLASS_REVISION, PCI_CACHE_LINE_HEADER};

	for (unsigned i = 0; i < 3; i++)
		if (cfg_read32(t->cfg, t->fn->at, from + regs[i]) !=
		    cfg_read32(t->cfg, t->fn->at, regs[i]))
			return false;
	return true;
}

/*
 * Bits of an offset that are lost: reads show the header again, writes land there. Written is only
 * where a conventional function has nothing, so that no register of anyone's can be in the way.
 */
static void check_alias(const struct rule_target *t)
{
	uint8_t line = cfg_read8(t->cfg, t->fn->at, PCI_CACHE_LINE_HEADER), got;
	uint32_t above = cfg_read32(t->cfg, t->fn->at, 0x100);

	for (unsigned from = 0x100; from <= 0x800; from *= 2)
		if (!rule_expect(t, !same_as_header(t, from), from,
				 "read 0x%08x and so on, should not be the header from 0x00 again",
				 t->fn->id))
			return;
	for (unsigned from = 0x100; above == 0xffffffff && from <= 0x800; from *= 2) {
		cfg_write(t->cfg, t->fn->at, from + PCI_CACHE_LINE_HEADER, 1, (uint8_t)~line);
		got = cfg_read8(t->cfg, t->fn->at, PCI_CACHE_LINE_HEADER);
		if (rule_expect(t, got == line, PCI_CACHE_LINE_HEADER,
				"wrote 0x%02x to 0x%03x, this reads 0x%02x, should still be 0x%02x",
				(uint8_t)~line, from + PCI_CACHE_LINE_HEADER, got, line))
			continue;
		cfg_write(t->cfg, t->fn->at, PCI_CACHE_LINE_HEADER, 1, line);
		return;
	}
}

/*
 * Registers that are not there read 0 (PCI 3.0, 6.1); all-ones is what reads beyond the end give.
 * One dword may well be all-ones, not sixteen.
 */
static bool reads_ones(const struct rule_target *t, unsigned from)
{
	for (unsigned reg = from; reg < from + 64; reg += 4)
		if (cfg_read32(t->cfg, t->fn->at, reg) != 0xffffffff)
			return false;
	return true;
}

/* Root port, and the two ports of a switch (PCIe 7.5.3.2): what has Express on both sides. */
static bool is_express_port(const struct rule_target *t, const struct pci_function *bridge)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, bridge);
	while (caps_next(&w))
		if (w.id == CAP_EXPRESS)
			return CAP_EXPRESS_TYPE(w.header) >= 4 && CAP_EXPRESS_TYPE(w.header) <= 6;
	return false;
}

/*
 * A conventional bus on the way has no address bits for registers from 100h on, whatever the
 * function behind it is (PCIe 7.2.1).
 */
static bool reached_by_express(const struct rule_target *t)
{
	struct cfg_address at = t->fn->at;
	const struct known *bridge;

	for (; (bridge = inventory_bridge_to(t->s, at)); at = bridge->fn.at)
		if (!is_express_port(t, &bridge->fn))
			return false;
	return true;
}

static void check_length(const struct rule_target *t)
{
	static const unsigned blocks[] = {0x100, 0x1c0, 0x200, 0x400, 0x800, 0xc00, 0xf00, 0xfc0};

	if (!caps_find(t->cfg, t->fn, CAP_EXPRESS, &diag_silent) || !reached_by_express(t))
		return;
	for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (!rule_expect(
			t, !reads_ones(t, blocks[i]), blocks[i],
			"64 bytes read all-ones, should not: a PCI Express function has them"))
			return;
}

#define LIST_MAX 48 /* dwords from 40h to FFh */

/*
 * Whatever STATUS says, which the walks of caps.h believe. In dwords: lanes are others' business.
 */
static bool leads_to_express(const struct rule_target *t)
{
	uint8_t at = (uint8_t)cfg_read32(t->cfg, t->fn->at, PCI_CAPABILITIES);

	if (pci_header_type(t->fn) > 1)
		return false;
	for (unsigned steps = 0; steps < LIST_MAX && at >= 0x40 && !(at & 3); steps++) {
		uint32_t header = cfg_read32(t->cfg, t->fn->at, at);

		if ((header & 0xff) == CAP_EXPRESS)
			return true;
		at = (uint8_t)(header >> 8);
	}
	return false;
}

static bool tells_of_list(const struct rule_target *t)
{
	return cfg_read32(t->cfg, t->fn->at, PCI_COMMAND) >> 16 & PCI_STATUS_CAPS;
}

/* A conventional function that says it has no list may have anything at 34h: QEMU's tpci200. */
static void check_told(const struct rule_target *t)
{
	if (leads_to_express(t))
		rule_expect(t, tells_of_list(t), PCI_STATUS,
			    "bit 4 reads 0, should be 1: 0x34 leads to a PCI Express capability");
}

/* Only PCI Express functions, and PCI-X ones in mode 2, have more than 256 bytes. */
static void check_conventional(const struct rule_target *t)
{
	uint32_t got;

	/*
	 * A host bridge may have extended space without saying so; Linux looks there, too
	 * (pci_cfg_space_size).
	 */
	if (pci_is_host_bridge(t->fn) || (!tells_of_list(t) && leads_to_express(t)))
		return;
	if (caps_find(t->cfg, t->fn, CAP_EXPRESS, &diag_silent) ||
	    caps_find(t->cfg, t->fn, CAP_PCI_X, &diag_silent))
		return;
	got = cfg_read32(t->cfg, t->fn->at, 0x100);
	rule_expect(t, got == 0 || got == 0xffffffff, 0x100,
		    "a conventional function read 0x%08x, should be all-ones or 0", got);
}

/*
 * ID and next pointer: the low word of a capability, the whole first dword of an extended one.
 * Where extended space is the header again, IDs are vendors, and a write would reach COMMAND.
 */
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

#define ANY_VERSION    0
#define LINK_ABILITIES 0x0c
#define EXPRESS_LENGTH_2                                                                           \
	2 /* from this version on the second set of registers is there (PCIe 7.5.3) */

/*
 * What a device says of itself. Of MSI control bits 0, 6 to 4 and 10 are software's, of MSI-X 15
 * and 14. Link Capabilities may be missing in a function without a link, if it is of version 1.
 */
static const struct field {
	uint16_t id;
	uint8_t version, at, width;
	uint32_t bits;
} fields[] =
    {
	{CAP_PM, ANY_VERSION, 2, 2, 0xffff},
	{CAP_MSI, ANY_VERSION, 2, 2, 0xfb8e},
	{CAP_MSI_X, ANY_VERSION, 2, 2, 0x3fff},
	{CAP_MSI_X, ANY_VERSION, 4, 4, 0xffffffff},
	{CAP_MSI_X, ANY_VERSION, 8, 4, 0xffffffff},
	{CAP_SUBSYSTEM, ANY_VERSION, 4, 4, 0xffffffff},
	{CAP_EXPRESS, ANY_VERSION, 0x02, 2, 0xffff},
	{CAP_EXPRESS, ANY_VERSION, 0x04, 4, 0xffffffff},
	{CAP_EXPRESS, EXPRESS_LENGTH_2, LINK_ABILITIES, 4, 0xffffffff},
	{CAP_EXPRESS, EXPRESS_LENGTH_2, 0x24, 4, 0xffffffff},
	{CAP_EXPRESS, EXPRESS_LENGTH_2, 0x2c, 4, 0xffffffff},
},
  extended_fields[] = {
      {ECAP_DSN, ANY_VERSION, 4, 4, 0xffffffff},      {ECAP_DSN, ANY_VERSION, 8, 4, 0xffffffff},
      {ECAP_ACS, ANY_VERSION, 4, 2, 0xffff},          {ECAP_SRIOV, ANY_VERSION, 4, 4, 0xffffffff},
      {ECAP_SRIOV, ANY_VERSION, 0x0e, 2, 0xffff}, /* TotalVFs */
      {ECAP_SRIOV, ANY_VERSION, 0x1a, 2, 0xffff}, /* VF Device ID */
      {ECAP_SRIOV, ANY_VERSION, 0x1c, 4, 0xffffffff},
};

static void check_fields(const struct rule_target *t, struct caps_walk *w,
			 const struct field *field, unsigned count)
{
	unsigned end = w->extended ? 0x1000 : 0x100;

	while (caps_next(w))
		for (unsigned i = 0; i < count; i++)
			if (w->id == field[i].id && w->at + field[i].at + field[i].width <= end &&
			    CAP_EXPRESS_VERSION(w->header) >= field[i].version)
				rule_expect_read_only(t, w->at + field[i].at, field[i].width,
						      field[i].bits);
}

/* Of version 1 what has a link of its own says so: types below that of integrated endpoints. */
static void check_link_abilities(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w))
		if (w.id == CAP_EXPRESS && CAP_EXPRESS_VERSION(w.header) == 1 &&
		    CAP_EXPRESS_TYPE(w.header) < EXPRESS_INTEGRATED &&
		    w.at + LINK_ABILITIES + 4 <= 0x100)
			rule_expect_read_only(t, w.at + LINK_ABILITIES, 4, 0xffffffff);
}

static void check_all_fields(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	check_fields(t, &w, fields, sizeof(fields) / sizeof(fields[0]));
	check_link_abilities(t);
	if (t->path != PATH_ECAM)
		return;
	caps_begin_extended(&w, t->cfg, t->fn);
	check_fields(t, &w, extended_fields, sizeof(extended_fields) / sizeof(extended_fields[0]));
}

/* Of the first dword. */
#define PM_VERSION(header)       ((header) >> 16 & 7)
#define EXTENDED_VERSION(header) ((header) >> 16 & 0xf)

/* Root port, switch ports and bridges between PCIe and PCI are types 4 to 8; 2 and 3 are none. */
static bool type_fits(const struct pci_function *fn, unsigned type)
{
	return type >= 4 && type <= 8 ? pci_is_bridge(fn)
				      : type != 2 && type != 3 && type <= 10 && !pci_is_bridge(fn);
}

#define LINK_STATUS      0x12
#define LINK_SPEED(link) ((link)&0xfu) /* in both (PCIe 7.5.3.6 and 7.5.3.8) */
#define LINK_WIDTH(link) ((link) >> 4 & 0x3fu)

/*
 * Of a function at the lower end of a link, which is up, or nothing could be read of it: endpoints,
 * upstream ports, bridges to PCI.
 */
static void expect_link(const struct rule_target *t, unsigned at, unsigned type)
{
	uint32_t able;
	uint16_t now;

	if ((type > 1 && type != EXPRESS_UPSTREAM_PORT && type != EXPRESS_BRIDGE_TO_PCI) ||
	    at + LINK_STATUS >= 0x100)
		return;
	able = cfg_read32(t->cfg, t->fn->at, at + LINK_ABILITIES);
	now = cfg_read16(t->cfg, t->fn->at, at + LINK_STATUS);
	rule_expect(t, LINK_SPEED(now) <= LINK_SPEED(able), at + LINK_STATUS,
		    "the link's speed reads %u, should be at most %u as in Link Capabilities",
		    LINK_SPEED(now), LINK_SPEED(able));
	rule_expect(t, LINK_WIDTH(now) <= LINK_WIDTH(able), at + LINK_STATUS,
		    "the link's width reads %u, should be at most %u as in Link Capabilities",
		    LINK_WIDTH(now), LINK_WIDTH(able));
}

static void check_contents(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		if (w.id == CAP_EXPRESS) {
			unsigned version = CAP_EXPRESS_VERSION(w.header),
				 type = CAP_EXPRESS_TYPE(w.header);

			rule_expect(t, version == 1 || version == 2, w.at,
				    "PCI Express capability of version %u, should be 1 or 2",
				    version);
			rule_expect(t, type_fits(t->fn, type), w.at,
				    "PCI Express type %u with a header of type %u", type,
				    pci_header_type(t->fn));
			expect_link(t, w.at, type);
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
TEST(.name = "rule.capability.told", .id = "CAP-09", .check = check_told,
     .idle = "no function is PCI Express",
     .reference = "PCI Local Bus 3.0, 6.2.3; PCI Express Base 4.0, 7.5.1.1.4",
     .text = "STATUS of a PCI Express function says that it has a capability list.");
TEST(.name = "rule.capability.extended", .id = "CAP-02", .check = check_extended,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.6.2 and 7.6.3",
     .text = "The extended capability list ends, and stays on multiples of 4 from 100h.");
TEST(.name = "rule.capability.no-alias", .id = "CAP-03", .check = check_alias,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.2",
     .text = "Registers from 100h on are not the header again, neither for reads nor for writes.");
TEST(.name = "rule.capability.length", .id = "CAP-08", .check = check_length,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .idle = "no function is PCI Express",
     .reference = "PCI Express Base 4.0, 7.2.1 and 7.2.2; PCI Local Bus 3.0, 6.1",
     .text =
	 "A PCI Express function that is reached over PCI Express alone has registers up to FFFh: no "
	 "part of them reads as absent.");
TEST(.name = "rule.capability.conventional", .id = "CAP-04",
     .idle = "every function is PCI Express or PCI-X", .check = check_conventional,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.1 and 7.6.1",
     .text = "A function that is not PCI Express has nothing at 100h.");
TEST(.name = "rule.capability.read-only", .id = "CAP-05", .check = check_read_only,
     .idle = "no function has capabilities",
     .reference = "PCI Local Bus 3.0, 6.7; PCI Express Base 4.0, 7.6.3",
     .text = "IDs and next pointers of capabilities take no writes.");
TEST(.name = "rule.capability.fields", .id = "CAP-07", .check = check_all_fields,
     .idle = "no function has a capability that this is about",
     .reference = "PCI Local Bus 3.0, 6.8; PCI Power Management 1.2, 3.2.3; PCI Express Base 4.0, "
		  "7.5.3, 7.7.8, 7.9.3 and 9.3.3",
     .text = "What a capability says of the function takes no writes: versions and abilities, "
	     "where and how large the MSI-X table is, serial number, subsystem.");
TEST(.name = "rule.capability.contents", .id = "CAP-06", .check = check_contents,
     .filter = RULE_ONE_PATH, .idle = "no function has a capability that this is about",
     .reference = "PCI Express Base 4.0, 7.5.3.2 and 7.6.3; PCI Power Management 1.2, 3.2.3",
     .text =
	 "A PCI Express capability is of version 1 or 2 and of a type that fits the header, a link is "
	 "no faster or wider than it can be, Power Management of version 1 to 3, extended capabilities "
	 "of no version 0.");
