/* The machine behind the mechanisms: buses, bridges, functions and their registers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "sim.h"
#include "sim_bugs.h"

struct sim sim = {.bug = &sim_no_bug};

void sim_reset(void)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		free(sim.fn[i]->behind);
		free(sim.fn[i]->value);
		free(sim.fn[i]);
	}
	free(sim.fn);
	free(sim.bus_at);
	for (unsigned i = 0; i < sim.roots; i++)
		free(sim.root[i]);
	for (unsigned i = 0; i < sim.regions; i++)
		if (sim.region[i].window)
			munmap(sim.region[i].window,
			       (size_t)(sim.region[i].end - sim.region[i].start + 1) << 20);
	for (unsigned i = 0; i < sim.memories; i++)
		munmap(sim.memory[i].window, sim.memory[i].len);
	sim = (struct sim){.bug = &sim_no_bug,
			   .next_memory = 0xc0000000,
			   .next_high = 0x800000000,
			   .next_io = 0xc000};
}

void sim_log(void)
{
	sim.logging = true;
	sim.log_len = 0;
	sim.log[0] = '\0';
}

static void log_access(const struct sim_access *a)
{
	size_t room = sizeof(sim.log) - sim.log_len;
	char *to = sim.log + sim.log_len;
	int len;

	if (!sim.logging)
		return;
	len = snprintf(to, room, a->width == 4 ? "%c%02x" : "%c%02x.%u", a->write ? 'w' : 'r',
		       a->reg, a->width);
	if (a->write && len > 0 && (size_t)len < room)
		len += snprintf(to + len, room - (size_t)len, "=%x", a->value);
	if (len > 0 && (size_t)len + 2 < room) {
		memcpy(to + len, " ", 2);
		sim.log_len += (size_t)len + 1;
	}
}

uint32_t sim_get32(const struct sim_fn *fn, unsigned reg)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++)
		value |= (uint32_t)fn->value[reg + i] << 8 * i;
	return value;
}

static void spread(uint8_t *bytes, unsigned reg, unsigned width, uint32_t value)
{
	for (unsigned i = 0; i < width; i++)
		bytes[reg + i] = (uint8_t)(value >> 8 * i);
}

void sim_set8(struct sim_fn *fn, unsigned reg, uint8_t value)
{
	spread(fn->value, reg, 1, value);
}

void sim_set16(struct sim_fn *fn, unsigned reg, uint16_t value)
{
	spread(fn->value, reg, 2, value);
}

void sim_set32(struct sim_fn *fn, unsigned reg, uint32_t value)
{
	spread(fn->value, reg, 4, value);
}

void sim_writable32(struct sim_fn *fn, unsigned reg, uint32_t mask)
{
	spread(fn->writable, reg, 4, mask);
}

uint8_t sim_bus_number(const struct sim_bus *bus)
{
	return bus->bridge ? bus->bridge->value[0x19] : bus->number;
}

struct cfg_address sim_address(const struct sim_fn *fn)
{
	return (struct cfg_address){fn->on->segment, sim_bus_number(fn->on), fn->devfn};
}

/* Down from a bus whose own number is not the target's: the bridge whose range holds it passes the
 * access on. */
static struct sim_bus *bus_below(struct sim_bus *bus, uint8_t target)
{
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		struct sim_fn *fn = bus->fn[devfn];

		/* Unset numbers (secondary 0) claim nothing: bus 0 is never behind a bridge. */
		if (!fn || !fn->behind || fn->value[0x19] == 0)
			continue;
		if (target == fn->value[0x19])
			return fn->behind;
		if (target > fn->value[0x19] && target <= fn->value[0x1a])
			return bus_below(fn->behind, target);
	}
	return NULL;
}

/* A host bridge decodes from its root bus up to the next root bus. */
static struct sim_bus *root_of(uint16_t segment, uint8_t target)
{
	struct sim_bus *best = NULL;

	for (unsigned i = 0; i < sim.roots; i++) {
		struct sim_bus *root = sim.root[i];

		if (root->segment == segment && root->number <= target &&
		    (!best || root->number > best->number))
			best = root;
	}
	return best;
}

struct sim_fn *sim_route(struct cfg_address at)
{
	struct sim_bus *bus;

	if (sim.bus_at)
		return at.segment == 0 && sim.bus_at[at.bus] ? sim.bus_at[at.bus]->fn[at.devfn]
							     : NULL;
	bus = root_of(at.segment, at.bus);
	if (bus && bus->number != at.bus)
		bus = bus_below(bus, at.bus);
	return bus ? bus->fn[at.devfn] : NULL;
}

static bool within(unsigned reg, unsigned first, unsigned count)
{
	return reg >= first && reg < first + count;
}

/* Whether a register is an address that the function decodes at this moment. */
static bool decoding(const struct sim_fn *fn, unsigned reg)
{
	bool type1 = (fn->value[0x0e] & 0x7f) == 1;
	bool host_bridge = fn->value[0x0b] == 0x06 && fn->value[0x0a] == 0x00;

	if (fn->sriov && within(reg, fn->sriov + 0x24, 24))
		return fn->value[fn->sriov + 8] & 8;
	if (!within(reg, 0x10, type1 ? 8 : 24) && !within(reg, type1 ? 0x38 : 0x30, 4))
		return false;
	return !host_bridge && fn->value[4] & 3;
}

bool sim_decode_is_off(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (!sim.fn[i]->idle && !(sim.fn[i]->value[4] & 3))
			return true;
	return false;
}

static void fn_write(struct sim_fn *fn, struct sim_access *a)
{
	bool moved = false;

	if (sim.bug->fn_write && sim.bug->fn_write(fn, a))
		return;
	for (unsigned i = 0; i < a->width; i++) {
		unsigned reg = a->reg + i;
		uint8_t byte = (uint8_t)(a->value >> 8 * i), old = fn->value[reg];

		fn->value[reg] = (uint8_t)((old & ~fn->writable[reg]) | (byte & fn->writable[reg]));
		fn->value[reg] &= (uint8_t) ~(byte & fn->clears[reg]);
		moved |= fn->value[reg] != old && decoding(fn, reg);
	}
	sim.moved_decoding += moved;
	sim_virtio_write(fn, a);
}

static void fn_read(struct sim_fn *fn, struct sim_access *a)
{
	sim_virtio_read(fn, a);
	a->value = 0;
	for (unsigned i = 0; i < a->width; i++)
		a->value |= (uint32_t)fn->value[a->reg + i] << 8 * i;
	if (sim.bug->fn_read)
		sim.bug->fn_read(fn, a);
}

void sim_access(struct sim_access *a)
{
	const struct sim_bug *bug = sim.bug;
	struct sim_fn *fn;

	log_access(a);
	if (bug->decoded && bug->decoded(a))
		return;
	if (sim.bus_ignored)
		a->at.bus = 0;
	fn = sim_route(a->at);
	if (fn && a->reg + a->width > (fn->express ? SIM_SPACE : 256u))
		fn = NULL; /* beyond a conventional function's space nothing answers */
	if (fn && a->write)
		fn_write(fn, a);
	else if (fn)
		fn_read(fn, a);
	else if (!a->write)
		a->value = cfg_ones(a->width);
	if (bug->answered)
		bug->answered(a, fn);
}
