/*
 * How many configuration accesses Linux makes from its entry to /init on this machine: a model of
 * its code, by what the machine has (arch/x86/kernel/early-quirks.c, drivers/pci/probe.c, pci.c,
 * setup-bus.c, pcie/, arch/x86/pci/legacy.c and drivers/pci/hotplug/acpiphp_glue.c of 6.1).
 *
 * Counted is what every function costs before any driver but the one of PCI Express ports: its
 * identity, its base addresses, a walk through its capabilities for each of those that Linux looks
 * for. What the accesses are that belong to no list or register was read off the record of such a
 * boot (tests/records/linux.rec).
 */
#ifndef BAROMETER_LIB_BUDGET_H
#define BAROMETER_LIB_BUDGET_H

#include "pci.h"

/* How base addresses are sized. */
enum budget_sizing {
	BUDGET_PER_BAR, /* Linux before 6.14 */
	BUDGET_BATCHED, /* since, with "PCI: Batch BAR sizing operations" */
	BUDGET_ONCE,    /* guest/linux without a table: one window, and each value read once */
	BUDGET_TABLE,   /* and with it (docs/paravirtual.md): the values alone */
	BUDGET_SIZINGS
};

struct budget_count {
	uint64_t reads, writes;
};

/* Accesses, by what causes them. */
struct budget {
	uint64_t early;              /* reads: the look for quirks */
	uint64_t slots;              /* reads of device numbers that ACPI describes, for hot plug */
	uint64_t absent;             /* reads of what is not there on buses that are */
	struct budget_count setup;   /* of the functions, below 100h, without sizing */
	struct budget_count express; /* and from 100h on */
	struct budget_count sizing[BUDGET_SIZINGS];
	uint64_t buses; /* reads of buses that nothing leads to */
	unsigned buses_absent, functions;
};

struct budget_machine {
	struct cfg *cfg;      /* to look with, that reaches all of map */
	struct cfg *extended; /* the same from 100h on; NULL: nothing does */
	const struct pci_map *map;
	const struct index *by_address; /* of it: pci_map_index() */
	const struct pci_roots *roots;
	/* The last bus that MCFG names for segment 0; -1: there is no MCFG, and Linux asks no bus
	 * that it does not know. */
	int last_bus;
	bool acpi_slots; /* ACPI describes every slot that takes hot plug, as QEMU's does */
};

/* Functions of segment 0 only. Reads each function's header and capabilities. */
void budget_make(struct budget *budget, const struct budget_machine *machine,
		 const struct diag *diag);

#endif
