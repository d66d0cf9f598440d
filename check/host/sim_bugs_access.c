/* Seeded bugs of the mechanisms: ports, lanes, ECAM, routing. */
#include <string.h>
#include "sim_bugs.h"

static bool is_data(const struct sim_port *p)
{
	return (p->port & ~3u) == 0xcfc;
}

bool bug_cfc2_word_lands_low(struct sim_port *p)
{
	if (p->out && p->port == 0xcfe && p->width == 2)
		p->port = 0xcfc;
	return false;
}

bool bug_cfc_read_lanes_swapped(struct sim_port *p)
{
	if (!p->out && is_data(p) && p->width == 1)
		p->port ^= 3;
	return false;
}

bool bug_cf8_without_enable(struct sim_port *p)
{
	if (is_data(p))
		sim.cf8 |= 0x80000000;
	return false;
}

bool bug_cf8_byte_is_address(struct sim_port *p)
{
	if (p->out && p->port == 0xcf8 && p->width == 1)
		sim.cf8 = (sim.cf8 & ~0xffu) | (p->value & 0xff);
	return false;
}

/* Legal, and must not be held against anyone: software writes CF8 before each access. */
void bug_cf8_cleared_by_access(struct sim_access *a, const struct sim_fn *fn)
{
	(void)fn;
	if (!a->ecam)
		sim.cf8 = 0;
}

void bug_cf8_loses_register(struct sim_port *p)
{
	if (!p->out && p->port == 0xcf8 && p->width == 4)
		p->value &= ~0xffu;
}

static bool latch_as_written(struct sim_port *p, uint32_t kept)
{
	if (p->port != 0xcf8 || p->width != 4)
		return false;
	if (p->out)
		sim.cf8 = p->value & kept;
	p->value = sim.cf8;
	return true;
}

bool bug_cf8_reserved_kept(struct sim_port *p)
{
	return latch_as_written(p, ~3u);
}

bool bug_cf8_low_bits_used(struct sim_port *p)
{
	if (is_data(p) && (p->port & 3) + (sim.cf8 & 3) + p->width <= 4)
		p->port = (uint16_t)(p->port + (sim.cf8 & 3));
	return latch_as_written(p, 0x80ffffff);
}

void bug_absent_reads_zero(struct sim_access *a, const struct sim_fn *fn)
{
	if (!fn && !a->write)
		a->value = 0;
}

/* One register's worth of memory where nothing is. */
void bug_absent_remembers(struct sim_access *a, const struct sim_fn *fn)
{
	uint64_t key = (uint64_t)cfg_key(a->at) << 16 | a->reg << 8 | 1;

	if (fn || a->reg >= 0x100 || a->width != 1)
		return;
	if (a->write)
		sim.bug_state = key << 24 | (a->value & 0xff);
	else if (sim.bug_state >> 24 == (key & 0xffffffffff))
		a->value = sim.bug_state & 0xff;
}

bool bug_functions_alias(struct sim_access *a)
{
	struct cfg_address first = {a->at.segment, a->at.bus, (uint8_t)(a->at.devfn & ~7)};
	const struct sim_fn *fn = sim_route(first);

	if (fn && !(fn->value[0x0e] & 0x80))
		a->at = first;
	return false;
}

bool bug_bus_bit_ignored(struct sim_access *a)
{
	a->at.bus &= 0x7f;
	return false;
}

/* Takes the base of an MCFG entry for its first bus instead of for bus 0. */
bool bug_ecam_off_by_start_bus(struct sim_access *a)
{
	for (unsigned i = 0; i < sim.regions && a->ecam; i++) {
		const struct sim_region *region = &sim.region[i];

		if (region->segment == a->at.segment && a->at.bus >= region->start &&
		    a->at.bus <= region->end) {
			a->at.bus = (uint8_t)(a->at.bus + region->start);
			break;
		}
	}
	return false;
}

bool bug_ecam_parts_from_lane_0(struct sim_access *a)
{
	if (a->ecam && !a->write && a->width < 4)
		a->reg &= ~3u;
	return false;
}

bool bug_ecam_odd_byte_written_below(struct sim_access *a)
{
	if (a->ecam && a->write && a->width == 1)
		a->reg &= ~1u;
	return false;
}

bool bug_extended_aliases_low(struct sim_access *a)
{
	a->reg &= 0xff;
	return false;
}

void bug_extended_parts_zero(struct sim_access *a, const struct sim_fn *fn)
{
	if (fn && !a->write && a->reg >= 0x100 && a->width < 4)
		a->value = 0;
}

/* What reads like an extended capability of a function that has no room for one. */
void bug_conventional_extended(struct sim_access *a, const struct sim_fn *fn)
{
	if (!fn && !a->write && a->reg >= 0x100 && sim_route(a->at))
		a->value = 0x00010002u >> 8 * (a->reg & 3) & cfg_ones(a->width);
}

/* Copies of all functions' registers, which one mechanism reads and only its own writes bring up to
 * date. */
static uint8_t copies[SIM_FUNCTIONS_MAX][SIM_SPACE];

static uint8_t *copy_of(const struct sim_fn *fn)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		if (!sim.bug_state)
			memcpy(copies[i], sim.fn[i]->value, SIM_SPACE);
		if (i + 1 == sim.functions)
			sim.bug_state = 1;
	}
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i] == fn)
			return copies[i];
	return copies[0];
}

static void stale(struct sim_access *a, const struct sim_fn *fn, bool ecam)
{
	uint8_t *copy;

	if (!fn)
		return;
	copy = copy_of(fn);
	if (a->ecam != ecam)
		return;
	if (a->write)
		memcpy(copy + (a->reg & ~3u), fn->value + (a->reg & ~3u), 4);
	a->value = 0;
	for (unsigned i = 0; i < a->width; i++)
		a->value |= (uint32_t)copy[a->reg + i] << 8 * i;
}

void bug_ecam_stale(struct sim_access *a, const struct sim_fn *fn)
{
	stale(a, fn, true);
}

void bug_port_stale(struct sim_access *a, const struct sim_fn *fn)
{
	stale(a, fn, false);
}
