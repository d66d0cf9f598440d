/* Finding room, and opening the way to it. */
#include "rules/place.h"
#include "io.h"
#include "rules/buses.h"

#define MEMORY_MAX     (256u << 20) /* of one place */

#define COMMAND_DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

#define ROM_ENABLE     1u

/* The offset of a BAR in a place: all of its kind in turn, each aligned; of BAR_COUNT the whole. */
static uint64_t offset_of(const struct rule_bars *bars, unsigned index, bool ports)
{
	uint64_t at = 0;

	for (unsigned i = 0; i < BAR_COUNT; i++) {
		uint64_t size;

		if (!rule_is_lower(bars, i) || rule_is_ports(bars, i) != ports)
			continue;
		size = rule_bar_size(bars, i);
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

/*
 * The function's BARs, and the windows of the bridges above it, are moved about: by is -1 while
 * room is looked for, then 1.
 */
static void count_ours(const struct rule_target *t, const struct rule_place *p, int by)
{
	occupied_by_bars(p->occupied, t->bars, by);
	for (unsigned i = 0; i < p->bridges; i++)
		occupied_by_windows(p->occupied, p->bridge[i].windows, by);
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
	return occupied_memory_free(p->occupied, start, len);
}

static void find_memory(const struct rule_target *t, struct rule_place *p)
{
	uint64_t len = offset_of(t->bars, BAR_COUNT, false);

	if (!len || len > MEMORY_MAX)
		return;
	/* A power of two, so that every BAR in it is aligned. */
	for (p->span = WINDOW_STEP(WINDOW_MEMORY); p->span < len;)
		p->span *= 2;
	for (uint64_t at = OCCUPIED_MEMORY; at + 2 * p->span <= OCCUPIED_MEMORY_END && !p->memory;
	     at += p->span)
		if (memory_free(t, p, at, 2 * p->span))
			p->memory = at;
}

/*
 * Whether what no one else has is PCI's, memory above 4 GiB and ports: so it is where there is a
 * chipset of a PC. QEMU's microvm has none, and but for two windows of memory passes nothing on.
 */
static bool has_chipset(const struct rule_target *t)
{
	return t->s->found.usable[PATH_PIO];
}

/* What a bridge passes on when its window is opened over some ports. */
static struct window ports_around(uint32_t at)
{
	const uint32_t step = WINDOW_STEP(WINDOW_PORTS) - 1;

	return (struct window){at & ~step, at | step};
}

/*
 * Both places lie in one step of a bridge's window. There may be ports of others in it, which are
 * not reached for as long as it is open: nobody asks for them.
 */
static void find_ports(const struct rule_target *t, struct rule_place *p)
{
	uint32_t len = (uint32_t)offset_of(t->bars, BAR_COUNT, true);

	if (!len || len > WINDOW_STEP(WINDOW_PORTS) / 2 || !has_chipset(t))
		return;
	for (unsigned i = 0; i < p->bridges; i++)
		if (!p->bridge[i].windows->there[WINDOW_PORTS] || p->bridge[i].windows->isa)
			return;
	for (p->ports_span = 4; p->ports_span < len;)
		p->ports_span *= 2;
	for (uint32_t at = OCCUPIED_PORTS; at < OCCUPIED_PORTS_END && !p->ports;
	     at += 2 * p->ports_span)
		if (occupied_ports_free(p->occupied, at, 2 * p->ports_span))
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
			    ports = ports_around(p->ports);

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
		if (p->high)
			window_restore(t->cfg, at, p->bridge[i].windows, WINDOW_PREFETCHABLE);
	}
}

uint64_t rule_place_of(const struct rule_target *t, const struct rule_place *p, unsigned which,
		       unsigned index)
{
	if (rule_is_ports(t->bars, index))
		return p->ports + which * p->ports_span + offset_of(t->bars, index, true);
	if (which == PLACE_HIGH)
		return p->high;
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
	/* Where there are functions that are not known nobody knows what is free. */
	if (inventory_left_out(t->s) || !find_bridges(t, p))
		return false;
	p->occupied = occupied_of(t->s);
	if (!p->occupied)
		return false;
	count_ours(t, p, -1);
	find_memory(t, p);
	find_ports(t, p);
	count_ours(t, p, 1);
	if ((!p->memory && !p->ports) || !rule_open(t, &p->window))
		return false;
	open_bridges(t, p);
	rule_place_in(t, p, 0);
	return true;
}

/*
 * Where the machine is sure to pass addresses above 4 GiB to PCI: those that firmware gave the BAR
 * itself, and behind QEMU's chipsets all that is not RAM.
 */
static uint64_t find_high(const struct rule_target *t, const struct rule_place *p, unsigned index)
{
	uint64_t own = rule_bar_address(t->bars, index), size = rule_bar_size(t->bars, index),
		 step = size > OCCUPIED_HIGH_UNIT ? size : OCCUPIED_HIGH_UNIT;

	for (unsigned i = 0; i < p->bridges; i++)
		if (!p->bridge[i].windows->wide[WINDOW_PREFETCHABLE])
			return 0;
	if (own >= OCCUPIED_HIGH)
		return own;
	if (t->s->found.vmm != VMM_QEMU || !has_chipset(t))
		return 0;
	for (uint64_t at = (OCCUPIED_HIGH + step - 1) & -step; at + size <= OCCUPIED_HIGH_END;
	     at += step)
		if (memory_free(t, p, at, size))
			return at;
	return 0;
}

bool rule_place_high(const struct rule_target *t, struct rule_place *p, unsigned index)
{
	const struct platform *platform = t->s->platform;
	uint64_t size = rule_bar_size(t->bars, index), unit = WINDOW_STEP(WINDOW_PREFETCHABLE) - 1;
	unsigned reg = bar_offset(t->fn, index);
	struct window window;

	if (!p->memory || !rule_is_wide(t->bars, index))
		return false;
	count_ours(t, p, -1);
	p->high = find_high(t, p, index);
	count_ours(t, p, 1);
	p->high_map = p->high ? platform->map_device(platform->map_context, p->high, size) : NULL;
	if (!p->high_map) {
		p->high = 0;
		return false;
	}
	window = (struct window){p->high & ~unit, (p->high + size - 1) | unit};
	for (unsigned i = p->bridges; i-- > 0;)
		window_set(t->cfg, p->bridge[i].at, p->bridge[i].windows, WINDOW_PREFETCHABLE,
			   window);
	rule_place_decode(t, p, 0);
	cfg_write32(t->cfg, t->fn->at, reg, (uint32_t)p->high);
	cfg_write32(t->cfg, t->fn->at, reg + 4, (uint32_t)(p->high >> 32));
	return true;
}

void rule_place_rom(const struct rule_target *t, const struct rule_place *p, unsigned which,
		    bool on)
{
	cfg_write32(t->cfg, t->fn->at, bar_offset(t->fn, BAR_ROM_INDEX),
		    (uint32_t)rule_place_of(t, p, which, BAR_ROM_INDEX) | (on ? ROM_ENABLE : 0));
}

bool rule_place_map(const struct rule_target *t, struct rule_place *p)
{
	const struct platform *platform = t->s->platform;

	p->map =
	    p->memory ? platform->map_device(platform->map_context, p->memory, 2 * p->span) : NULL;
	return p->map;
}

/* Where the kernel has a place's memory. */
static volatile uint8_t *view(const struct rule_target *t, const struct rule_place *p,
			      unsigned which, unsigned index)
{
	return which == PLACE_HIGH ? p->high_map
				   : p->map + (rule_place_of(t, p, which, index) - p->memory);
}

uint32_t rule_place_read(const struct rule_target *t, const struct rule_place *p, unsigned which,
			 unsigned index, uint32_t offset, unsigned width)
{
	uint16_t port;

	if (!rule_is_ports(t->bars, index))
		return width == 2 ? io_mmio_read16(view(t, p, which, index) + offset)
				  : io_mmio_read32(view(t, p, which, index) + offset);
	port = (uint16_t)(rule_place_of(t, p, which, index) + offset);
	return width == 2 ? io_in16(port) : io_in32(port);
}

void rule_place_write(const struct rule_target *t, const struct rule_place *p, unsigned which,
		      unsigned index, uint32_t offset, unsigned width, uint32_t value)
{
	uint16_t port;

	if (!rule_is_ports(t->bars, index)) {
		if (width == 1)
			io_mmio_write8(view(t, p, which, index) + offset, (uint8_t)value);
		else
			io_mmio_write32(view(t, p, which, index) + offset, value);
		return;
	}
	port = (uint16_t)(rule_place_of(t, p, which, index) + offset);
	if (width == 1)
		io_out8(port, (uint8_t)value);
	else
		io_out32(port, value);
}

void rule_unplace(const struct rule_target *t, const struct rule_place *p)
{
	rule_place_decode(t, p, 0);
	close_bridges(t, p);
	rule_close(t, &p->window);
}
