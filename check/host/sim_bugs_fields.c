/*
 * Seeded bugs of capabilities and bridges: what must hold, what takes no writes, what only clears.
 */
#include "sim_bugs.h"
#include "sim_build.h"

#define PM      0x01
#define MSI     0x05
#define EXPRESS 0x10
#define MSI_X   0x11
#define SERIAL  0x148 /* where the simulated machine has a serial number */

static unsigned find_cap(const struct sim_fn *fn, uint8_t id)
{
	unsigned at = fn->value[0x06] & 0x10 ? fn->value[0x34] : 0;

	while (at && fn->value[at] != id)
		at = fn->value[at + 1];
	return at;
}

/* In all functions with that capability a byte of it loses some writable bits and gets others. */
static void change(uint8_t id, unsigned offset, uint8_t without, uint8_t with)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		struct sim_fn *fn = sim.fn[i];
		unsigned at = find_cap(fn, id);

		if (at)
			fn->writable[at + offset] =
			    (uint8_t)((fn->writable[at + offset] & ~without) | with);
	}
}

static void bug_msi_data_fixed(void)
{
	change(MSI, 0x0c, 0xff, 0);
}

static void bug_msi_upper_fixed(void)
{
	for (unsigned byte = 8; byte < 12; byte++)
		change(MSI, byte, 0xff, 0);
}

static void bug_msi_masks_fixed(void)
{
	change(MSI, 0x10, 0x08, 0);
}

static void bug_msi_number_fixed(void)
{
	change(MSI, 2, 0x20, 0);
}

static void bug_msi_address_low(void)
{
	change(MSI, 4, 0, 0x02);
}

static void bug_msi_capable_writable(void)
{
	change(MSI, 2, 0, 0x04);
}

static void bug_msi_x_size_writable(void)
{
	change(MSI_X, 2, 0, 0x10);
}

static void bug_msi_x_table_writable(void)
{
	change(MSI_X, 4, 0, 0x01);
}

static void bug_pm_abilities_writable(void)
{
	change(PM, 3, 0, 0x80);
}

static void bug_express_flags_writable(void)
{
	change(EXPRESS, 3, 0, 0x02);
}

static void bug_device_abilities_writable(void)
{
	change(EXPRESS, 4, 0, 0x07);
}

static void bug_link_abilities_writable(void)
{
	change(EXPRESS, 0x0c, 0, 0x0f);
}

/* The same of a capability of version 1, as older models have. */
static void bug_old_link_abilities_writable(void)
{
	struct sim_fn *fn = sim_route((struct cfg_address){0, 0, 2 << 3});

	fn->value[0x42] = (uint8_t)((fn->value[0x42] & 0xf0) | 1);
	fn->writable[0x4c] = 0x0f;
}

static void bug_device_abilities_2_writable(void)
{
	change(EXPRESS, 0x24, 0, 0x0f);
}

static void bug_serial_number_writable(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->value[SERIAL] == 0x03)
			sim.fn[i]->writable[SERIAL + 7] = 0xff;
}

static void bug_port_reports_fixed(void)
{
	change(EXPRESS, 8, 0x04, 0);
}

static void bug_root_reports_fixed(void)
{
	change(EXPRESS, 0x1c, 0x01, 0);
}

static void bug_ari_fixed(void)
{
	change(EXPRESS, 0x28, 0x20, 0);
}

/* Legal: endpoints that do without error reports, ports without ARI. */
static void legal_no_ari(void)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		struct sim_fn *fn = sim.fn[i];
		unsigned at = find_cap(fn, EXPRESS);

		if (at)
			fn->value[at + 0x24] = fn->writable[at + 0x28] = 0;
	}
}

/* Legal: a cache line size that takes some sizes only, or none. */
static void legal_cache_line_few(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		sim.fn[i]->writable[0x0c] = i & 1 ? 0x00 : 0x38;
}

static void bug_device_status_writable(void)
{
	change(EXPRESS, 0x0a, 0, 0x0f);
	for (unsigned i = 0; i < sim.functions; i++)
		sim.fn[i]->clears[find_cap(sim.fn[i], EXPRESS) + 0x0a] = 0;
}

static void bug_slot_status_not_cleared(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		sim.fn[i]->clears[find_cap(sim.fn[i], EXPRESS) + 0x1a] = 0;
}

/* A byte of the header of all functions, or of bridges alone, takes some bits more. */
static void open_header(unsigned reg, uint8_t with, bool bridges)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (!bridges == !sim.fn[i]->behind)
			sim.fn[i]->writable[reg] |= with;
}

static void bug_interrupt_status_writable(void)
{
	open_header(0x06, 0x08, false);
}

static void bug_status_reserved_writable(void)
{
	open_header(0x06, 0x40, false);
}

static void bug_secondary_status_writable(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind)
			sim.fn[i]->clears[0x1f] = 0;
	open_header(0x1f, 0xf9, true);
}

static void bug_secondary_speed_writable(void)
{
	open_header(0x1e, 0x20, true);
}

static void bug_bridge_control_reserved(void)
{
	open_header(0x3f, 0x40, true);
}

static void bug_cis_pointer_writable(void)
{
	open_header(0x28, 0xff, false);
}

static void bug_reserved_writable(void)
{
	open_header(0x3a, 0x01, false);
}

static void bug_reserved_low_writable(void)
{
	open_header(0x35, 0x01, true);
}

static void bug_link_too_wide(void)
{
	struct sim_fn *fn = sim_route((struct cfg_address){0, 0, 2 << 3});

	fn->value[find_cap(fn, EXPRESS) + 0x12] = 0x41;
}

static void bug_link_too_fast(void)
{
	struct sim_fn *fn = sim_route((struct cfg_address){0, 0, 2 << 3});

	fn->value[find_cap(fn, EXPRESS) + 0x12] = 0x13;
}

/* Legal: what a link without anything at its end says is not defined. */
static void legal_link_down(void)
{
	struct sim_fn *fn = sim_route((struct cfg_address){0, 0, 5 << 3});

	sim_set16(fn, find_cap(fn, EXPRESS) + 0x12, 0x01ff);
}

static struct sim_fn *virtual_parent(void)
{
	return sim_route((struct cfg_address){0, 0, 2 << 3});
}

static void bug_virtual_bar_hole(void)
{
	struct sim_fn *fn = virtual_parent();

	fn->writable[fn->sriov + 0x26] &= 0xfd;
}

static void bug_virtual_bar_type_writable(void)
{
	struct sim_fn *fn = virtual_parent();

	fn->writable[fn->sriov + 0x24] |= 0x08;
}

static void bug_virtual_total_writable(void)
{
	struct sim_fn *fn = virtual_parent();

	fn->writable[fn->sriov + 0x0e] = 0xff;
}

static const struct sim_bug bugs[] = {
    {.name = "virtual-bar-hole",
     .machine = bug_virtual_bar_hole,
     .fails =
	 {{"BAR-13",
	   "00:02.0 register 0x180 over ecam: address bits 0xfffffffffffdc000 can be set and cleared"}}},
    {.name = "virtual-bar-type-writable",
     .machine = bug_virtual_bar_type_writable,
     .fails =
	 {{"BAR-13",
	   "00:02.0 register 0x180 over ecam: type bits read 0xc after ones and 0x4 after zeros"}}},
    {.name = "virtual-total-writable",
     .machine = bug_virtual_total_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x16a over ecam: wrote 0xffff, read 0xff"}}},
    {.name = "link-too-wide",
     .machine = bug_link_too_wide,
     .fails = {{"CAP-06", "00:02.0 register 0x52 over ecam: the link's width reads 4"}}},
    {.name = "link-too-fast",
     .machine = bug_link_too_fast,
     .fails = {{"CAP-06", "00:02.0 register 0x52 over ecam: the link's speed reads 3"}}},
    {.name = "legal-link-down", .machine = legal_link_down},
    {.name = "msi-data-fixed",
     .machine = bug_msi_data_fixed,
     .fails = {{"HOLD-04", "00:02.0 register 0x88 over pio: wrote 0x0000a5a5, read 0x0000a500"}}},
    {.name = "msi-upper-fixed",
     .machine = bug_msi_upper_fixed,
     .fails = {{"HOLD-04", "00:02.0 register 0x84 over pio: wrote 0x5a5aa5a5, read 0x00000000"}}},
    {.name = "msi-masks-fixed",
     .machine = bug_msi_masks_fixed,
     .fails = {{"HOLD-04", "00:02.0 register 0x8c over pio: wrote 0x0000000a, read 0x00000002"}}},
    {.name = "msi-number-fixed",
     .machine = bug_msi_number_fixed,
     .fails = {{"HOLD-04", "00:02.0 register 0x7c over pio: wrote 0x01a49405, read 0x01849405"}}},
    {.name = "msi-address-low-writable",
     .machine = bug_msi_address_low,
     .fails = {{"HOLD-04", "00:02.0 register 0x80 over pio: wrote 0x00000003, read 0x00000002"}}},
    {.name = "msi-capable-writable",
     .machine = bug_msi_capable_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x7e over pio: wrote 0xfa0a, read 0x180"}}},
    {.name = "msi-x-size-writable",
     .machine = bug_msi_x_size_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x96 over pio: wrote 0x3fe0, read 0xf"}}},
    {.name = "msi-x-table-writable",
     .machine = bug_msi_x_table_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x98 over pio: wrote 0xfffeffff, read 0x10001"}}},
    {.name = "pm-abilities-writable",
     .machine = bug_pm_abilities_writable,
     .fails = {{"CAP-07", "00:03.0 register 0x42 over pio: wrote 0xfffc, read 0x8003"}}},
    {.name = "express-flags-writable",
     .machine = bug_express_flags_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x42 over pio: wrote 0xfffd, read 0x202"}}},
    {.name = "device-abilities-writable",
     .machine = bug_device_abilities_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x44 over pio: wrote 0xffffffff, read 0x7"}}},
    {.name = "link-abilities-writable",
     .machine = bug_link_abilities_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x4c over pio: wrote 0xfffffbee, read 0x41e"}}},
    {.name = "old-link-abilities-writable",
     .machine = bug_old_link_abilities_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x4c over pio: wrote 0xfffffbee, read 0x41e"}}},
    {.name = "device-abilities-2-writable",
     .machine = bug_device_abilities_2_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x64 over pio: wrote 0xffffffff, read 0xf"}}},
    {.name = "serial-number-writable",
     .machine = bug_serial_number_writable,
     .fails = {{"CAP-07", "00:02.0 register 0x14c over ecam: wrote 0xedcba987, read 0xed345678"}}},
    {.name = "port-reports-fixed",
     .machine = bug_port_reports_fixed,
     .fails =
	 {{"HOLD-03",
	   "00:05.0 register 0x48 over pio: of bits 0x0000000f 0x0000000b can be set and 0x0000000f be"}}},
    {.name = "root-reports-fixed",
     .machine = bug_root_reports_fixed,
     .fails =
	 {{"HOLD-03",
	   "00:05.0 register 0x5c over pio: of bits 0x00000007 0x00000006 can be set and 0x00000007 be"}}},
    {.name = "ari-fixed",
     .machine = bug_ari_fixed,
     .fails =
	 {{"HOLD-03",
	   "00:05.0 register 0x68 over pio: of bits 0x00000020 0x00000000 can be set and 0x00000020 be"}}},
    {.name = "legal-no-ari", .machine = legal_no_ari},
    {.name = "legal-cache-line-few", .machine = legal_cache_line_few},
    {.name = "device-status-writable",
     .machine = bug_device_status_writable,
     .fails = {{"CMD-07", "00:02.0 register 0x4a over pio: wrote 0x000f, events read 0x000f"}}},
    {.name = "slot-status-not-cleared",
     .machine = bug_slot_status_not_cleared,
     .fails = {{"CMD-07", "00:05.0 register 0x5a over pio: wrote 0x0008, events read 0x0008"}}},
    {.name = "interrupt-status-writable",
     .machine = bug_interrupt_status_writable,
     .fails =
	 {{"CMD-03",
	   "00:00.0 register 0x06 over pio: wrote 0x0008 and 0 twice, bit 3 read what was written"}}},
    {.name = "status-reserved-writable",
     .machine = bug_status_reserved_writable,
     .fails = {{"CMD-03",
		"00:00.0 register 0x06 over pio: wrote 0x06f7, read-only bits read 0x0040"}}},
    {.name = "secondary-status-writable",
     .machine = bug_secondary_status_writable,
     .fails = {{"CMD-03", "00:05.0 register 0x1e over pio: wrote 0x06f7, error bits read 0x0000"},
	       {"CMD-02", "00:05.0 register 0x1e over pio: wrote 0xf900, error bits read 0xf900"}}},
    {.name = "secondary-speed-writable",
     .machine = bug_secondary_speed_writable,
     .fails = {{"CMD-03",
		"00:05.0 register 0x1e over pio: wrote 0x06f7, read-only bits read 0x0020"}}},
    {.name = "bridge-control-reserved-writable",
     .machine = bug_bridge_control_reserved,
     .fails = {{"DST-08", "00:05.0 register 0x3c over pio: wrote 0xf0000000, read 0x40000000"}}},
    {.name = "cis-pointer-writable",
     .machine = bug_cis_pointer_writable,
     .fails = {{"HDR-01", "00:00.0 register 0x28 over pio: wrote 0xffffffff, read 0xff"}}},
    {.name = "reserved-dword-writable",
     .machine = bug_reserved_writable,
     .fails = {{"HDR-01", "00:00.0 register 0x38 over pio: wrote 0xffffffff, read 0x10000"}}},
    {.name = "reserved-byte-writable",
     .machine = bug_reserved_low_writable,
     .fails = {{"HDR-01", "00:05.0 register 0x34 over pio: wrote 0xffffffbf, read 0x140"}}},
};

const struct sim_bug_table sim_bugs_fields = {bugs, sizeof(bugs) / sizeof(bugs[0])};
