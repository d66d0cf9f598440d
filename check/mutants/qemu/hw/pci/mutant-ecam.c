/*
 * Mutants of ECAM, and of copies of configuration space beside the original.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "mutant-internal.h"

static bool ecam_parts_read_low(PCIMutantAccess *a)
{
    if (pci_mutant_ecam_read(a) && pci_mutant_part(a)) {
        pci_mutant_from_lane_0(a);
    }
    return false;
}

static bool ecam_reads_low_from_2c(PCIMutantAccess *a)
{
    return pci_mutant_reg(a) >= 0x2c && ecam_parts_read_low(a);
}

static bool ecam_odd_bytes_write_below(PCIMutantAccess *a)
{
    if (pci_mutant_ecam_write(a) && a->len == 1) {
        a->at &= ~1u;
    }
    return false;
}

static bool ecam_words_swapped_from_40(PCIMutantAccess *a)
{
    if (pci_mutant_ecam_read(a) && a->len == 2 && pci_mutant_reg(a) >= 0x40) {
        a->at ^= 2;
    }
    return false;
}

static bool ecam_bytes_dropped(PCIMutantAccess *a)
{
    return pci_mutant_ecam_write(a) && a->len == 1;
}

static bool ecam_extended_parts_dropped(PCIMutantAccess *a)
{
    return pci_mutant_ecam_write(a) && pci_mutant_part(a) &&
           pci_mutant_reg(a) >= 0x100;
}

static void ecam_extended_parts_zero(PCIMutantAccess *a)
{
    if (pci_mutant_ecam_read(a) && pci_mutant_part(a) &&
        pci_mutant_reg(a) >= 0x100) {
        a->val = 0;
    }
}

static bool ecam_extended_is_low(PCIMutantAccess *a)
{
    if (a->ecam) {
        a->at &= ~0xf00u;
    }
    return false;
}

static bool ecam_conventional_extended(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_device(a);

    if (!pci_mutant_ecam_read(a) || !d || pci_is_express(d) ||
        pci_mutant_reg(a) < 0x100) {
        return false;
    }
    a->val = 0x00010001 >> 8 * (a->at & 3);
    return true;
}

static bool ecam_bus_bit_ignored(PCIMutantAccess *a)
{
    if (a->ecam) {
        a->at &= ~(1u << 24);
    }
    return false;
}

static bool ecam_device_bit_ignored(PCIMutantAccess *a)
{
    if (a->ecam && !pci_mutant_device(a)) {
        a->at &= ~(1u << 19);
    }
    return false;
}

static void ecam_empty_bus_zero(PCIMutantAccess *a)
{
    if (pci_mutant_ecam_read(a) && !pci_mutant_device(a) &&
        pci_mutant_bus_empty(a->host->bus, pci_mutant_bus(a))) {
        a->val = 0;
    }
}

/* A write that is posted and pushed out only by the next access through ECAM */
static bool ecam_write_late(PCIMutantAccess *a)
{
    static PCIMutantAccess posted;

    if (!a->ecam) {
        return false;
    }
    if (posted.host) {
        PCIDevice *d = pci_mutant_device(&posted);

        if (d) {
            pci_host_config_write_common(d, pci_mutant_reg(&posted),
                                         pci_config_size(d), posted.val,
                                         posted.len);
        }
        posted.host = NULL;
    }
    if (a->write) {
        posted = *a;
    }
    return a->write;
}

/* Copies of configuration space that one mechanism reads from */

static uint8_t *copy_of(PCIDevice *d, bool refresh)
{
    static GHashTable *copies;
    uint8_t *copy;

    if (!copies) {
        copies = g_hash_table_new(NULL, NULL);
    }
    copy = g_hash_table_lookup(copies, d);
    if (!copy) {
        copy = g_malloc0(PCIE_CONFIG_SPACE_SIZE);
        g_hash_table_insert(copies, d, copy);
        refresh = true;
    }
    if (refresh) {
        memcpy(copy, d->config, pci_config_size(d));
    }
    return copy;
}

static bool read_from(PCIMutantAccess *a, PCIDevice *d, const uint8_t *bytes)
{
    if (!d || pci_mutant_reg(a) + a->len > pci_config_size(d)) {
        return false;
    }
    a->val = ldn_le_p(bytes + pci_mutant_reg(a), a->len);
    return true;
}

static bool ecam_copy_read(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_ecam_read(a) ? pci_mutant_device(a) : NULL;

    return d && read_from(a, d, copy_of(d, false));
}

static void ecam_copy_written(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_ecam_write(a) ? pci_mutant_device(a) : NULL;

    if (d) {
        copy_of(d, true);
    }
}

static bool port_copy_read(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_port_read(a) && a->enabled ?
                   pci_mutant_device(a) : NULL;

    return d && read_from(a, d, copy_of(d, false));
}

static void port_copy_written(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_port_write(a) && a->enabled ?
                   pci_mutant_device(a) : NULL;

    if (d) {
        copy_of(d, true);
    }
}

/*
 * A copy that takes over what decode has become some accesses after a write
 * through ports: before that it has what the last write but one left.
 */
#define COMMAND_DELAY 16

static PCIDevice *command_of;
static uint16_t command_before;
static unsigned command_due;

static bool ecam_command_late_before(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_device(a);

    if (pci_mutant_port_write(a) && d && a->enabled &&
        pci_mutant_reg(a) == PCI_COMMAND) {
        command_of = d;
        command_before = pci_get_word(d->config + PCI_COMMAND);
        command_due = COMMAND_DELAY;
    }
    return false;
}

static void ecam_command_late_after(PCIMutantAccess *a)
{
    if (!a->ecam || !command_due) {
        return;
    }
    command_due--;
    if (!a->write && pci_mutant_device(a) == command_of &&
        pci_mutant_reg(a) == PCI_COMMAND && a->len >= 2) {
        a->val = deposit32(a->val, 0, 16, command_before);
    }
}

/* Memory where the device computes what a register reads */
static bool ecam_bypasses_device(PCIMutantAccess *a)
{
    PCIDevice *d = pci_mutant_ecam_read(a) ? pci_mutant_device(a) : NULL;

    return d && read_from(a, d, d->config);
}

const PCIMutant pci_mutants_ecam[] = {
    { "ecam-parts-read-low", .before = ecam_parts_read_low },
    { "ecam-reads-low-from-2c", .before = ecam_reads_low_from_2c },
    { "ecam-odd-bytes-write-below", .before = ecam_odd_bytes_write_below },
    { "ecam-words-swapped-from-40", .before = ecam_words_swapped_from_40 },
    { "ecam-bytes-dropped", .before = ecam_bytes_dropped },
    { "ecam-extended-parts-dropped", .before = ecam_extended_parts_dropped },
    { "ecam-extended-parts-zero", .after = ecam_extended_parts_zero },
    { "ecam-extended-is-low", .before = ecam_extended_is_low },
    { "ecam-conventional-extended", .before = ecam_conventional_extended },
    { "ecam-bus-bit-ignored", .before = ecam_bus_bit_ignored },
    { "ecam-device-bit-ignored", .before = ecam_device_bit_ignored },
    { "ecam-empty-bus-zero", .after = ecam_empty_bus_zero },
    { "ecam-write-late", .before = ecam_write_late },
    { "ecam-copy-stale", .before = ecam_copy_read,
      .after = ecam_copy_written },
    { "port-copy-stale", .before = port_copy_read,
      .after = port_copy_written },
    { "ecam-command-late", .before = ecam_command_late_before,
      .after = ecam_command_late_after },
    { "ecam-bypasses-device", .before = ecam_bypasses_device },
    { }
};
