/*
 * Seeded bugs, each seen in a hypervisor or one step from it. To add one: a member of enum sim_bug, a
 * function for the layer that it sits in, and a line in the table.
 */
#include "sim.h"

static bool cfc2_word_lands_low(struct sim_port *p)
{
	if (p->out && p->port == 0xcfe && p->width == 2)
		p->port = 0xcfc;
	return false;
}

static bool cf8_without_enable(struct sim_port *p)
{
	if ((p->port & ~3u) == 0xcfc)
		sim.cf8 |= 0x80000000;
	return false;
}

static bool cf8_byte_is_address(struct sim_port *p)
{
	if (p->out && p->port == 0xcf8 && p->width == 1)
		sim.cf8 = (sim.cf8 & ~0xffu) | (p->value & 0xff);
	return false;
}

/* Legal, and must not be held against anyone: software writes CF8 before each access. */
static void cf8_cleared_by_access(struct sim_access *a, const struct sim_fn *fn)
{
	(void)fn;
	if (!a->ecam)
		sim.cf8 = 0;
}

static void absent_reads_zero(struct sim_access *a, const struct sim_fn *fn)
{
	if (!fn && !a->write)
		a->value = 0;
}

static bool extended_aliases_low(struct sim_access *a)
{
	a->reg &= 0xff;
	return false;
}

/* Takes the base of an MCFG entry for its first bus instead of for bus 0. */
static bool ecam_off_by_start_bus(struct sim_access *a)
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

static bool command_write_dropped(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	return a->reg == 4;
}

static void type_bits_missing(struct sim_fn *fn, struct sim_access *a)
{
	bool probed = sim_get32(fn, a->reg & ~3u) >> 16 == 0xffff;

	if (a->width == 4 && a->reg >= 0x10 && a->reg < 0x28 && probed)
		a->value &= ~0xfu;
}

/* The first write of an address after a probe is lost. */
static bool bar_not_restored(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	if (a->reg < 0x10 || a->reg >= 0x28)
		return false;
	if (a->value == 0xffffffff) {
		sim.bug_state = a->reg;
		return false;
	}
	return sim.bug_state == a->reg;
}

const struct sim_bug_hooks sim_bugs[SIM_BUG_COUNT] = {
    [SIM_BUG_NONE] = {.name = "none"},
    [SIM_BUG_CFC2_WORD_LANDS_LOW] = {.name = "cfc2-word-lands-low", .port = cfc2_word_lands_low},
    [SIM_BUG_CF8_WITHOUT_ENABLE] = {.name = "cf8-without-enable", .port = cf8_without_enable},
    [SIM_BUG_CF8_BYTE_IS_ADDRESS] = {.name = "cf8-byte-is-address", .port = cf8_byte_is_address},
    [SIM_BUG_CF8_CLEARED_BY_ACCESS] = {.name = "cf8-cleared-by-access", .answered = cf8_cleared_by_access},
    [SIM_BUG_ABSENT_READS_ZERO] = {.name = "absent-reads-zero", .answered = absent_reads_zero},
    [SIM_BUG_EXTENDED_ALIASES_LOW] = {.name = "extended-aliases-low", .decoded = extended_aliases_low},
    [SIM_BUG_ECAM_OFF_BY_START_BUS] = {.name = "ecam-off-by-start-bus", .decoded = ecam_off_by_start_bus},
    [SIM_BUG_COMMAND_WRITE_DROPPED] = {.name = "command-write-dropped", .fn_write = command_write_dropped},
    [SIM_BUG_TYPE_BITS_MISSING] = {.name = "type-bits-missing", .fn_read = type_bits_missing},
    [SIM_BUG_BAR_NOT_RESTORED] = {.name = "bar-not-restored", .fn_write = bar_not_restored},
};
