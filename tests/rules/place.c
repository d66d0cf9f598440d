/* Finding room, and opening the way to it. */
#include "rules/place.h"
#include "rules/buses.h"

#define MEMORY_FIRST   0xc0000000u
#define MEMORY_END     0xfe000000u
#define MEMORY_MAX     (256u << 20) /* of one place */

#define PORTS_FIRST    0xc000u
#define PORTS_END      0xf000u

#define COMMAND_DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

#define ROM_ENABLE     1u

bool rule_is_ports(const struct rule_bars *bars, unsigned index)
{
	return index != BAR_ROM_INDEX && bars->raw.value[index] & 1;
}

/* Bytes that a BAR decodes. */
static uint64_t size_of(const struct rule_bars *bars, unsigned index)
{
	uint64_t mask = bars->raw.mask[index] & rule_address_bits(bars, index);

	if (rule_is_wide(bars, index))
		mask |= (uint64_t)bars->raw.mask[index + 1] << 32;
	else if (rule_is_ports(bars, index))
		mask |= 0xffff0000;
	return mask & -mask;
}

static uint64_t address_of(const struct rule_bars *bars, unsigned index)
{
	uint64_t address = bars->raw.value[index] & rule_address_bits(bars, index);

	return rule_is_wide(bars, index) ? address | (uint64_t)bars->raw.value[index + 1] << 32
					 : address;
}

/* The offset of a BAR in a place: all of its kind in turn, each aligned; of BAR_COUNT the whole. */
static uint64_t offset_of(const struct rule_bars *bars, unsigned index, bool ports)
{
	uint64_t at = 0;

	for (unsigned i = 0; i < BAR_COUNT; i++) {
		uint64_t size;

		if (!rule_is_lower(bars, i) || rule_is_ports(bars, i) != ports)
			continue;
		size = size_of(bars, i);
		at = (at + size - 1) & -size;
		if (i == index)
			return at;
		at += size;
	}
	return at;
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* Whether a function is one of those that are moved about: this one, or a bridge above it. */
static bool is_ours(const struct rule_target *t, const struct rule_place *p, struct cfg_address at)
{
	bool ours = cfg_key(t->fn->at) == cfg_key(at);

	for (unsigned i = 0; i < p->bridges; i++)
		ours |= cfg_key(p->bridge[i].at) == cfg_key(at);
	return ours;
}

static bool windows_have(const struct bridge_windows *w, bool ports, uint64_t start, uint64_t len)
{
	for (unsigned kind = 0; kind < WINDOWS; kind++)
		if ((kind == WINDOW_PORTS) == ports && start <= w->range[kind].last &&
		    start + len > w->range[kind].first &&
		    w->range[kind].first <= w->range[kind].last)
			return true;
	return false;
}

static bool bars_have(const struct rule_bars *bars, bool ports, uint64_t start, uint64_t len)
{
	for (unsigned b = 0; b < BAR_COUNT; b++)
		if (rule_is_lower(bars, b) && rule_is_ports(bars, b) == ports &&
		    (b != BAR_ROM_INDEX || bars->raw.value[b] & ROM_ENABLE) &&
		    address_of(bars, b) &&
		    overlap(start, len, address_of(bars, b), size_of(bars, b)))
			return true;
	return false;
}

static bool others_have(const struct rule_target *t, const struct rule_place *p, bool ports,
			uint64_t start, uint64_t len)
{
	struct session *s = t->s;

	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;
		const struct rule_bars *bars = rule_bars_of(s, i);
		const struct bridge_windows *windows = NULL;

		if (!bars || (pci_is_bridge(fn) && !(windows = windows_of(s, i))))
			return true;
		if (windows && !is_ours(t, p, fn->at) && windows_have(windows, ports, start, len))
			return true;
		if (cfg_key(fn->at) != cfg_key(t->fn->at) && bars_have(bars, ports, start, len))
			return true;
	}
	return false;
}

static bool memory_free(const struct rule_target *t, const struct rule_place *p, uint64_t start,
			uint64_t len)
{
	const struct platform *platform = t->s->platform;

	if (platform->is_listed(platform->map_context, start, len))
		return false;
	for (unsigned i = 0; i < platform->acpi->mcfg_count; i++) {
		const struct acpi_mcfg_entry *e = &platform->acpi->mcfg[i];

		if (overlap(start, len, e->base + ((uint64_t)e->start << 20),
			    (uint64_t)(e->end - e->start + 1) << 20))
			return false;
	}
	return !others_have(t, p, false, start, len);
}

static void find_memory(const struct rule_target *t, struct rule_place *p)
{
	uint64_t len = offset_of(t->bars, BAR_COUNT, false);

	if (!len || len > MEMORY_MAX)
		return;
	/* A power of two, so that every BAR in it is aligned. */
	for (p->span = WINDOW_STEP(WINDOW_MEMORY); p->span < len;)
		p->span *= 2;
	for (uint64_t at = MEMORY_FIRST; at + 2 * p->span <= MEMORY_END && !p->memory;
	     at += p->span)
		if (memory_free(t, p, at, 2 * p->span))
			p->memory = at;
}

/* Both places lie in one step of a bridge's window. */
static void find_ports(const struct rule_target *t, struct rule_place *p)
{
	uint32_t len = (uint32_t)offset_of(t->bars, BAR_COUNT, true), step;

	if (!len || len > WINDOW_STEP(WINDOW_PORTS) / 2)
		return;
	for (unsigned i = 0; i < p->bridges; i++)
		if (!p->bridge[i].windows->there[WINDOW_PORTS] || p->bridge[i].windows->isa)
			return;
	for (p->ports_span = 4; p->ports_span < len;)
		p->ports_span *= 2;
	step = p->bridges ? WINDOW_STEP(WINDOW_PORTS) : 2 * p->ports_span;
	for (uint32_t at = PORTS_FIRST; at + step <= PORTS_END && !p->ports; at += step)
		if (!others_have(t, p, true, at, step))
			p->ports = at;
}

/* The bridges from the function up to its root bus; false when one is not known, or too many. */
static bool find_bridges(const struct rule_target *t, struct rule_place *p)
{
	struct cfg_address at = t->fn->at;

	while (!rule_root_of(t->s, at)) {
		const struct known *k = inventory_bridge_to(t->s, at);
		const struct bridge_windows *windows =
		    k ? windows_of(t->s, (unsigned)(k - t->s->inventory.known)) : NULL;

		if (!windows || p->bridges == PLACE_DEPTH_MAX)
			return false;
		at = k->fn.at;
		p->bridge[p->bridges].at = at;
		p->bridge[p->bridges++].windows = windows;
	}
	return true;
}

/* From the root bus down. */
static void open_bridges(const struct rule_target *t, struct rule_place *p)
{
	const struct window memory = {p->memory, p->memory + 2 * p->span - 1},
			    ports = {p->ports, p->ports | (WINDOW_STEP(WINDOW_PORTS) - 1)};

	for (unsigned i = p->bridges; i-- > 0;) {
		struct cfg_address at = p->bridge[i].at;

		p->bridge[i].command = cfg_read16(t->cfg, at, PCI_COMMAND);
		if (p->memory)
			window_set(t->cfg, at, p->bridge[i].windows, WINDOW_MEMORY, memory);
		if (p->ports)
			window_set(t->cfg, at, p->bridge[i].windows, WINDOW_PORTS, ports);
		cfg_write16(t->cfg, at, PCI_COMMAND, p->bridge[i].command | COMMAND_DECODE);
	}
}

static void close_bridges(const struct rule_target *t, const struct rule_place *p)
{
	for (unsigned i = 0; i < p->bridges; i++) {
		struct cfg_address at = p->bridge[i].at;

		cfg_write16(t->cfg, at, PCI_COMMAND, p->bridge[i].command);
		if (p->memory)
			window_restore(t->cfg, at, p->bridge[i].windows, WINDOW_MEMORY);
		if (p->ports)
			window_restore(t->cfg, at, p->bridge[i].windows, WINDOW_PORTS);
	}
}

uint64_t rule_place_of(const struct rule_target *t, const struct rule_place *p, unsigned which,
		       unsigned index)
{
	if (rule_is_ports(t->bars, index))
		return p->ports + which * p->ports_span + offset_of(t->bars, index, true);
	return p->memory + which * p->span + offset_of(t->bars, index, false);
}

void rule_place_decode(const struct rule_target *t, const struct rule_place *p, uint16_t bits)
{
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
		    (uint16_t)((p->window.command & ~COMMAND_DECODE) | bits));
}

void rule_place_in(const struct rule_target *t, const struct rule_place *p, unsigned which)
{
	rule_place_decode(t, p, 0);
	for (unsigned i = 0; i < BAR_COUNT; i++) {
		unsigned reg = bar_offset(t->fn, i);

		if (!rule_is_lower(t->bars, i) ||
		    !(rule_is_ports(t->bars, i) ? p->ports : p->memory))
			continue;
		cfg_write32(t->cfg, t->fn->at, reg, (uint32_t)rule_place_of(t, p, which, i));
		if (rule_is_wide(t->bars, i))
			cfg_write32(t->cfg, t->fn->at, reg + 4, 0);
	}
}

bool rule_place(const struct rule_target *t, struct rule_place *p)
{
	*p = (struct rule_place){0};
	if (!find_bridges(t, p))
		return false;
	find_memory(t, p);
	find_ports(t, p);
	if ((!p->memory && !p->ports) || !rule_open(t, &p->window))
		return false;
	open_bridges(t, p);
	rule_place_in(t, p, 0);
	return true;
}

void rule_unplace(const struct rule_target *t, const struct rule_place *p)
{
	rule_place_decode(t, p, 0);
	close_bridges(t, p);
	rule_close(t, &p->window);
}
