/*
 * Mutants that are no bugs: what a specification allows a function, and stock
 * QEMU does otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "mutant-internal.h"

static bool conventional(const PCIDevice *d)
{
    return pci_mutant_is_endpoint(d) && !pci_is_express(d);
}

/* Header */

static void other_ids(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e") || pci_mutant_is(d, "edu")) {
        pci_mutant_poke(d, PCI_VENDOR_ID, 4, 0x0815b00f);
        pci_mutant_poke(d, PCI_REVISION_ID, 1, 0x47);
    }
}

/* PCI Local Bus 3.0, 6.2.1: of several functions only 0 need be there. */
static void multifunction_of_one(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e") || pci_mutant_is(d, "edu")) {
        pci_mutant_poke(d, PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_MULTI_FUNCTION);
    }
}

/* 6.2.4: meaningless without a pin */
static void line_fixed_without_pin(PCIDevice *d)
{
    if (!d->config[PCI_INTERRUPT_PIN]) {
        pci_mutant_fixed(d, PCI_INTERRUPT_LINE, 1, 0xff);
    }
}

/* 6.2.4: may be read-only 0 */
static void cache_line_fixed(PCIDevice *d)
{
    pci_mutant_fixed(d, PCI_CACHE_LINE_SIZE, 1, 0xff);
}

/* 6.2.4: of a master that bursts, its lower three bits may be read-only */
static void latency_writable(PCIDevice *d)
{
    if (conventional(d)) {
        pci_mutant_writable(d, PCI_LATENCY_TIMER, 1, 0xf8);
    }
}

/* 6.2.4 */
static void grant_and_latency(PCIDevice *d)
{
    if (conventional(d)) {
        pci_mutant_poke(d, PCI_MIN_GNT, 2, 0x4008);
    }
}

/* COMMAND and STATUS: 6.2.2, 6.2.3 */

static void command_all(PCIDevice *d)
{
    if (conventional(d)) {
        pci_mutant_writable(d, PCI_COMMAND, 2, PCI_COMMAND_SPECIAL |
                            PCI_COMMAND_INVALIDATE | PCI_COMMAND_PARITY |
                            PCI_COMMAND_FAST_BACK);
    }
}

static void serr_fixed(PCIDevice *d)
{
    if (conventional(d)) {
        pci_mutant_fixed(d, PCI_COMMAND, 2, PCI_COMMAND_SERR);
    }
}

static void intx_disable_fixed(PCIDevice *d)
{
    if (conventional(d) && !d->config[PCI_INTERRUPT_PIN]) {
        pci_mutant_fixed(d, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    }
}

static void master_fixed(PCIDevice *d)
{
    if (pci_mutant_is(d, "pci-testdev") || pci_mutant_is(d, "VGA")) {
        pci_mutant_fixed(d, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    }
}

/* No BAR of that kind, nothing to decode */
static void decode_fixed(PCIDevice *d)
{
    uint16_t unused = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
    int i;

    for (i = 0; i < PCI_NUM_REGIONS; i++) {
        if (d->io_regions[i].size) {
            unused &= d->io_regions[i].type & PCI_BASE_ADDRESS_SPACE_IO ?
                      ~PCI_COMMAND_IO : ~PCI_COMMAND_MEMORY;
        }
    }
    if (pci_mutant_is_endpoint(d) && !d->has_vga) {
        pci_mutant_fixed(d, PCI_COMMAND, 2, unused);
    }
}

static void status_66mhz(PCIDevice *d)
{
    if (conventional(d)) {
        pci_mutant_poke(d, PCI_STATUS, 2, pci_get_word(d->config + PCI_STATUS) |
                        PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK |
                        PCI_STATUS_DEVSEL_MEDIUM);
    }
}

/* What whoever looked for devices before left behind */
static void status_errors(PCIDevice *d, uint32_t reg, unsigned len,
                          uint32_t *val)
{
    static GHashTable *done;

    if (!done) {
        done = g_hash_table_new(NULL, NULL);
    }
    if (pci_mutant_is_endpoint(d) && g_hash_table_add(done, d)) {
        pci_mutant_poke(d, PCI_STATUS, 2, pci_get_word(d->config + PCI_STATUS) |
                        PCI_STATUS_REC_MASTER_ABORT);
    }
}

/* BARs: 6.2.5 */

static void io_upper_fixed(PCIDevice *d)
{
    int i;

    for (i = 0; i < PCI_ROM_SLOT; i++) {
        if (d->io_regions[i].size &&
            d->io_regions[i].type & PCI_BASE_ADDRESS_SPACE_IO) {
            pci_mutant_fixed(d, PCI_BASE_ADDRESS_0 + 4 * i, 4, 0xffff0000);
        }
    }
}

static void bar_twice_as_large(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme") || pci_mutant_is(d, "edu")) {
        pci_mutant_fixed(d, PCI_BASE_ADDRESS_0, 4, d->io_regions[0].size);
    }
}

static void prefetchable(PCIDevice *d)
{
    int i;

    for (i = 0; i < PCI_ROM_SLOT && pci_mutant_is_endpoint(d); i++) {
        PCIIORegion *r = &d->io_regions[i];

        if (r->size && r->type & PCI_BASE_ADDRESS_MEM_TYPE_64) {
            r->type |= PCI_BASE_ADDRESS_MEM_PREFETCH;
            pci_mutant_poke(d, PCI_BASE_ADDRESS_0 + 4 * i, 4, r->type);
        }
    }
}

static void rom_absent(PCIDevice *d)
{
    if (d->io_regions[PCI_ROM_SLOT].size) {
        d->io_regions[PCI_ROM_SLOT].size = 0;
        pci_mutant_fixed(d, PCI_ROM_ADDRESS, 4, 0xffffffff);
        pci_mutant_poke(d, PCI_ROM_ADDRESS, 4, 0);
    }
}

/* Capabilities: 6.7 */

static void capabilities_reversed(PCIDevice *d)
{
    uint8_t at = d->config[PCI_CAPABILITY_LIST], next, before = 0;

    if (!pci_mutant_is_endpoint(d)) {
        return;
    }
    for (; at; at = next) {
        next = d->config[at + PCI_CAP_LIST_NEXT];
        pci_mutant_poke(d, at + PCI_CAP_LIST_NEXT, 1, before);
        before = at;
    }
    pci_mutant_poke(d, PCI_CAPABILITY_LIST, 1, before);
}

/* Not in the chipset, which has registers of its own at 40h */
static bool has_room(const PCIDevice *d)
{
    return pci_mutant_is_endpoint(d) && PCI_SLOT(d->devfn) != 0x1f;
}

static void capability_of_vendor(PCIDevice *d)
{
    if (has_room(d)) {
        int at = pci_add_capability(d, PCI_CAP_ID_VNDR, 0, 8, &error_abort);

        pci_mutant_poke(d, at + 2, 2, 0x5508);
        pci_mutant_writable(d, at + 4, 4, 0xffffffff);
    }
}

/* A register of the vendor's own that changes as it is read */

static uint32_t own_register(const PCIDevice *d)
{
    return d->config[PCI_CAPABILITY_LIST] + 4;
}

static void capability_counts(PCIDevice *d, uint32_t reg, unsigned len,
                              uint32_t *val)
{
    if (has_room(d) && pci_mutant_covers(reg, len, own_register(d))) {
        pci_mutant_poke(d, own_register(d), 4,
                        pci_get_long(d->config + own_register(d)) + 1);
    }
}

/* PCI Express Base 4.0, 7.6.2: all zeroes at 100h are an empty list. */
static void no_extended_capabilities(PCIDevice *d)
{
    int reg;

    if (!pci_is_express(d) || !pci_mutant_is_endpoint(d)) {
        return;
    }
    for (reg = PCI_CONFIG_SPACE_SIZE; reg < PCIE_CONFIG_SPACE_SIZE; reg += 4) {
        pci_mutant_poke(d, reg, 4, 0);
        pci_mutant_fixed(d, reg, 4, 0xffffffff);
        pci_set_long(d->w1cmask + reg, 0);
    }
}

/*
 * Optional windows of bridges (PCI-to-PCI Bridge 1.2, 3.2.5.6 and 3.2.5.9).
 * PCI Express wants a prefetchable one of 64 bits in its own.
 */

/* While the ROM decodes, the registers beside it need not. */
static pcibus_t rom_shares_decoder(PCIDevice *d, int region, pcibus_t addr)
{
    return region != PCI_ROM_SLOT && d->io_regions[PCI_ROM_SLOT].size &&
           pci_get_long(d->config + PCI_ROM_ADDRESS) & PCI_ROM_ADDRESS_ENABLE ?
           PCI_BAR_UNMAPPED : addr;
}

static void bridge_io_32(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d)) {
        d->config[PCI_IO_BASE] |= PCI_IO_RANGE_TYPE_32;
        d->config[PCI_IO_LIMIT] |= PCI_IO_RANGE_TYPE_32;
        pci_mutant_writable(d, PCI_IO_BASE_UPPER16, 4, 0xffffffff);
    }
}

static void bridge_no_io(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d)) {
        pci_mutant_fixed(d, PCI_IO_BASE, 2, 0xffff);
        pci_mutant_poke(d, PCI_IO_BASE, 2, 0);
    }
}

static void bridge_no_prefetchable(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d) && !pci_is_express(d)) {
        pci_mutant_fixed(d, PCI_PREF_MEMORY_BASE, 4, 0xffffffff);
        pci_mutant_fixed(d, PCI_PREF_BASE_UPPER32, 4, 0xffffffff);
        pci_mutant_fixed(d, PCI_PREF_LIMIT_UPPER32, 4, 0xffffffff);
        pci_mutant_poke(d, PCI_PREF_MEMORY_BASE, 4, 0);
    }
}

/* Its types are read-only bits of base and limit. */
static void bridge_prefetchable_32(PCIDevice *d)
{
    if (pci_mutant_is_bridge(d) && !pci_is_express(d)) {
        pci_mutant_fixed(d, PCI_PREF_BASE_UPPER32, 4, 0xffffffff);
        pci_mutant_fixed(d, PCI_PREF_LIMIT_UPPER32, 4, 0xffffffff);
        pci_mutant_poke(d, PCI_PREF_MEMORY_BASE, 4, 0);
    }
}

const PCIMutant pci_mutants_legal[] = {
    { "legal-other-ids", .realized = other_ids },
    { "legal-multifunction-of-one", .realized = multifunction_of_one },
    { "legal-line-fixed-without-pin", .realized = line_fixed_without_pin },
    { "legal-cache-line-fixed", .realized = cache_line_fixed },
    { "legal-latency-writable", .realized = latency_writable },
    { "legal-grant-and-latency", .realized = grant_and_latency },

    { "legal-command-all", .realized = command_all },
    { "legal-serr-fixed", .realized = serr_fixed },
    { "legal-intx-disable-fixed", .realized = intx_disable_fixed },
    { "legal-master-fixed", .realized = master_fixed },
    { "legal-decode-fixed", .realized = decode_fixed },
    { "legal-status-66mhz", .realized = status_66mhz },
    { "legal-status-errors", .read = status_errors },

    { "legal-io-upper-fixed", .realized = io_upper_fixed },
    { "legal-bar-twice-as-large", .realized = bar_twice_as_large },
    { "legal-prefetchable", .realized = prefetchable },
    { "legal-rom-absent", .realized = rom_absent },

    { "legal-capabilities-reversed", .realized = capabilities_reversed },
    { "legal-capability-of-vendor", .realized = capability_of_vendor },
    { "legal-no-extended-capabilities",
      .realized = no_extended_capabilities },
    { "legal-capability-counts", .realized = capability_of_vendor,
      .read = capability_counts },

    { "legal-rom-shares-decoder", .mapping = rom_shares_decoder },

    { "legal-bridge-io-32", .realized = bridge_io_32 },
    { "legal-bridge-no-io", .realized = bridge_no_io },
    { "legal-bridge-no-prefetchable", .realized = bridge_no_prefetchable },
    { "legal-bridge-prefetchable-32", .realized = bridge_prefetchable_32 },
    { }
};
