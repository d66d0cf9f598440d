/*
 * Seeded bugs of writes and reads of some widths in some registers, and of parts of extended space.
 */
#include "sim_build.h"
#include "sim_bugs.h"

static unsigned find_cap(const struct sim_fn *fn, uint8_t id)
{
	unsigned at = fn->value[0x06] & 0x10 ? fn->value[0x34] : 0;

	while (at && fn->value[at] != id)
		at = fn->value[at + 1];
	return at;
}

static bool is_at(const struct sim_access *a, unsigned width, unsigned reg)
{
	return a->width == width && a->reg == reg;
}

static bool bug_msi_data_word_lost(struct sim_fn *fn, struct sim_access *a)
{
	unsigned at = find_cap(fn, 0x05);

	return at && is_at(a, 2, at + 0x0c);
}

static bool bug_msi_upper_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	unsigned at = find_cap(fn, 0x05);

	return at && is_at(a, 1, at + 0x0a);
}

static bool bug_msi_control_word_lost(struct sim_fn *fn, struct sim_access *a)
{
	unsigned at = find_cap(fn, 0x05);

	return at && is_at(a, 2, at + 2);
}

static bool bug_msi_x_control_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	unsigned at = find_cap(fn, 0x11);

	return at && is_at(a, 1, at + 3);
}

/* A write of the message's data is one of Power Management as well. */
static bool bug_msi_data_changes_another(struct sim_fn *fn, struct sim_access *a)
{
	unsigned at = find_cap(fn, 0x05), express = find_cap(fn, 0x10);

	if (at && express && is_at(a, 4, at + 0x0c))
		fn->value[express + 0x30] = (uint8_t)a->value;
	return false;
}

static bool bug_line_word_lost(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	return is_at(a, 2, 0x3c);
}

static bool bug_line_dword_lost(struct sim_fn *fn, struct sim_access *a)
{
	return !fn->behind && is_at(a, 4, 0x3c);
}

static bool bug_cache_line_dword_lost(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	return is_at(a, 4, 0x0c);
}

static bool bug_rom_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	return !fn->behind && is_at(a, 1, 0x33);
}

static bool bug_upper_half_word_lost(struct sim_fn *fn, struct sim_access *a)
{
	return (fn->value[0x18] & 7) == 4 && is_at(a, 2, 0x1e) && !fn->behind;
}

static bool bug_second_bar_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	return !fn->behind && is_at(a, 1, 0x14) && (fn->value[0x14] & 1);
}

static bool bug_window_word_lost(struct sim_fn *fn, struct sim_access *a)
{
	return fn->behind && is_at(a, 2, 0x22);
}

static bool bug_bus_word_lost(struct sim_fn *fn, struct sim_access *a)
{
	return fn->behind && is_at(a, 2, 0x18);
}

static bool bug_bridge_control_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	return fn->behind && is_at(a, 1, 0x3e);
}

/* The second set of registers of the Express capability answers dwords only. */
static void bug_express_end_parts(struct sim_fn *fn, struct sim_access *a)
{
	unsigned at = find_cap(fn, 0x10);

	if (at && a->width < 4 && a->reg >= at + 0x14 && a->reg < at + 0x3c)
		a->value = 0;
}

static void bug_virtio_parts(struct sim_fn *fn, struct sim_access *a)
{
	unsigned at = find_cap(fn, 0x09);

	if (at && a->width == 2 && a->reg >= at + 8 && a->reg < at + 16)
		a->value = 0;
}

static bool is_extended(const struct sim_access *a)
{
	return a->ecam && a->reg >= 0x100;
}

static bool bug_offset_bit_11_ignored(struct sim_access *a)
{
	if (is_extended(a))
		a->reg &= ~0x800u;
	return false;
}

static bool bug_offset_bit_9_ignored(struct sim_access *a)
{
	if (is_extended(a) && a->reg < 0x400)
		a->reg &= ~0x200u;
	return false;
}

static bool bug_written_offset_bit_10_ignored(struct sim_access *a)
{
	if (is_extended(a) && a->write)
		a->reg &= ~0x400u;
	return false;
}

static void bug_extended_ends_early(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	if (a->reg >= 0xf00)
		a->value = cfg_ones(a->width);
}

/*
 * Allowed: no address of a conventional bus has bits for registers from 100h on, so those of an
 * Express function on it are out of reach (PCI Express Base 4.0, 7.2.1).
 */
static void legal_express_behind_conventional(void)
{
	struct sim_fn *fn = sim_route((struct cfg_address){0, 2, 1 << 3});

	sim_express(fn);
	fn->express = false;
}

static const struct sim_bug bugs[] = {
    {.name = "msi-data-word-lost",
     .fn_write = bug_msi_data_word_lost,
     .fails =
	 {{"LANE-05",
	   "00:02.0 register 0x88 over pio: wrote 0x69a5 over 0x0000965a; the bits that can be written"}}},
    {.name = "msi-upper-byte-lost",
     .fn_write = bug_msi_upper_byte_lost,
     .fails =
	 {{"LANE-05",
	   "00:02.0 register 0x86 over pio: wrote 0x69 over 0xa5c3965a; the bits that can be written read"}}},
    {.name = "msi-control-word-lost",
     .fn_write = bug_msi_control_word_lost,
     .fails =
	 {{"LANE-05",
	   "00:02.0 register 0x7e over pio: wrote 0x01a4 over 0x00000000; the bits that can be written"}}},
    {.name = "msi-x-control-byte-lost",
     .fn_write = bug_msi_x_control_byte_lost,
     .fails =
	 {{"LANE-05",
	   "00:02.0 register 0x97 over pio: wrote 0x40 over 0x00000000; the bits that can be written read"}}},
    {.name = "msi-data-changes-another",
     .fn_write = bug_msi_data_changes_another,
     .fails = {{"LANE-05", "00:02.0 register 0x70 over pio: read 0x000000a5"}}},
    {.name = "line-word-lost",
     .fn_write = bug_line_word_lost,
     .fails =
	 {{"LANE-08",
	   "00:00.0 register 0x3c over pio: wrote 0xa5 by a write of 2 bytes, the dword reads 0x0000005a"}}},
    {.name = "line-dword-lost",
     .fn_write = bug_line_dword_lost,
     .fails =
	 {{"LANE-08",
	   "00:00.0 register 0x3c over pio: wrote 0x3c by a write of 4 bytes, the dword reads 0x000000a5"}}},
    {.name = "cache-line-dword-lost",
     .fn_write = bug_cache_line_dword_lost,
     .fails =
	 {{"LANE-08",
	   "00:00.0 register 0x0c over pio: wrote 0x3c by a write of 4 bytes, the dword reads 0x000000a5"}}},
    {.name = "rom-byte-lost",
     .fn_write = bug_rom_byte_lost,
     .fails =
	 {{"LANE-03",
	   "00:02.0 register 0x33 over pio: wrote 0x3c over 0xa5c30000; the bits that can be written read"},
	  {"LANE-04",
	   "00:02.0 register 0x33 over ecam: wrote 0x3c over 0xa5c30000; the bits that can be written read"}}},
    {.name = "upper-half-word-lost",
     .fn_write = bug_upper_half_word_lost,
     .fails =
	 {{"LANE-03",
	   "00:02.0 register 0x1e over pio: wrote 0x3c69 over 0xa5c3965a; the bits that can be written"},
	  {"LANE-04",
	   "00:02.0 register 0x1e over ecam: wrote 0x3c69 over 0xa5c3965a; the bits that can be written"}}},
    {.name = "second-bar-byte-lost",
     .fn_write = bug_second_bar_byte_lost,
     .fails =
	 {{"LANE-03",
	   "00:02.0 register 0x14 over pio: wrote 0x0f over 0xa5c39640; the bits that can be written read"},
	  {"LANE-04",
	   "00:02.0 register 0x14 over ecam: wrote 0x0f over 0xa5c39640; the bits that can be written read"}}},
    {.name = "window-word-lost",
     .fn_write = bug_window_word_lost,
     .fails =
	 {{"LANE-09",
	   "00:05.0 register 0x22 over pio: wrote 0x5a30 over 0xa5c09650; the bits that can be written"}}},
    {.name = "bus-word-lost",
     .fn_write = bug_bus_word_lost,
     .fails = {{"LANE-07",
		"00:05.0 register 0x18 over pio: wrote 0xfeff, all numbers read 0x010100"}}},
    {.name = "bridge-control-byte-lost",
     .fn_write = bug_bridge_control_byte_lost,
     .fails =
	 {{"LANE-09",
	   "00:05.0 register 0x3e over pio: wrote 0x00 over 0x00030000; the bits that can be written read"}}},
    {.name = "express-end-parts-read-zero",
     .fn_read = bug_express_end_parts,
     .fails =
	 {{"HOLD-03",
	   "00:05.0 register 0x5c over pio: of bits 0x00000007 0x00000000 can be set and 0x00000007 be"},
	  {"LANE-01", "00:05.0 register 0x5a over pio: a read of 1 bytes gave 0x00"},
	  {"LANE-02", "00:05.0 register 0x5a over ecam: a read of 1 bytes gave 0x00"}}},
    {.name = "virtio-words-read-zero",
     .fn_read = bug_virtio_parts,
     .fails = {{"LANE-01", "00:07.0 register 0x48 over pio: a read of 2 bytes gave 0x0000"},
	       {"LANE-02", "00:07.0 register 0x48 over ecam: a read of 2 bytes gave 0x0000"}}},
    {.name = "offset-bit-11-ignored",
     .decoded = bug_offset_bit_11_ignored,
     .fails = {{"CAP-03", "00:00.0 register 0x800 over ecam: read 0x29c08086 and so on"}}},
    {.name = "offset-bit-9-ignored",
     .decoded = bug_offset_bit_9_ignored,
     .fails = {{"CAP-03", "00:00.0 register 0x200 over ecam: read 0x29c08086 and so on"}}},
    {.name = "written-offset-bit-10-ignored",
     .decoded = bug_written_offset_bit_10_ignored,
     .fails = {{"CAP-03",
		"00:00.0 register 0x0c over ecam: wrote 0xff to 0x40c, this reads 0xff"}}},
    {.name = "extended-ends-early",
     .fn_read = bug_extended_ends_early,
     .fails = {{"CAP-08", "00:02.0 register 0xf00 over ecam: 64 bytes read all-ones"}}},
    {.name = "legal-express-behind-conventional", .machine = legal_express_behind_conventional},
};

const struct sim_bug_table sim_bugs_parts = {bugs, sizeof(bugs) / sizeof(bugs[0])};
