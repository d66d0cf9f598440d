/* Finding room, and opening the way to it. */
#include "rules/place.h"
#include "io.h"
#include "rules/buses.h"

#define MEMORY_FIRST   0xc0000000u
#define MEMORY_END     0xfe000000u
#define MEMORY_MAX     (256u << 20) /* of one place */

#define PORTS_FIRST    0xc000u
#define PORTS_END      0x10000u

#define COMMAND_DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

#define ROM_ENABLE     1u

/* A place above 4 GiB: below what the smallest 64-bit processors can address. */
#define HIGH_FIRST     (1ull << 32)
#define HIGH_END       (1ull << 36)
#define HIGH_STEP      (1ull << 30)

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

/* Whether a function is one of those that are moved about: this one, or a bridge above it. */
static bool is_ours(const struct rule_target *t, const struct rule_place *p, struct cfg_address at)
{
	bool ours = cfg_key(t->fn->at) == cfg_key(at);

	for (unsigned i = 0; i < p->bridges; i++)
		ours |= cfg_key(p->bridge[i].at) == cfg_key(at);
	return ours;
}

static bool windows_have(const struct bridge_windows *w, bool ports, struct window r)
{
	for (unsigned kind = 0; kind < WINDOWS; kind++)
		if ((kind == WINDOW_PORTS) == ports && r.first <= w->range[kind].last &&
		    r.last >= w->range[kind].first && w->range[kind].first <= w->range[kind].last)
			return true;
	return false;
}

static bool bars_have(const struct rule_bars *bars, bool ports, uint64_t start, uint64_t len)
{
	for (unsigned b = 0; b < BAR_COUNT; b++)
		if (rule_is_lower(bars, b) && rule_is_ports(bars, b) == ports &&
		    (b != BAR_ROM_INDEX || bars->raw.value[b] & ROM_ENABLE) &&
		    address_of(bars, b) &&
		    overlap(start, len, address_of(bars, b), rule_bar_size(bars, b)))
			return true;
	return false;
}

/* Whether a function that is not ours has any of that, or a bridge any of the second range. */
static bool others_have(const struct rule_target *t, const struct rule_place *p, bool ports,
			uint64_t start, uint64_t len, struct window passed)
{
	struct session *s = t->s;

	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;
		const struct rule_bars *bars = rule_bars_of(s, i);
		const struct bridge_windows *windows = NULL;

		if (!bars || (pci_is_bridge(fn) && !(windows = windows_of(s, i))))
			return true;
		if (windows && !is_ours(t, p, fn->at) && windows_have(windows, ports, passed))
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
	return !others_have(t, p, false, start, len, (struct window){start, start + len - 1});
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
	for (uint32_t at = PORTS_FIRST; at < PORTS_END && !p->ports; at += 2 * p->ports_span) {
		struct window passed =
		    p->bridges ? ports_around(at) : (struct window){at, at + 2 * p->ports_span - 1};

		if (!others_have(t, p, true, at, 2 * p->ports_span, passed))
			p->ports = at;
	}
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
	find_memory(t, p);
	find_ports(t, p);
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
	uint64_t own = address_of(t->bars, index);

	for (unsigned i = 0; i < p->bridges; i++)
		if (!p->bridge[i].windows->wide[WINDOW_PREFETCHABLE])
			return 0;
	if (own >= HIGH_FIRST)
		return own;
	if (t->s->found.vmm != VMM_QEMU || !has_chipset(t))
		return 0;
	for (uint64_t at = HIGH_FIRST; at < HIGH_END; at += HIGH_STEP)
		if (memory_free(t, p, at, rule_bar_size(t->bars, index)))
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
	p->high = find_high(t, p, index);
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
