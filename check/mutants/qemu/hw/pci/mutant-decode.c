/*
 * Mutants of what is decoded: where regions answer, and what bridges pass on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "mutant-internal.h"

/* Regions */

static bool is_io(const PCIDevice *d, int region)
{
    return d->io_regions[region].type & PCI_BASE_ADDRESS_SPACE_IO;
}

static pcibus_t bar_upper_half_ignored(PCIDevice *d, int region, pcibus_t addr)
{
    if (addr == PCI_BAR_UNMAPPED) {
        return addr;
    }
    return (uint32_t)addr ? (uint32_t)addr : PCI_BAR_UNMAPPED;
}

static pcibus_t io_always_decoded(PCIDevice *d, int region, pcibus_t addr)
{
    uint32_t at = pci_get_long(d->config + PCI_BASE_ADDRESS_0 + 4 * region) &
                  PCI_BASE_ADDRESS_IO_MASK;

    return is_io(d, region) && at && at < 0x10000 ? at : addr;
}

static pcibus_t io_never_decoded(PCIDevice *d, int region, pcibus_t addr)
{
    return is_io(d, region) ? PCI_BAR_UNMAPPED : addr;
}

static pcibus_t rom_always_decoded(PCIDevice *d, int region, pcibus_t addr)
{
    uint32_t at = pci_get_long(d->config + PCI_ROM_ADDRESS) &
                  PCI_ROM_ADDRESS_MASK;

    return region == PCI_ROM_SLOT && at && at < 0xff000000 &&
           d->config[PCI_COMMAND] & PCI_COMMAND_MEMORY ? at : addr;
}

static pcibus_t rom_never_decoded(PCIDevice *d, int region, pcibus_t addr)
{
    return region == PCI_ROM_SLOT ? PCI_BAR_UNMAPPED : addr;
}

/* Windows. Base above limit is a window that is closed, and stays so. */

static void memory_limit_low(PCIDevice *d, uint8_t type, pcibus_t *base,
                             pcibus_t *limit)
{
    if (type == PCI_BASE_ADDRESS_SPACE_MEMORY && *limit >= *base) {
        *limit -= 1 * MiB;
    }
}

static void memory_limit_high(PCIDevice *d, uint8_t type, pcibus_t *base,
                              pcibus_t *limit)
{
    if (type == PCI_BASE_ADDRESS_SPACE_MEMORY && *limit >= *base) {
        *limit += 1 * MiB;
    }
}

static void memory_base_high(PCIDevice *d, uint8_t type, pcibus_t *base,
                             pcibus_t *limit)
{
    if (type == PCI_BASE_ADDRESS_SPACE_MEMORY && *limit >= *base) {
        *base += 1 * MiB;
    }
}

static void prefetchable_missing(PCIDevice *d, uint8_t type, pcibus_t *base,
                                 pcibus_t *limit)
{
    if (type == PCI_BASE_ADDRESS_MEM_PREFETCH && *limit >= *base) {
        *base = 1 * MiB;
        *limit = 0;
    }
}

static void prefetchable_upper_ignored(PCIDevice *d, uint8_t type,
                                       pcibus_t *base, pcibus_t *limit)
{
    if (type == PCI_BASE_ADDRESS_MEM_PREFETCH) {
        *base = (uint32_t)*base;
        *limit = (uint32_t)*limit;
    }
}

static void io_missing(PCIDevice *d, uint8_t type, pcibus_t *base,
                       pcibus_t *limit)
{
    if (type == PCI_BASE_ADDRESS_SPACE_IO && *limit >= *base) {
        *base = 4 * KiB;
        *limit = 0;
    }
}

static void io_limit_low(PCIDevice *d, uint8_t type, pcibus_t *base,
                         pcibus_t *limit)
{
    if (type == PCI_BASE_ADDRESS_SPACE_IO && *limit >= *base) {
        *limit -= 4 * KiB;
    }
}

const PCIMutant pci_mutants_decode[] = {
    { "bar-upper-half-ignored", .mapping = bar_upper_half_ignored },
    { "io-always-decoded", .mapping = io_always_decoded },
    { "io-never-decoded", .mapping = io_never_decoded },
    { "rom-always-decoded", .mapping = rom_always_decoded },
    { "rom-never-decoded", .mapping = rom_never_decoded },

    { "bridge-memory-limit-low", .window = memory_limit_low },
    { "bridge-memory-limit-high", .window = memory_limit_high },
    { "bridge-memory-base-high", .window = memory_base_high },
    { "bridge-prefetchable-missing", .window = prefetchable_missing },
    { "bridge-prefetchable-upper-ignored",
      .window = prefetchable_upper_ignored },
    { "bridge-io-missing", .window = io_missing },
    { "bridge-io-limit-low", .window = io_limit_low },
    { }
};
