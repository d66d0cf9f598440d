/*
 * Mutants of bridges and of the MCFG table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "mutant-internal.h"

/* Bridges */

static bool bridge_numbers_fixed(PCIMutantWrite *w)
{
    return pci_mutant_is_bridge(w->d) && w->reg <= PCI_SUBORDINATE_BUS &&
           w->reg + w->len > PCI_PRIMARY_BUS;
}

static bool bridge_secondary_byte_lost(PCIMutantWrite *w)
{
    return pci_mutant_is_bridge(w->d) && w->reg == PCI_SECONDARY_BUS &&
           w->len == 1;
}

static void bridge_numbers_swapped(PCIDevice *d, uint32_t reg, unsigned len,
                                   uint32_t *val)
{
    if (pci_mutant_is_bridge(d)) {
        pci_mutant_show(reg, len, val, PCI_SECONDARY_BUS,
                        d->config[PCI_SUBORDINATE_BUS]);
        pci_mutant_show(reg, len, val, PCI_SUBORDINATE_BUS,
                        d->config[PCI_SECONDARY_BUS]);
    }
}

static void bridge_primary_fixed(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d)) {
        pci_mutant_fixed(d, PCI_PRIMARY_BUS, 1, 0xff);
    }
}

static void bridge_control_fixed(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d)) {
        pci_mutant_fixed(d, PCI_BRIDGE_CONTROL, 2, 0xffff);
    }
}

static void bridge_window_low_writable(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d)) {
        pci_mutant_writable(d, PCI_MEMORY_BASE, 2, 0xf);
    }
}

static void bridge_upper_fixed(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d)) {
        pci_mutant_fixed(d, PCI_PREF_BASE_UPPER32, 4, 0xffffffff);
        pci_mutant_fixed(d, PCI_PREF_LIMIT_UPPER32, 4, 0xffffffff);
    }
}

/* The bus behind a bridge whose number in the table of numbers is bus_num */
static PCIBus *bus_by(const uint8_t *numbers, int bus_num)
{
    guint i;

    for (i = 0; i < pci_mutant_devices->len; i++) {
        PCIDevice *d = g_ptr_array_index(pci_mutant_devices, i);
        int number;

        if (!pci_mutant_is_bridge(d)) {
            continue;
        }
        number = numbers ? numbers[i] : d->config[PCI_SECONDARY_BUS];
        if (number && number == bus_num) {
            return pci_bridge_get_sec_bus(PCI_BRIDGE(d));
        }
    }
    return NULL;
}

/* A bus answers although a bridge on the way does not claim its number. */
static PCIBus *bridge_subordinate_ignored(PCIBus *root, int bus_num)
{
    return bus_by(NULL, bus_num);
}

/* A bus goes on answering at the number that it had before. */

static uint8_t former[4096];

static bool bridge_old_number_write(PCIMutantWrite *w)
{
    guint i;

    for (i = 0; i < pci_mutant_devices->len && i < ARRAY_SIZE(former); i++) {
        if (w->d == g_ptr_array_index(pci_mutant_devices, i) &&
            pci_mutant_is_bridge(w->d) &&
            pci_mutant_covers(w->reg, w->len, PCI_SECONDARY_BUS)) {
            former[i] = w->d->config[PCI_SECONDARY_BUS];
        }
    }
    return false;
}

static PCIBus *bridge_old_number_stays(PCIBus *root, int bus_num)
{
    return bus_by(former, bus_num);
}

/* MCFG */

#define MCFG_ENTRY   44
#define MCFG_SEGMENT 8
#define MCFG_START   10
#define MCFG_END     11
#define MCFG_SIZE    16

static uint8_t *mcfg_entry(GArray *tables, unsigned offset)
{
    return (uint8_t *)tables->data + offset + MCFG_ENTRY;
}

static void mcfg_base(GArray *tables, unsigned offset, uint64_t base)
{
    stq_le_p(mcfg_entry(tables, offset), base);
}

static uint64_t mcfg_old_base(GArray *tables, unsigned offset)
{
    return ldq_le_p(mcfg_entry(tables, offset));
}

static void mcfg_base_a_bus_late(GArray *tables, unsigned offset)
{
    mcfg_base(tables, offset, mcfg_old_base(tables, offset) + 0x100000);
}

static void mcfg_base_unaligned(GArray *tables, unsigned offset)
{
    mcfg_base(tables, offset, mcfg_old_base(tables, offset) + 0x1000);
}

static void mcfg_base_in_ram(GArray *tables, unsigned offset)
{
    mcfg_base(tables, offset, 0x10000000);
}

static void mcfg_base_high_revision_0(GArray *tables, unsigned offset)
{
    mcfg_base(tables, offset, 0x800000000);
    tables->data[offset + 8] = 0;
}

static void mcfg_segment_one(GArray *tables, unsigned offset)
{
    stw_le_p(mcfg_entry(tables, offset) + MCFG_SEGMENT, 1);
}

static void mcfg_end_low(GArray *tables, unsigned offset)
{
    mcfg_entry(tables, offset)[MCFG_END] = 2;
}

static void mcfg_backwards(GArray *tables, unsigned offset)
{
    mcfg_entry(tables, offset)[MCFG_START] = 255;
    mcfg_entry(tables, offset)[MCFG_END] = 0;
}

static void mcfg_length_odd(GArray *tables, unsigned offset)
{
    g_array_set_size(tables, tables->len + 8);
}

static void mcfg_twice(GArray *tables, unsigned offset)
{
    g_array_set_size(tables, tables->len + MCFG_SIZE);
    memcpy(tables->data + tables->len - MCFG_SIZE, mcfg_entry(tables, offset),
           MCFG_SIZE);
}

/* MCFG says 256 buses, memory is there for 64: beyond it reads as any hole. */
static bool mcfg_end_high(PCIMutantAccess *a)
{
    if (!a->ecam || pci_mutant_bus(a) < 64) {
        return false;
    }
    a->val = 0;
    return true;
}

const PCIMutant pci_mutants_machine[] = {
    { "bridge-numbers-fixed", .write = bridge_numbers_fixed },
    { "bridge-secondary-byte-lost", .write = bridge_secondary_byte_lost },
    { "bridge-numbers-swapped", .read = bridge_numbers_swapped },
    { "bridge-primary-fixed", .realized = bridge_primary_fixed },
    { "bridge-control-fixed", .realized = bridge_control_fixed },
    { "bridge-window-low-writable", .realized = bridge_window_low_writable },
    { "bridge-upper-fixed", .realized = bridge_upper_fixed },
    { "bridge-subordinate-ignored", .route = bridge_subordinate_ignored },
    { "bridge-old-number-stays", .write = bridge_old_number_write,
      .route = bridge_old_number_stays },

    { "mcfg-base-a-bus-late", .mcfg = mcfg_base_a_bus_late },
    { "mcfg-base-unaligned", .mcfg = mcfg_base_unaligned },
    { "mcfg-base-in-ram", .mcfg = mcfg_base_in_ram },
    { "mcfg-base-high-revision-0", .mcfg = mcfg_base_high_revision_0 },
    { "mcfg-segment-one", .mcfg = mcfg_segment_one },
    { "mcfg-end-low", .mcfg = mcfg_end_low },
    { "mcfg-end-high", .before = mcfg_end_high },
    { "mcfg-backwards", .mcfg = mcfg_backwards },
    { "mcfg-length-odd", .mcfg = mcfg_length_odd },
    { "mcfg-twice", .mcfg = mcfg_twice },
    { "mcfg-checksum", .mcfg_checksum = true },
    { }
};
