/*
 * What the files of mutants share. A mutant is a name and the hooks that it
 * needs; each file ends with the table of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_PCI_MUTANT_INTERNAL_H
#define HW_PCI_MUTANT_INTERNAL_H

#include "hw/pci/mutant.h"

/* One write to a function, before or after the function has seen it */
typedef struct PCIMutantWrite {
    PCIDevice *d;
    uint32_t reg;
    uint32_t val;
    unsigned len;
} PCIMutantWrite;

typedef struct PCIMutant {
    const char *name;
    bool (*cf8_write)(PCIHostState *s, unsigned lane, uint32_t val,
                      unsigned len);
    uint32_t (*cf8_read)(uint32_t latch);
    bool (*before)(PCIMutantAccess *a);
    void (*after)(PCIMutantAccess *a);
    void (*realized)(PCIDevice *d);
    bool (*write)(PCIMutantWrite *w);   /* true: the function never sees it */
    void (*wrote)(const PCIMutantWrite *w);
    void (*read)(PCIDevice *d, uint32_t reg, unsigned len, uint32_t *val);
    pcibus_t (*mapping)(PCIDevice *d, int region, pcibus_t addr);
    /* Of a bridge; limit below base: nothing is passed on */
    void (*window)(PCIDevice *d, uint8_t type, pcibus_t *base, pcibus_t *limit);
    PCIBus *(*route)(PCIBus *root, int bus_num);
    void (*mcfg)(GArray *tables, unsigned offset);
    bool mcfg_checksum; /* is made wrong */
    bool late;          /* firmware would not come up with it */
} PCIMutant;

/* Each ends with an entry without a name. */
extern const PCIMutant pci_mutants_ports[];
extern const PCIMutant pci_mutants_ecam[];
extern const PCIMutant pci_mutants_absent[];
extern const PCIMutant pci_mutants_registers[];
extern const PCIMutant pci_mutants_bars[];
extern const PCIMutant pci_mutants_decode[];
extern const PCIMutant pci_mutants_machine[];
extern const PCIMutant pci_mutants_vcpus[];
extern const PCIMutant pci_mutants_legal_access[];
extern const PCIMutant pci_mutants_legal[];

/* All functions, in the order in which they were made: of PCIDevice * */
extern GPtrArray *pci_mutant_devices;

/* The function that an access is for; NULL: none */
PCIDevice *pci_mutant_device(const PCIMutantAccess *a);
/* Function 0 of the device that an access is for, if only others are absent */
PCIDevice *pci_mutant_function_0(const PCIMutantAccess *a);
/* Configuration Request Retry Status for the first read of what is on a link */
void pci_mutant_first_read_retry(PCIMutantAccess *a);
/* No bridge leads to this bus, or nothing is on it */
bool pci_mutant_bus_empty(PCIBus *root, int bus_num);

static inline unsigned pci_mutant_bus(const PCIMutantAccess *a)
{
    return a->at >> 20 & 0xff;
}

static inline unsigned pci_mutant_reg(const PCIMutantAccess *a)
{
    return a->at & 0xfff;
}

static inline bool pci_mutant_part(const PCIMutantAccess *a)
{
    return a->len < 4;
}

static inline bool pci_mutant_port_read(const PCIMutantAccess *a)
{
    return !a->ecam && !a->write;
}

static inline bool pci_mutant_port_write(const PCIMutantAccess *a)
{
    return !a->ecam && a->write;
}

static inline bool pci_mutant_ecam_read(const PCIMutantAccess *a)
{
    return a->ecam && !a->write;
}

static inline bool pci_mutant_ecam_write(const PCIMutantAccess *a)
{
    return a->ecam && a->write;
}

static inline void pci_mutant_from_lane_0(PCIMutantAccess *a)
{
    a->at &= ~3u;
}

static inline bool pci_mutant_is(const PCIDevice *d, const char *name)
{
    return !strcmp(d->name, name);
}

static inline bool pci_mutant_covers(uint32_t reg, unsigned len, uint32_t byte)
{
    return reg <= byte && byte < reg + len;
}

/* Header type 0, and no host or ISA bridge */
bool pci_mutant_is_endpoint(const PCIDevice *d);
bool pci_mutant_is_bridge(const PCIDevice *d);

/* Change a register behind the guest's back */
void pci_mutant_poke(PCIDevice *d, uint32_t reg, unsigned len, uint32_t val);
/* Bits that the guest shall be able to write, and bits that it shall not */
void pci_mutant_writable(PCIDevice *d, uint32_t reg, unsigned len,
                         uint32_t bits);
void pci_mutant_fixed(PCIDevice *d, uint32_t reg, unsigned len, uint32_t bits);
/* Bits of a byte that go when 1 is written to them */
void pci_mutant_clears(PCIDevice *d, uint32_t reg, uint8_t bits);
/* What a read of `reg` gives shows `shown` in the byte at `byte` */
void pci_mutant_show(uint32_t reg, unsigned len, uint32_t *val, uint32_t byte,
                     uint8_t shown);

#endif
