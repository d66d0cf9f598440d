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

/* A read of this dword of a function that nobody has read before */
static bool first_time(const PCIMutantAccess *a, unsigned reg)
{
    static GHashTable *seen;
    PCIDevice *d = pci_mutant_device(a);

    if (!seen) {
        seen = g_hash_table_new(NULL, NULL);
    }
    return d && !a->write && a->len == 4 && pci_mutant_reg(a) == reg &&
           g_hash_table_add(seen, d);
}

static void first_read_ones(PCIMutantAccess *a)
{
    if (first_time(a, PCI_VENDOR_ID)) {
        a->val = 0xffffffff;
    }
}

static void first_read_ones_ports(PCIMutantAccess *a)
{
    if (!a->ecam) {
        first_read_ones(a);
    }
}

static void first_read_zero_one(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_device(a);

    if (d && pci_mutant_is(d, "nvme") && first_time(a, PCI_VENDOR_ID)) {
        a->val = 0;
    }
}

static void first_read_revision(PCIMutantAccess *a)
{
    if (first_time(a, PCI_CLASS_REVISION)) {
        a->val ^= 0xff;
    }
}

static void first_read_single_function(PCIMutantAccess *a)
{
    if (first_time(a, PCI_CACHE_LINE_SIZE)) {
        a->val &= ~(PCI_HEADER_TYPE_MULTI_FUNCTION << 16);
    }
}

/* The same status as above of a function that is there, but not ready yet */
void pci_mutant_first_read_retry(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_device(a);

    if (d && pci_is_express(d) && !pci_bus_is_root(pci_get_bus(d)) &&
        first_time(a, PCI_VENDOR_ID)) {
        a->val = 0xffff0001;
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
    { "first-read-ones-ports", .after = first_read_ones_ports, .late = true },
    { "first-read-zero-one", .after = first_read_zero_one, .late = true },
    { "first-read-revision", .after = first_read_revision, .late = true },
    { "first-read-single-function", .after = first_read_single_function,
      .late = true },
    { "first-read-retry", .after = pci_mutant_first_read_retry, .late = true },
    { }
};
