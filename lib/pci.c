/* Finding functions: the tree walk and the sweep. */
#include <stddef.h>
#include "pci.h"
#include "text.h"

struct walk {
	struct cfg *cfg;
	struct pci_map *map;
	pci_visit_fn visit;
	void *context;
	const struct diag *diag;
	struct pci_bus_set taken; /* buses that a root or a bridge has claimed */
};

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

bool pci_bus_next(struct pci_bus_walk *walk, struct pci_function *fn)
{
	while (walk->next < 256) {
		struct cfg_address at = {walk->segment, walk->bus, (uint8_t)walk->next};
		bool present = pci_read_function(walk->cfg, at, fn);

		if (cfg_fn(at) == 0 && !(present && pci_multi_function(fn)))
			walk->next += 8;
		else
			walk->next++;
		if (present)
			return true;
	}
	return false;
}

static bool map_add(struct pci_map *map, const struct pci_function *fn, const struct diag *diag)
{
	if (map->count == map->capacity) {
		if (!map->truncated)
			diag_say(diag, "more than %u functions: the rest is not looked at",
				 map->capacity);
		map->truncated = true;
		return false;
	}
	map->fn[map->count++] = *fn;
	return true;
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

static void walk_bus(struct walk *w, uint16_t segment, uint8_t bus, uint8_t last);

static void walk_behind(struct walk *w, const struct pci_function *fn, uint8_t last)
{
	const char *fault = pci_bridge_fault(fn, last, &w->taken);
	char name[16];

	if (fault) {
		diag_say(w->diag,
			 "bridge %s (primary %u, secondary %u, subordinate %u) %s; not followed",
			 pci_name(name, fn->at), fn->buses & 0xff, pci_secondary(fn),
			 pci_subordinate(fn), fault);
		return;
	}
	/* A bridge's whole range is taken at the end, not the beginning: its own children live in
	 * it. */
	walk_bus(w, fn->at.segment, pci_secondary(fn), pci_subordinate(fn));
	for (unsigned claimed = pci_secondary(fn); claimed <= pci_subordinate(fn); claimed++)
		pci_bus_add(&w->taken, claimed);
}

static void walk_bus(struct walk *w, uint16_t segment, uint8_t bus, uint8_t last)
{
	struct pci_bus_walk on = {.cfg = w->cfg, .segment = segment, .bus = bus};
	struct pci_function fn;

	w->map->buses++;
	pci_bus_add(&w->taken, bus);
	while (!w->map->truncated && pci_bus_next(&on, &fn)) {
		if (!map_add(w->map, &fn, w->diag))
			return;
		if (w->visit)
			w->visit(w->context, w->cfg, &fn);
		if (pci_is_bridge(&fn))
			walk_behind(w, &fn, last);
	}
}

void pci_add_roots(struct pci_bus_set *set, const struct pci_roots *roots, uint16_t segment)
{
	for (unsigned i = 0; i < roots->count; i++)
		if (roots->root[i].segment == segment)
			pci_bus_add(set, roots->root[i].bus);
}

void pci_scan_tree(struct cfg *cfg, const struct pci_roots *roots, struct pci_map *map,
		   pci_visit_fn visit, void *context, const struct diag *diag)
{
	struct walk w = {.cfg = cfg, .map = map, .visit = visit, .context = context, .diag = diag};

	map->count = map->buses = 0;
	map->truncated = false;
	for (unsigned i = 0; i < roots->count; i++) {
		const struct pci_root *root = &roots->root[i];

		if (i == 0 || root->segment != roots->root[i - 1].segment) {
			w.taken = (struct pci_bus_set){0};
			pci_add_roots(&w.taken, roots, root->segment);
		}
		if (cfg->ops->reaches(cfg, (struct cfg_address){root->segment, root->bus, 0}, 0))
			walk_bus(&w, root->segment, root->bus, root->last);
	}
}

void pci_scan_sweep(struct cfg *cfg, uint16_t segment, struct pci_map *map, const struct diag *diag)
{
	for (unsigned bus = 0; bus < 256; bus++) {
		struct pci_bus_walk on = {.cfg = cfg, .segment = segment, .bus = (uint8_t)bus};
		unsigned before = map->count;
		struct pci_function fn;

		if (!cfg->ops->reaches(cfg, (struct cfg_address){segment, (uint8_t)bus, 0}, 0))
			continue;
		while (pci_bus_next(&on, &fn))
			if (!map_add(map, &fn, diag))
				return;
		if (map->count != before)
			map->buses++;
	}
}

const struct pci_function *pci_map_find(const struct pci_map *map, struct cfg_address at)
{
	for (unsigned i = 0; i < map->count; i++)
		if (cfg_key(map->fn[i].at) == cfg_key(at))
			return &map->fn[i];
	return NULL;
}
