/* Buses, functions, bridges and BARs of a simulated machine. */
#include <stdlib.h>
#include "sim_build.h"

static void *zeroed(size_t len)
{
	void *at = calloc(1, len);

	if (!at)
		abort();
	return at;
}

struct sim_bus *sim_root(uint16_t segment, uint8_t number)
{
	struct sim_bus *bus = zeroed(sizeof(*bus));

	if (sim.roots == SIM_ROOTS_MAX)
		abort();
	*bus = (struct sim_bus){.segment = segment, .number = number};
	sim.root[sim.roots++] = bus;
	return bus;
}

void sim_ecam(uint16_t segment, uint8_t start, uint8_t end, uint64_t base)
{
	if (sim.regions == SIM_REGIONS_MAX)
		abort();
	sim.region[sim.regions++] =
	    (struct sim_region){.base = base, .segment = segment, .start = start, .end = end};
}

static void mark_multi_function(struct sim_bus *bus, unsigned device)
{
	unsigned present = 0;

	for (unsigned f = 0; f < 8; f++)
		present += bus->fn[device << 3 | f] != NULL;
	for (unsigned f = 0; f < 8; f++)
		if (bus->fn[device << 3 | f] && (present > 1 || f))
			bus->fn[device << 3 | f]->value[0x0e] |= 0x80;
}

struct sim_fn *sim_add(struct sim_bus *bus, unsigned device, unsigned function, uint32_t id,
		       uint32_t class_code)
{
	struct sim_fn *fn = zeroed(sizeof(*fn));
	size_t space = sim.bus_at ? 256 : SIM_SPACE;
	uint8_t *bytes = zeroed(3 * space);

	if (sim.functions == (sim.bus_at ? SIM_FUNCTIONS_MAX : SIM_ORDINARY_MAX) ||
	    bus->fn[device << 3 | function])
		abort();
	if (!sim.fn)
		sim.fn = zeroed(SIM_FUNCTIONS_MAX * sizeof(struct sim_fn *));
	*fn = (struct sim_fn){.on = bus,
			      .value = bytes,
			      .writable = bytes + space,
			      .clears = bytes + 2 * space,
			      .devfn = (uint8_t)(device << 3 | function),
			      .cap_end = 0x40,
			      .ecap_end = 0x100};
	sim.fn[sim.functions++] = fn;
	bus->fn[fn->devfn] = fn;
	sim_set32(fn, 0x00, id);
	sim_set32(fn, 0x04, 0x00000007);
	fn->writable[4] = 0x47;
	fn->writable[5] = 0x05;
	fn->clears[7] = 0xf9; /* error bits of STATUS */
	sim_set32(fn, 0x08, class_code << 8 | 1);
	fn->writable[0x0c] = 0xff;
	fn->writable[0x3c] = 0xff;
	mark_multi_function(bus, device);
	return fn;
}

struct sim_fn *sim_add_bridge(struct sim_bus *bus, unsigned device, unsigned function, uint32_t id)
{
	struct sim_fn *fn = sim_add(bus, device, function, id, 0x060400);

	fn->behind = zeroed(sizeof(*fn->behind));
	*fn->behind = (struct sim_bus){.bridge = fn, .segment = bus->segment};
	fn->value[0x0e] |= 1;
	sim_writable32(fn, 0x18, 0x00ffffff);
	/* Windows: ports and memory, closed (base above limit). */
	sim_set32(fn, 0x1c, 0x000000f0);
	sim_writable32(fn, 0x1c, 0x0000f0f0);
	sim_set32(fn, 0x20, 0x0000fff0);
	sim_writable32(fn, 0x20, 0xfff0fff0);
	sim_writable32(fn, 0x30, 0xffffffff);
	/* Prefetchable memory, of 64 bits. */
	sim_set32(fn, 0x24, 0x0001fff1);
	sim_writable32(fn, 0x24, 0xfff0fff0);
	sim_writable32(fn, 0x28, 0xffffffff);
	sim_writable32(fn, 0x2c, 0xffffffff);
	fn->clears[0x1f] = 0xf9;   /* error bits of secondary STATUS */
	fn->writable[0x3e] = 0x03; /* parity error response, SERR# enable */
	return fn;
}

void sim_bridge_numbers(struct sim_fn *bridge, uint8_t primary, uint8_t secondary,
			uint8_t subordinate)
{
	sim_set32(bridge, 0x18, (uint32_t)subordinate << 16 | (uint32_t)secondary << 8 | primary);
}

static uint8_t number_below(struct sim_bus *bus, uint8_t number)
{
	uint8_t last = number;

	for (unsigned devfn = 0; devfn < 256; devfn++) {
		struct sim_fn *fn = bus->fn[devfn];

		if (!fn || !fn->behind)
			continue;
		if (last == 255)
			abort();
		sim_bridge_numbers(fn, number, (uint8_t)(last + 1), (uint8_t)(last + 1));
		last = number_below(fn->behind, (uint8_t)(last + 1));
		fn->value[0x1a] = last;
	}
	return last;
}

void sim_number(void)
{
	for (unsigned i = 0; i < sim.roots; i++)
		number_below(sim.root[i], sim.root[i]->number);
}

static uint64_t place(uint64_t *next, uint64_t size)
{
	uint64_t at = (*next + size - 1) & ~(size - 1);

	*next = at + size;
	return at;
}

/* The register pair of a BAR anywhere in a function's space. */
static uint64_t put_bar(struct sim_fn *fn, unsigned reg, enum sim_bar_kind kind, uint64_t size)
{
	bool io = kind == SIM_IO || kind == SIM_IO16;
	bool wide = kind == SIM_MEM64 || kind == SIM_MEM64_PREFETCH;
	uint32_t type = io ? 1 : wide ? 4 : 0;
	uint64_t at = place(io                        ? &sim.next_io
			    : wide && size >= 1 << 20 ? &sim.next_high
						      : &sim.next_memory,
			    size);
	uint64_t writable = -size;

	if (kind == SIM_MEM32_PREFETCH || kind == SIM_MEM64_PREFETCH)
		type |= 8;
	if (kind == SIM_IO16)
		writable &= 0xffff;
	/* Machines of many BARs run over the end of a space; an address is then reused, which
	 * configuration space does not mind. */
	if (io)
		at &= 0xffff;
	else if (!wide)
		at &= 0xffffffff;
	sim_set32(fn, reg, (uint32_t)at | type);
	sim_writable32(fn, reg, (uint32_t)writable & (io ? ~3u : ~0xfu));
	if (wide) {
		sim_set32(fn, reg + 4, (uint32_t)(at >> 32));
		sim_writable32(fn, reg + 4, (uint32_t)(writable >> 32));
	}
	return at;
}

uint64_t sim_bar(struct sim_fn *fn, unsigned index, enum sim_bar_kind kind, uint64_t size)
{
	return put_bar(fn, 0x10 + 4 * index, kind, size);
}

uint64_t sim_rom(struct sim_fn *fn, uint32_t size)
{
	unsigned reg = fn->behind ? 0x38 : 0x30;
	uint64_t at = place(&sim.next_memory, size) & 0xffffffff;

	sim_set32(fn, reg, (uint32_t)at);
	sim_writable32(fn, reg, (uint32_t)-size | 1);
	return at;
}

unsigned sim_cap(struct sim_fn *fn, uint8_t id, unsigned len)
{
	unsigned at = fn->cap_end;

	fn->value[0x06] |= 0x10;
	fn->value[fn->cap_link ? fn->cap_link : 0x34] = (uint8_t)at;
	fn->value[at] = id;
	fn->value[at + 1] = 0;
	fn->cap_link = at + 1;
	fn->cap_end = (at + len + 3) & ~3u;
	return at;
}

unsigned sim_ecap(struct sim_fn *fn, uint16_t id, unsigned len)
{
	unsigned at = fn->ecap_end;

	if (!fn->express)
		sim_express(fn);
	if (fn->ecap_link)
		sim_set32(fn, fn->ecap_link, (sim_get32(fn, fn->ecap_link) & 0xfffff) | at << 20);
	sim_set32(fn, at, 1u << 16 | id);
	fn->ecap_link = at;
	fn->ecap_end = (at + len + 3) & ~3u;
	return at;
}

/* Version 2; a bridge is a root port with ARI and a slot, anything else an endpoint. */
void sim_express(struct sim_fn *fn)
{
	unsigned at = sim_cap(fn, 0x10, 0x3c);

	if (sim.bus_at)
		abort();
	fn->express = true;
	sim_set16(fn, at + 2, fn->behind ? 0x0142 : 0x0002);
	sim_set32(fn, at + 0x0c, 0x00000411); /* one lane, 2.5 GT/s */
	sim_set16(fn, at + 0x12, 0x0011);
	fn->clears[at + 0x0a] = 0x0f;
	if (!fn->behind)
		return;
	fn->writable[at + 0x08] = 0x0f;
	fn->clears[at + 0x1a] = 0x1f;
	fn->clears[at + 0x1b] = 0x01;
	fn->value[at + 0x1a] = 0x08; /* something was plugged in */
	fn->writable[at + 0x1c] = 0x07;
	fn->value[at + 0x24] = 0x20;
	fn->writable[at + 0x28] = 0x20;
}

void sim_msi(struct sim_fn *fn, bool wide)
{
	unsigned at = sim_cap(fn, 0x05, 24), data = at + (wide ? 0xc : 8);

	fn->writable[at + 2] = 0x71; /* enable, number */
	sim_writable32(fn, at + 4, 0xfffffffc);
	sim_writable32(fn, data, 0x0000ffff);
	if (!wide)
		return;
	sim_set16(fn, at + 2, 0x0184); /* four messages, masks */
	sim_writable32(fn, at + 8, 0xffffffff);
	sim_writable32(fn, at + 0x10, 0x0000000f);
}

/* Table and pending bits in BAR 0, from its middle on. */
void sim_msi_x(struct sim_fn *fn, unsigned entries, uint32_t bar_size)
{
	unsigned at = sim_cap(fn, 0x11, 12);

	sim_set16(fn, at + 2, (uint16_t)(entries - 1));
	fn->writable[at + 3] = 0xc0; /* enable, mask all */
	sim_set32(fn, at + 4, bar_size / 2);
	sim_set32(fn, at + 8, bar_size - 8);
}

unsigned sim_sriov(struct sim_fn *fn)
{
	fn->sriov = sim_ecap(fn, 0x10, 0x40);
	sim_writable32(fn, fn->sriov + 0x08, 0x1f);
	sim_set32(fn, fn->sriov + 0x08, 0x8);
	return fn->sriov;
}

uint64_t sim_vf_bar(struct sim_fn *fn, unsigned index, enum sim_bar_kind kind, uint64_t size)
{
	return put_bar(fn, fn->sriov + 0x24 + 4 * index, kind, size);
}
