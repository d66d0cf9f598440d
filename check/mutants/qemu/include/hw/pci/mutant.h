/*
 * Seeded bugs in PCI configuration space, one at a time, chosen by name when
 * QEMU starts: QEMU_PCI_MUTANT=NAME. QEMU_PCI_MUTANT=list prints all names; a
 * name that is unknown ends QEMU. Without the variable nothing is changed.
 *
 * These are the hooks, called where the bugs sit. The first time that a mutant
 * makes a difference it says so on stderr: "pci-mutant: NAME acts".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_PCI_MUTANT_H
#define HW_PCI_MUTANT_H

#include "hw/acpi/bios-linker-loader.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"

/* One access of the guest's, through ports or ECAM, before it is routed */
typedef struct PCIMutantAccess {
    PCIHostState *host;
    bool ecam;
    bool write;
    bool enabled;   /* bit 31 of CF8; always true through ECAM */
    uint32_t at;    /* bus << 20 | devfn << 12 | register, as in ECAM */
    uint32_t val;   /* written, or to be answered */
    unsigned len;
} PCIMutantAccess;

/* Ports: true: the write has been dealt with; what a read of the latch gives */
bool pci_mutant_cf8_write(PCIHostState *s, unsigned lane, uint32_t val,
                          unsigned len);
uint32_t pci_mutant_cf8_read(uint32_t latch);

PCIMutantAccess pci_mutant_ports(PCIHostState *s, bool write, unsigned lane,
                                 uint32_t val, unsigned len);
PCIMutantAccess pci_mutant_ecam(PCIHostState *s, bool write, uint32_t at,
                                uint32_t val, unsigned len);
uint32_t pci_mutant_port_address(const PCIMutantAccess *a);

/* Around each access. true: it has been dealt with, a->val is the answer */
bool pci_mutant_before(PCIMutantAccess *a);
void pci_mutant_after(PCIMutantAccess *a);

/* In place of config_write and config_read of a function */
void pci_mutant_config_write(PCIDevice *d, uint32_t reg, uint32_t val,
                             unsigned len);
uint32_t pci_mutant_config_read(PCIDevice *d, uint32_t reg, unsigned len);

/* A function that is complete */
void pci_mutant_realized(PCIDevice *d);

/* Where a region is to answer; PCI_BAR_UNMAPPED: nowhere */
pcibus_t pci_mutant_mapping(PCIDevice *d, int region, pcibus_t addr);

/*
 * What a bridge passes on: its window for ports (PCI_BASE_ADDRESS_SPACE_IO),
 * memory, or prefetchable memory (PCI_BASE_ADDRESS_MEM_PREFETCH)
 */
void pci_mutant_window(PCIDevice *d, uint8_t type, pcibus_t *base,
                       pcibus_t *limit);

/* The bus of that number, although no bridge leads there; NULL: none */
PCIBus *pci_mutant_route(PCIBus *root, int bus_num);

/*
 * What is written to port 80h: the code with which barometer takes over from
 * firmware starts the mutants that wait for it
 */
#define PCI_MUTANT_TAKES_OVER 0xb0
void pci_mutant_post_code(uint8_t code);

/* The MCFG at this offset of the tables: before and after it is closed */
void pci_mutant_mcfg(GArray *tables, unsigned offset);
void pci_mutant_mcfg_checksum(BIOSLinker *linker, unsigned offset);

#endif
