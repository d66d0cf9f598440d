/*
 * Mutants that are no bugs: what a specification allows the mechanisms and
 * the MCFG table, and stock QEMU does otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "mutant-internal.h"

/* PCI Local Bus 3.0, 3.2.2.3.2: CF8 is written before each access. */
static void cf8_cleared(PCIMutantAccess *a)
{
    if (!a->ecam) {
        a->host->config_reg = 0;
    }
}

/* 3.2.2.3.2: only these bits are there; stock QEMU keeps all of them. */
static bool cf8_as_specified(PCIHostState *s, unsigned lane, uint32_t val,
                             unsigned len)
{
    if (lane || len != 4 || !(val & 0x7f000003)) {
        return false;
    }
    s->config_reg = val & 0x80fffffc;
    return true;
}

/* 3.2.2.3.2: with the enable bit clear CFC is a port like any other. */
static void cfc_disabled_zero(PCIMutantAccess *a)
{
    if (!a->ecam && !a->write && !a->enabled) {
        a->val = 0;
    }
}

/* 3.2.2.3.4: a single-function device may ignore the function number. */
static bool functions_alias(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_function_0(a);

    if (d && pci_mutant_is_endpoint(d) && !pci_is_express(d)) {
        a->at &= ~(7u << 12);
    }
    return false;
}

/*
 * PCI Firmware 3.3, 4.1.2: MCFG says how many buses there are, and beyond
 * them is something else.
 */
static void sixty_four_buses(GArray *tables, unsigned offset)
{
    tables->data[offset + 44 + 11] = 63;
}

static bool beyond_sixty_four_buses(PCIMutantAccess *a)
{
    if (!a->ecam || pci_mutant_bus(a) < 64) {
        return false;
    }
    a->val = 0;
    return true;
}

/* Two entries whose buses do not overlap; either base is that of bus 0. */
static void two_entries(GArray *tables, unsigned offset)
{
    uint8_t *entry;

    sixty_four_buses(tables, offset);
    g_array_set_size(tables, tables->len + 16);
    entry = (uint8_t *)tables->data + offset + 44;
    memcpy(entry + 16, entry, 16);
    entry[16 + 10] = 64;
    entry[16 + 11] = 255;
}

/*
 * What becomes of an access to nothing: a bridge on the way, or the host
 * bridge, has received a Master Abort (PCI-to-PCI Bridge 1.2, 3.2.5.7) ...
 */
static void master_aborts(PCIMutantAccess *a)
{
    PCIBus *bus = a->host->bus;
    PCIDevice *d = pci_find_device(bus, 0, 0);
    guint i;

    if (!a->enabled || pci_mutant_device(a)) {
        return;
    }
    for (i = 0; i < pci_mutant_devices->len; i++) {
        PCIDevice *bridge = g_ptr_array_index(pci_mutant_devices, i);

        if (pci_mutant_bus(a) && pci_mutant_is_bridge(bridge) &&
            bridge->config[PCI_SECONDARY_BUS] == pci_mutant_bus(a)) {
            d = bridge;
        }
    }
    if (d) {
        int reg = pci_mutant_is_bridge(d) ? PCI_SEC_STATUS : PCI_STATUS;

        pci_mutant_clears(d, reg + 1, PCI_STATUS_REC_MASTER_ABORT >> 8);
        pci_mutant_poke(d, reg, 2, pci_get_word(d->config + reg) |
                        PCI_STATUS_REC_MASTER_ABORT);
    }
}

/*
 * ... and function 0 of an Express device has detected an Unsupported Request
 * (PCI Express Base 4.0, 7.5.3.5).
 */
static void unsupported_requests(PCIMutantAccess *a)
{
    PCIDevice *d = a->enabled ? pci_mutant_function_0(a) : NULL;

    if (d && d->exp.exp_cap) {
        int reg = d->exp.exp_cap + PCI_EXP_DEVSTA;

        pci_mutant_clears(d, reg, PCI_EXP_DEVSTA_URD);
        pci_mutant_poke(d, reg, 2, pci_get_word(d->config + reg) |
                        PCI_EXP_DEVSTA_URD);
    }
}

/* What is asked first is not ready yet, and root ports shall say so. */
static void first_read_retry(PCIMutantAccess *a)
{
    guint i;

    for (i = 0; i < pci_mutant_devices->len; i++) {
        PCIDevice *d = g_ptr_array_index(pci_mutant_devices, i);

        if (pci_is_express(d) && pci_mutant_is_bridge(d)) {
            d->config[d->exp.exp_cap + PCI_EXP_RTCAP] |= PCI_EXP_RTCAP_CRSVIS;
            d->config[d->exp.exp_cap + PCI_EXP_RTCTL] |= PCI_EXP_RTCTL_CRSSVE;
        }
    }
    pci_mutant_first_read_retry(a);
}

const PCIMutant pci_mutants_legal_access[] = {
    { "legal-cf8-cleared", .after = cf8_cleared },
    { "legal-cf8-as-specified", .cf8_write = cf8_as_specified },
    { "legal-cfc-disabled-zero", .after = cfc_disabled_zero },
    { "legal-functions-alias", .before = functions_alias },
    { "legal-64-buses", .mcfg = sixty_four_buses,
      .before = beyond_sixty_four_buses },
    { "legal-two-entries", .mcfg = two_entries },
    { "legal-master-aborts", .after = master_aborts },
    { "legal-unsupported-requests", .after = unsupported_requests },
    { "legal-first-read-retry", .after = first_read_retry, .late = true },
    { }
};
