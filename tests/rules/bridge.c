/* Bus numbers of bridges, as the walk found them: no access of its own. */
#include "rules/buses.h"

static bool is_sound(const struct pci_function *fn)
{
	return pci_secondary(fn) > fn->at.bus && pci_subordinate(fn) >= pci_secondary(fn);
}

/* A bridge without numbers has been reported by whoever could not number it. */
static bool has_numbers(const struct pci_function *fn)
{
	return pci_is_bridge(fn) && pci_secondary(fn) != 0;
}

static void check_numbers(const struct rule_target *t)
{
	if (has_numbers(t->fn))
		rule_expect(t, is_sound(t->fn), PCI_BUS_NUMBERS,
			    "on bus %u has secondary %u, subordinate %u; should be secondary above "
			    "its bus, subordinate not below",
			    t->fn->at.bus, pci_secondary(t->fn), pci_subordinate(t->fn));
}

static bool overlap(const struct pci_function *a, const struct pci_function *b)
{
	return pci_secondary(a) <= pci_subordinate(b) && pci_secondary(b) <= pci_subordinate(a);
}

static bool inside(const struct pci_function *a, const struct pci_function *b)
{
	return pci_secondary(a) >= pci_secondary(b) && pci_subordinate(a) <= pci_subordinate(b);
}

/*
 * On the same bus apart; otherwise apart or one inside the other. Each pair once, at the later one.
 */
static void check_ranges(const struct rule_target *t)
{
	char name[16];
	uint32_t end;

	if (!has_numbers(t->fn) || !is_sound(t->fn))
		return;
	for (uint32_t i = rule_first_bridge(t->s, t->fn->at.segment, &end); i < end; i++) {
		const struct pci_function *other = rule_bridge(t->s, i);
		bool nested = inside(t->fn, other) || inside(other, t->fn);

		if (cfg_key(other->at) >= cfg_key(t->fn->at) || !is_sound(other))
			continue;
		rule_expect(t, !overlap(t->fn, other) || (other->at.bus != t->fn->at.bus && nested),
			    PCI_BUS_NUMBERS, "buses %u to %u, should be apart from %u to %u of %s",
			    pci_secondary(t->fn), pci_subordinate(t->fn), pci_secondary(other),
			    pci_subordinate(other), pci_name(name, other->at));
	}
}

TEST(.name = "rule.bridge.numbers", .id = "BRG-01", .idle = "no bridge has bus numbers",
     .check = check_numbers, .filter = RULE_ONE_PATH,
     .reference = "PCI-to-PCI Bridge 1.2, 3.2.5.3 and 3.2.5.4",
     .text = "A bridge's secondary bus is above its own, and its subordinate bus not below its "
	     "secondary.");
TEST(.name = "rule.bridge.ranges", .id = "BRG-02", .idle = "no two bridges have bus numbers",
     .check = check_ranges, .filter = RULE_ONE_PATH, .reference = "PCI-to-PCI Bridge 1.2, 3.2.5.4",
     .text =
	 "Bus ranges of bridges on one bus are apart; of others, apart or one inside the other.");
