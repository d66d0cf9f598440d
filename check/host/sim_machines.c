/* Whole machines: the reference one, and random ones. */
#include <stdlib.h>
#include "sim_build.h"

uint64_t sim_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void add_e1000e(struct sim_bus *bus, unsigned device)
{
	struct sim_fn *fn = sim_add(bus, device, 0, 0x10d38086, 0x020000);

	sim_bar(fn, 0, SIM_MEM32, 128 << 10);
	sim_bar(fn, 1, SIM_MEM32, 128 << 10);
	sim_bar(fn, 2, SIM_IO, 32);
	sim_bar(fn, 3, SIM_MEM32, 16 << 10);
	sim_rom(fn, 256 << 10);
	sim_express(fn);
}

static void add_testdev(struct sim_bus *bus, unsigned device, unsigned function)
{
	struct sim_fn *fn = sim_add(bus, device, function, 0x00051b36, 0x00ff00);

	sim_bar(fn, 0, SIM_MEM32, 4 << 10);
	sim_bar(fn, 1, SIM_IO, 256);
}

static struct sim_bus *add_port(struct sim_bus *bus, unsigned device)
{
	struct sim_fn *fn = sim_add_bridge(bus, device, 0, 0x000c1b36);

	sim_bar(fn, 0, SIM_MEM32, 4 << 10);
	sim_express(fn);
	return fn->behind;
}

static struct sim_bus *add_pci_bridge(struct sim_bus *bus, unsigned device, uint32_t id)
{
	struct sim_fn *fn = sim_add_bridge(bus, device, 0, id);

	sim_bar(fn, 0, SIM_MEM64, 256);
	return fn->behind;
}

static void add_chipset(struct sim_bus *bus)
{
	struct sim_fn *fn;

	fn = sim_add(bus, 0, 0, 0x29c08086, 0x060000);
	fn = sim_add(bus, 0x1f, 0, 0x29188086, 0x060100);
	fn = sim_add(bus, 0x1f, 2, 0x29228086, 0x010601);
	sim_bar(fn, 4, SIM_IO, 32);
	sim_bar(fn, 5, SIM_MEM32, 4 << 10);
	fn = sim_add(bus, 0x1f, 3, 0x29308086, 0x0c0500);
	sim_bar(fn, 4, SIM_IO, 64);
}

static void add_virtio(struct sim_bus *bus, unsigned device, uint32_t id, uint32_t class_code,
		       bool legacy)
{
	struct sim_fn *fn = sim_add(bus, device, 0, id, class_code);

	if (legacy)
		sim_bar(fn, 0, SIM_IO, 128);
	sim_bar(fn, 1, SIM_MEM32, 4 << 10);
	sim_bar(fn, 4, SIM_MEM64_PREFETCH, 16 << 10);
}

void sim_reference(void)
{
	struct sim_bus *root, *pb, *pb2;
	struct sim_fn *fn;

	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	add_chipset(root);
	fn = sim_add(root, 1, 0, 0x11111234, 0x030000);
	sim_bar(fn, 0, SIM_MEM32_PREFETCH, 16 << 20);
	sim_bar(fn, 2, SIM_MEM32, 4 << 10);
	sim_rom(fn, 64 << 10);
	add_virtio(root, 2, 0x10001af4, 0x020000, true);
	add_virtio(root, 3, 0x10011af4, 0x010000, true);
	add_e1000e(root, 4);
	fn = sim_add(root, 5, 0, 0x00101b36, 0x010802);
	sim_bar(fn, 0, SIM_MEM64, 16 << 10);
	fn = sim_add(root, 6, 0, 0x000d1b36, 0x0c0330);
	sim_bar(fn, 0, SIM_MEM64, 16 << 10);
	fn = sim_add(root, 7, 0, 0x11101af4, 0x050000);
	sim_bar(fn, 0, SIM_MEM32, 256);
	sim_bar(fn, 2, SIM_MEM64_PREFETCH, 64 << 20);
	add_e1000e(add_port(root, 8), 0);
	add_virtio(add_port(root, 9), 0, 0x10441af4, 0x00ff00, false);
	pb = add_pci_bridge(add_port(root, 10), 0, 0x000e1b36);
	add_port(root, 11);
	fn = sim_add(pb, 1, 0, 0x100e8086, 0x020000);
	sim_bar(fn, 0, SIM_MEM32, 128 << 10);
	sim_bar(fn, 1, SIM_IO, 64);
	sim_rom(fn, 256 << 10);
	add_testdev(pb, 2, 0);
	pb2 = add_pci_bridge(pb, 3, 0x00011b36);
	fn = sim_add(pb2, 5, 0, 0x11e81234, 0x00ff00);
	sim_bar(fn, 0, SIM_MEM32, 1 << 20);
	add_testdev(pb2, 6, 0);
	add_testdev(pb2, 6, 3);
	sim_number();
}

void sim_large(unsigned functions)
{
	static struct sim_bus *by_number[256];
	unsigned buses = functions / 256;

	sim_reset();
	sim.bus_at = calloc(256, sizeof(struct sim_bus *));
	by_number[0] = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0x100000000000);
	for (unsigned bus = 0; bus < buses; bus++) {
		struct sim_bus *on = sim.bus_at[bus] = by_number[bus];

		for (unsigned devfn = 0; devfn < 256; devfn++) {
			bool bridge = bus == 0 && devfn && devfn < buses;
			struct sim_fn *fn =
			    bridge ? sim_add_bridge(on, devfn >> 3, devfn & 7, 0x00011b36)
				   : sim_add(on, devfn >> 3, devfn & 7, 0x00051b36,
					     bus || devfn ? 0x00ff00 : 0x060000);

			sim_bar(fn, 0, SIM_MEM32, 4 << 10);
			if (bridge)
				by_number[devfn] = fn->behind;
		}
	}
	sim_number();
}

struct random {
	uint64_t state;
	unsigned functions; /* that may still be added */
	unsigned buses;
};

static unsigned pick(struct random *r, unsigned below)
{
	return (unsigned)(sim_next(&r->state) % below);
}

static void random_bars(struct random *r, struct sim_fn *fn)
{
	unsigned registers = fn->behind ? 2 : 6;

	for (unsigned i = 0; i < registers; i++) {
		enum sim_bar_kind kind = (enum sim_bar_kind)pick(r, 6);
		bool io = kind <= SIM_IO16, wide = kind >= SIM_MEM64;

		if (pick(r, 3) == 0 || (wide && i + 1 == registers))
			continue;
		sim_bar(fn, i, kind,
			io     ? 4ull << pick(r, 7)
			: wide ? 16ull << pick(r, 33)
			       : 16ull << pick(r, 22));
		i += wide;
	}
	if (pick(r, 4) == 0)
		sim_rom(fn, 2048u << pick(r, 10));
	if (!pick(r, 2))
		return;
	sim_express(fn);
	/* A bus of many devices is none behind a port, but behind a bridge to PCI (type 7). */
	if (fn->behind)
		sim_set16(fn, fn->value[0x34] + 2u, 0x0072);
}

static void random_bus(struct random *r, struct sim_bus *bus, unsigned depth);

static void random_function(struct random *r, struct sim_bus *bus, unsigned device, unsigned f,
			    unsigned depth)
{
	bool bridge = depth && r->buses && pick(r, 4) == 0;
	uint32_t id = (uint32_t)sim_next(&r->state) & 0x7fff7fff;
	struct sim_fn *fn;

	if (r->functions == 0)
		return;
	r->functions--;
	if (bridge) {
		r->buses--;
		fn = sim_add_bridge(bus, device, f, id | 1);
	} else {
		fn = sim_add(bus, device, f, id | 1, (uint32_t)sim_next(&r->state) & 0xffffff);
	}
	random_bars(r, fn);
	if (bridge)
		random_bus(r, fn->behind, depth - 1);
}

static void random_bus(struct random *r, struct sim_bus *bus, unsigned depth)
{
	unsigned devices = pick(r, 5);

	for (unsigned i = 0; i < devices; i++) {
		unsigned device = pick(r, 32);

		if (bus->fn[device << 3])
			continue;
		random_function(r, bus, device, 0, depth);
		for (unsigned f = 1; f < 8 && bus->fn[device << 3] && pick(r, 2); f++)
			if (pick(r, 3))
				random_function(r, bus, device, f, depth);
	}
}

void sim_random(uint64_t seed, bool numbered)
{
	struct random r = {.state = seed, .functions = 200};
	unsigned segments;

	sim_reset();
	segments = 1 + pick(&r, 3);
	for (unsigned segment = 0; segment < segments; segment++) {
		unsigned roots = 1 + pick(&r, 3);

		sim_ecam((uint16_t)segment, 0, 255, 0x100000000000 + ((uint64_t)segment << 28));
		for (unsigned i = 0; i < roots; i++) {
			struct sim_bus *root = sim_root((uint16_t)segment, (uint8_t)(i * 80));

			r.buses = 60;
			sim_add(root, 0, 0, 0x29c08086, 0x060000);
			for (unsigned again = 0; again < 3; again++)
				random_bus(&r, root, 6);
		}
	}
	if (numbered)
		sim_number();
}
