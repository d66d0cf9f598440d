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

bool bug_vendor_writable(struct sim_fn *fn, struct sim_access *a)
{
	for (unsigned i = 0; i < a->width; i++)
		if (a->reg + i < 2)
			fn->value[a->reg + i] = (uint8_t)(a->value >> 8 * i);
	return false;
}

bool bug_line_read_only(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	return covers(a, 0x3c);
}

bool bug_command_write_dropped(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	return a->reg == 4;
}

/* The error bits are a plain register. */
bool bug_status_not_cleared(struct sim_fn *fn, struct sim_access *a)
{
	if (!covers(a, 7))
		return false;
	fn->value[7] = (uint8_t)((fn->value[7] & 0x06) | (a->value >> 8 * (7 - a->reg) & 0xf9));
	return a->reg >= 6;
}

bool bug_status_writable(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 6))
		fn->value[6] = (uint8_t)(a->value >> 8 * (6 - a->reg));
	return false;
}

/* A register that counts writes of COMMAND, and a copy of it in ECAM that does not hear of them. */
bool bug_copy_stale_write(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 4))
		fn->value[0xf8]++;
	return false;
}

void bug_copy_stale_read(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	if (a->ecam && covers(a, 0xf8))
		a->value = 0;
}

bool bug_bridge_numbers_fixed(struct sim_fn *fn, struct sim_access *a)
{
	return fn->behind && a->reg >= 0x18 && a->reg < 0x1c;
}

void bug_type_bits_missing(struct sim_fn *fn, struct sim_access *a)
{
	if (a->width == 4 && is_bar(fn, a->reg) && !is_upper(fn, a->reg) &&
	    sim_get32(fn, a->reg) >> 16 == 0xffff)
		a->value &= ~0xfu;
}

bool bug_only_ones_probe(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && a->width == 4 && a->value != ONES && a->value >= 0xfffff000;
}

static uint64_t key_of(const struct sim_fn *fn, unsigned reg)
{
	return (uint64_t)(uintptr_t)fn << 8 | reg;
}

bool bug_mask_read_once_write(struct sim_fn *fn, struct sim_access *a)
{
	if (is_bar(fn, a->reg) && a->width == 4)
		sim.bug_state = a->value == ONES ? key_of(fn, a->reg) : 0;
	return false;
}

void bug_mask_read_once_read(struct sim_fn *fn, struct sim_access *a)
{
	if (sim.bug_state != key_of(fn, a->reg) || a->width != 4)
		return;
	sim_set32(fn, a->reg, sim_get32(fn, a->reg) & ~writable32(fn, a->reg));
	sim.bug_state = 0;
}

/* The first write of an address after a probe is lost. */
bool bug_bar_not_restored(struct sim_fn *fn, struct sim_access *a)
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

void bug_io_upper_as_size(struct sim_fn *fn, struct sim_access *a)
{
	uint32_t value = is_bar(fn, a->reg) && a->width == 4 ? sim_get32(fn, a->reg) : 0;

	if ((value & 3) == 1 && value >> 16 == 0xffff && !is_upper(fn, a->reg))
		a->value = (value & 0xffff) | (value & 0xfffc) << 16;
}

bool bug_high_half_lost(struct sim_fn *fn, struct sim_access *a)
{
	if (is_upper(fn, a->reg) && a->width == 4 && a->value != ONES)
		a->value = 0;
	return false;
}

bool bug_halves_in_order(struct sim_fn *fn, struct sim_access *a)
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

bool bug_rom_probe_enables(struct sim_fn *fn, struct sim_access *a)
{
	if (a->reg == (fn->behind ? 0x38u : 0x30u) && a->value == 0xfffff800 &&
	    writable32(fn, a->reg))
		a->value |= 1;
	return false;
}

bool bug_neighbour_clobbered(struct sim_fn *fn, struct sim_access *a)
{
	unsigned next = a->reg + 4;

	if (is_bar(fn, a->reg) && is_bar(fn, next) && !is_upper(fn, next) && a->width == 4 &&
	    a->value == ONES)
		sim_set32(fn, next, sim_get32(fn, next) & ~writable32(fn, next));
	return false;
}

bool bug_bar_fixed_without_decode(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && !decodes(fn);
}

bool bug_bar_fixed_while_decoding(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && decodes(fn);
}

bool bug_bar_refuses_low(struct sim_fn *fn, struct sim_access *a)
{
	return is_bar(fn, a->reg) && !is_upper(fn, a->reg) && a->width == 4 &&
	       !(fn->value[a->reg] & 1) && a->value < 0x100000 && a->value >= 0x10;
}
