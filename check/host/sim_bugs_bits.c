/* Seeded bugs of single bits: what must hold, what must not, what capabilities say. */
#include <stdlib.h>
#include "caps.h"
#include "sim_bugs.h"
#include "sim_build.h"

static bool covers(const struct sim_access *a, unsigned reg)
{
	return reg >= a->reg && reg < a->reg + a->width;
}

static uint8_t byte_of(const struct sim_access *a, unsigned reg)
{
	return (uint8_t)(a->value >> 8 * (reg - a->reg));
}

/* Whatever is written, these bits of a register's byte stay as they are. */
static void pin(struct sim_fn *fn, struct sim_access *a, unsigned reg, uint8_t bits)
{
	if (!covers(a, reg))
		return;
	a->value &= ~((uint32_t)bits << 8 * (reg - a->reg));
	a->value |= (uint32_t)(fn->value[reg] & bits) << 8 * (reg - a->reg);
}

/* These bits of a register's byte take what is written, whatever the mask says. */
static void open_up(struct sim_fn *fn, const struct sim_access *a, unsigned reg, uint8_t bits)
{
	if (covers(a, reg))
		fn->value[reg] = (uint8_t)((fn->value[reg] & ~bits) | (byte_of(a, reg) & bits));
}

static unsigned find_cap(const struct sim_fn *fn, uint8_t id)
{
	unsigned at = fn->value[0x06] & 0x10 ? fn->value[0x34] : 0;

	while (at && fn->value[at] != id)
		at = fn->value[at + 1];
	return at;
}

static struct sim_fn *at(uint8_t bus, unsigned device)
{
	struct sim_fn *fn = sim_route((struct cfg_address){0, bus, (uint8_t)(device << 3)});

	if (!fn)
		abort();
	return fn;
}

static bool bug_master_stuck(struct sim_fn *fn, struct sim_access *a)
{
	pin(fn, a, 4, 0x04);
	return false;
}

static bool bug_serr_stuck(struct sim_fn *fn, struct sim_access *a)
{
	pin(fn, a, 5, 0x01);
	return false;
}

static bool bug_no_intx_stuck(struct sim_fn *fn, struct sim_access *a)
{
	pin(fn, a, 5, 0x04);
	return false;
}

static bool bug_command_reserved_writable(struct sim_fn *fn, struct sim_access *a)
{
	open_up(fn, a, 5, 0x80);
	return false;
}

/* Legal: a conventional function without messages need not master, nor know Interrupt Disable. */
static void legal_no_master(void)
{
	struct sim_fn *fn = at(0, 4);

	fn->value[4] &= (uint8_t)~0x04;
	fn->writable[4] &= (uint8_t)~0x04;
	fn->writable[5] = 0;
}

/* Write one to clear, throughout: the capabilities bit goes with the errors. */
static bool bug_status_clears_all(struct sim_fn *fn, struct sim_access *a)
{
	for (unsigned reg = 6; reg < 8; reg++)
		if (covers(a, reg))
			fn->value[reg] &= (uint8_t)~byte_of(a, reg);
	return a->reg >= 6 && a->reg < 8;
}

/*
 * A set bit that a one clears, a clear one that nothing sets: only the value that is there shows
 * it.
 */
static bool bug_status_capability_cleared_by_one(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 6) && byte_of(a, 6) & 0x10)
		fn->value[6] &= (uint8_t)~0x10;
	return false;
}

static bool bug_status_capability_cleared_by_zero(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 6) && a->reg == 6 && !(byte_of(a, 6) & 0x10))
		fn->value[6] &= (uint8_t)~0x10;
	return false;
}

static bool bug_pin_writable(struct sim_fn *fn, struct sim_access *a)
{
	open_up(fn, a, 0x3d, 0xff);
	return false;
}

static void bug_pin_out_of_range(void)
{
	at(0, 2)->value[0x3d] = 5;
}

static bool bug_capabilities_pointer_writable(struct sim_fn *fn, struct sim_access *a)
{
	open_up(fn, a, 0x34, 0xfc);
	return false;
}

static bool bug_capability_id_writable(struct sim_fn *fn, struct sim_access *a)
{
	unsigned msi = find_cap(fn, 0x05);

	if (msi && a->width <= 2)
		open_up(fn, a, msi, 0xff);
	return false;
}

static bool bug_capability_next_writable(struct sim_fn *fn, struct sim_access *a)
{
	unsigned express = find_cap(fn, 0x10);

	if (express)
		open_up(fn, a, express + 1, 0xfc);
	return false;
}

static bool bug_extended_header_writable(struct sim_fn *fn, struct sim_access *a)
{
	if (fn->express && a->reg == 0x100 && a->width == 4)
		sim_set32(fn, 0x100, a->value);
	return false;
}

static void bug_express_version_0(void)
{
	struct sim_fn *fn = at(0, 2);

	fn->value[find_cap(fn, 0x10) + 2] &= 0xf0;
}

static void bug_express_type_of_a_port(void)
{
	struct sim_fn *fn = at(0, 2);

	fn->value[find_cap(fn, 0x10) + 2] = 0x42;
}

static void bug_express_bridge_is_endpoint(void)
{
	struct sim_fn *fn = at(0, 5);

	fn->value[find_cap(fn, 0x10) + 2] = 0x02;
}

static void bug_pm_version_0(void)
{
	struct sim_fn *fn = at(0, 3);

	fn->value[find_cap(fn, 0x01) + 2] = 0;
}

static void bug_extended_version_0(void)
{
	at(0, 2)->value[0x102] &= 0xf0;
}

static bool bug_rom_bits_writable(struct sim_fn *fn, struct sim_access *a)
{
	if (!fn->behind && fn->writable[0x33] && a->width == 4 && a->reg == 0x30)
		open_up(fn, a, 0x30, 0xfe);
	return false;
}

static bool bug_rom_enable_stuck(struct sim_fn *fn, struct sim_access *a)
{
	pin(fn, a, 0x30, 0x01);
	return false;
}

/* Legal: a validation status that never changes (PCIe 7.5.1.2.4). */
static void legal_rom_status(void)
{
	at(0, 2)->value[0x30] |= 0x06;
}

/* Half the size that it has: the one bit more moves. */
static void bug_bar_half_its_size(void)
{
	struct sim_fn *fn = at(0, 2);

	sim_writable32(fn, 0x10, 0xffff0000);
}

static void bug_msi_x_in_no_bar(void)
{
	struct sim_fn *fn = at(0, 2);

	fn->value[find_cap(fn, 0x11) + 4] |= 5;
}

static void bug_msi_x_in_io(void)
{
	struct sim_fn *fn = at(0, 2);

	fn->value[find_cap(fn, 0x11) + 8] |= 1;
}

static void bug_msi_x_in_upper_half(void)
{
	struct sim_fn *fn = at(0, 2);

	fn->value[find_cap(fn, 0x11) + 8] |= 3;
}

static void bug_virtio_beyond_bar(void)
{
	struct sim_fn *fn = at(0, 7);

	sim_set32(fn, find_cap(fn, 0x09) + 12, 0xff008);
}

static void bug_virtio_bar_missing(void)
{
	struct sim_fn *fn = at(0, 7);

	fn->value[find_cap(fn, 0x09) + 4] = 2;
}

/* Legal: a region among I/O ports (virtio 1.2, 4.1.4), as QEMU's modern-pio-notify=on has it. */
static void legal_virtio_region_in_ports(void)
{
	struct sim_fn *fn = at(0, 7);
	unsigned cap = find_cap(fn, 0x09);

	sim_bar(fn, 2, SIM_IO16, 4);
	fn->value[cap + 4] = 2;
	sim_set32(fn, cap + 8, 0);
	sim_set32(fn, cap + 12, 4);
}

/* Legal: BARs may be fixed, and named by Enhanced Allocation alone (PCIe 7.8.5). */
static void legal_msi_x_by_enhanced_allocation(void)
{
	struct sim_fn *fn = at(0, 2);

	bug_msi_x_in_no_bar();
	sim_cap(fn, CAP_EA, 4);
}

/* Legal: what a conventional device of one function may do (PCI 3.0, 3.2.2.3.4). */
static bool legal_conventional_aliases(struct sim_access *a)
{
	struct cfg_address first = {a->at.segment, a->at.bus, (uint8_t)(a->at.devfn & ~7)};
	const struct sim_fn *fn = sim_route(first);

	if (fn && !fn->express && !(fn->value[0x0e] & 0x80))
		a->at = first;
	return false;
}

/* The alias of a conventional device is another one's. */
static bool bug_conventional_alias_of_another(struct sim_access *a)
{
	struct cfg_address first = {a->at.segment, a->at.bus, (uint8_t)(a->at.devfn & ~7)};
	const struct sim_fn *fn = sim_route(first);

	if (fn && !fn->express && !(fn->value[0x0e] & 0x80) && a->at.devfn & 7)
		a->at = (struct cfg_address){0, 0, 3 << 3};
	return false;
}

/* Legal: a host bridge with extended space that says so nowhere. */
static void legal_host_bridge_extended(struct sim_access *a, const struct sim_fn *fn)
{
	if (!fn && !a->write && a->at.bus == 0 && a->at.devfn == 0 && a->reg >= 0x100 &&
	    a->reg < 0x104)
		a->value = 0x0001000bu >> 8 * (a->reg & 3) & cfg_ones(a->width);
}

static const struct sim_bug bugs[] = {
    {.name = "master-stuck",
     .fn_write = bug_master_stuck,
     .fails = {{"DST-07", "00:05.0 register 0x04 over pio: wrote 0x0003"},
	       {"DST-06", "00:02.0 register 0x04 over pio: wrote 0x0003, read 0x0007"}}},
    {.name = "serr-stuck",
     .fn_write = bug_serr_stuck,
     .fails = {{"DST-07", "00:05.0 register 0x04 over pio: wrote 0x0107"},
	       {"CMD-05", "00:02.0 register 0x04 over pio: wrote 0x0107, read 0x0007"}}},
    {.name = "interrupt-disable-stuck",
     .fn_write = bug_no_intx_stuck,
     .fails = {{"CMD-05", "00:02.0 register 0x04 over pio: wrote 0x0407, read 0x0007"}}},
    {.name = "command-reserved-writable",
     .fn_write = bug_command_reserved_writable,
     .fails = {{"DST-07", "00:05.0 register 0x04 over pio: wrote 0xf807"},
	       {"CMD-04", "00:02.0 register 0x04 over pio: wrote 0xf807"}}},
    {.name = "legal-no-master", .machine = legal_no_master},
    {.name = "status-clears-all",
     .fn_write = bug_status_clears_all,
     .fails = {{"SIDE-05", "00:02.0 register 0x04 over ecam: read 0x00000007"},
	       {"CMD-03",
		"00:02.0 register 0x06 over pio: wrote 0x06f7, read-only bits read 0x0000"}}},
    {.name = "status-capability-cleared-by-one",
     .fn_write = bug_status_capability_cleared_by_one,
     .fails = {{"SIDE-05", "00:02.0 register 0x04 over ecam: read 0x00000007"},
	       {"CMD-03",
		"00:02.0 register 0x06 over pio: wrote 0x06f7, read-only bits read 0x0000"}}},
    {.name = "status-capability-cleared-by-zero",
     .fn_write = bug_status_capability_cleared_by_zero,
     .fails = {{"SIDE-05", "00:02.0 register 0x04 over ecam: read 0x00000007"},
	       {"CMD-02",
		"00:02.0 register 0x06 over pio: wrote 0x0000, read-only bits read 0x0000"}}},
    {.name = "pin-writable",
     .fn_write = bug_pin_writable,
     .fails = {{"HDR-04", "00:00.0 register 0x3d over pio: wrote 0x07, read 0x07"}}},
    {.name = "pin-out-of-range",
     .machine = bug_pin_out_of_range,
     .fails = {{"HDR-04", "00:02.0 register 0x3d over pio: read 0x05"}}},
    {.name = "capabilities-pointer-writable",
     .fn_write = bug_capabilities_pointer_writable,
     .fails = {{"HDR-01", "00:00.0 register 0x34 over pio: wrote 0xffffffff, read 0xfc"}}},
    {.name = "capability-id-writable",
     .fn_write = bug_capability_id_writable,
     .fails = {{"CAP-05", "00:02.0 register 0x7c over pio: wrote 0x6bfa, read 0x94fa"}}},
    {.name = "capability-next-writable",
     .fn_write = bug_capability_next_writable,
     .fails = {{"CAP-05", "00:02.0 register 0x40 over pio: wrote 0x83ef, read 0x8010"}}},
    {.name = "extended-header-writable",
     .fn_write = bug_extended_header_writable,
     .fails = {{"CAP-05", "00:02.0 register 0x100 over ecam: wrote 0xeb7efffe, read 0xeb7efffe"}}},
    {.name = "express-version-0",
     .machine = bug_express_version_0,
     .fails = {{"CAP-06", "00:02.0 register 0x40 over ecam: PCI Express capability of version 0"}}},
    {.name = "express-type-of-a-port",
     .machine = bug_express_type_of_a_port,
     .fails = {{"CAP-06",
		"00:02.0 register 0x40 over ecam: PCI Express type 4 with a header of type 0"}}},
    {.name = "express-bridge-is-endpoint",
     .machine = bug_express_bridge_is_endpoint,
     .fails = {{"CAP-06",
		"00:05.0 register 0x40 over ecam: PCI Express type 0 with a header of type 1"}}},
    {.name = "pm-version-0",
     .machine = bug_pm_version_0,
     .fails = {{"CAP-06",
		"00:03.0 register 0x40 over ecam: Power Management capability of version 0"}}},
    {.name = "extended-version-0",
     .machine = bug_extended_version_0,
     .fails = {{"CAP-06",
		"00:02.0 register 0x100 over ecam: extended capability 0x0001 of version 0"}}},
    {.name = "rom-bits-writable",
     .fn_write = bug_rom_bits_writable,
     .fails = {{"BAR-11", "00:02.0 register 0x30 over pio: bits 10 to 1 read 0xfe after ones"}}},
    {.name = "rom-enable-stuck",
     .fn_write = bug_rom_enable_stuck,
     .fails = {{"BAR-12", "00:02.0 register 0x30 over pio: wrote bit 0 as 1 and as 0"}}},
    {.name = "legal-rom-status", .machine = legal_rom_status},
    {.name = "bar-half-its-size",
     .machine = bug_bar_half_its_size,
     .fails =
	 {{"REG-01",
	   "00:02.0 register 0x98 over ecam: the MSI-X table is 0x200 bytes at 0x10000 of BAR 0, which has 0x10000"}}},
    {.name = "msi-x-in-no-bar",
     .machine = bug_msi_x_in_no_bar,
     .fails = {{"REG-01", "at 0x10000 of BAR 5, which has 0x0"}}},
    {.name = "msi-x-in-io",
     .machine = bug_msi_x_in_io,
     .fails = {{"REG-01", "at 0x1fff8 of BAR 1, which has 0x0"}}},
    {.name = "msi-x-in-upper-half",
     .machine = bug_msi_x_in_upper_half,
     .fails = {{"REG-01", "at 0x1fff8 of BAR 3, which has 0x0"}}},
    {.name = "virtio-beyond-bar",
     .machine = bug_virtio_beyond_bar,
     .fails = {{"REG-02",
		"a virtio region is 0xff008 bytes at 0x1000 of BAR 4, which has 0x100000"}}},
    {.name = "virtio-bar-missing",
     .machine = bug_virtio_bar_missing,
     .fails = {{"REG-02", "a virtio region is 0x38 bytes at 0x1000 of BAR 2, which has 0x0"}}},
    {.name = "legal-virtio-region-in-ports", .machine = legal_virtio_region_in_ports},
    {.name = "legal-msi-x-by-enhanced-allocation", .machine = legal_msi_x_by_enhanced_allocation},
    {.name = "legal-conventional-aliases", .decoded = legal_conventional_aliases},
    {.name = "conventional-alias-of-another",
     .decoded = bug_conventional_alias_of_another,
     .fails = {{"ABS-03",
		"00:00.1 register 0x00 over pio: function 0 is the only one; read 0x100e8086"}}},
    {.name = "legal-host-bridge-extended", .answered = legal_host_bridge_extended},
};

const struct sim_bug_table sim_bugs_bits = {bugs, sizeof(bugs) / sizeof(bugs[0])};
