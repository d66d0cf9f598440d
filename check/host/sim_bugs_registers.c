/* Seeded bugs of a function's registers. */
#include "sim_bugs.h"

#define ONES 0xffffffffu

static bool covers(const struct sim_access *a, unsigned reg)
{
	return reg >= a->reg && reg < a->reg + a->width;
}

static bool is_bar(const struct sim_fn *fn, unsigned reg)
{
	return reg >= 0x10 && reg < ((fn->value[0x0e] & 0x7f) == 1 ? 0x18 : 0x28);
}

/* The upper half of a 64-bit BAR, by the type bits of the register below; odd pairs do not occur
 * here. */
static bool is_upper(const struct sim_fn *fn, unsigned reg)
{
	return reg > 0x10 && is_bar(fn, reg) && (fn->value[reg - 4] & 7) == 4 &&
	       !(reg > 0x14 && (fn->value[reg - 8] & 7) == 4 && fn->writable[reg - 4] == 0xff);
}

static uint32_t writable32(const struct sim_fn *fn, unsigned reg)
{
	return (uint32_t)fn->writable[reg] | (uint32_t)fn->writable[reg + 1] << 8 |
	       (uint32_t)fn->writable[reg + 2] << 16 | (uint32_t)fn->writable[reg + 3] << 24;
}

static bool decodes(const struct sim_fn *fn)
{
	return fn->value[4] & 3;
}

static bool bug_vendor_writable(struct sim_fn *fn, struct sim_access *a)
{
	for (unsigned i = 0; i < a->width; i++)
		if (a->reg + i < 2)
			fn->value[a->reg + i] = (uint8_t)(a->value >> 8 * i);
	return false;
}

static bool bug_line_read_only(struct sim_fn *fn, struct sim_access *a)
{
	unsigned shift = 8 * (0x3c - a->reg);

	if (covers(a, 0x3c))
		a->value = (a->value & ~(0xffu << shift)) | (uint32_t)fn->value[0x3c] << shift;
	return false;
}

static bool bug_command_write_dropped(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	return a->reg == 4;
}

/* The error bits are a plain register. */
static bool bug_status_not_cleared(struct sim_fn *fn, struct sim_access *a)
{
	if (!covers(a, 7))
		return false;
	fn->value[7] = (uint8_t)((fn->value[7] & 0x06) | (a->value >> 8 * (7 - a->reg) & 0xf9));
	return a->reg >= 6;
}

static bool bug_status_writable(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 6))
		fn->value[6] = (uint8_t)(a->value >> 8 * (6 - a->reg));
	return false;
}

/* A register that counts writes of COMMAND, and a copy of it in ECAM that does not hear of them. */
static bool bug_copy_stale_write(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 4))
		fn->value[0xf8]++;
	return false;
}

static void bug_copy_stale_read(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	if (a->ecam && covers(a, 0xf8))
		a->value = 0;
}

static bool bug_bridge_numbers_fixed(struct sim_fn *fn, struct sim_access *a)
{
	return fn->behind && a->reg >= 0x18 && a->reg < 0x1c;
}

static void bug_type_bits_missing(struct sim_fn *fn, struct sim_access *a)
{
	if (a->width == 4 && is_bar(fn, a->reg) && !is_upper(fn, a->reg) &&
	    sim_get32(fn, a->reg) >> 16 == 0xffff)
		a->value &= ~0xfu;
}

static bool bug_only_ones_probe(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && a->width == 4 && a->value != ONES && a->value >= 0xfffff000;
}

static uint64_t key_of(const struct sim_fn *fn, unsigned reg)
{
	return (uint64_t)(uintptr_t)fn << 8 | reg;
}

static bool bug_mask_read_once_write(struct sim_fn *fn, struct sim_access *a)
{
	if (is_bar(fn, a->reg) && a->width == 4)
		sim.bug_state = a->value == ONES ? key_of(fn, a->reg) : 0;
	return false;
}

static void bug_mask_read_once_read(struct sim_fn *fn, struct sim_access *a)
{
	if (sim.bug_state != key_of(fn, a->reg) || a->width != 4)
		return;
	sim_set32(fn, a->reg, sim_get32(fn, a->reg) & ~writable32(fn, a->reg));
	sim.bug_state = 0;
}

/* The first write of an address after a probe is lost. */
static bool bug_bar_not_restored(struct sim_fn *fn, struct sim_access *a)
{
	if (!is_bar(fn, a->reg) || a->width != 4)
		return false;
	if (a->value == ONES) {
		sim.bug_state = key_of(fn, a->reg);
		return false;
	}
	if (sim.bug_state != key_of(fn, a->reg))
		return false;
	sim.bug_state = 0;
	return true;
}

static void bug_io_upper_as_size(struct sim_fn *fn, struct sim_access *a)
{
	uint32_t value = is_bar(fn, a->reg) && a->width == 4 ? sim_get32(fn, a->reg) : 0;

	if ((value & 3) == 1 && value >> 16 == 0xffff && !is_upper(fn, a->reg))
		a->value = (value & 0xffff) | (value & 0xfffc) << 16;
}

static bool bug_high_half_lost(struct sim_fn *fn, struct sim_access *a)
{
	if (is_upper(fn, a->reg) && a->width == 4 && a->value != ONES)
		a->value = 0;
	return false;
}

static bool bug_halves_in_order(struct sim_fn *fn, struct sim_access *a)
{
	unsigned low = a->reg - 4;
	uint32_t writable;

	if (!is_upper(fn, a->reg) || a->value != ONES)
		return false;
	writable = writable32(fn, low);
	if ((sim_get32(fn, low) & writable) == writable)
		sim_set32(fn, low, sim_get32(fn, low) & ~writable);
	return false;
}

static bool bug_rom_probe_enables(struct sim_fn *fn, struct sim_access *a)
{
	if (a->reg == (fn->behind ? 0x38u : 0x30u) && a->value == 0xfffff800 &&
	    writable32(fn, a->reg))
		a->value |= 1;
	return false;
}

static bool bug_neighbour_clobbered(struct sim_fn *fn, struct sim_access *a)
{
	unsigned next = a->reg + 4;

	if (is_bar(fn, a->reg) && is_bar(fn, next) && !is_upper(fn, next) && a->width == 4 &&
	    a->value == ONES)
		sim_set32(fn, next, sim_get32(fn, next) & ~writable32(fn, next));
	return false;
}

static bool bug_bar_fixed_without_decode(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && !decodes(fn);
}

static bool bug_bar_fixed_while_decoding(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && decodes(fn);
}

static bool bug_bar_refuses_low(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && !is_upper(fn, a->reg) && a->width == 4 &&
	       !(fn->value[a->reg] & 1) && a->value < 0x100000 && a->value >= 0x10;
}

static const struct sim_bug bugs[] = {
    {.name = "vendor-writable",
     .fn_write = bug_vendor_writable,
     .fails = {{"HDR-01", "00:00.0 register 0x00 over pio: wrote 0xd63f7f79, read 0x29c07f79"}}},
    {.name = "line-read-only",
     .fn_write = bug_line_read_only,
     .fails = {{"HDR-03", "00:02.0 register 0x3c over pio: wrote 0x55, read 0x00"}}},
    {.name = "command-write-dropped",
     .fn_write = bug_command_write_dropped,
     .fails = {{"DST-07", "00:05.0 register 0x04 over pio: wrote 0x0003"},
	       {"DST-05", "00:0e.0 register 0x04 over pio: wrote 0x0006, read 0x0004"},
	       {"DST-04", "00:0e.0 register 0x10 over pio: wrote its address with decode on"},
	       {"CMD-06", "00:02.0 register 0x04 over pio: wrote 0x07 over 0x0007"},
	       {"CMD-05", "00:02.0 register 0x04 over pio: wrote 0x0107, read 0x0007"},
	       {"DST-06", "00:02.0 register 0x04 over pio: wrote 0x0003, read 0x0007"},
	       {"CMD-01", "00:02.0 register 0x04 over pio: wrote 0x0005, read 0x0007"}}},
    {.name = "status-not-cleared",
     .fn_write = bug_status_not_cleared,
     .fails = {{"CMD-03", "00:00.0 register 0x06 over pio: wrote 0x06f7, error bits read 0x0000"},
	       {"CMD-02", "00:00.0 register 0x06 over pio: wrote 0xf900, error bits read 0xf900"}}},
    {.name = "status-writable",
     .fn_write = bug_status_writable,
     .fails = {{"SIDE-05", "00:02.0 register 0x04 over ecam: read 0x00000007"},
	       {"CMD-02",
		"00:02.0 register 0x06 over pio: wrote 0x0000, read-only bits read 0x0000"},
	       {"CMD-03",
		"00:00.0 register 0x06 over pio: wrote 0x06f7, read-only bits read 0x00f7"}}},
    {.name = "copy-stale-internally",
     .fn_write = bug_copy_stale_write,
     .fn_read = bug_copy_stale_read,
     .fails = {{"COH-03", "00:02.0 register 0xf8 over pio: after decode off and on"}}},
    {.name = "virtio-window-stale",
     .fails =
	 {{"VIO-01",
	   "00:07.0 register 0x60 over ecam: aimed at device_feature, read 0x00000000, should be "
	   "0x39000000"}}},
    {.name = "bridge-numbers-fixed",
     .fn_write = bug_bridge_numbers_fixed,
     .fails = {{"LANE-07", "00:05.0 register 0x18 over pio: wrote 0xff, all numbers read 0x010100"},
	       {"DST-01", "00:05.0 register 0x18 over pio: wrote 0x003f3f00, read 0x00010100"},
	       {"DST-09", "with subordinate 2, bus 3 read 0x00051b36"}}},
    {.name = "type-bits-missing",
     .fn_read = bug_type_bits_missing,
     .fails = {{"BAR-02", "00:02.0 register 0x14 over pio: wrote 0xffffffff, read 0xffffffe0"},
	       {"PV-03",
		"00:02.0 register 0x14 in the table: has mask 0xffffffe1, should be 0xffffffe0"}}},
    {.name = "only-ones-probe",
     .fn_write = bug_only_ones_probe,
     .fails = {{"BAR-03", "00:02.0 register 0x10 over pio: wrote 0xfffffff0"}}},
    {.name = "mask-read-once",
     .fn_write = bug_mask_read_once_write,
     .fn_read = bug_mask_read_once_read,
     .fails =
	 {{"BAR-04",
	   "00:02.0 register 0x10 over pio: wrote 0xffffffff, read 0xfffe0000, then 0x00000000"}}},
    /* Then an upper half holds all-ones, which is a probe again when it is put back. */
    {.name = "bar-not-restored",
     .fn_write = bug_bar_not_restored,
     .fails = {{"DST-03", "00:0e.0 register 0x10 over pio: with decode on wrote back"},
	       {"SIDE-05", "00:02.0 register 0x10 over ecam: read 0xfffe0000"},
	       {"BAR-05", "00:02.0 register 0x10 over pio: after the probe wrote"},
	       {"BAR-07", "register 0x1c"}}},
    {.name = "io-upper-as-size",
     .fn_read = bug_io_upper_as_size,
     .fails = {{"BAR-01",
		"00:02.0 register 0x14 over pio: wrote 0xffffffff, address bits read 0xffe0ffe0"},
	       {"PV-03", "00:02.0 register 0x14 in the table"},
	       {"DST-02", "00:02.0 register 0x14 over pio"}}},
    {.name = "high-half-lost",
     .fn_write = bug_high_half_lost,
     .fails =
	 {{"LANE-04",
	   "00:02.0 register 0x1c over ecam: wrote 0x0f over 0xa5c3965a; the bits that can be written read"},
	  {"LANE-03",
	   "00:02.0 register 0x1c over pio: wrote 0x0f over 0xa5c3965a; the bits that can be written read"},
	  {"SIDE-05", "00:02.0 register 0x1c over ecam: read 0x00000000"},
	  {"BAR-07", "00:02.0 register 0x1c over pio: wrote 0x00000001, read 0x00000000"},
	  {"DST-04", "02:05.0 register 0x20 over pio: moved above 4 GiB"},
	  {"DST-12",
	   "00:06.0 register 0x24 over pio: window above 4 GiB, the memory of 02:05.0 at 0x800301012 reads 0xffff"}}},
    {.name = "halves-in-order",
     .fn_write = bug_halves_in_order,
     .fails = {{"BAR-06", "00:02.0 register 0x18 over pio: wrote ones low then high"}}},
    {.name = "rom-probe-enables",
     .fn_write = bug_rom_probe_enables,
     .fails = {{"BAR-08", "00:02.0 register 0x30 over pio: wrote 0xfffff800, read 0xffff0001"},
	       {"PV-03", "00:02.0 register 0x30 in the table"}}},
    {.name = "neighbour-clobbered",
     .fn_write = bug_neighbour_clobbered,
     .fails = {{"SIDE-05", "00:02.0 register 0x14 over ecam: read 0x00000001"},
	       {"BAR-09", "00:02.0 register 0x14 over pio: wrote 0xffffffff to 0x10"},
	       {"DST-04", "00:07.0 register 0x20 over pio: moved above 4 GiB"}}},
    /* The dance runs with decode off, so it finds no BAR either. */
    {.name = "bar-fixed-without-decode",
     .fn_write = bug_bar_fixed_without_decode,
     .fails = {{"REG-01", "at 0x10000 of BAR 0, which has 0x0"},
	       {"BAR-10",
		"00:02.0 register 0x10 over ecam: wrote 0 with decode off, read 0xc0000000"},
	       {"PV-03",
		"00:02.0 register 0x10 in the table: has mask 0xfffe0000, should be 0xc0000000"}}},
    {.name = "bar-fixed-while-decoding",
     .fn_write = bug_bar_fixed_while_decoding,
     .fails = {{"DST-03", "00:02.0 register 0x10 over pio: with decode on wrote"}}},
    {.name = "bar-refuses-low",
     .fn_write = bug_bar_refuses_low,
     .fails = {{"DST-02", "00:02.0 register 0x10 over pio: wrote 0x000a0000"}}},
};

const struct sim_bug_table sim_bugs_registers = {bugs, sizeof(bugs) / sizeof(bugs[0])};
