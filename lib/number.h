/*
 * Bus numbers for bridges that firmware left without (PCI-to-PCI Bridge 1.2, 3.2.5.3 and 3.2.5.4):
 * qboot and other minimal firmware number none. Bridges that have usable numbers keep them.
 */
#ifndef BAROMETER_LIB_NUMBER_H
#define BAROMETER_LIB_NUMBER_H

#include "pci.h"

/* One bus on the way down from a root bus, while number_bridges() is at work. */
struct number_level {
	struct pci_function bridge; /* that leads here; not on a root bus */
	bool ours;                  /* we numbered it */
	uint8_t bus, last;          /* last: the highest number that may be used behind this bus */
	/* Its bridges that are still to be gone through, by devfn, which are as many as buses. */
	struct pci_bus_set numbered, unnumbered;
};

/* The bridges that we numbered, and the secondary bus that each got. */
struct numbering {
	/* Secondary bus by cfg_key() of the bridge; the caller's room for two pairs a bridge. */
	struct index given;
	unsigned capacity; /* bridges: no more than bus numbers can be numbered */
	/*
	 * Each bus has a higher number than the one before it, so that there is room for any
	 * machine; here, because it would be much for a stack.
	 */
	struct number_level level[256];
};

/*
 * Numbers every unnumbered bridge under the root buses, depth first, from the free numbers of the
 * bus above it. A bridge for which none is free, or no room, is reported and stays unnumbered. Adds
 * to *numbering.
 */
void number_bridges(struct cfg *cfg, const struct pci_roots *roots, struct numbering *numbering,
		    const struct diag *diag);

/* The secondary bus that we gave a bridge, or 0. */
uint8_t number_given(const struct numbering *numbering, struct cfg_address at);

#endif
