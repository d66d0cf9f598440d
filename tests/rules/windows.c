/* Bridges' windows: reading and moving them. */
#include "rules/windows.h"

#define BRIDGE_CONTROL 0x3e
#define ISA_ENABLE     0x0004u
#define IS_WIDE        1u /* in the lowest bits of base and of limit */

/*
 * Base and limit are in one register, each its half; so are the upper halves of ports', and those
 * of prefetchable memory are a register each.
 */
static const struct {
	unsigned reg, width, upper;
} layout[WINDOWS] = {{0x1c, 2, 0x30}, {0x20, 4, 0}, {0x24, 4, 0x28}};

unsigned window_register(enum window_kind kind)
{
	return layout[kind].reg;
}

static bool is_there(struct cfg *cfg, struct cfg_address at, unsigned kind, uint32_t value)
{
	uint32_t closed = kind == WINDOW_PORTS ? 0x00f0 : 0x0000fff0, got;

	/* What is missing reads 0, and takes no writes. */
	if (kind == WINDOW_MEMORY || value)
		return true;
	cfg_write(cfg, at, layout[kind].reg, layout[kind].width, closed);
	got = cfg_read(cfg, at, layout[kind].reg, layout[kind].width);
	cfg_write(cfg, at, layout[kind].reg, layout[kind].width, value);
	return got != value;
}

static struct window range_of(const struct bridge_windows *w, unsigned kind)
{
	uint32_t value = w->base_limit[kind];
	struct window range;

	if (kind == WINDOW_PORTS) {
		range = (struct window){(value & 0xf0) << 8, (value & 0xf000) | 0xfff};
		if (w->wide[kind]) {
			range.first |= w->upper[kind][0] << 16;
			range.last |= w->upper[kind][0] & 0xffff0000;
		}
	} else {
		range = (struct window){(value & 0xfff0) << 16, (value & 0xfff00000) | 0xfffff};
		if (w->wide[kind]) {
			range.first |= (uint64_t)w->upper[kind][0] << 32;
			range.last |= (uint64_t)w->upper[kind][1] << 32;
		}
	}
	return w->there[kind] ? range : window_closed();
}

static void read_windows(struct cfg *cfg, struct cfg_address at, struct bridge_windows *w)
{
	for (unsigned kind = 0; kind < WINDOWS; kind++) {
		uint32_t value = cfg_read(cfg, at, layout[kind].reg, layout[kind].width);

		w->base_limit[kind] = value;
		w->there[kind] = is_there(cfg, at, kind, value);
		w->wide[kind] = kind != WINDOW_MEMORY && (value & 0xf) == IS_WIDE;
		for (unsigned half = 0; w->wide[kind] && half < (kind == WINDOW_PORTS ? 1u : 2u);
		     half++)
			w->upper[kind][half] = cfg_read32(cfg, at, layout[kind].upper + 4 * half);
		w->range[kind] = range_of(w, kind);
	}
	w->isa = cfg_read16(cfg, at, BRIDGE_CONTROL) & ISA_ENABLE;
	w->known = true;
}

const struct bridge_windows *windows_of(struct session *s, unsigned known)
{
	struct bridge_windows *w;

	if (!s->rules->windows)
		s->rules->windows = ARENA_TAKE(s->arena, struct bridge_windows, s->inventory.count);
	if (!s->rules->windows) {
		session_error(s, "no memory for the windows of %u functions", s->inventory.count);
		return NULL;
	}
	w = &s->rules->windows[known];
	if (!w->known)
		read_windows(rule_path(s, known), s->inventory.known[known].fn.at, w);
	return w;
}

static void put(struct cfg *cfg, struct cfg_address at, const struct bridge_windows *w,
		unsigned kind, uint32_t base_limit, uint32_t upper, uint32_t upper_limit)
{
	cfg_write(cfg, at, layout[kind].reg, layout[kind].width, base_limit);
	if (!w->wide[kind])
		return;
	cfg_write32(cfg, at, layout[kind].upper, upper);
	if (kind == WINDOW_PREFETCHABLE)
		cfg_write32(cfg, at, layout[kind].upper + 4, upper_limit);
}

void window_set(struct cfg *cfg, struct cfg_address at, const struct bridge_windows *w,
		enum window_kind kind, struct window to)
{
	uint32_t first = (uint32_t)to.first, last = (uint32_t)to.last;

	if (kind == WINDOW_PORTS)
		put(cfg, at, w, kind, (last & 0xf000) | (first >> 8 & 0xf0),
		    (last & 0xffff0000) | first >> 16, 0);
	else
		put(cfg, at, w, kind, (last & 0xfff00000) | (first >> 16 & 0xfff0),
		    (uint32_t)(to.first >> 32), (uint32_t)(to.last >> 32));
}

void window_restore(struct cfg *cfg, struct cfg_address at, const struct bridge_windows *w,
		    enum window_kind kind)
{
	put(cfg, at, w, kind, w->base_limit[kind], w->upper[kind][0], w->upper[kind][1]);
}
