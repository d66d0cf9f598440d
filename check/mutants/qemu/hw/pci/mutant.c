/*
 * Seeded bugs: which one it is, and the hooks that call it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/acpi/aml-build.h"
#include "mutant-internal.h"

GPtrArray *pci_mutant_devices;

static const PCIMutant *const tables[] = {
    pci_mutants_ports, pci_mutants_ecam, pci_mutants_absent,
    pci_mutants_registers, pci_mutants_bars, pci_mutants_decode,
    pci_mutants_machine, pci_mutants_vcpus,
    pci_mutants_legal_access, pci_mutants_legal,
};

/* The one that was asked for, and the one that acts now */
static const PCIMutant none, *chosen, *mutant = &none;

/* As QEMU starts, so that a wrong name never goes unnoticed */
static void choose(void)
{
    const char *name = getenv("QEMU_PCI_MUTANT");
    bool list = name && !strcmp(name, "list");
    int i;

    for (i = 0; name && i < ARRAY_SIZE(tables); i++) {
        const PCIMutant *m;

        for (m = tables[i]; m->name; m++) {
            if (list) {
                printf("%s\n", m->name);
            } else if (!strcmp(name, m->name)) {
                chosen = m;
            }
        }
    }
    if (list) {
        fflush(stdout);
        _exit(0);
    }
    if (name && !chosen) {
        fprintf(stderr, "QEMU_PCI_MUTANT: no mutant is named '%s'\n", name);
        _exit(1);
    }
    mutant = chosen && !chosen->late ? chosen : &none;
}

type_init(choose)

void pci_mutant_post_code(uint8_t code)
{
    if (code == PCI_MUTANT_TAKES_OVER && chosen) {
        mutant = chosen;
    }
}

static void acts(void)
{
    static bool said;

    if (!said) {
        fprintf(stderr, "pci-mutant: %s acts\n", mutant->name);
        said = true;
    }
}

static uint32_t cut(uint32_t val, unsigned len)
{
    return val & MAKE_64BIT_MASK(0, 8 * len);
}

/* Mechanisms */

bool pci_mutant_cf8_write(PCIHostState *s, unsigned lane, uint32_t val,
                          unsigned len)
{
    bool done = mutant->cf8_write &&
                mutant->cf8_write(s, lane, val, len);

    if (done) {
        acts();
    }
    return done;
}

uint32_t pci_mutant_cf8_read(uint32_t latch)
{
    uint32_t shown = mutant->cf8_read ? mutant->cf8_read(latch) : latch;

    if (shown != latch) {
        acts();
    }
    return shown;
}

PCIMutantAccess pci_mutant_ports(PCIHostState *s, bool write, unsigned lane,
                                 uint32_t val, unsigned len)
{
    uint32_t address = s->config_reg | (lane & 3);

    return (PCIMutantAccess) {
        .host = s, .write = write, .enabled = address >> 31,
        .at = (address >> 8 & 0xffff) << 12 | (address & 0xff),
        .val = val, .len = len,
    };
}

PCIMutantAccess pci_mutant_ecam(PCIHostState *s, bool write, uint32_t at,
                                uint32_t val, unsigned len)
{
    return (PCIMutantAccess) {
        .host = s, .ecam = true, .write = write, .enabled = true,
        .at = at, .val = val, .len = len,
    };
}

uint32_t pci_mutant_port_address(const PCIMutantAccess *a)
{
    return 1u << 31 | a->at >> 12 << 8 | (a->at & 0xff);
}

bool pci_mutant_before(PCIMutantAccess *a)
{
    PCIMutantAccess asked = *a;
    bool done = mutant->before && mutant->before(a);

    if (done || asked.enabled != a->enabled || asked.at != a->at ||
        asked.val != a->val || asked.len != a->len) {
        acts();
    }
    return done;
}

void pci_mutant_after(PCIMutantAccess *a)
{
    uint32_t latch = a->host->config_reg, val = a->val;

    if (mutant->after) {
        mutant->after(a);
    }
    if (a->host->config_reg != latch || cut(a->val ^ val, a->len)) {
        acts();
    }
}

/* Functions */

void pci_mutant_config_write(PCIDevice *d, uint32_t reg, uint32_t val,
                             unsigned len)
{
    PCIMutantWrite w = { d, reg, val, len };

    if (mutant->write && mutant->write(&w)) {
        acts();
        return;
    }
    if (w.reg != reg || w.len != len || cut(w.val ^ val, len)) {
        acts();
    }
    d->config_write(d, w.reg, w.val, w.len);
    if (mutant->wrote) {
        mutant->wrote(&w);
    }
}

uint32_t pci_mutant_config_read(PCIDevice *d, uint32_t reg, unsigned len)
{
    uint32_t val = d->config_read(d, reg, len), shown = val;

    if (mutant->read) {
        mutant->read(d, reg, len, &shown);
    }
    if (cut(shown ^ val, len)) {
        acts();
    }
    return shown;
}

void pci_mutant_realized(PCIDevice *d)
{
    if (!pci_mutant_devices) {
        pci_mutant_devices = g_ptr_array_new();
    }
    g_ptr_array_add(pci_mutant_devices, d);
    if (mutant->realized) {
        mutant->realized(d);
    }
}

pcibus_t pci_mutant_mapping(PCIDevice *d, int region, pcibus_t addr)
{
    pcibus_t other = addr;

    /* Not the functions that the machine itself lives on */
    if (mutant->mapping && pci_mutant_is_endpoint(d) && !d->has_vga) {
        other = mutant->mapping(d, region, addr);
    }
    if (other != addr) {
        acts();
    }
    return other;
}

void pci_mutant_window(PCIDevice *d, uint8_t type, pcibus_t *base,
                       pcibus_t *limit)
{
    pcibus_t old_base = *base, old_limit = *limit;

    if (mutant->window) {
        mutant->window(d, type, base, limit);
    }
    if (*base != old_base || *limit != old_limit) {
        acts();
    }
}

PCIBus *pci_mutant_route(PCIBus *root, int bus_num)
{
    PCIBus *bus = mutant->route && pci_mutant_devices ?
                  mutant->route(root, bus_num) : NULL;

    if (bus) {
        acts();
    }
    return bus;
}

/* Tables */

void pci_mutant_mcfg(GArray *tables, unsigned offset)
{
    if (mutant->mcfg) {
        mutant->mcfg(tables, offset);
        acts();
    }
}

void pci_mutant_mcfg_checksum(BIOSLinker *linker, unsigned offset)
{
    if (mutant->mcfg_checksum) {
        /* The sum of the first ten bytes is made zero: not that of all. */
        bios_linker_loader_add_checksum(linker, ACPI_BUILD_TABLE_FILE, offset,
                                        10, offset + 9);
        acts();
    }
}

/* What mutants are made of */

PCIDevice *pci_mutant_device(const PCIMutantAccess *a)
{
    return pci_find_device(a->host->bus, pci_mutant_bus(a), a->at >> 12 & 0xff);
}

PCIDevice *pci_mutant_function_0(const PCIMutantAccess *a)
{
    PCIDevice *d = pci_find_device(a->host->bus, pci_mutant_bus(a),
                                   a->at >> 12 & 0xf8);

    return d && !pci_mutant_device(a) &&
           !(d->config[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MULTI_FUNCTION) ?
           d : NULL;
}

bool pci_mutant_bus_empty(PCIBus *root, int bus_num)
{
    int devfn;

    for (devfn = 0; devfn < 256; devfn++) {
        if (pci_find_device(root, bus_num, devfn)) {
            return false;
        }
    }
    return true;
}

bool pci_mutant_is_bridge(const PCIDevice *d)
{
    return (d->config[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE;
}

bool pci_mutant_is_endpoint(const PCIDevice *d)
{
    return !pci_mutant_is_bridge(d) && d->config[PCI_CLASS_DEVICE + 1] != 6;
}

void pci_mutant_poke(PCIDevice *d, uint32_t reg, unsigned len, uint32_t val)
{
    if (ldn_le_p(d->config + reg, len) != cut(val, len)) {
        stn_le_p(d->config + reg, len, val);
        acts();
    }
}

void pci_mutant_writable(PCIDevice *d, uint32_t reg, unsigned len,
                         uint32_t bits)
{
    uint32_t old = ldn_le_p(d->wmask + reg, len);

    if (~old & bits) {
        stn_le_p(d->wmask + reg, len, old | bits);
        stn_le_p(d->w1cmask + reg, len,
                 ldn_le_p(d->w1cmask + reg, len) & ~bits);
        acts();
    }
}

void pci_mutant_fixed(PCIDevice *d, uint32_t reg, unsigned len, uint32_t bits)
{
    uint32_t old = ldn_le_p(d->wmask + reg, len);

    if (old & bits) {
        stn_le_p(d->wmask + reg, len, old & ~bits);
        acts();
    }
}

void pci_mutant_clears(PCIDevice *d, uint32_t reg, uint8_t bits)
{
    if (~d->w1cmask[reg] & bits) {
        d->w1cmask[reg] |= bits;
        acts();
    }
}

void pci_mutant_show(uint32_t reg, unsigned len, uint32_t *val, uint32_t byte,
                     uint8_t shown)
{
    if (pci_mutant_covers(reg, len, byte)) {
        *val = deposit32(*val, 8 * (byte - reg), 8, shown);
    }
}
