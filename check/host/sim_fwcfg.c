/* QEMU's fw_cfg device, DMA interface only (QEMU docs/specs/fw_cfg). Everything is big-endian. */
#include <string.h>
#include "sim.h"
#include "sim_build.h"

#define DIRECTORY_KEY 0x19

#define ERROR         1u
#define READ          2u
#define SELECT        8u

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_be32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Byte of the directory: a count, then 64 bytes a file (size, key, reserved, name). */
static uint8_t directory_byte(uint32_t offset)
{
	uint8_t entry[64] = {0};
	uint8_t count[4];

	put_be32(count, sim.fwcfg.items);
	if (offset < 4)
		return count[offset];
	offset -= 4;
	if (offset / 64 >= sim.fwcfg.items)
		return 0;
	put_be32(entry, sim.fwcfg.item[offset / 64].listed);
	entry[4] = (uint8_t)(sim.fwcfg.item[offset / 64].key >> 8);
	entry[5] = (uint8_t)sim.fwcfg.item[offset / 64].key;
	memcpy(entry + 8, sim.fwcfg.item[offset / 64].name, 56);
	return entry[offset % 64];
}

static uint8_t item_byte(uint16_t key, uint32_t offset)
{
	if (key == DIRECTORY_KEY)
		return directory_byte(offset);
	for (unsigned i = 0; i < sim.fwcfg.items; i++)
		if (sim.fwcfg.item[i].key == key)
			return offset < sim.fwcfg.item[i].len ? sim.fwcfg.item[i].bytes[offset] : 0;
	return 0;
}

static uint8_t *memory(uint64_t physical, size_t len)
{
	const struct sim_fwcfg *f = &sim.fwcfg;

	if (physical < f->physical || len > f->size || physical - f->physical > f->size - len)
		return NULL;
	return f->memory + (physical - f->physical);
}

/* Items that are generated at the moment they are selected. */
static void selected(uint16_t key)
{
	for (unsigned i = 0; i < sim.fwcfg.items; i++)
		if (sim.fwcfg.item[i].key == key && sim.fwcfg.item[i].generate)
			sim.fwcfg.item[i].generate(&sim.fwcfg.item[i]);
}

static void transfer(uint64_t physical)
{
	struct sim_fwcfg *f = &sim.fwcfg;
	uint8_t *block = memory(physical, 16), *data;
	uint32_t control;

	sim.counts.calls++;
	f->high = 0;
	if (!block || f->mode == SIM_FWCFG_HANGS)
		return;
	control = be32(block);
	f->last_length = be32(block + 4);
	data = memory((uint64_t)be32(block + 8) << 32 | be32(block + 12), f->last_length);
	if (control & SELECT) {
		f->key = (uint16_t)(control >> 16);
		selected(f->key);
		f->offset = 0;
	}
	if (f->mode == SIM_FWCFG_FAILS || !data || !(control & READ)) {
		put_be32(block, ERROR);
		return;
	}
	for (uint32_t i = 0; i < f->last_length; i++)
		data[i] = item_byte(f->key, f->offset++);
	put_be32(block, 0);
}

bool sim_fwcfg_port(struct sim_port *p)
{
	uint32_t value = __builtin_bswap32(p->value);

	if (sim.fwcfg.mode == SIM_FWCFG_ABSENT || p->width != 4 ||
	    (p->port != 0x514 && p->port != 0x518))
		return false;
	if (!p->out)
		p->value =
		    __builtin_bswap32(p->port == 0x514 ? 0x51454d55 : 0x20434647); /* "QEMU CFG" */
	else if (p->port == 0x514)
		sim.fwcfg.high = value;
	else
		transfer((uint64_t)sim.fwcfg.high << 32 | value);
	return true;
}

void sim_fwcfg(enum sim_fwcfg_mode mode, uint8_t *buffer, uint64_t physical, size_t size)
{
	sim.fwcfg.mode = mode;
	sim.fwcfg.memory = buffer;
	sim.fwcfg.physical = physical;
	sim.fwcfg.size = size;
}

void sim_fwcfg_item(const char *name, const uint8_t *bytes, uint32_t len)
{
	struct sim_item *item = &sim.fwcfg.item[sim.fwcfg.items];

	*item = (struct sim_item){
	    .key = (uint16_t)(0x20 + sim.fwcfg.items), .bytes = bytes, .len = len, .listed = len};
	memcpy(item->name, name, strnlen(name, sizeof(item->name)));
	sim.fwcfg.items++;
}
