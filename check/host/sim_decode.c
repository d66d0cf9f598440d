/* Which function's memory answers at an address: BARs, COMMAND, and the windows of bridges. */
#include "sim.h"
#include "sim_bugs.h"

/* The one kind of device here whose memory says what it is. */
#define EDU          0x11e81234u
#define EDU_IDENTITY 0x010000edu

static uint32_t mask32(const struct sim_fn *fn, unsigned reg)
{
	return (uint32_t)fn->writable[reg] | (uint32_t)fn->writable[reg + 1] << 8 |
	       (uint32_t)fn->writable[reg + 2] << 16 | (uint32_t)fn->writable[reg + 3] << 24;
}

/* Bridge 1.2, 3.2.5.8: base and limit in units of 1 MiB. */
static bool bridge_passes(const struct sim_fn *bridge, uint64_t physical)
{
	uint32_t window = sim_get32(bridge, 0x20);

	if (sim_bug_is("bridge-window-ignored"))
		return bridge->value[4] & 2;
	if (!(bridge->value[4] & 2) && !sim_bug_is("bridge-command-ignored"))
		return false;
	return physical >= (uint64_t)(window & 0xfff0) << 16 && physical <= (window | 0xfffff);
}

static bool passes_down(const struct sim_fn *fn, uint64_t physical)
{
	for (const struct sim_bus *bus = fn->on; bus->bridge; bus = bus->bridge->on)
		if (!bridge_passes(bus->bridge, physical))
			return false;
	return true;
}

/*
 * The offset in BAR 0, the only one that is looked at; false when it does not decode the address.
 */
static bool decodes(const struct sim_fn *fn, uint64_t physical, uint64_t *offset)
{
	uint32_t mask = mask32(fn, 0x10), value = sim_get32(fn, 0x10) & 0xfffffff0;
	uint64_t size = mask & -mask;

	if (!(fn->value[4] & 2) && !sim_bug_is("memory-ignores-command"))
		return false;
	if (sim_bug_is("memory-stays") && fn->memory_first)
		value = fn->memory_first;
	if (sim_bug_is("memory-at-both") && fn->memory_first &&
	    physical - fn->memory_first < size) {
		*offset = physical - fn->memory_first;
		return true;
	}
	*offset = physical - value;
	return value && mask && *offset < size;
}

uint32_t sim_memory_read(uint64_t physical)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		struct sim_fn *fn = sim.fn[i];
		uint64_t offset;

		if (fn->behind || !passes_down(fn, physical) || !decodes(fn, physical, &offset))
			continue;
		/* Where it was seen first, for the bugs that stay there. */
		if (!fn->memory_first)
			fn->memory_first = (uint32_t)(physical - offset);
		return sim_get32(fn, 0) == EDU && offset == 0 ? EDU_IDENTITY : 0;
	}
	return 0xffffffff;
}
