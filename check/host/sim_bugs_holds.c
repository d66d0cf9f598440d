/* Seeded bugs of registers that must take what is written: messages, error masks, bridges. */
#include "sim_bugs.h"

#define MSI    0x05
#define MSI_X  0x11
#define AER_AT 0x100 /* where the simulated machine has it */

static unsigned find_cap(const struct sim_fn *fn, uint8_t id)
{
	unsigned at = fn->value[0x06] & 0x10 ? fn->value[0x34] : 0;

	while (at && fn->value[at] != id)
		at = fn->value[at + 1];
	return at;
}

/* In all functions with that capability a byte of it loses some writable bits. */
static void fix_capability(uint8_t id, unsigned offset, uint8_t bits)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		unsigned at = find_cap(sim.fn[i], id);

		if (at)
			sim.fn[i]->writable[at + offset] &= (uint8_t)~bits;
	}
}

static void bug_msi_enable_fixed(void)
{
	fix_capability(MSI, 2, 0x01);
}

static void bug_msi_x_enable_fixed(void)
{
	fix_capability(MSI_X, 3, 0x80);
}

static void bug_msi_x_mask_fixed(void)
{
	fix_capability(MSI_X, 3, 0x40);
}

/* Legal: one that is off can only be masked as a whole, not vector by vector; and has no MSI. */
static void legal_no_msi(void)
{
	struct sim_fn *fn = sim_route((struct cfg_address){0, 0, 3 << 3});

	fn->value[find_cap(fn, MSI)] = 0x09; /* vendor specific */
	fn->value[find_cap(fn, 0x09) + 2] = 24;
	memset(fn->writable + find_cap(fn, 0x09) + 2, 0, 22);
}

static void fix_extended(unsigned reg, unsigned byte, uint8_t bits)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim_get32(sim.fn[i], AER_AT) & 0xffff)
			sim.fn[i]->writable[reg + byte] &= (uint8_t)~bits;
}

static void bug_correctable_mask_fixed(void)
{
	for (unsigned byte = 0; byte < 4; byte++)
		fix_extended(AER_AT + 0x14, byte, 0xff);
}

static void bug_malformed_always_fatal(void)
{
	fix_extended(AER_AT + 0x0c, 2, 0x04);
}

/* Legal: the masks of uncorrectable errors that are optional are fixed. */
static void legal_optional_errors(void)
{
	fix_extended(AER_AT + 0x0c, 1, 0xa0);
	fix_extended(AER_AT + 0x08, 1, 0xa0);
	fix_extended(AER_AT + 0x14, 0, 0x01);
}

/* The writable bits of a register's byte of every bridge: without some, and with others. */
static void change_bridges(unsigned reg, uint8_t without, uint8_t with)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind)
			sim.fn[i]->writable[reg] =
			    (uint8_t)((sim.fn[i]->writable[reg] & ~without) | with);
}

static void bug_bridge_control_fixed(void)
{
	change_bridges(0x3e, 0x02, 0);
}

static void bug_window_low_writable(void)
{
	change_bridges(0x20, 0, 0x0f);
}

static void bug_window_kind_writable(void)
{
	change_bridges(0x26, 0, 0x01);
}

static void bug_window_limit_fixed(void)
{
	change_bridges(0x23, 0x10, 0);
}

static void bug_prefetch_upper_fixed(void)
{
	for (unsigned reg = 0x28; reg < 0x2c; reg++)
		change_bridges(reg, 0xff, 0);
}

static void bug_io_window_low_writable(void)
{
	change_bridges(0x1d, 0, 0x02);
}

/* Legal: neither ports nor prefetchable memory are passed on. */
static void legal_one_window(void)
{
	for (unsigned reg = 0x1c; reg < 0x1e; reg++)
		change_bridges(reg, 0xff, 0);
	for (unsigned reg = 0x24; reg < 0x30; reg++)
		change_bridges(reg, 0xff, 0);
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind) {
			sim_set16(sim.fn[i], 0x1c, 0);
			sim_set32(sim.fn[i], 0x24, 0);
		}
}

/* Looked for by its number among all buses, not from bridge to bridge. */
static bool bug_subordinate_ignored(struct sim_access *a)
{
	struct sim_fn *there = sim_route(a->at);

	for (unsigned i = 0; !there && i < sim.functions; i++)
		if (sim.fn[i]->on->segment == a->at.segment && a->at.bus &&
		    sim_bus_number(sim.fn[i]->on) == a->at.bus && sim.fn[i]->devfn == a->at.devfn) {
			a->value = a->write ? a->value : sim_get32(sim.fn[i], a->reg & ~3u);
			return !a->write && a->width == 4;
		}
	return false;
}

/* Function 3 looks like function 0, which says that it is alone. */
static void bug_functions_not_told(void)
{
	struct sim_fn *first = sim_route((struct cfg_address){0, 0, 4 << 3}),
		      *other = sim_route((struct cfg_address){0, 0, 4 << 3 | 3});

	first->value[0x0e] &= 0x7f;
	other->value[0x0e] &= 0x7f;
	memcpy(other->value + 0x10, first->value + 0x10, 0x18);
}

static const struct sim_bug bugs[] = {
    {.name = "msi-enable-fixed",
     .machine = bug_msi_enable_fixed,
     .fails = {{"HOLD-01", "wrote 0x00010005, read 0x00000005, should be what was written"}}},
    {.name = "msi-x-enable-fixed",
     .machine = bug_msi_x_enable_fixed,
     .fails = {{"HOLD-01", "00:02.0 register 0x94 over pio: wrote 0xc01f"}}},
    {.name = "msi-x-mask-fixed",
     .machine = bug_msi_x_mask_fixed,
     .fails = {{"HOLD-01", "00:02.0 register 0x94 over pio: wrote 0x401f"}}},
    {.name = "legal-no-msi", .machine = legal_no_msi},
    {.name = "correctable-mask-fixed",
     .machine = bug_correctable_mask_fixed,
     .fails = {{"HOLD-02", "00:02.0 register 0x114 over ecam: of bits 0x000011c0 0x00000000 can"}}},
    {.name = "malformed-always-fatal",
     .machine = bug_malformed_always_fatal,
     .fails = {{"HOLD-02", "00:02.0 register 0x10c over ecam: of bits 0x00140000 0x00100000 can"}}},
    {.name = "legal-optional-errors", .machine = legal_optional_errors},
    {.name = "bridge-control-fixed",
     .machine = bug_bridge_control_fixed,
     .fails = {{"DST-08", "00:05.0 register 0x3c over pio: wrote 0x00030000, read 0x00010000"}}},
    {.name = "window-low-writable",
     .machine = bug_window_low_writable,
     .fails = {{"DST-08", "00:05.0 register 0x20 over pio: wrote 0xffffffff, read 0xfff0ffff"}}},
    {.name = "window-kind-writable",
     .machine = bug_window_kind_writable,
     .fails = {{"DST-08", "00:05.0 register 0x24 over pio"}}},
    {.name = "window-limit-fixed",
     .machine = bug_window_limit_fixed,
     .fails = {{"DST-08", "00:05.0 register 0x20 over pio: wrote 0xffffffff, read 0xeff0fff0"}}},
    {.name = "prefetch-upper-fixed",
     .machine = bug_prefetch_upper_fixed,
     .fails =
	 {{"DST-08", "00:05.0 register 0x28 over pio: wrote 0x5a5aa5a5, read 0x00000000"},
	  {"DST-12",
	   "00:05.0 register 0x24 over pio: window moved by its upper half, the memory of 01:00.0 at 0xc1000008 reads 0x00000081"}}},
    {.name = "io-window-low-writable",
     .machine = bug_io_window_low_writable,
     .fails = {{"DST-08", "00:05.0 register 0x1c over pio: wrote 0xffff, read 0xf2f0"}}},
    {.name = "legal-one-window", .machine = legal_one_window},
    {.name = "subordinate-ignored",
     .decoded = bug_subordinate_ignored,
     .fails = {{"DST-09",
		"00:06.0 register 0x18 over pio: with subordinate 2, bus 3 read 0x00051b36"}}},
    {.name = "functions-not-told",
     .machine = bug_functions_not_told,
     .fails = {{"ABS-03",
		"00:04.3 register 0x00 over pio: function 0 is the only one; read 0x00051b36"},
	       {"PV-02", "00:04.3: the table has 0x00051b36, the bus nothing"}}},
};

const struct sim_bug_table sim_bugs_holds = {bugs, sizeof(bugs) / sizeof(bugs[0])};
