/* What functions and bridges say of themselves. */
#include <stddef.h>
#include "pci.h"
#include "text.h"

const char *pci_name(char *to, struct cfg_address at)
{
	if (at.segment)
		text_format(to, 16, "%04x:%02x:%02x.%u", at.segment, at.bus, cfg_device(at),
			    cfg_fn(at));
	else
		text_format(to, 16, "%02x:%02x.%u", at.bus, cfg_device(at), cfg_fn(at));
	return to;
}

bool pci_read_function(struct cfg *cfg, struct cfg_address at, struct pci_function *fn)
{
	uint32_t id = cfg_read32(cfg, at, PCI_ID);

	if (!pci_id_present(id))
		return false;
	*fn = (struct pci_function){
	    .at = at,
	    .id = id,
	    .class_revision = cfg_read32(cfg, at, PCI_CLASS_REVISION),
	    .header = cfg_read32(cfg, at, PCI_CACHE_LINE_HEADER),
	};
	if (pci_is_bridge(fn))
		fn->buses = cfg_read32(cfg, at, PCI_BUS_NUMBERS);
	return true;
}

bool pci_bus_next(struct cfg *cfg, struct pci_bus_walk *walk, struct pci_function *fn)
{
	while (walk->next < (walk->only_device_0 ? 8 : 256)) {
		struct cfg_address at = {walk->segment, walk->bus, (uint8_t)walk->next};
		bool present = pci_read_function(cfg, at, fn);
		bool alone = cfg_fn(at) == 0 && !(present && pci_multi_function(fn));

		walk->next = (uint16_t)(walk->next + (alone ? 8 : 1));
		if (present)
			return true;
	}
	return false;
}

const char *pci_bridge_fault(const struct pci_function *fn, uint8_t last,
			     const struct pci_bus_set *taken)
{
	uint8_t secondary = pci_secondary(fn), subordinate = pci_subordinate(fn);

	if (secondary == 0)
		return "has no secondary bus number";
	if (secondary <= fn->at.bus)
		return "leads back to its own bus or above it";
	if (subordinate < secondary)
		return "has a subordinate below its secondary bus";
	if (subordinate > last)
		return "claims buses beyond those of the bridge or root bus above it";
	for (unsigned bus = secondary; bus <= subordinate; bus++)
		if (pci_bus_in(taken, bus))
			return "claims buses that another bridge or root bus has";
	return NULL;
}

const struct pci_root *pci_root_at(const struct pci_roots *roots, uint16_t segment, uint8_t bus)
{
	const struct pci_root *root = roots->root;
	unsigned count = roots->count;

	while (count) {
		const struct pci_root *middle = root + count / 2;

		if (middle->segment == segment && middle->bus == bus)
			return middle;
		if (middle->segment < segment ||
		    (middle->segment == segment && middle->bus < bus)) {
			root = middle + 1;
			count -= count / 2 + 1;
		} else {
			count /= 2;
		}
	}
	return NULL;
}

void pci_add_roots(struct pci_bus_set *set, const struct pci_roots *roots, uint16_t segment)
{
	for (unsigned i = 0; i < roots->count; i++)
		if (roots->root[i].segment == segment)
			pci_bus_add(set, roots->root[i].bus);
}

void pci_map_add(struct pci_map *map, const struct pci_function *fn)
{
	if (map->count < map->capacity) {
		map->fn[map->count++] = *fn;
		return;
	}
	if (!map->left_out++)
		map->first_left_out = fn->at;
	map->last_left_out = fn->at;
}

void pci_map_index(const struct pci_map *map, struct index *index)
{
	index->count = 0;
	for (unsigned i = 0; i < map->count; i++)
		index_add(index, cfg_key(map->fn[i].at), i);
	index_sort(index, index->pair + map->count);
}
