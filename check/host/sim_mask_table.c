/*
 * A writer of the PCI BAR mask table (docs/paravirtual.md), independent of the reader in
 * lib/mask_table.c.
 */
#include <string.h>
#include "sim_build.h"

#define ENTRY_LEN 72

struct writer {
	uint8_t *to;
	uint32_t len;
	const struct sim_fn **order;
	unsigned count;
};

static void put(uint8_t *to, unsigned width, uint32_t value)
{
	for (unsigned i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t writable32(const struct sim_fn *fn, unsigned reg)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < 4; i++)
		mask |= (uint32_t)fn->writable[reg + i] << 8 * i;
	return mask;
}

/* What a read gives after the pattern was written. */
static uint32_t after(const struct sim_fn *fn, unsigned reg, uint32_t pattern)
{
	uint32_t writable = writable32(fn, reg);

	return (sim_get32(fn, reg) & ~writable) | (pattern & writable);
}

static void put_registers(uint8_t *entry, const struct sim_fn *fn)
{
	unsigned type = fn->value[0x0e] & 0x7f;
	unsigned bars = type == 0 ? 6 : type == 1 ? 2 : 0;
	unsigned rom = type == 1 ? 0x38 : 0x30;

	for (unsigned i = 0; i < 6; i++) {
		put(entry + 16 + 4 * i, 4, i < bars ? after(fn, 0x10 + 4 * i, 0xffffffff) : 0);
		put(entry + 44 + 4 * i, 4, sim_get32(fn, 0x10 + 4 * i));
	}
	put(entry + 40, 4, type <= 1 ? after(fn, rom, 0xfffff800) : 0);
	put(entry + 68, 4, sim_get32(fn, rom));
}

static void put_bus(struct writer *w, const struct sim_bus *root, const struct sim_bus *bus,
		    uint8_t *path, unsigned depth)
{
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		const struct sim_fn *fn = bus->fn[devfn];
		uint8_t *entry = w->to + w->len;
		unsigned len = (ENTRY_LEN + depth + 1 + 3) & ~3u;

		if (!fn)
			continue;
		path[depth] = (uint8_t)devfn;
		memset(entry, 0, len);
		put(entry, 2, len);
		put(entry + 2, 2, root->segment);
		entry[4] = root->number;
		entry[5] = (uint8_t)(depth + 1);
		entry[6] = fn->value[0x0e];
		put(entry + 8, 4, sim_get32(fn, 0x00));
		put(entry + 12, 4, sim_get32(fn, 0x08));
		put_registers(entry, fn);
		memcpy(entry + ENTRY_LEN, path, depth + 1);
		w->len += len;
		w->order[w->count++] = fn;
		if (fn->behind)
			put_bus(w, root, fn->behind, path, depth + 1);
	}
}

void sim_mask_table_seal(uint8_t *table)
{
	uint32_t sum = 0, total = 0;

	for (unsigned i = 0; i < 4; i++)
		total |= (uint32_t)table[12 + i] << 8 * i;
	put(table + 20, 4, 0);
	for (uint32_t at = 0; at < total; at++)
		sum += (uint32_t)table[at] << 8 * (at % 4);
	put(table + 20, 4, -sum);
}

uint32_t sim_mask_table_encode(uint8_t *to, const struct sim_fn **order, unsigned *count)
{
	struct writer w = {.to = to, .len = 32, .order = order};
	uint8_t path[256];

	memset(to, 0, 32);
	memcpy(to, "PCIBMASK", 8);
	put(to + 8, 2, 1);
	put(to + 10, 2, 32);
	for (unsigned i = 0; i < sim.roots; i++)
		put_bus(&w, sim.root[i], sim.root[i], path, 0);
	put(to + 12, 4, w.len);
	put(to + 16, 4, w.count);
	sim_mask_table_seal(to);
	*count = w.count;
	return w.len;
}
