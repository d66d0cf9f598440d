/* Ports and memory: CF8, CFC and its lanes, ECAM. Every access is counted here, before anything can
 * go wrong with it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "io.h"
#include "sim.h"
#include "sim_bugs.h"
#include "sim_build.h"
#include "sim_smp.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc

#define DEVICE_PORTS   0xc000 /* from here on those of BARs */

/* Bits 30 to 24 and 1 to 0 are reserved and read 0 (PCI 3.0, 3.2.2.3.2). */
#define CF8_BITS       0x80fffffcu

static void data_port(struct sim_port *p)
{
	unsigned lane = p->port & 3u;
	struct sim_access a = {
	    .write = p->out,
	    .at = {0, (uint8_t)(sim.cf8 >> 16), (uint8_t)(sim.cf8 >> 8)},
	    .reg = (sim.cf8 & 0xfc) | lane,
	    .width = p->width,
	    .value = p->value,
	};

	/* Without the enable bit, or across the end of the dword, it is an ordinary access to a
	 * port that nobody claims. */
	p->value = cfg_ones(p->width);
	if (!(sim.cf8 & 0x80000000) || lane + p->width > 4)
		return;
	sim_access(&a);
	p->value = a.value;
}

static void count_port(const struct sim_port *p)
{
	bool address = (p->port & ~3u) == CONFIG_ADDRESS, data = (p->port & ~3u) == CONFIG_DATA;

	/* Of any width: all of them leave the guest, and are traced there, at these four ports. */
	if (address)
		*(p->out ? &sim.counts.cf8_write : &sim.counts.cf8_read) += 1;
	else if (data)
		*(p->out ? &sim.counts.cfc_write : &sim.counts.cfc_read) += 1;
	else if (p->port != 0x514 && p->port != 0x518 && p->port < DEVICE_PORTS)
		sim.other_ports++;
}

static void decode_port(struct sim_port *p)
{
	count_port(p);
	if (sim.bug->port && sim.bug->port(p))
		return;
	if (sim_fwcfg_port(p))
		return;
	if (!sim.no_ports && p->port == CONFIG_ADDRESS && p->width == 4) {
		if (p->out)
			sim.cf8 = p->value & CF8_BITS;
		p->value = sim.cf8;
	} else if (!sim.no_ports && (p->port & ~3u) == CONFIG_DATA) {
		data_port(p);
	} else if (p->port >= DEVICE_PORTS && p->out) {
		sim_space_write(true, p->port, p->value);
	} else if (p->port >= DEVICE_PORTS) {
		p->value = sim_space_read(true, p->port, p->width);
	} else {
		/* Smaller accesses to CF8 pass through to other devices; here there are none. */
		p->value = cfg_ones(p->width);
	}
}

static void port_access(struct sim_port *p)
{
	decode_port(p);
	if (sim.bug->port_answered)
		sim.bug->port_answered(p);
}

static uint32_t answer(uint32_t value, unsigned width)
{
	return ++sim.answers == sim.flip_at ? value ^ (sim.flip & cfg_ones(width)) : value;
}

uint32_t sim_port_in(uint16_t port, unsigned width)
{
	struct sim_port p = {.port = port, .width = width};

	sim_maybe_switch();
	port_access(&p);
	return (port & ~7u) == CONFIG_ADDRESS || port >= DEVICE_PORTS ? answer(p.value, width)
								      : p.value;
}

void sim_port_out(uint16_t port, unsigned width, uint32_t value)
{
	struct sim_port p = {.out = true, .port = port, .width = width, .value = value};

	sim_maybe_switch();
	port_access(&p);
}

static uint64_t region_len(const struct sim_region *region)
{
	return (uint64_t)(region->end - region->start + 1) << 20;
}

/* Memory that nobody may touch: a load that does not go through io.h is caught by the processor. */
static uint8_t *inaccessible(uint64_t len)
{
	void *window =
	    mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (window == MAP_FAILED)
		abort();
	return window;
}

static volatile uint8_t *map_memory(uint64_t physical, uint64_t len)
{
	struct sim_memory_window *memory = sim.memory;

	for (; memory < sim.memory + sim.memories; memory++)
		if (memory->physical == physical && memory->len == len)
			return memory->window;
	if (sim.memories == SIM_WINDOWS_MAX)
		abort();
	*memory = (struct sim_memory_window){physical, len, inaccessible(len)};
	sim.memories++;
	return memory->window;
}

volatile uint8_t *sim_map(void *context, uint64_t physical, uint64_t len)
{
	(void)context;
	sim.maps++;
	for (unsigned i = 0; i < sim.regions && !sim.map_fails; i++) {
		struct sim_region *region = &sim.region[i];

		if (physical != region->base + ((uint64_t)region->start << 20) ||
		    len != region_len(region))
			continue;
		if (!region->window)
			region->window = inaccessible(len);
		return region->window;
	}
	/* Above RAM, where BARs are. */
	if (!sim.map_fails && physical >= 0xc0000000 &&
	    (physical + len <= 0xfe000000 ||
	     (physical >= 1ull << 32 && physical + len <= 1ull << 38)))
		return map_memory(physical, len);
	return NULL;
}

static bool memory_decode(const volatile void *address, uint64_t *physical)
{
	uintptr_t at = (uintptr_t)address;

	for (unsigned i = 0; i < sim.memories; i++) {
		const struct sim_memory_window *memory = &sim.memory[i];

		if (at - (uintptr_t)memory->window >= memory->len)
			continue;
		*physical = memory->physical + (at - (uintptr_t)memory->window);
		return true;
	}
	return false;
}

static struct sim_access mmio_decode(const volatile void *address, unsigned width)
{
	uintptr_t at = (uintptr_t)address;

	for (unsigned i = 0; i < sim.regions; i++) {
		const struct sim_region *region = &sim.region[i];
		uintptr_t offset = at - (uintptr_t)region->window;

		if (!region->window || at < (uintptr_t)region->window ||
		    offset + width > region_len(region))
			continue;
		return (struct sim_access){
		    .ecam = true,
		    .at = {region->segment, (uint8_t)(region->start + (offset >> 20)),
			   (uint8_t)(offset >> 12)},
		    .reg = offset & 0xfff,
		    .width = width,
		};
	}
	fprintf(stderr, "wild memory access of %u bytes at %p\n", width, (const void *)at);
	abort();
}

uint32_t sim_mmio_read(const volatile void *address, unsigned width)
{
	struct sim_access a;
	uint64_t physical;

	/* No configuration access: not counted. */
	if (memory_decode(address, &physical))
		return answer(sim_space_read(false, physical, width), width);
	sim_maybe_switch();
	a = mmio_decode(address, width);
	sim.counts.ecam_read++;
	sim_access(&a);
	return answer(a.value, width);
}

void sim_mmio_write(volatile void *address, unsigned width, uint32_t value)
{
	struct sim_access a;
	uint64_t physical;

	if (memory_decode(address, &physical)) {
		sim_space_write(false, physical, value);
		return;
	}
	a = mmio_decode(address, width);
	sim_maybe_switch();
	a.write = true;
	a.value = value;
	sim.counts.ecam_write++;
	sim_access(&a);
}
