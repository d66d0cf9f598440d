/*
 * Finding every function: a tree scan goes from the root buses down through the bridges, a sweep
 * asks on every bus.
 *
 * No device is believed: absent things read all-ones, every loop is bounded, and a bridge whose bus
 * numbers make no sense is reported and not followed.
 */
#ifndef BAROMETER_LIB_SCAN_H
#define BAROMETER_LIB_SCAN_H

#include "pci.h"

struct scan {
	struct cfg *cfg;
	const struct pci_roots *roots;
	/* Called for each function as soon as its header is read; NULL: not. Sizing hangs on it. */
	void (*visit)(void *context, struct cfg *cfg, const struct pci_function *fn);
	void *context;
	const struct diag *diag;
	/*
	 * Below a PCI Express link ask for device 0 alone: no other can be there (PCI Express Base
	 * 4.0, 7.3.1). Costs a look at the capabilities of each bridge.
	 */
	bool only_one_child;
};

/*
 * From the root buses down, depth first, a bridge before what is behind it. Replaces what is in
 * map, whose buses are those looked at. All is walked and visited, whatever map has room for.
 */
void scan_tree(const struct scan *scan, struct pci_map *map);

/*
 * Every device of every bus that the path reaches in one segment, bridges or not, but for buses
 * that are others under another number (NULL: none). Adds to map, so that segments can follow each
 * other; its buses are those that have functions.
 */
void scan_sweep(struct cfg *cfg, uint16_t segment, const struct pci_bus_set *aliases,
		struct pci_map *map);

#endif
