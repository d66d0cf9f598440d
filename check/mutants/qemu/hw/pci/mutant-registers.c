/*
 * Mutants of single functions' registers, the BARs excepted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "mutant-internal.h"

/* Header */

static void vendor_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_writable(d, PCI_VENDOR_ID, 2, 0xffff);
    }
}

static void subsystem_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "virtio-blk-pci")) {
        pci_mutant_writable(d, PCI_SUBSYSTEM_VENDOR_ID, 4, 0xffffffff);
    }
}

static void class_is_bridge(PCIDevice *d)
{
    if (pci_mutant_is(d, "edu")) {
        pci_mutant_poke(d, PCI_CLASS_DEVICE, 2, PCI_CLASS_BRIDGE_PCI);
    }
}

static void multifunction_lost(PCIDevice *d)
{
    if (pci_mutant_is(d, "pci-testdev")) {
        pci_mutant_poke(d, PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_NORMAL);
    }
}

static void pin_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_writable(d, PCI_INTERRUPT_PIN, 1, 0xff);
    }
}

static void pin_five(PCIDevice *d, uint32_t reg, unsigned len, uint32_t *val)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_show(reg, len, val, PCI_INTERRUPT_PIN, 5);
    }
}

static void line_fixed(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_fixed(d, PCI_INTERRUPT_LINE, 1, 0xff);
    }
}

static void line_follows_bar(const PCIMutantWrite *w)
{
    if (pci_mutant_is_endpoint(w->d) && w->reg >= PCI_BASE_ADDRESS_0 &&
        w->reg < PCI_BASE_ADDRESS_5 + 4) {
        pci_mutant_poke(w->d, PCI_INTERRUPT_LINE, 1, 0xff);
    }
}

static void line_counts_reads(PCIDevice *d, uint32_t reg, unsigned len,
                              uint32_t *val)
{
    if (pci_mutant_is(d, "e1000e") &&
        pci_mutant_covers(reg, len, PCI_INTERRUPT_LINE)) {
        pci_mutant_poke(d, PCI_INTERRUPT_LINE, 1,
                        d->config[PCI_INTERRUPT_LINE] + 1);
    }
}

/*
 * Another function of the same device, or one of the same model, takes the
 * cache line size and the interrupt line as well.
 */
static void also(const PCIMutantWrite *w, bool same_device)
{
    static const uint8_t regs[] = { PCI_CACHE_LINE_SIZE, PCI_INTERRUPT_LINE };
    guint i;
    int r;

    for (i = 0; i < pci_mutant_devices->len; i++) {
        PCIDevice *d = g_ptr_array_index(pci_mutant_devices, i);

        if (d == w->d || (same_device ?
                          pci_get_bus(d) != pci_get_bus(w->d) ||
                          PCI_SLOT(d->devfn) != PCI_SLOT(w->d->devfn) :
                          strcmp(d->name, w->d->name) != 0)) {
            continue;
        }
        for (r = 0; r < ARRAY_SIZE(regs); r++) {
            if (pci_mutant_covers(w->reg, w->len, regs[r])) {
                pci_mutant_poke(d, regs[r], 1,
                                w->val >> 8 * (regs[r] - w->reg));
            }
        }
    }
}

static void write_reaches_neighbour(const PCIMutantWrite *w)
{
    also(w, true);
}

static void write_reaches_twin(const PCIMutantWrite *w)
{
    if (pci_mutant_is(w->d, "e1000e")) {
        also(w, false);
    }
}

/* COMMAND and STATUS */

static void master_fixed(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_fixed(d, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    }
}

static void intx_disable_fixed(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_fixed(d, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    }
}

static void command_reserved_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_writable(d, PCI_COMMAND, 2, 0xf800);
    }
}

static void decode_fixed(PCIDevice *d)
{
    if (pci_mutant_is(d, "ivshmem-plain")) {
        pci_mutant_poke(d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
        pci_mutant_fixed(d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    }
}

/* Not through w1cmask: reset would clear it as well. */
static void status_capability_clears(const PCIMutantWrite *w)
{
    if (pci_mutant_is(w->d, "e1000e") &&
        pci_mutant_covers(w->reg, w->len, PCI_STATUS) &&
        w->val >> 8 * (PCI_STATUS - w->reg) & PCI_STATUS_CAP_LIST) {
        pci_mutant_poke(w->d, PCI_STATUS, 1,
                        w->d->config[PCI_STATUS] & ~PCI_STATUS_CAP_LIST);
    }
}

/* One of the bits that a reset clears */
static void status_capability_lost(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_clears(d, PCI_STATUS, PCI_STATUS_CAP_LIST);
    }
}

static void status_devsel_writable(PCIDevice *d)
{
    if (pci_mutant_is_endpoint(d)) {
        pci_mutant_writable(d, PCI_STATUS, 2, PCI_STATUS_DEVSEL_MASK);
    }
}

static void status_errors_stay(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000")) {
        pci_set_word(d->w1cmask + PCI_STATUS, 0);
        pci_mutant_poke(d, PCI_STATUS, 2, pci_get_word(d->config + PCI_STATUS) |
                        PCI_STATUS_REC_MASTER_ABORT);
    }
}

static void status_errors_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_writable(d, PCI_STATUS, 2, PCI_STATUS_SIG_SYSTEM_ERROR |
                            PCI_STATUS_DETECTED_PARITY);
    }
}

/* Capabilities */

static void capability_pointer_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_writable(d, PCI_CAPABILITY_LIST, 1, 0xff);
    }
}

static void capability_id_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_writable(d, d->msix_cap, 1, 0xff);
    }
}

static void capability_next_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_writable(d, d->msix_cap + PCI_CAP_LIST_NEXT, 1, 0xff);
    }
}

static void capability_below_40(PCIDevice *d, uint32_t reg, unsigned len,
                                uint32_t *val)
{
    if (pci_mutant_is(d, "virtio-rng-pci")) {
        pci_mutant_show(reg, len, val, PCI_CAPABILITY_LIST, 0x3c);
    }
}

/* Shown only: QEMU walks the list itself. */
static void capability_loop(PCIDevice *d, uint32_t reg, unsigned len,
                            uint32_t *val)
{
    uint8_t first = d->config[PCI_CAPABILITY_LIST], at = first;

    if (!pci_mutant_is(d, "virtio-blk-pci")) {
        return;
    }
    while (d->config[at + PCI_CAP_LIST_NEXT]) {
        at = d->config[at + PCI_CAP_LIST_NEXT];
    }
    pci_mutant_show(reg, len, val, at + PCI_CAP_LIST_NEXT, first);
}

static void extended_capability_loop(PCIDevice *d, uint32_t reg, unsigned len,
                                     uint32_t *val)
{
    uint32_t at = PCI_CONFIG_SPACE_SIZE, header;

    if (!pci_mutant_is(d, "e1000e")) {
        return;
    }
    header = pci_get_long(d->config + at);
    while (PCI_EXT_CAP_NEXT(header)) {
        at = PCI_EXT_CAP_NEXT(header);
        header = pci_get_long(d->config + at);
    }
    pci_mutant_show(reg, len, val, at + 3, PCI_CONFIG_SPACE_SIZE >> 4);
}

static void express_port_type(PCIDevice *d, uint32_t reg, unsigned len,
                              uint32_t *val)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_show(reg, len, val, d->exp.exp_cap + PCI_EXP_FLAGS,
                        PCI_EXP_TYPE_ROOT_PORT << 4 | 2);
    }
}

static void express_version_zero(PCIDevice *d, uint32_t reg, unsigned len,
                                 uint32_t *val)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_show(reg, len, val, d->exp.exp_cap + PCI_EXP_FLAGS,
                        d->config[d->exp.exp_cap + PCI_EXP_FLAGS] & 0xf0);
    }
}

static void express_abilities_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_writable(d, d->exp.exp_cap + PCI_EXP_LNKCAP, 4, 0xffffffff);
    }
}

static void power_version_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_writable(d, pci_find_capability(d, PCI_CAP_ID_PM) +
                            PCI_PM_PMC, 2, PCI_PM_CAP_VER_MASK);
    }
}

static void msix_table_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_writable(d, d->msix_cap + PCI_MSIX_TABLE, 4, 0xffffffff);
    }
}

/* A quarter of the space was made. */
static void extended_ends_early(PCIDevice *d, uint32_t reg, unsigned len,
                                uint32_t *val)
{
    if (pci_mutant_is(d, "e1000e") && reg >= PCIE_CONFIG_SPACE_SIZE / 4) {
        *val = 0xffffffff;
    }
}

static void device_control_fixed(PCIDevice *d)
{
    if (pci_is_express(d) && pci_mutant_is_bridge(d)) {
        pci_mutant_fixed(d, d->exp.exp_cap + PCI_EXP_DEVCTL, 2, 0xf);
    }
}

static void root_control_fixed(PCIDevice *d)
{
    if (pci_is_express(d) && pci_mutant_is_bridge(d)) {
        pci_mutant_fixed(d, d->exp.exp_cap + PCI_EXP_RTCTL, 2, 0xffff);
    }
}

/* Vectors of 8 bits, where there are 16 bits of data */
static void msi_data_byte(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_fixed(d, d->msi_cap + PCI_MSI_DATA_64 + 1, 1, 0xff);
    }
}

static void msi_address_low_writable(PCIDevice *d)
{
    if (pci_mutant_is(d, "e1000e")) {
        pci_mutant_writable(d, d->msi_cap + PCI_MSI_ADDRESS_LO, 1, 3);
    }
}

/* Parts of MSI's address and data are written to lane 0 of their dword. */
static bool msi_parts_write_low(PCIMutantWrite *w)
{
    if (w->d->msi_cap && w->len < 4 && w->reg >= w->d->msi_cap + 4 &&
        w->reg < w->d->msi_cap + 16) {
        w->reg &= ~3u;
    }
    return false;
}

static void msix_enable_fixed(PCIDevice *d)
{
    if (pci_mutant_is(d, "nvme")) {
        pci_mutant_fixed(d, d->msix_cap + PCI_MSIX_FLAGS, 2,
                         PCI_MSIX_FLAGS_ENABLE);
    }
}

/* The mask of correctable errors: the other one stock QEMU 7.2 fixes itself. */
static void aer_mask_fixed(PCIDevice *d)
{
    if (d->exp.aer_cap && pci_mutant_is_endpoint(d)) {
        pci_mutant_fixed(d, d->exp.aer_cap + PCI_ERR_COR_MASK, 4, 0xffffffff);
    }
}

const PCIMutant pci_mutants_registers[] = {
    { "vendor-writable", .realized = vendor_writable },
    { "subsystem-writable", .realized = subsystem_writable },
    { "class-is-bridge", .realized = class_is_bridge },
    { "multifunction-lost", .realized = multifunction_lost },
    { "pin-writable", .realized = pin_writable },
    { "pin-five", .read = pin_five },
    { "line-fixed", .realized = line_fixed },
    { "line-follows-bar", .wrote = line_follows_bar },
    { "line-counts-reads", .read = line_counts_reads },
    { "write-reaches-neighbour", .wrote = write_reaches_neighbour },
    { "write-reaches-twin", .wrote = write_reaches_twin },

    { "master-fixed", .realized = master_fixed },
    { "intx-disable-fixed", .realized = intx_disable_fixed },
    { "command-reserved-writable", .realized = command_reserved_writable },
    { "decode-fixed", .realized = decode_fixed },
    { "status-capability-clears", .wrote = status_capability_clears },
    { "status-capability-lost", .realized = status_capability_lost },
    { "status-devsel-writable", .realized = status_devsel_writable },
    { "status-errors-stay", .realized = status_errors_stay },
    { "status-errors-writable", .realized = status_errors_writable },

    { "capability-pointer-writable",
      .realized = capability_pointer_writable },
    { "capability-id-writable", .realized = capability_id_writable },
    { "capability-next-writable", .realized = capability_next_writable },
    { "capability-below-40", .read = capability_below_40 },
    { "capability-loop", .read = capability_loop },
    { "extended-capability-loop", .read = extended_capability_loop },
    { "express-port-type", .read = express_port_type },
    { "express-version-zero", .read = express_version_zero },
    { "msi-parts-write-low", .write = msi_parts_write_low },
    { "express-abilities-writable", .realized = express_abilities_writable },
    { "power-version-writable", .realized = power_version_writable },
    { "msix-table-writable", .realized = msix_table_writable },
    { "extended-ends-early", .read = extended_ends_early },
    { "device-control-fixed", .realized = device_control_fixed },
    { "root-control-fixed", .realized = root_control_fixed },
    { "msi-data-byte", .realized = msi_data_byte },
    { "msi-address-low-writable", .realized = msi_address_low_writable },
    { "msix-enable-fixed", .realized = msix_enable_fixed },
    { "aer-mask-fixed", .realized = aer_mask_fixed },
    { }
};
