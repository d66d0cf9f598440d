/*
 * Mutants of the ports: CF8 and CFC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "mutant-internal.h"

/* CF8 */

static uint32_t cf8_reads_zero(uint32_t latch)
{
    return 0;
}

/* Only what decides which function is reached is kept. */
static uint32_t cf8_reads_no_register(uint32_t latch)
{
    return latch & ~0xfcu;
}

static bool cf8_takes_parts(PCIHostState *s, unsigned lane, uint32_t val,
                            unsigned len)
{
    if (len == 4) {
        return false;
    }
    s->config_reg = deposit32(s->config_reg, 8 * lane, 8 * len, val);
    return true;
}

static bool cf8_bus_bit_lost(PCIHostState *s, unsigned lane, uint32_t val,
                             unsigned len)
{
    if (lane || len != 4 || !(val & 1u << 23)) {
        return false;
    }
    s->config_reg = val & ~(1u << 23);
    return true;
}

static bool cf8_without_enable(PCIMutantAccess *a)
{
    a->enabled = true;
    return false;
}

static bool cf8_reserved_decoded(PCIMutantAccess *a)
{
    if (!a->ecam && a->host->config_reg & 0x7f000000) {
        a->enabled = false;
    }
    return false;
}

/* ECAM that is made of the ports' own parts */
static void cf8_clobbered_by_ecam(PCIMutantAccess *a)
{
    if (a->ecam) {
        a->host->config_reg = pci_mutant_port_address(a) & ~3u;
    }
}

/* CFC */

static bool cfc_word_2_reads_low(PCIMutantAccess *a)
{
    if (pci_mutant_port_read(a) && a->len == 2) {
        pci_mutant_from_lane_0(a);
    }
    return false;
}

static bool cfc_word_2_writes_low(PCIMutantAccess *a)
{
    if (pci_mutant_port_write(a) && a->len == 2) {
        pci_mutant_from_lane_0(a);
    }
    return false;
}

static bool cfc_bytes_swapped(PCIMutantAccess *a)
{
    if (pci_mutant_port_read(a) && a->len == 1) {
        a->at ^= 3;
    }
    return false;
}

static bool cfc_part_clears_rest(PCIMutantAccess *a)
{
    if (pci_mutant_port_write(a) && pci_mutant_part(a)) {
        a->val = (a->val & MAKE_64BIT_MASK(0, 8 * a->len)) << 8 * (a->at & 3);
        a->len = 4;
        pci_mutant_from_lane_0(a);
    }
    return false;
}

static bool cfc_part_clears_rest_from_40(PCIMutantAccess *a)
{
    return pci_mutant_reg(a) >= 0x40 && cfc_part_clears_rest(a);
}

static bool cfc_reads_low_from_2c(PCIMutantAccess *a)
{
    if (pci_mutant_port_read(a) && pci_mutant_part(a) &&
        pci_mutant_reg(a) >= 0x2c) {
        pci_mutant_from_lane_0(a);
    }
    return false;
}

static bool cfc_bytes_swapped_from_40(PCIMutantAccess *a)
{
    return pci_mutant_reg(a) >= 0x40 && cfc_bytes_swapped(a);
}

static bool cfc_command_byte_is_word(PCIMutantAccess *a)
{
    if (pci_mutant_port_write(a) && a->len == 1 &&
        (pci_mutant_reg(a) & ~1u) == PCI_COMMAND) {
        a->val = (a->val & 0xff) << 8 * (a->at & 1);
        a->at &= ~1u;
        a->len = 2;
    }
    return false;
}

const PCIMutant pci_mutants_ports[] = {
    { "cf8-reads-zero", .cf8_read = cf8_reads_zero },
    { "cf8-reads-no-register", .cf8_read = cf8_reads_no_register },
    { "cf8-takes-parts", .cf8_write = cf8_takes_parts },
    { "cf8-bus-bit-lost", .cf8_write = cf8_bus_bit_lost },
    { "cf8-without-enable", .before = cf8_without_enable },
    { "cf8-reserved-decoded", .before = cf8_reserved_decoded },
    { "cf8-clobbered-by-ecam", .after = cf8_clobbered_by_ecam },

    { "cfc-word-2-reads-low", .before = cfc_word_2_reads_low },
    { "cfc-word-2-writes-low", .before = cfc_word_2_writes_low },
    { "cfc-bytes-swapped", .before = cfc_bytes_swapped },
    { "cfc-part-clears-rest", .before = cfc_part_clears_rest, .late = true },
    { "cfc-part-clears-rest-from-40", .before = cfc_part_clears_rest_from_40,
      .late = true },
    { "cfc-reads-low-from-2c", .before = cfc_reads_low_from_2c },
    { "cfc-bytes-swapped-from-40", .before = cfc_bytes_swapped_from_40 },
    { "cfc-command-byte-is-word", .before = cfc_command_byte_is_word },
    { }
};
