/*
 * Mutants of base address registers, and of the memory behind them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "mutant-internal.h"

#define ALL_ONES 0xffffffff
#define UPPER    PCI_NUM_REGIONS

/*
 * The region of an endpoint whose register is at reg; UPPER: the upper half of
 * the one below; -1: none
 */
static int region_at(const PCIDevice *d, uint32_t reg)
{
    int i = ((int)reg - PCI_BASE_ADDRESS_0) / 4;

    if (!pci_mutant_is_endpoint(d) || reg & 3) {
        return -1;
    }
    if (reg == PCI_ROM_ADDRESS && d->io_regions[PCI_ROM_SLOT].size) {
        return PCI_ROM_SLOT;
    }
    if (reg < PCI_BASE_ADDRESS_0 || reg > PCI_BASE_ADDRESS_5) {
        return -1;
    }
    if (i && d->io_regions[i - 1].size &&
        d->io_regions[i - 1].type & PCI_BASE_ADDRESS_MEM_TYPE_64) {
        return UPPER;
    }
    return d->io_regions[i].size ? i : -1;
}

static bool is_bar(const PCIMutantWrite *w)
{
    int i = region_at(w->d, w->reg);

    return w->len == 4 && i >= 0 && i < PCI_ROM_SLOT;
}

static bool is_memory(const PCIMutantWrite *w)
{
    return is_bar(w) && !(w->d->config[w->reg] & PCI_BASE_ADDRESS_SPACE_IO);
}

static bool decodes(const PCIDevice *d)
{
    return d->config[PCI_COMMAND] & PCI_COMMAND_MEMORY;
}

/* Registers */

static void bar_type_lost(const PCIMutantWrite *w)
{
    if (is_memory(w)) {
        pci_mutant_poke(w->d, w->reg, 1, w->d->config[w->reg] & 0xf0);
    }
}

/* Half of what is there is claimed; MSI-X names what is in the other half. */
static void bar_half_claimed(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_writable(d, PCI_BASE_ADDRESS_0, 4,
                            d->io_regions[0].size / 2);
    }
}

static void bar_hole(PCIDevice *d)
{
    if (pci_mutant_is(d, "edu")) {
        pci_mutant_fixed(d, PCI_BASE_ADDRESS_0, 4, 1u << 28);
    }
}

static bool bar_ones_only(PCIMutantWrite *w)
{
    return is_bar(w) && w->val != ALL_ONES && w->val >= 0xfffffff0;
}

/* What a probe found is shown once, then the address again. */

static uint32_t probed_reg, probed_old;
static PCIDevice *probed;

static bool bar_mask_once_write(PCIMutantWrite *w)
{
    if (is_bar(w)) {
        probed = w->val == ALL_ONES ? w->d : NULL;
        probed_reg = w->reg;
        probed_old = pci_get_long(w->d->config + w->reg);
    }
    return false;
}

static void bar_mask_once_read(PCIDevice *d, uint32_t reg, unsigned len,
                               uint32_t *val)
{
    if (d == probed && reg == probed_reg) {
        pci_mutant_poke(d, reg, 4, probed_old);
        probed = NULL;
    }
}

static bool bar_not_restored(PCIMutantWrite *w)
{
    if (is_bar(w) && w->val < 0xfffffff0 &&
        !(pci_get_long(w->d->wmask + w->reg) & ~pci_get_long(w->d->config +
                                                             w->reg))) {
        w->val &= 0xff000000;
    }
    return false;
}

/* The lower half, written last, resets the upper one. */
static void bar_halves_in_order(const PCIMutantWrite *w)
{
    if (is_memory(w) && region_at(w->d, w->reg + 4) == UPPER) {
        pci_mutant_poke(w->d, w->reg + 4, 4, 0);
    }
}

static void bar_high_half_fixed(PCIDevice *d)
{
    int i;

    for (i = 0; i < PCI_ROM_SLOT; i++) {
        if (region_at(d, PCI_BASE_ADDRESS_0 + 4 * i) == UPPER) {
            pci_mutant_fixed(d, PCI_BASE_ADDRESS_0 + 4 * i, 4, ALL_ONES);
        }
    }
}

/* Room for what a probe writes, but not for addresses */
static bool bar_high_half_lost(PCIMutantWrite *w)
{
    if (region_at(w->d, w->reg) == UPPER && w->val != ALL_ONES) {
        w->val = 0;
    }
    return false;
}

static void bar_neighbour_cleared(const PCIMutantWrite *w)
{
    int next = region_at(w->d, w->reg + 4);

    if (is_bar(w) && w->val == ALL_ONES && next >= 0 && next < PCI_ROM_SLOT) {
        pci_mutant_poke(w->d, w->reg + 4, 4, w->d->io_regions[next].type);
    }
}

static bool bar_fixed_without_decode(PCIMutantWrite *w)
{
    return is_memory(w) && !decodes(w->d) &&
           pci_get_long(w->d->config + w->reg) & ~0xfu;
}

static bool bar_fixed_while_decoding(PCIMutantWrite *w)
{
    return is_memory(w) && decodes(w->d);
}

static bool bar_refuses_low(PCIMutantWrite *w)
{
    return is_memory(w) && w->val < 0x100000 && w->val & ~0xfu;
}

/* Of virtual functions */

static uint32_t virtual_bar(const PCIDevice *d)
{
    return d->exp.sriov_cap ? d->exp.sriov_cap + PCI_SRIOV_BAR : 0;
}

static void virtual_bar_hole(PCIDevice *d)
{
    if (virtual_bar(d)) {
        pci_mutant_fixed(d, virtual_bar(d), 4, 1u << 28);
    }
}

static void virtual_bar_type_writable(PCIDevice *d)
{
    if (virtual_bar(d)) {
        pci_mutant_writable(d, virtual_bar(d), 4,
                            PCI_BASE_ADDRESS_MEM_PREFETCH);
    }
}

/* Expansion ROM */

static void rom_probe_enables(const PCIMutantWrite *w)
{
    if (region_at(w->d, w->reg) == PCI_ROM_SLOT && w->val >= 0xfffff800) {
        pci_mutant_poke(w->d, w->reg, 1, w->d->config[w->reg] | 1);
    }
}

static void rom_enable_fixed(PCIDevice *d)
{
    if (region_at(d, PCI_ROM_ADDRESS) == PCI_ROM_SLOT) {
        pci_mutant_fixed(d, PCI_ROM_ADDRESS, 4, PCI_ROM_ADDRESS_ENABLE);
    }
}

static void rom_low_writable(PCIDevice *d)
{
    if (region_at(d, PCI_ROM_ADDRESS) == PCI_ROM_SLOT) {
        pci_mutant_writable(d, PCI_ROM_ADDRESS, 4, 0x7fe);
    }
}

/* Memory */

static pcibus_t memory_stays(PCIDevice *d, int region, pcibus_t addr)
{
    static GHashTable *first;
    void *key = &d->io_regions[region];
    pcibus_t *old;

    if (addr == PCI_BAR_UNMAPPED) {
        return addr;
    }
    if (!first) {
        first = g_hash_table_new(NULL, NULL);
    }
    old = g_hash_table_lookup(first, key);
    if (!old) {
        old = g_memdup2(&addr, sizeof(addr));
        g_hash_table_insert(first, key, old);
    }
    return *old;
}

static pcibus_t memory_beside(PCIDevice *d, int region, pcibus_t addr)
{
    return addr == PCI_BAR_UNMAPPED ? addr :
           addr + d->io_regions[region].size;
}

/* Decode, once turned off, comes back only in COMMAND. */
static pcibus_t memory_gone_for_good(PCIDevice *d, int region, pcibus_t addr)
{
    static GHashTable *gone;
    PCIIORegion *r = &d->io_regions[region];

    if (!gone) {
        gone = g_hash_table_new(NULL, NULL);
    }
    if (addr == PCI_BAR_UNMAPPED && r->addr != PCI_BAR_UNMAPPED) {
        g_hash_table_add(gone, r);
    }
    return g_hash_table_contains(gone, r) ? PCI_BAR_UNMAPPED : addr;
}

static pcibus_t memory_never_silent(PCIDevice *d, int region, pcibus_t addr)
{
    return addr == PCI_BAR_UNMAPPED ? d->io_regions[region].addr : addr;
}

const PCIMutant pci_mutants_bars[] = {
    { "bar-type-lost", .wrote = bar_type_lost },
    { "bar-half-claimed", .realized = bar_half_claimed },
    { "bar-hole", .realized = bar_hole },
    { "bar-ones-only", .write = bar_ones_only },
    { "bar-mask-once", .write = bar_mask_once_write,
      .read = bar_mask_once_read },
    { "bar-not-restored", .write = bar_not_restored },
    { "bar-halves-in-order", .wrote = bar_halves_in_order },
    { "bar-high-half-fixed", .realized = bar_high_half_fixed },
    { "bar-high-half-lost", .write = bar_high_half_lost },
    { "bar-neighbour-cleared", .wrote = bar_neighbour_cleared },
    { "bar-fixed-without-decode", .write = bar_fixed_without_decode },
    { "bar-fixed-while-decoding", .write = bar_fixed_while_decoding },
    { "bar-refuses-low", .write = bar_refuses_low },

    { "virtual-bar-hole", .realized = virtual_bar_hole },
    { "virtual-bar-type-writable", .realized = virtual_bar_type_writable },

    { "rom-probe-enables", .wrote = rom_probe_enables },
    { "rom-enable-fixed", .realized = rom_enable_fixed },
    { "rom-low-writable", .realized = rom_low_writable },

    { "memory-stays", .mapping = memory_stays },
    { "memory-beside", .mapping = memory_beside },
    { "memory-gone-for-good", .mapping = memory_gone_for_good },
    { "memory-never-silent", .mapping = memory_never_silent },
    { }
};
