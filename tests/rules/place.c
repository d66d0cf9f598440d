/* Finding room, and opening the way to it. */
#include "rules/place.h"

#define MEMORY_FIRST   0xc0000000u
#define MEMORY_END     0xfe000000u
#define MEMORY_MAX     (256u << 20) /* of one place */
#define MEMORY_STEP    (1u << 20)   /* what a bridge's window is made of (Bridge 1.2, 3.2.5.8) */

#define PORTS_FIRST    0xc000u
#define PORTS_END      0xf000u
#define PORTS_STEP     0x1000u /* 3.2.5.6 */

#define BRIDGE_PORTS   0x1c /* base and limit; STATUS is in the upper half */
#define BRIDGE_MEMORY  0x20
#define BRIDGE_UPPER   0x30

#define COMMAND_DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

static bool is_ports(const struct rule_bars *bars, unsigned index)
{
	return bars->raw.value[index] & 1;
}

/* Bytes that a BAR decodes. */
static uint64_t size_of(const struct rule_bars *bars, unsigned index)
{
	uint64_t mask = bars->raw.mask[index] & rule_address_bits(bars, index);

	if (rule_is_wide(bars, index))
		mask |= (uint64_t)bars->raw.mask[index + 1] << 32;
	else if (is_ports(bars, index))
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

	for (unsigned i = 0; i < BAR_ROM_INDEX; i++) {
		uint64_t size;

		if (!rule_is_lower(bars, i) || is_ports(bars, i) != ports)
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

/* Whether a bridge is one of those above the function. */
static bool is_above(const struct rule_place *p, struct cfg_address at)
{
	for (unsigned i = 0; i < p->bridges; i++)
		if (cfg_key(p->bridge[i].at) == cfg_key(at))
			return true;
	return false;
}

/* A bridge's window, from base and limit in units of 1 MiB or, of ports, 4 KiB. */
static bool window_has(struct cfg *cfg, const struct pci_function *fn, bool ports, uint64_t start,
		       uint64_t len)
{
	uint32_t value = cfg_read32(cfg, fn->at, ports ? BRIDGE_PORTS : BRIDGE_MEMORY);
	uint64_t base, limit;

	if (ports) {
		base = (value & 0xf0) << 8;
		limit = (value & 0xf000) | 0xfff;
	} else {
		base = (value & 0xfff0) << 16;
		limit = (value & 0xfff00000) | 0xfffff;
	}
	return base <= limit && overlap(start, len, base, limit - base + 1);
}

static bool others_have(const struct rule_target *t, const struct rule_place *p, bool ports,
			uint64_t start, uint64_t len)
{
	struct session *s = t->s;

	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;
		const struct rule_bars *bars = rule_bars_of(s, i);

		if (!bars)
			return true;
		if (pci_is_bridge(fn) && !is_above(p, fn->at) &&
		    window_has(rule_path(s, i), fn, ports, start, len))
			return true;
		for (unsigned b = 0; b < BAR_ROM_INDEX; b++)
			if (rule_is_lower(bars, b) && is_ports(bars, b) == ports &&
			    address_of(bars, b) &&
			    overlap(start, len, address_of(bars, b), size_of(bars, b)))
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

static bool find_room(const struct rule_target *t, struct rule_place *p)
{
	uint64_t memory = offset_of(t->bars, BAR_COUNT, false), step = MEMORY_STEP;
	uint64_t ports = offset_of(t->bars, BAR_COUNT, true);

	if (memory > MEMORY_MAX || ports > PORTS_STEP / 2)
		return false;
	/* A power of two, so that every BAR in it is aligned. */
	while (step < memory)
		step *= 2;
	p->span = step;
	for (uint64_t at = MEMORY_FIRST; memory && !p->memory; at += step) {
		if (at + 2 * step > MEMORY_END)
			return false;
		if (memory_free(t, p, at, 2 * step))
			p->memory = at;
	}
	for (uint32_t at = PORTS_FIRST; ports && !p->ports; at += PORTS_STEP) {
		if (at + PORTS_STEP > PORTS_END)
			return false;
		if (!others_have(t, p, true, at, PORTS_STEP))
			p->ports = at;
	}
	return true;
}

/* The bridges from the function up to its root bus; false when one is not known, or too many. */
static bool find_bridges(const struct rule_target *t, struct rule_place *p)
{
	struct cfg_address at = t->fn->at;

	for (;;) {
		const struct known *bridge;
		bool root = false;

		for (unsigned r = 0; r < t->s->found.roots.count; r++)
			root |= t->s->found.roots.root[r].segment == at.segment &&
				t->s->found.roots.root[r].bus == at.bus;
		if (root)
			return true;
		bridge = inventory_bridge_to(t->s, at.segment, at.bus);
		if (!bridge || p->bridges == PLACE_DEPTH_MAX)
			return false;
		at = bridge->fn.at;
		p->bridge[p->bridges++].at = at;
	}
}

static void open_bridges(const struct rule_target *t, struct rule_place *p)
{
	uint32_t first = (uint32_t)p->memory, last = (uint32_t)(p->memory + 2 * p->span - 1);
	uint16_t ports = (uint16_t)((p->ports >> 8 & 0xf0) | (p->ports & 0xf000));

	for (unsigned i = p->bridges; i-- > 0;) {
		struct cfg_address at = p->bridge[i].at;

		p->bridge[i].command = cfg_read16(t->cfg, at, PCI_COMMAND);
		p->bridge[i].ports = cfg_read16(t->cfg, at, BRIDGE_PORTS);
		p->bridge[i].memory = cfg_read32(t->cfg, at, BRIDGE_MEMORY);
		p->bridge[i].upper_ports = cfg_read32(t->cfg, at, BRIDGE_UPPER);
		if (p->memory)
			cfg_write32(t->cfg, at, BRIDGE_MEMORY,
				    (last & 0xfff00000) | (first >> 16 & 0xfff0));
		if (p->ports) {
			cfg_write16(t->cfg, at, BRIDGE_PORTS, ports);
			cfg_write32(t->cfg, at, BRIDGE_UPPER, 0);
		}
		cfg_write16(t->cfg, at, PCI_COMMAND, p->bridge[i].command | COMMAND_DECODE);
	}
}

static void close_bridges(const struct rule_target *t, const struct rule_place *p)
{
	for (unsigned i = 0; i < p->bridges; i++) {
		struct cfg_address at = p->bridge[i].at;

		cfg_write16(t->cfg, at, PCI_COMMAND, p->bridge[i].command);
		cfg_write32(t->cfg, at, BRIDGE_MEMORY, p->bridge[i].memory);
		cfg_write16(t->cfg, at, BRIDGE_PORTS, p->bridge[i].ports);
		cfg_write32(t->cfg, at, BRIDGE_UPPER, p->bridge[i].upper_ports);
	}
}

uint64_t rule_place_of(const struct rule_target *t, const struct rule_place *p, unsigned which,
		       unsigned index)
{
	if (is_ports(t->bars, index))
		return p->ports + which * (PORTS_STEP / 2) + offset_of(t->bars, index, true);
	return p->memory + which * p->span + offset_of(t->bars, index, false);
}

void rule_place_in(const struct rule_target *t, const struct rule_place *p, unsigned which)
{
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
		    (uint16_t)(p->window.command & ~COMMAND_DECODE));
	for (unsigned i = 0; i < BAR_ROM_INDEX; i++) {
		unsigned reg = bar_offset(t->fn, i);

		if (!rule_is_lower(t->bars, i))
			continue;
		cfg_write32(t->cfg, t->fn->at, reg, (uint32_t)rule_place_of(t, p, which, i));
		if (rule_is_wide(t->bars, i))
			cfg_write32(t->cfg, t->fn->at, reg + 4, 0);
	}
}

bool rule_place(const struct rule_target *t, struct rule_place *p)
{
	*p = (struct rule_place){0};
	/* Where there are functions that are not known nobody knows what is free. */
	if (inventory_left_out(t->s) || !find_bridges(t, p) || !find_room(t, p) ||
	    !rule_open(t, &p->window))
		return false;
	open_bridges(t, p);
	rule_place_in(t, p, 0);
	return true;
}

void rule_unplace(const struct rule_target *t, const struct rule_place *p)
{
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
		    (uint16_t)(p->window.command & ~COMMAND_DECODE));
	close_bridges(t, p);
	rule_close(t, &p->window);
}
