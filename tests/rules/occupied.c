/* Counting claims on address space. */
#include <stddef.h>
#include "rules/occupied.h"

#define ROM_ENABLE   1u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A stretch of addresses, and the claims on each of its units. */
struct stretch {
	uint64_t first, unit;
	size_t units;
};

static const struct stretch memory = {OCCUPIED_MEMORY, WINDOW_STEP(WINDOW_MEMORY),
				      COUNT(((struct occupied *)NULL)->memory)},
			    high = {OCCUPIED_HIGH, OCCUPIED_HIGH_UNIT,
				    COUNT(((struct occupied *)NULL)->high)},
			    ports = {OCCUPIED_PORTS, OCCUPIED_PORTS_UNIT,
				     COUNT(((struct occupied *)NULL)->ports)},
			    passed = {OCCUPIED_PORTS, WINDOW_STEP(WINDOW_PORTS),
				      COUNT(((struct occupied *)NULL)->passed)};

/* The units that a range touches, from *from to below the returned one. */
static size_t units_of(const struct stretch *s, struct window range, size_t *from)
{
	*from = 0;
	if (range.last < range.first || range.last < s->first ||
	    range.first >= s->first + s->units * s->unit)
		return 0;
	if (range.first > s->first)
		*from = (size_t)((range.first - s->first) / s->unit);
	if (range.last >= s->first + s->units * s->unit)
		return s->units;
	return (size_t)((range.last - s->first) / s->unit) + 1;
}

static void claim(const struct stretch *s, uint32_t *claims, struct window range, int by)
{
	size_t from, to = units_of(s, range, &from);

	for (size_t i = from; i < to; i++)
		claims[i] += (uint32_t)by;
}

static bool is_free(const struct stretch *s, const uint32_t *claims, struct window range)
{
	size_t from, to = units_of(s, range, &from);

	for (size_t i = from; i < to; i++)
		if (claims[i])
			return false;
	return true;
}

void occupied_by_bars(struct occupied *o, const struct rule_bars *bars, int by)
{
	for (unsigned b = 0; b < BAR_COUNT; b++) {
		uint64_t start = rule_bar_address(bars, b);
		struct window range = {start, start + rule_bar_size(bars, b) - 1};

		if (!rule_is_lower(bars, b) || !start ||
		    (b == BAR_ROM_INDEX && !(bars->raw.value[b] & ROM_ENABLE)))
			continue;
		if (rule_is_ports(bars, b)) {
			claim(&ports, o->ports, range, by);
		} else {
			claim(&memory, o->memory, range, by);
			claim(&high, o->high, range, by);
		}
	}
}

void occupied_by_windows(struct occupied *o, const struct bridge_windows *windows, int by)
{
	claim(&passed, o->passed, windows->range[WINDOW_PORTS], by);
	for (unsigned kind = WINDOW_MEMORY; kind < WINDOWS; kind++) {
		claim(&memory, o->memory, windows->range[kind], by);
		claim(&high, o->high, windows->range[kind], by);
	}
}

bool occupied_memory_free(const struct occupied *o, uint64_t start, uint64_t len)
{
	struct window range = {start, start + len - 1};

	return is_free(&memory, o->memory, range) && is_free(&high, o->high, range);
}

bool occupied_ports_free(const struct occupied *o, uint32_t start, uint32_t len)
{
	struct window range = {start, start + len - 1};

	return is_free(&ports, o->ports, range) && is_free(&passed, o->passed, range);
}

/* False after session_error(). */
static bool take_all(struct session *s, struct occupied *o)
{
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct rule_bars *bars = rule_bars_of(s, i);
		const struct bridge_windows *windows = NULL;

		if (pci_is_bridge(&s->inventory.known[i].fn) && !(windows = windows_of(s, i)))
			return false;
		if (!bars)
			return false;
		occupied_by_bars(o, bars, 1);
		if (windows)
			occupied_by_windows(o, windows, 1);
	}
	return true;
}

struct occupied *occupied_of(struct session *s)
{
	struct occupied *o;

	if (s->rules->occupied)
		return s->rules->occupied;
	o = ARENA_TAKE(s->arena, struct occupied, 1);
	if (!o)
		session_error(s, "no memory for the addresses of %u functions", s->inventory.count);
	else if (take_all(s, o))
		s->rules->occupied = o;
	return s->rules->occupied;
}
