/*
 * Mutants of what answers where nothing is, and of what does not always answer
 * the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "mutant-internal.h"

static bool absent_read(const PCIMutantAccess *a)
{
    return !a->write && a->enabled && !pci_mutant_device(a);
}

static void absent_reads_zero(PCIMutantAccess *a)
{
    if (absent_read(a)) {
        a->val = 0;
    }
}

static void absent_bytes_zero(PCIMutantAccess *a)
{
    if (a->len == 1 && absent_read(a)) {
        a->val = 0;
    }
}

static void absent_remembers(PCIMutantAccess *a)
{
    static PCIMutantAccess last;

    if (!a->enabled || pci_mutant_device(a)) {
        return;
    }
    if (a->write) {
        last = *a;
    } else if (last.host && last.at == a->at && last.len == a->len) {
        a->val = last.val;
    }
}

/* Configuration Request Retry Status where software has not asked to see it */
static void absent_retry(PCIMutantAccess *a)
{
    if (absent_read(a) && pci_mutant_bus(a) && pci_mutant_reg(a) < 4 &&
        !pci_mutant_bus_empty(a->host->bus, pci_mutant_bus(a))) {
        a->val = 0xffff0001 >> 8 * (a->at & 3);
    }
}

static bool express_functions_alias(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_function_0(a);

    if (d && pci_is_express(d)) {
        a->at &= ~(7u << 12);
    }
    return false;
}

/* A link has only device 0; a port that passes the others on as well */
static bool port_passes_all_devices(PCIMutantAccess *a)
{
    PCIDevice *d = pci_find_device(a->host->bus, pci_mutant_bus(a),
                                   a->at >> 12 & 7);
    PCIBus *bus = d ? pci_get_bus(d) : NULL;

    if (bus && !pci_bus_is_root(bus) && pci_bus_is_express(bus) &&
        !pci_mutant_is_bridge(d)) {
        a->at &= ~(0x1fu << 15);
    }
    return false;
}

/* Now and then, and once */

static void read_flaky(PCIMutantAccess *a)
{
    static unsigned reads;

    if (!a->write && pci_mutant_device(a) && ++reads % 100003 == 0) {
        a->val ^= 1;
    }
}

static void first_read_ones(PCIMutantAccess *a)
{
    static unsigned long seen[BITS_TO_LONGS(1 << 16)];

    if (!a->write && pci_mutant_device(a) &&
        !test_and_set_bit(a->at >> 12 & 0xffff, seen)) {
        a->val = 0xffffffff;
    }
}

const PCIMutant pci_mutants_absent[] = {
    { "absent-reads-zero", .after = absent_reads_zero },
    { "absent-bytes-zero", .after = absent_bytes_zero },
    { "absent-remembers", .after = absent_remembers },
    { "absent-retry", .after = absent_retry },
    { "express-functions-alias", .before = express_functions_alias },
    { "port-passes-all-devices", .before = port_passes_all_devices },
    { "read-flaky", .after = read_flaky },
    { "first-read-ones", .after = first_read_ones, .late = true },
    { }
};
