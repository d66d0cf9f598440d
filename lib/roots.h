/*
 * Which buses are root buses. The firmware knows (PCI root bridges of UEFI, QEMU's
 * etc/extra-pci-roots); without it, a root bus is a bus that answers and that no bridge leads to.
 */
#ifndef BAROMETER_LIB_ROOTS_H
#define BAROMETER_LIB_ROOTS_H

#include "pci.h"

#define ROOTS_UNKNOWN 0xffffffffu

/*
 * Adds the root buses of one segment to roots, by sweeping every bus that cfg reaches and that no
 * bridge found so far claims. The lowest bus that the path reaches is a root bus whether or not
 * anything answers there. `extra` is the number of root buses beside that one, so that the sweep
 * ends as soon as it has them (0: no sweep at all); ROOTS_UNKNOWN sweeps all. A bus that is a root
 * bus found before under another number (lib/alias.h) is none; how many there are is said once. To
 * be called before bridges are numbered: afterwards nothing has changed but the numbers of
 * accesses.
 */
void roots_sweep(struct cfg *cfg, uint16_t segment, unsigned extra, struct pci_roots *roots,
		 const struct diag *diag);

/*
 * Adds one root bus that firmware names; duplicates are ignored, and what there is no room for is
 * said.
 */
void roots_add(struct pci_roots *roots, uint16_t segment, uint8_t bus, uint8_t last,
	       const struct diag *diag);

#endif
