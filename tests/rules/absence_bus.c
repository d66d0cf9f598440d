/* Addresses that nothing leads to: bus numbers, and devices that a link cannot have. */
#include "caps.h"
#include "rules/buses.h"

/* Each bit of the bus number in turn: the buses so reached that nobody claims must be empty. */
static void check_alias(const struct rule_target *t)
{
	const struct pci_bus_set *claimed = rule_claimed_buses(t->s, t->fn->at.segment);

	if (!t->bars->present || cfg_fn(t->fn->at) != 0)
		return;
	for (unsigned bit = 0; bit < 8; bit++) {
		struct pci_function other = {.at = t->fn->at};
		struct rule_target there = *t;

		other.at.bus ^= (uint8_t)(1u << bit);
		there.fn = &other;
		if (pci_bus_in(claimed, other.at.bus) || !t->cfg->ops->reaches(t->cfg, other.at, 0))
			continue;
		if (!rule_expect(&there,
				 cfg_read32(t->cfg, other.at, PCI_ID) != t->fn->id ||
				     !rule_same_header(t, other.at),
				 PCI_ID,
				 "read 0x%08x, the function of bus %u; should be 0xffffffff, no "
				 "bridge leads here",
				 t->fn->id, t->fn->at.bus))
			return;
	}
}

static void alias(struct session *s, const struct test *test)
{
	if (inventory_know(s) && inventory_needs_all(s))
		rule_each(s, test, RULE_BARS, check_alias);
}

/*
 * Numbers that no root bus and no bridge has, to the last that the path reaches. Reads of this
 * width and wider ones.
 */
static void check_bus(struct session *s, const struct test *test, unsigned path,
		      struct cfg_address at, unsigned width)
{
	/* At the edge of ECAM's window the last dword, elsewhere the first. */
	unsigned reg = at.devfn == 0xff && path == PATH_ECAM ? 0xffc : PCI_ID;
	struct pci_function fn = {.at = at};
	struct rule_target t = {s, test, &fn, &s->found.path[path], path, NULL};

	for (; width <= 4; width *= 2) {
		uint32_t got = cfg_read(t.cfg, at, reg, width);

		if (!rule_expect(&t, got == cfg_ones(width), reg,
				 "no bridge leads to bus %u; %u bytes read 0x%x, should be 0x%x",
				 at.bus, width, got, cfg_ones(width)))
			return;
	}
}

/*
 * The device and function numbers that some function of the segment has, as a set; 0 is asked
 * anyway.
 */
static struct pci_bus_set used_numbers(const struct session *s, uint16_t segment)
{
	struct pci_bus_set set = {0};

	for (unsigned i = 0; i < s->inventory.count; i++)
		if (s->inventory.known[i].fn.at.segment == segment &&
		    s->inventory.known[i].fn.at.devfn)
			pci_bus_add(&set, s->inventory.known[i].fn.at.devfn);
	return set;
}

/*
 * Some function of another bus may answer under its own number: at the ends all that are in use are
 * asked, in between one after the other. Gives the one that was asked last.
 */
static unsigned check_numbers(struct session *s, const struct test *test, unsigned path,
			      struct cfg_address at, const struct pci_bus_set *used, unsigned last,
			      bool all)
{
	for (unsigned i = 1; i <= 256; i++) {
		unsigned devfn = (last + i) % 256;

		if (!pci_bus_in(used, devfn))
			continue;
		at.devfn = (uint8_t)devfn;
		check_bus(s, test, path, at, 4);
		if (!all)
			return devfn;
	}
	return last;
}

static void each_empty_bus(struct session *s, const struct test *test, uint16_t segment)
{
	const struct pci_bus_set *claimed = rule_claimed_buses(s, segment);
	struct pci_bus_set used = used_numbers(s, segment);

	for (unsigned path = 0; path < PATHS; path++) {
		unsigned asked = 0, buses_seen = 0;

		for (unsigned bus = 0; s->found.usable[path] && bus < 256; bus++) {
			const struct cfg *cfg = &s->found.path[path];
			struct cfg_address at = {segment, (uint8_t)bus, 0};
			struct cfg_address next = {segment, (uint8_t)(bus + 1), 0};
			bool last = bus == 255 || !cfg->ops->reaches(cfg, next, 0);

			if (pci_bus_in(claimed, bus) || !cfg->ops->reaches(cfg, at, 0))
				continue;
			check_bus(s, test, path, at, 1);
			asked = check_numbers(s, test, path, at, &used, asked,
					      last || buses_seen++ == 0);
			at.devfn = 0xff;
			if (last)
				check_bus(s, test, path, at, 1);
		}
	}
}

#define EXPRESS_CONTROL_2 0x28
#define ARI_FORWARDING    0x0020u /* in it (PCIe 7.5.3.16) */

/*
 * A link has one device at its end, number 0 (PCIe 7.3.1), unless its functions' numbers take up
 * that of the device as well.
 */
static bool leads_to_one(const struct rule_target *t)
{
	struct caps_walk w;

	if (!pci_is_bridge(t->fn) || !pci_secondary(t->fn))
		return false;
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		unsigned type = CAP_EXPRESS_TYPE(w.header);

		if (w.id == CAP_EXPRESS)
			return (type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM_PORT ||
				type == EXPRESS_BRIDGE_FROM_PCI) &&
			       (w.at + EXPRESS_CONTROL_2 >= 0x100 ||
				!(cfg_read16(t->cfg, t->fn->at, w.at + EXPRESS_CONTROL_2) &
				  ARI_FORWARDING));
	}
	return false;
}

static void check_link(const struct rule_target *t)
{
	struct pci_function fn = {.at = {t->fn->at.segment, pci_secondary(t->fn), 0}};
	struct rule_target there = *t;

	if (!leads_to_one(t) || !t->cfg->ops->reaches(t->cfg, fn.at, 0))
		return;
	there.fn = &fn;
	for (unsigned device = 1; device < 32; device++) {
		uint32_t id;

		fn.at.devfn = (uint8_t)(device << 3);
		id = cfg_read32(t->cfg, fn.at, PCI_ID);
		if (!rule_expect(
			&there, id == 0xffffffff, PCI_ID,
			"read 0x%08x, should be 0xffffffff: a link leads to device 0 alone", id))
			return;
	}
}

static void buses(struct session *s, const struct test *test)
{
	const struct pci_roots *roots = &s->found.roots;

	if (!inventory_know(s) || !inventory_needs_all(s))
		return;
	for (unsigned i = 0; i < roots->count; i++)
		if (i == 0 || roots->root[i].segment != roots->root[i - 1].segment)
			each_empty_bus(s, test, roots->root[i].segment);
}

TEST(.name = "rule.absence.alias", .id = "ABS-04", .run = alias,
     .reference = "PCI-to-PCI Bridge 1.2, 3.1.2.1",
     .text = "A function does not answer under a bus number that no bridge leads to.");
TEST(.name = "rule.absence.buses", .id = "ABS-05", .run = buses,
     .idle = "every bus within reach has a root bus or a bridge",
     .reference = "PCI-to-PCI Bridge 1.2, 3.1.2.1; PCI Firmware 3.3, 4.1.2",
     .text = "Buses that nothing leads to, up to the last that MCFG names, read all-ones.");
TEST(.name = "rule.absence.link", .id = "ABS-07", .check = check_link,
     .idle = "there is no PCI Express port with a bus below it",
     .reference = "PCI Express Base 4.0, 7.3.1",
     .text =
	 "Below a PCI Express port, whose link leads to one device, devices 1 to 31 read all-ones.");
