/*
 * Capability lists, and the capabilities that define address ranges beyond the BARs (PCI 3.0, 6.7;
 * PCI Express Base 4.0, 7.6, 7.8.5 Enhanced Allocation, 7.8.6 Resizable BAR, 9.3.3 SR-IOV).
 *
 * Lists are device data: a walk ends after as many steps as the space could hold, and says why if
 * that was not the end.
 */
#ifndef BAROMETER_LIB_CAPS_H
#define BAROMETER_LIB_CAPS_H

#include "bar.h"

/* PCI Code and ID Assignment 1.11, 2. */
#define CAP_PM        0x01
#define CAP_MSI       0x05
#define CAP_PCI_X     0x07
#define CAP_VENDOR    0x09
#define CAP_SUBSYSTEM 0x0d
#define CAP_EXPRESS   0x10
#define CAP_MSI_X     0x11
#define CAP_SATA      0x12
#define CAP_AF        0x13
#define CAP_EA        0x14

#define ECAP_AER      0x01
#define ECAP_DSN      0x03
#define ECAP_ACS      0x0d
#define ECAP_SRIOV    0x10
#define ECAP_REBAR    0x15
#define ECAP_LTR      0x18

/*
 * One capability after the other: caps_begin() or caps_begin_extended(), then caps_next() until it
 * is false. Where the list is not sound, fault says why, and pointer is what led there.
 */
struct caps_walk {
	struct cfg *cfg;
	const struct pci_function *fn;
	bool extended;
	unsigned steps;    /* capabilities so far */
	unsigned at;       /* offset of this one */
	uint16_t id;       /* of this one */
	uint32_t header;   /* its first dword */
	unsigned pointer;  /* to the next one, as read */
	unsigned from;     /* the register that holds pointer */
	const char *fault; /* NULL: none so far */
};

/* An empty list for a header of type 2 and up, and without the capabilities bit of STATUS. */
void caps_begin(struct caps_walk *walk, struct cfg *cfg, const struct pci_function *fn);

/* The extended list, from 100h on; empty where the path does not reach it. */
void caps_begin_extended(struct caps_walk *walk, struct cfg *cfg, const struct pci_function *fn);

bool caps_next(struct caps_walk *walk);

/* Offset of the first capability with this ID, or 0. */
unsigned caps_find(struct cfg *cfg, const struct pci_function *fn, uint8_t id,
		   const struct diag *diag);

/* The same among the extended capabilities from 100h on; 0 where the path does not reach them. */
unsigned caps_find_extended(struct cfg *cfg, const struct pci_function *fn, uint16_t id,
			    const struct diag *diag);

/* Device/Port Type, in the first dword of a PCI Express capability (7.5.3.2). */
#define CAP_EXPRESS_TYPE(header) ((header) >> 20 & 0xfu)
#define EXPRESS_ROOT_PORT        4
#define EXPRESS_UPSTREAM_PORT    5
#define EXPRESS_DOWNSTREAM_PORT  6
#define EXPRESS_BRIDGE_TO_PCI    7
#define EXPRESS_BRIDGE_FROM_PCI  8 /* PCI or PCI-X above, a PCI Express link below */
#define EXPRESS_INTEGRATED       9 /* from here on without a link of its own */

/* Advanced Error Reporting (7.8.4): which errors are masked, which are fatal. */
#define AER_MASK                 0x08
#define AER_SEVERITY             0x0c
#define AER_CORRECTABLE_MASK     0x14

#define CAPS_RESOURCES_MAX       32

enum caps_resource_kind { CAPS_VF_BAR, CAPS_EA, CAPS_REBAR };

/* One address range that a capability defines. */
struct caps_resource {
	uint8_t kind;  /* enum caps_resource_kind */
	uint8_t index; /* VF BAR 0-5; EA: BAR Equivalent Indicator 0-15; Resizable BAR: BAR index */
	uint8_t space; /* enum bar_space; VF BAR and EA */
	bool prefetch;
	uint64_t address;
	uint64_t size;  /* bytes; of one VF for a VF BAR; the current size for a Resizable BAR */
	uint64_t sizes; /* Resizable BAR: bit n set: 1 MiB << n is supported */
};

/*
 * Lists them, sizing VF BARs by the dance with VF memory space off; everything is restored. Returns
 * how many were stored in list, at most CAPS_RESOURCES_MAX.
 */
unsigned caps_resources(struct cfg *cfg, const struct pci_function *fn, struct caps_resource *list,
			const struct diag *diag);

#endif
