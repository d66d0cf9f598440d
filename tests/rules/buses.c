/* Buses that are there, and numbers that are free. */
#include "rules/buses.h"

uint8_t rule_free_bus(const struct session *s, const struct pci_root *root)
{
	struct pci_bus_set used = {0};

	for (unsigned i = 0; i < s->found.roots.count; i++)
		if (s->found.roots.root[i].segment == root->segment)
			pci_bus_add(&used, s->found.roots.root[i].bus);
	for (unsigned i = 0; i < s->inventory.count; i++)
		for (unsigned b = pci_secondary(&s->inventory.known[i].fn);
		     pci_is_bridge(&s->inventory.known[i].fn) &&
		     b <= pci_subordinate(&s->inventory.known[i].fn);
		     b++)
			pci_bus_add(&used, b);
	for (unsigned bus = root->last; bus > root->bus; bus--)
		if (!pci_bus_in(&used, bus))
			return (uint8_t)bus;
	return 0;
}

struct pci_function rule_occupant(const struct session *s, uint16_t segment, uint8_t bus)
{
	for (unsigned i = 0; i < s->inventory.count; i++)
		if (s->inventory.known[i].fn.at.bus == bus &&
		    s->inventory.known[i].fn.at.segment == segment)
			return s->inventory.known[i].fn;
	return (struct pci_function){.at = {segment, bus, 0}, .id = 0xffffffff};
}

const struct pci_root *rule_root_of(const struct session *s, struct cfg_address at)
{
	for (unsigned i = 0; i < s->found.roots.count; i++)
		if (s->found.roots.root[i].segment == at.segment &&
		    s->found.roots.root[i].bus == at.bus)
			return &s->found.roots.root[i];
	return NULL;
}
