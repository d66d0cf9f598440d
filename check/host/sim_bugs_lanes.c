/* Seeded bugs of widths and lanes that show only in some registers. */
#include "sim_bugs.h"

/* A part is read from the wrong lane, from a register on. */
static bool swap_bytes_from(struct sim_access *a, unsigned first, bool ecam)
{
	if (!a->write && a->ecam == ecam && a->width == 1 && a->reg >= first && a->reg < 0x100)
		a->reg ^= 1;
	return false;
}

static bool bug_port_bytes_swapped_from_2c(struct sim_access *a)
{
	return swap_bytes_from(a, 0x2c, false);
}

static bool bug_port_bytes_swapped_from_40(struct sim_access *a)
{
	return swap_bytes_from(a, 0x40, false);
}

static bool bug_ecam_bytes_swapped_from_2c(struct sim_access *a)
{
	return swap_bytes_from(a, 0x2c, true);
}

static bool bug_ecam_bytes_swapped_from_40(struct sim_access *a)
{
	return swap_bytes_from(a, 0x40, true);
}

/* The upper word reads as the lower one. */
static bool bug_port_upper_word_is_lower(struct sim_access *a)
{
	if (!a->write && !a->ecam && a->width == 2 && a->reg >= 0x2c)
		a->reg &= ~2u;
	return false;
}

static bool bug_ecam_last_lane_is_third(struct sim_access *a)
{
	if (!a->write && a->ecam && a->width == 1 && (a->reg & 3) == 3 && a->reg >= 0x40 &&
	    a->reg < 0x100)
		a->reg--;
	return false;
}

/* A capability that answers dwords only. */
static void bug_express_parts_read_ones(struct sim_fn *fn, struct sim_access *a)
{
	if (fn->express && a->width < 4 && a->reg >= 0x42 && a->reg < 0x54)
		a->value = cfg_ones(a->width);
}

static void bug_last_dword_parts_zero(struct sim_access *a, const struct sim_fn *fn)
{
	(void)fn;
	if (!a->write && a->ecam && a->reg >= 0xffc && a->width < 4)
		a->value = 0;
}

/* COMMAND is handled as the word that it is: a byte of it takes the other along. */
static bool bug_command_byte_is_word(struct sim_fn *fn, struct sim_access *a)
{
	if (a->width == 1 && a->reg == 4)
		fn->value[5] = 0;
	if (a->width == 1 && a->reg == 5)
		fn->value[4] = 0;
	return false;
}

static bool bug_command_high_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	return a->width == 1 && a->reg == 5;
}

static bool bug_command_dword_loses_high(struct sim_fn *fn, struct sim_access *a)
{
	if (a->reg == 4 && a->width == 4)
		a->value = (a->value & ~0xff00u) | (uint32_t)fn->value[5] << 8;
	return false;
}

static bool is_msi(const struct sim_fn *fn, unsigned reg)
{
	for (unsigned at = 0x40; at < 0x100; at += 4)
		if (fn->value[at] == 0x05 && fn->writable[at + 5] == 0xff && reg >= at + 4 &&
		    reg < at + 8)
			return true;
	return false;
}

static bool bug_msi_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	return a->width == 1 && is_msi(fn, a->reg) && (a->reg & 3) == 3;
}

static bool bug_msi_word_lands_low(struct sim_fn *fn, struct sim_access *a)
{
	if (a->width == 2 && is_msi(fn, a->reg))
		a->reg &= ~2u;
	return false;
}

/* A write of the message's address is one of its control word as well. */
static bool bug_msi_address_writes_control(struct sim_fn *fn, struct sim_access *a)
{
	if (is_msi(fn, a->reg) && a->width == 4)
		fn->value[a->reg - 2] = (uint8_t)(a->value & 0x70);
	return false;
}

static bool bug_extended_parts_dropped(struct sim_access *a)
{
	return a->write && a->reg >= 0x100 && a->width < 4;
}

static bool bug_extended_byte_is_dword(struct sim_fn *fn, struct sim_access *a)
{
	if (a->reg >= 0x100 && a->width == 1 && a->reg + 4 <= SIM_SPACE && a->reg % 4 == 0)
		for (unsigned i = 1; i < 4; i++)
			fn->value[a->reg + i] &= (uint8_t)~fn->writable[a->reg + i];
	return false;
}

static bool bug_subordinate_byte_lost(struct sim_fn *fn, struct sim_access *a)
{
	return fn->behind && a->width == 1 && a->reg == 0x1a;
}

static bool bug_bus_byte_is_word(struct sim_fn *fn, struct sim_access *a)
{
	if (fn->behind && a->width == 1 && a->reg == 0x18)
		fn->value[0x19] = 0;
	return false;
}

static const struct sim_bug bugs[] = {
    {.name = "port-bytes-swapped-from-2c",
     .decoded = bug_port_bytes_swapped_from_2c,
     .fails = {{"LANE-01", "00:02.0 register 0x2c over pio: a read of 1 bytes gave 0x1a"},
	       {"SIDE-05", "register 0x3c over ecam: read 0x00000101"}}},
    {.name = "port-bytes-swapped-from-40",
     .decoded = bug_port_bytes_swapped_from_40,
     .fails = {{"LANE-01", "00:02.0 register 0x40 over pio: a read of 1 bytes gave 0x7c"}}},
    {.name = "ecam-bytes-swapped-from-2c",
     .decoded = bug_ecam_bytes_swapped_from_2c,
     .fails = {{"LANE-02", "00:02.0 register 0x2c over ecam: a read of 1 bytes gave 0x1a"},
	       {"CAP-04", "00:02.0 register 0x100 over ecam"},
	       {"SIDE-05", "register 0x3c over ecam: read 0x00000101"}}},
    {.name = "ecam-bytes-swapped-from-40",
     .decoded = bug_ecam_bytes_swapped_from_40,
     .fails = {{"LANE-02", "00:02.0 register 0x40 over ecam: a read of 1 bytes gave 0x7c"},
	       {"REG-02", "00:07.0 register 0x40 over ecam"}}},
    {.name = "port-upper-word-is-lower",
     .decoded = bug_port_upper_word_is_lower,
     .fails = {{"LANE-01", "00:02.0 register 0x2e over pio: a read of 2 bytes gave 0x1af4"}}},
    {.name = "ecam-last-lane-is-third",
     .decoded = bug_ecam_last_lane_is_third,
     .fails = {{"LANE-02", "00:02.0 register 0x43 over ecam: a read of 1 bytes gave 0x02"}}},
    {.name = "express-parts-read-ones",
     .fn_read = bug_express_parts_read_ones,
     .fails =
	 {{"CAP-06", "00:02.0 register 0x52 over ecam: the link's speed reads 15"},
	  {"HOLD-03",
	   "00:05.0 register 0x48 over pio: of bits 0x0000000f 0x0000000f can be set and 0x00000000 be"},
	  {"CMD-07", "00:02.0 register 0x4a over pio: wrote 0x000f, events read 0x000f"},
	  {"LANE-01", "00:02.0 register 0x42 over pio: a read of 1 bytes gave 0xff"},
	  {"LANE-02", "00:02.0 register 0x42 over ecam: a read of 1 bytes gave 0xff"}}},
    {.name = "last-dword-parts-zero",
     .answered = bug_last_dword_parts_zero,
     .fails = {{"ABS-05",
		"7f:1f.7 register 0xffc over ecam: no bridge leads to bus 127; 1 bytes read 0x0"}}},
    {.name = "command-byte-is-word",
     .fn_write = bug_command_byte_is_word,
     .fails = {{"DST-07", "00:05.0 register 0x04 over pio: writes of 1 bytes changed bits 0x0507"},
	       {"CMD-06",
		"00:02.0 register 0x04 over pio: writes of 1 bytes changed bits 0x0507"}}},
    {.name = "command-high-byte-lost",
     .fn_write = bug_command_high_byte_lost,
     .fails = {{"DST-07", "00:05.0 register 0x04 over pio: writes of 1 bytes changed bits 0x0040"},
	       {"CMD-06",
		"00:02.0 register 0x04 over pio: writes of 1 bytes changed bits 0x0040"}}},
    {.name = "command-dword-loses-high",
     .fn_write = bug_command_dword_loses_high,
     .fails = {{"DST-07", "00:05.0 register 0x04 over pio: writes of 4 bytes changed bits 0x0040"},
	       {"CMD-06",
		"00:02.0 register 0x04 over pio: writes of 4 bytes changed bits 0x0040"}}},
    {.name = "msi-byte-lost",
     .fn_write = bug_msi_byte_lost,
     .fails = {{"LANE-05", "00:02.0 register 0x83 over pio: wrote 0x3c over"}}},
    {.name = "msi-word-lands-low",
     .fn_write = bug_msi_word_lands_low,
     .fails = {{"LANE-05", "00:02.0 register 0x82 over pio: wrote 0x3c69 over"}}},
    {.name = "msi-address-writes-control",
     .fn_write = bug_msi_address_writes_control,
     .fails = {{"LANE-05",
		"00:02.0 register 0x7c over pio: read 0x01709405 once 0x80 was written to"}}},
    {.name = "extended-parts-dropped",
     .decoded = bug_extended_parts_dropped,
     .fails = {{"LANE-06", "00:02.0 register 0x108 over ecam: wrote 0x0f over 0x00019010"}}},
    {.name = "extended-byte-is-dword",
     .fn_write = bug_extended_byte_is_dword,
     .fails = {{"LANE-06", "00:02.0 register 0x108 over ecam: wrote 0x0f over 0x00019010"}}},
    {.name = "subordinate-byte-lost",
     .fn_write = bug_subordinate_byte_lost,
     .fails = {{"LANE-07",
		"00:05.0 register 0x1a over pio: wrote 0xfe, all numbers read 0x010100"}}},
    {.name = "bus-byte-is-word",
     .fn_write = bug_bus_byte_is_word,
     .fails = {{"LANE-07",
		"00:05.0 register 0x18 over pio: wrote 0xff, all numbers read 0x0100ff"}}},
};

const struct sim_bug_table sim_bugs_lanes = {bugs, sizeof(bugs) / sizeof(bugs[0])};
