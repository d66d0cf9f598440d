/* The tree scan and the sweep. */
#include "caps.h"
#include "scan.h"

/*
 * The buses from a root bus down to the one at hand. A bridge is followed only to a higher bus
 * number than that of its own bus (pci_bridge_fault()), so that there are at most as many as there
 * are numbers, whatever devices say. They are kept here and not in calls of a function by itself:
 * the stack does not grow with them.
 */
struct descent {
	struct {
		struct pci_bus_walk on;
		uint8_t last; /* highest number that may be used behind this bus */
	} level[256];
	unsigned depth;
};

static bool may_follow(const struct scan *scan, const struct pci_function *bridge, uint8_t last,
		       const struct pci_bus_set *taken)
{
	const char *fault = pci_bridge_fault(bridge, last, taken);
	char name[16];

	if (fault)
		diag_say(scan->diag,
			 "bridge %s (primary %u, secondary %u, subordinate %u) %s; not followed",
			 pci_name(name, bridge->at), bridge->buses & 0xff, pci_secondary(bridge),
			 pci_subordinate(bridge), fault);
	return !fault;
}

/* The ports that Linux takes for such (drivers/pci/pci.h, pcie_downstream_port()). */
static bool leads_to_link(struct cfg *cfg, const struct pci_function *bridge)
{
	struct caps_walk w;
	unsigned type;

	caps_begin(&w, cfg, bridge);
	while (caps_next(&w)) {
		if (w.id != CAP_EXPRESS)
			continue;
		type = CAP_EXPRESS_TYPE(w.header);
		return type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM_PORT ||
		       type == EXPRESS_BRIDGE_FROM_PCI;
	}
	return false;
}

static void enter(struct descent *d, uint16_t segment, uint8_t bus, uint8_t last)
{
	d->level[d->depth].on = (struct pci_bus_walk){.segment = segment, .bus = bus};
	d->level[d->depth].last = last;
}

static void scan_root(const struct scan *scan, const struct pci_root *root, struct pci_map *map,
		      struct pci_bus_set *taken)
{
	struct pci_function fn;
	struct descent d;

	d.depth = 0;
	enter(&d, root->segment, root->bus, root->last);
	map->buses++;
	for (;;) {
		struct pci_bus_walk *on = &d.level[d.depth].on;
		uint8_t last = d.level[d.depth].last;

		if (!pci_bus_next(scan->cfg, on, &fn)) {
			if (d.depth == 0)
				return;
			/* A bridge's range is taken only now: the bridges behind it lie in it. */
			for (unsigned bus = on->bus; bus <= last; bus++)
				pci_bus_add(taken, bus);
			d.depth--;
			continue;
		}
		pci_map_add(map, &fn);
		if (scan->visit)
			scan->visit(scan->context, scan->cfg, &fn);
		if (pci_is_bridge(&fn) && may_follow(scan, &fn, last, taken)) {
			d.depth++;
			enter(&d, root->segment, pci_secondary(&fn), pci_subordinate(&fn));
			d.level[d.depth].on.only_device_0 =
			    scan->only_one_child && leads_to_link(scan->cfg, &fn);
			map->buses++;
		}
	}
}

void scan_tree(const struct scan *scan, struct pci_map *map)
{
	struct pci_bus_set taken = {0}; /* numbers that a root bus or a bridge has claimed */

	pci_map_clear(map);
	for (unsigned i = 0; i < scan->roots->count; i++) {
		const struct pci_root *root = &scan->roots->root[i];

		if (i == 0 || root->segment != scan->roots->root[i - 1].segment) {
			taken = (struct pci_bus_set){0};
			pci_add_roots(&taken, scan->roots, root->segment);
		}
		if (scan->cfg->ops->reaches(scan->cfg,
					    (struct cfg_address){root->segment, root->bus, 0}, 0))
			scan_root(scan, root, map, &taken);
	}
}

void scan_sweep(struct cfg *cfg, uint16_t segment, const struct pci_bus_set *aliases,
		struct pci_map *map)
{
	for (unsigned bus = 0; bus < 256; bus++) {
		struct pci_bus_walk on = {.segment = segment, .bus = (uint8_t)bus};
		unsigned before = pci_map_found(map);
		struct pci_function fn;

		if (!cfg->ops->reaches(cfg, (struct cfg_address){segment, (uint8_t)bus, 0}, 0) ||
		    (aliases && pci_bus_in(aliases, bus)))
			continue;
		while (pci_bus_next(cfg, &on, &fn))
			pci_map_add(map, &fn);
		if (pci_map_found(map) != before)
			map->buses++;
	}
}
