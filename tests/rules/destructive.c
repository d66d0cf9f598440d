/*
 * Rules that change what the machine had set up, and put it back. They run only when named, since a
 * hypervisor that breaks one may not survive it.
 */
#include <stddef.h>
#include "rules/buses.h"
#include "rules/place.h"

/* What is read at an address over each path that reaches it; all-ones over others. */
struct both {
	uint32_t id[PATHS];
};

static struct both look(const struct rule_target *t, struct cfg_address at)
{
	struct both seen;

	for (unsigned path = 0; path < PATHS; path++)
		seen.id[path] = cfg_read32(&t->s->found.path[path], at, PCI_ID);
	return seen;
}

/*
 * The bus answers where its number is now, over both paths: a route that is kept must not outlive a
 * write that the other one made.
 */
static void expect_moved(const struct rule_target *t, const struct pci_function *there,
			 struct cfg_address new, const struct both *at_new,
			 const struct both *at_old)
{
	for (unsigned path = 0; path < PATHS; path++) {
		struct rule_target over = rule_over(t, path);

		if (!t->s->found.usable[path] || !over.cfg->ops->reaches(over.cfg, new, 0) ||
		    !over.cfg->ops->reaches(over.cfg, there->at, 0))
			continue;
		if (rule_expect(
			&over, at_new->id[path] == there->id, PCI_BUS_NUMBERS,
			"with secondary %u, bus %u read 0x%08x, should be 0x%08x from bus %u",
			new.bus, new.bus, at_new->id[path], there->id, there->at.bus))
			rule_expect(
			    &over, at_old->id[path] == 0xffffffff, PCI_BUS_NUMBERS,
			    "with secondary %u, bus %u still read 0x%08x, should be all-ones",
			    new.bus, there->at.bus, at_old->id[path]);
	}
}

static void expect_back(const struct rule_target *t, const struct pci_function *there,
			const struct both *at_old)
{
	for (unsigned path = 0; path < PATHS; path++) {
		struct rule_target over = rule_over(t, path);

		if (t->s->found.usable[path] && over.cfg->ops->reaches(over.cfg, there->at, 0))
			rule_expect(&over, at_old->id[path] == there->id, PCI_BUS_NUMBERS,
				    "wrote back 0x%08x, bus %u read 0x%08x, should be 0x%08x",
				    t->fn->buses, there->at.bus, at_old->id[path], there->id);
	}
}

static void check_renumber(const struct rule_target *t)
{
	const struct pci_root *root = rule_root_of(t->s, t->fn->at);
	uint8_t moved = root ? rule_free_bus(t->s, root) : 0;
	struct cfg_address new;
	struct pci_function there;
	uint32_t numbers, got, back;
	struct both at_new, at_old, again;

	/* Only bridges on a root bus: those above a deeper one would not pass the number on. */
	if (!pci_is_bridge(t->fn) || !pci_secondary(t->fn) || !moved)
		return;
	there = rule_occupant(t->s, t->fn->at.segment, pci_secondary(t->fn));
	new = there.at;
	new.bus = moved;
	if (!t->cfg->ops->reaches(t->cfg, new, 0))
		return;
	numbers = (t->fn->buses & 0xff0000ff) | (uint32_t)moved << 16 | (uint32_t)moved << 8;
	got = rule_put(t, PCI_BUS_NUMBERS, numbers);
	at_new = look(t, new);
	at_old = look(t, there.at);
	back = rule_put(t, PCI_BUS_NUMBERS, t->fn->buses);
	again = look(t, there.at);
	/* Of a bus without functions only the numbers can be told. */
	if (rule_expect(t, !((got ^ numbers) & 0x00ffffff), PCI_BUS_NUMBERS,
			"wrote 0x%08x, read 0x%08x, should be what was written", numbers, got) &&
	    pci_id_present(there.id))
		expect_moved(t, &there, new, &at_new, &at_old);
	if (rule_expect(t, !((back ^ t->fn->buses) & 0x00ffffff), PCI_BUS_NUMBERS,
			"wrote back 0x%08x, read 0x%08x, should be what was written", t->fn->buses,
			back) &&
	    pci_id_present(there.id))
		expect_back(t, &there, &again);
}

/* The secondary bus of some bridge below another; 0: there is none. */
static uint8_t bus_below(const struct session *s, const struct pci_function *bridge)
{
	uint32_t end;

	for (uint32_t i = rule_first_bridge(s, bridge->at.segment, &end); i < end; i++) {
		const struct pci_function *fn = rule_bridge(s, i);

		if (pci_secondary(fn) > pci_secondary(bridge) &&
		    pci_secondary(fn) <= pci_subordinate(bridge) &&
		    pci_id_present(rule_occupant(s, fn->at.segment, pci_secondary(fn)).id))
			return pci_secondary(fn);
	}
	return 0;
}

static void check_subordinate(const struct rule_target *t)
{
	uint8_t below = pci_is_bridge(t->fn) && pci_secondary(t->fn) ? bus_below(t->s, t->fn) : 0;
	struct pci_function there = rule_occupant(t->s, t->fn->at.segment, below);
	uint32_t got, back;

	if (!below || !t->cfg->ops->reaches(t->cfg, there.at, 0))
		return;
	cfg_write32(t->cfg, t->fn->at, PCI_BUS_NUMBERS,
		    (t->fn->buses & 0xff00ffff) | (uint32_t)(below - 1) << 16);
	got = cfg_read32(t->cfg, there.at, PCI_ID);
	cfg_write32(t->cfg, t->fn->at, PCI_BUS_NUMBERS, t->fn->buses);
	back = cfg_read32(t->cfg, there.at, PCI_ID);
	rule_expect(t, got == 0xffffffff, PCI_BUS_NUMBERS,
		    "with subordinate %u, bus %u read 0x%08x, should be all-ones", below - 1u,
		    below, got);
	rule_expect(t, back == there.id, PCI_BUS_NUMBERS,
		    "with subordinate %u again, bus %u read 0x%08x, should be 0x%08x",
		    pci_subordinate(t->fn), below, back, there.id);
}

/* Where no operating system would put a BAR: in low memory, on the VGA window, on the APICs, at the
 * very top. */
static const uint32_t odd[] = {0x00000000, 0x00000010, 0x000a0000, 0x000fff00, 0xfec00000,
			       0xfee00000, 0xdeadbeec, 0x7ffffff0, 0xffff0000};

/* The upper half of a 64-bit BAR is BAR-07's. */
static void check_odd(const struct rule_target *t)
{
	struct rule_window w;

	if (!rule_open(t, &w))
		return;
	for (unsigned b = 0; b < BAR_ROM_INDEX; b++) {
		uint32_t mask = t->bars->raw.mask[b] & rule_address_bits(t->bars, b);

		for (unsigned i = 0; rule_is_lower(t->bars, b) && i < sizeof(odd) / sizeof(odd[0]);
		     i++) {
			uint32_t got = rule_put(t, bar_offset(t->fn, b), odd[i]) &
				       rule_address_bits(t->bars, b);

			rule_expect(t, got == (odd[i] & mask), bar_offset(t->fn, b),
				    "wrote 0x%08x, address bits read 0x%08x, should be 0x%08x",
				    odd[i], got, odd[i] & mask);
		}
	}
	rule_close(t, &w);
}

/* With decode on, a probed BAR lies at the top of the address space: below this size over nothing
 * but firmware's flash. */
#define LIVE_PROBE_MAX (4u << 20)

static void probe_live(const struct rule_target *t, unsigned b)
{
	unsigned reg = bar_offset(t->fn, b);
	uint32_t bits = rule_address_bits(t->bars, b), want = t->bars->raw.mask[b] & bits, value,
		 got, back;

	if ((want & -want) > LIVE_PROBE_MAX || !want)
		return;
	value = cfg_read32(t->cfg, t->fn->at, reg);
	got = rule_put(t, reg, BAR_PROBE_ONES) & bits;
	back = rule_put(t, reg, value);
	rule_expect(t, got == want, reg,
		    "with decode on wrote 0x%08x, address bits read 0x%08x, should be 0x%08x",
		    BAR_PROBE_ONES, got, want);
	rule_expect(t, back == value, reg, "with decode on wrote back 0x%08x, read 0x%08x", value,
		    back);
}

/* 64-bit BARs keep their upper half, so that they stay where RAM is not. */
static void probe_all(const struct rule_target *t)
{
	for (unsigned b = 0; b < BAR_ROM_INDEX; b++)
		if (rule_is_lower(t->bars, b) && !(t->bars->raw.value[b] & 1))
			probe_live(t, b);
}

static void check_decoding(const struct rule_target *t)
{
	struct rule_place place;

	if (cfg_read16(t->cfg, t->fn->at, PCI_COMMAND) & PCI_COMMAND_MEMORY) {
		probe_all(t);
	} else if (rule_place(t, &place)) {
		rule_place_decode(t, &place, PCI_COMMAND_MEMORY);
		if (place.memory)
			probe_all(t);
		rule_unplace(t, &place);
	}
}

TEST(.name = "rule.destructive.bus-numbers", .id = "DST-01",
     .idle = "no numbered bridge on a root bus, or no bus number free", .check = check_renumber,
     .flags = TEST_DESTRUCTIVE, .reference = "PCI-to-PCI Bridge 1.2, 3.1.2.1 and 3.2.5.3",
     .text = "When a bridge's secondary bus number changes, what is behind it answers at the new "
	     "number and not at the old one, over both paths.");
TEST(.name = "rule.destructive.subordinate", .id = "DST-09",
     .idle = "no bridge has another one with functions behind it", .check = check_subordinate,
     .flags = TEST_DESTRUCTIVE, .reference = "PCI-to-PCI Bridge 1.2, 3.1.2.1 and 3.2.5.4",
     .text = "A bridge passes on no bus above its subordinate bus number.");
TEST(.name = "rule.destructive.odd-addresses", .id = "DST-02", .check = check_odd,
     .filter = RULE_BARS, .flags = TEST_DESTRUCTIVE, .reference = "PCI Local Bus 3.0, 6.2.5.1",
     .text = "With decode off a BAR takes any address, however strange.");
TEST(.name = "rule.destructive.decoding", .id = "DST-03",
     .idle = "no function has a memory BAR that decodes or can be given an address",
     .check = check_decoding, .filter = RULE_BARS | RULE_ENDPOINT, .flags = TEST_DESTRUCTIVE,
     .reference = "PCI Local Bus 3.0, 6.2.5.1",
     .text = "A memory BAR can be probed and put back while it decodes.");
