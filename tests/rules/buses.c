/* Buses that are there, and numbers that are free. */
#include "rules/buses.h"

uint32_t rule_first_bridge(const struct session *s, uint16_t segment, uint32_t *end)
{
	const struct index *index = &s->inventory.by_bus_behind;

	*end = segment == UINT16_MAX
		   ? index->count
		   : index_from(index, inventory_bus_key((uint16_t)(segment + 1), 0));
	return index_from(index, inventory_bus_key(segment, 0));
}

const struct pci_function *rule_bridge(const struct session *s, uint32_t i)
{
	return &s->inventory.known[index_place(&s->inventory.by_bus_behind, i)].fn;
}

const struct pci_bus_set *rule_claimed_buses(const struct session *s, uint16_t segment)
{
	struct rules *rules = s->rules;
	uint32_t end;

	if (rules->claimed_segment == segment + 1u)
		return &rules->claimed;
	rules->claimed_segment = segment + 1u;
	rules->claimed = (struct pci_bus_set){0};
	pci_add_roots(&rules->claimed, &s->found.roots, segment);
	for (uint32_t i = rule_first_bridge(s, segment, &end); i < end; i++) {
		const struct pci_function *bridge = rule_bridge(s, i);

		for (unsigned b = pci_secondary(bridge); b <= pci_subordinate(bridge); b++)
			pci_bus_add(&rules->claimed, b);
	}
	return &rules->claimed;
}

uint8_t rule_free_bus(const struct session *s, const struct pci_root *root)
{
	const struct pci_bus_set *used = rule_claimed_buses(s, root->segment);

	/* Of a bridge that is not known nobody knows the numbers. */
	for (unsigned bus = inventory_left_out(s) ? 0 : root->last; bus > root->bus; bus--)
		if (!pci_bus_in(used, bus))
			return (uint8_t)bus;
	return 0;
}

struct pci_function rule_occupant(const struct session *s, uint16_t segment, uint8_t bus)
{
	const struct known *k = inventory_first_on(s, segment, bus);

	return k ? k->fn : (struct pci_function){.at = {segment, bus, 0}, .id = 0xffffffff};
}

const struct pci_root *rule_root_of(const struct session *s, struct cfg_address at)
{
	return pci_root_at(&s->found.roots, at.segment, at.bus);
}
