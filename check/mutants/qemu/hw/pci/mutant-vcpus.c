/*
 * Mutants that one vCPU does not see: state that is a vCPU's and should be the
 * machine's, and writes that others see half done.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "mutant-internal.h"

#define VCPUS_MAX 256

static unsigned vcpu(void)
{
    return current_cpu ? current_cpu->cpu_index % VCPUS_MAX : 0;
}

/* The interrupt line as it was before, for all but who wrote it last */

static PCIDevice *line_of;
static unsigned line_by;
static uint8_t line_before;

static bool line_write(PCIMutantWrite *w)
{
    if (pci_mutant_covers(w->reg, w->len, PCI_INTERRUPT_LINE)) {
        line_of = w->d;
        line_by = vcpu();
        line_before = w->d->config[PCI_INTERRUPT_LINE];
    }
    return false;
}

static void line_read(PCIDevice *d, uint32_t reg, unsigned len, uint32_t *val)
{
    if (d == line_of && vcpu() != line_by) {
        pci_mutant_show(reg, len, val, PCI_INTERRUPT_LINE, line_before);
    }
}

/* The upper half of a BAR follows when its writer makes another access. */

static struct {
    PCIDevice *d;
    uint32_t reg;
    uint16_t upper;
} rest[VCPUS_MAX];

static bool in_halves_before(PCIMutantAccess *a)
{
    PCIDevice *d = rest[vcpu()].d;

    rest[vcpu()].d = NULL;
    if (d) {
        d->config_write(d, rest[vcpu()].reg + 2, rest[vcpu()].upper, 2);
    }
    return false;
}

static bool in_halves(PCIMutantWrite *w)
{
    if (w->len == 4 && pci_mutant_is_endpoint(w->d) &&
        w->reg >= PCI_BASE_ADDRESS_0 && w->reg <= PCI_BASE_ADDRESS_5) {
        rest[vcpu()].d = w->d;
        rest[vcpu()].reg = w->reg;
        rest[vcpu()].upper = w->val >> 16;
        w->len = 2;
    }
    return false;
}

/* CF8 is in what is switched with a vCPU. */

static uint32_t latch[VCPUS_MAX];

static bool cf8_of_vcpu_write(PCIHostState *s, unsigned lane, uint32_t val,
                              unsigned len)
{
    if (!lane && len == 4) {
        latch[vcpu()] = val;
    }
    return false;
}

static uint32_t cf8_of_vcpu_read(uint32_t last)
{
    return latch[vcpu()];
}

static bool cf8_of_vcpu(PCIMutantAccess *a)
{
    if (!a->ecam) {
        a->enabled = latch[vcpu()] >> 31;
        a->at = (latch[vcpu()] >> 8 & 0xffff) << 12 |
                (latch[vcpu()] & 0xfc) | (a->at & 3);
    }
    return false;
}

/* What a probe found is shown to the vCPU that probes for the whole machine. */
static void probe_of_first_vcpu(PCIDevice *d, uint32_t reg, unsigned len,
                                uint32_t *val)
{
    if (vcpu() && len == 4 && reg >= PCI_BASE_ADDRESS_0 &&
        reg <= PCI_BASE_ADDRESS_5 && pci_mutant_is_endpoint(d) &&
        pci_get_long(d->wmask + reg) &&
        !(pci_get_long(d->wmask + reg) & ~pci_get_long(d->config + reg))) {
        *val &= 0xf;
    }
}

/* Who asks for a bus that has another number now is answered by the bridge that had it. */

static PCIDevice *renumbered;
static unsigned renumbered_by;

static void bus_moves_wrote(const PCIMutantWrite *w)
{
    if (pci_mutant_is_bridge(w->d) &&
        pci_mutant_covers(w->reg, w->len, PCI_SECONDARY_BUS)) {
        renumbered = w->d;
        renumbered_by = vcpu();
    }
}

static void bus_moves_read(PCIMutantAccess *a)
{
    if (renumbered && vcpu() != renumbered_by && !a->write && a->ecam &&
        !pci_mutant_reg(a) && a->len == 4 && !pci_mutant_device(a)) {
        a->val = pci_get_long(renumbered->config + PCI_VENDOR_ID);
    }
}

const PCIMutant pci_mutants_vcpus[] = {
    { "vcpu-line-late", .write = line_write, .read = line_read },
    { "vcpu-bar-in-halves", .before = in_halves_before, .write = in_halves },
    { "vcpu-own-cf8", .cf8_write = cf8_of_vcpu_write,
      .cf8_read = cf8_of_vcpu_read, .before = cf8_of_vcpu },
    { "vcpu-probe-of-first", .read = probe_of_first_vcpu },
    { "vcpu-bus-moves", .wrote = bus_moves_wrote, .after = bus_moves_read },
    { }
};
