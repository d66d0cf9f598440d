/*
 * What answers at an address of memory, or at a port: BARs and ROMs, COMMAND, the windows of
 * bridges. Seeded bugs are asked for by name, where they would be made.
 */
#include "sim.h"
#include "sim_bugs.h"

#define COMMAND_PORTS  1u
#define COMMAND_MEMORY 2u

#define ROM            6u /* as the index of a BAR */

static uint32_t mask32(const struct sim_fn *fn, unsigned reg)
{
	return (uint32_t)fn->writable[reg] | (uint32_t)fn->writable[reg + 1] << 8 |
	       (uint32_t)fn->writable[reg + 2] << 16 | (uint32_t)fn->writable[reg + 3] << 24;
}

/* Bridge 1.2, 3.2.5.6: in units of 4 KiB, with upper halves where the lowest bits are 1. */
static bool ports_window(const struct sim_fn *bridge, uint64_t port)
{
	uint32_t first = (uint32_t)(bridge->value[0x1c] & 0xf0) << 8;
	uint32_t last = (uint32_t)(bridge->value[0x1d] & 0xf0) << 8 | 0xfff;

	if (sim_bug_is("bridge-ports-limit-cut"))
		last -= 0x1000;
	if (sim_bug_is("bridge-ports-base-early"))
		first -= 0x1000;
	if ((bridge->value[0x1c] & 0xf) == 1 && !sim_bug_is("bridge-ports-upper-ignored")) {
		first |= sim_get32(bridge, 0x30) << 16;
		last |= sim_get32(bridge, 0x30) & 0xffff0000;
	}
	return port >= first && port <= last;
}

/* 3.2.5.8: in units of 1 MiB. */
static bool memory_window(const struct sim_fn *bridge, uint64_t address)
{
	uint64_t first = (uint64_t)(sim_get32(bridge, 0x20) & 0xfff0) << 16;
	uint64_t last = sim_get32(bridge, 0x20) | 0xfffff;

	if (sim_bug_is("bridge-limit-cut"))
		last -= 0x100000;
	if (sim_bug_is("bridge-limit-late"))
		last += 0x100000;
	if (sim_bug_is("bridge-base-early"))
		first -= 0x100000;
	return address >= first && address <= last;
}

/* 3.2.5.9 and 3.2.5.10: the same, with upper halves where the lowest bits are 1. */
static bool prefetchable_window(const struct sim_fn *bridge, uint64_t address)
{
	uint64_t first = (uint64_t)(sim_get32(bridge, 0x24) & 0xfff0) << 16;
	uint64_t last = sim_get32(bridge, 0x24) | 0xfffff;

	if (!bridge->writable[0x24] || sim_bug_is("bridge-prefetchable-missing"))
		return false;
	if ((sim_get32(bridge, 0x24) & 0xf) == 1) {
		if (!sim_bug_is("bridge-base-upper-ignored"))
			first |= (uint64_t)sim_get32(bridge, 0x28) << 32;
		if (!sim_bug_is("bridge-base-upper-ignored"))
			last |= (uint64_t)sim_get32(bridge, 0x2c) << 32;
	}
	return address >= first && address <= last;
}

static bool passes(const struct sim_fn *bridge, bool ports, uint64_t address)
{
	uint8_t command = bridge->value[4] & (ports ? COMMAND_PORTS : COMMAND_MEMORY);

	if (ports) {
		if (!command && !sim_bug_is("bridge-ports-command-ignored"))
			return false;
		return sim_bug_is("bridge-ports-window-ignored") ||
		       (!sim_bug_is("bridge-ports-missing") && ports_window(bridge, address));
	}
	if (!command && !sim_bug_is("bridge-command-ignored"))
		return false;
	return sim_bug_is("bridge-window-ignored") ||
	       (!sim_bug_is("bridge-memory-missing") && memory_window(bridge, address)) ||
	       prefetchable_window(bridge, address);
}

/* A function's BAR, or its ROM, that an address is in. */
struct claim {
	struct sim_fn *fn;
	unsigned bar;
	uint64_t offset;
};

/* What BARs, and what ROMs, get wrong has a name each. */
struct faults {
	const char *stays, *both, *command;
};

static const struct faults memory_faults = {"memory-stays", "memory-at-both",
					    "memory-ignores-command"},
			   ports_faults = {"ports-stay", "ports-at-both", "ports-ignore-command"},
			   rom_faults = {"rom-stays", "rom-at-both", "rom-ignores-command"};

static bool decodes_at(struct sim_fn *fn, unsigned bar, const struct faults *faults, uint64_t base,
		       uint64_t size, uint64_t address, struct claim *claim)
{
	uint8_t bit = faults == &ports_faults ? COMMAND_PORTS : COMMAND_MEMORY;

	if (!(fn->value[4] & bit) && !sim_bug_is(faults->command))
		return false;
	if (faults == &ports_faults && sim_bug_is("ports-nowhere"))
		return false;
	if (fn->first[bar] && sim_bug_is(faults->stays))
		base = fn->first[bar];
	if (fn->first[bar] && sim_bug_is(faults->both) && address - fn->first[bar] < size)
		base = fn->first[bar];
	if (!base || address - base >= size)
		return false;
	/* Where it was seen first, for the bugs that stay there. */
	if (!fn->first[bar])
		fn->first[bar] = base;
	*claim = (struct claim){fn, bar, address - base};
	return true;
}

static bool bars_decode(struct sim_fn *fn, bool ports, uint64_t address, struct claim *claim)
{
	for (unsigned bar = 0; bar < 6; bar++) {
		unsigned reg = 0x10 + 4 * bar;
		uint32_t value = sim_get32(fn, reg), bits = value & 1 ? ~3u : ~15u;
		uint64_t base = value & bits, mask = mask32(fn, reg) & bits;
		bool wide = (value & 7) == 4;

		if (wide) {
			mask |= (uint64_t)mask32(fn, reg + 4) << 32;
			if (!sim_bug_is("memory-upper-half-ignored"))
				base |= (uint64_t)sim_get32(fn, reg + 4) << 32;
		} else {
			mask |= mask ? 0xffffffffffff0000 : 0;
		}
		if (mask && (value & 1) == ports &&
		    decodes_at(fn, bar, ports ? &ports_faults : &memory_faults, base, mask & -mask,
			       address, claim))
			return true;
		bar += wide;
	}
	return false;
}

static bool rom_decodes(struct sim_fn *fn, uint64_t address, struct claim *claim)
{
	uint32_t value = sim_get32(fn, 0x30), mask = mask32(fn, 0x30) & 0xfffff800;

	return mask && (value & 1 || sim_bug_is("rom-ignores-enable")) &&
	       decodes_at(fn, ROM, &rom_faults, value & 0xfffff800, mask & -mask, address, claim);
}

/* Down from a bus. What a bridge takes, others on its bus do not see. */
static struct claim find_claim(const struct sim_bus *bus, bool ports, uint64_t address)
{
	struct claim claim = {0};

	for (unsigned devfn = 0; devfn < 256; devfn++) {
		const struct sim_fn *fn = bus->fn[devfn];

		if (!fn || !fn->behind || !passes(fn, ports, address))
			continue;
		claim = find_claim(fn->behind, ports, address);
		if (claim.fn || strncmp(sim.bug->name, "bridge-", 7) != 0)
			return claim;
	}
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		struct sim_fn *fn = bus->fn[devfn];

		if (fn && !fn->behind &&
		    (bars_decode(fn, ports, address, &claim) ||
		     (!ports && rom_decodes(fn, address, &claim))))
			return claim;
	}
	return (struct claim){0};
}

static struct claim claim_of(bool ports, uint64_t address)
{
	for (unsigned i = 0; i < sim.roots; i++) {
		struct claim claim = find_claim(sim.root[i], ports, address);

		if (claim.fn)
			return claim;
	}
	return (struct claim){0};
}

/* Devices whose registers say what they are. */
#define EDU               0x11e81234u
#define TESTDEV           0x00051b36u
#define E1000             0x100e8086u
#define E1000E            0x10d38086u
#define VIRTIO_RNG        0x10441af4u
#define VIRTIO_BALLOON    0x10451af4u

#define TESTDEV_OFFSET    0x04
#define E1000_STATUS      0x08
#define VIRTIO_NUM_QUEUES (SIM_VIRTIO_COMMON + 0x12)

static uint32_t register_of(const struct claim *claim)
{
	if (claim->bar == ROM)
		return claim->offset ? 0 : sim_bug_is("no-rom") ? 0xffffffff : 0xaa55;
	switch (sim_get32(claim->fn, 0)) {
	case EDU:
		return claim->offset == 0 ? 0x010000ed : 0;
	case TESTDEV:
		if (!claim->fn->selected || claim->offset != TESTDEV_OFFSET)
			return 0;
		return claim->bar == 0 ? 0x800 : 0x83;
	case E1000:
	case E1000E:
		return claim->bar == 0 && claim->offset == E1000_STATUS ? 0x80080783 : 0;
	case VIRTIO_RNG:
	case VIRTIO_BALLOON:
		return claim->bar == 4 && claim->offset == VIRTIO_NUM_QUEUES ? 3 : 0;
	default:
		return 0;
	}
}

uint32_t sim_space_read(bool ports, uint64_t address, unsigned width)
{
	const struct claim claim = claim_of(ports, address);

	if (claim.fn)
		return register_of(&claim) & cfg_ones(width);
	return sim_bug_is("legal-nothing-reads-0") ? 0 : cfg_ones(width);
}

void sim_space_write(bool ports, uint64_t address, uint32_t value)
{
	const struct claim claim = claim_of(ports, address);

	if (claim.fn && sim_get32(claim.fn, 0) == TESTDEV && claim.offset == 0)
		claim.fn->selected = value == 0;
}
