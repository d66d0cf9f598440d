/* Seeded bugs of what two vCPUs do to each other. */
#include "sim_bugs.h"
#include "sim_smp.h"

#define VCPUS 2

static bool is_line(const struct sim_access *a)
{
	return a->reg == 0x3c;
}

/*
 * What is written through ECAM waits on its vCPU, and reaches the machine with the next access
 * there.
 */
static struct pending {
	struct sim_fn *fn;
	uint8_t value;
} pending[VCPUS];

static void settle(unsigned vcpu)
{
	struct pending *p = &pending[vcpu];

	if (p->fn)
		p->fn->value[0x3c] = p->value;
	p->fn = NULL;
}

static bool bug_write_waits(struct sim_access *a)
{
	(void)a;
	if (sim.together)
		settle(sim.vcpu);
	else
		pending[0].fn = pending[1].fn = NULL;
	return false;
}

static bool bug_write_is_kept(struct sim_fn *fn, struct sim_access *a)
{
	if (!sim.together || !a->ecam || !is_line(a) || a->width != 1)
		return false;
	pending[sim.vcpu] = (struct pending){fn, (uint8_t)a->value};
	return true;
}

/* A dword through ECAM is written in halves; others come in between. */
static bool bug_dword_in_halves(struct sim_fn *fn, struct sim_access *a)
{
	if (!sim.together || !a->ecam || a->width != 4 || a->reg < 0x10 || a->reg >= 0x28)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t *byte = &fn->value[a->reg + i], writable = fn->writable[a->reg + i];

		if (i == 2)
			sim_switch();
		*byte = (uint8_t)((*byte & ~writable) | (a->value >> 8 * i & writable));
	}
	return true;
}

/* Every vCPU has a CF8. */
static bool bug_cf8_a_vcpu(struct sim_port *p)
{
	static uint32_t own[VCPUS];

	if (!sim.together || (p->port & ~7u) != 0xcf8)
		return false;
	if (p->out && p->port == 0xcf8 && p->width == 4)
		own[sim.vcpu] = p->value & 0x80fffffc;
	sim.cf8 = own[sim.vcpu];
	return false;
}

/* The mask that a probe is answered with is kept in one place for all functions. */
static bool bug_one_probe_for_all(struct sim_fn *fn, struct sim_access *a)
{
	if (sim.together && a->width == 4 && a->value == 0xffffffff && a->reg >= 0x10 &&
	    a->reg < 0x28)
		sim.bug_state = (uint64_t)(uintptr_t)fn;
	return false;
}

static void bug_probe_answered(struct sim_fn *fn, struct sim_access *a)
{
	const struct sim_fn *probed = (const struct sim_fn *)(uintptr_t)sim.bug_state;

	if (!sim.together || !probed || a->reg < 0x10 || a->reg >= 0x28 || a->width != 4 ||
	    sim_get32(fn, a->reg) < 0x80000000)
		return;
	a->value = 0;
	for (unsigned i = 0; i < 4; i++)
		a->value |= (uint32_t)probed->writable[a->reg + i] << 8 * i;
}

/* While a bridge's numbers are written, what goes to other buses ends at its own. */
static bool bug_renumbering_goes_astray(struct sim_fn *fn, struct sim_access *a)
{
	if (sim.together && fn->behind && a->reg == 0x18 && a->width == 4) {
		sim.bug_state = 1;
		sim_switch();
		sim.bug_state = 0;
	}
	return false;
}

static bool bug_astray(struct sim_access *a)
{
	if (sim.bug_state && a->at.bus)
		a->at.bus = a->at.devfn = 0;
	return false;
}

static const struct sim_bug bugs[] = {
    {.name = "vcpu-write-waits",
     .decoded = bug_write_waits,
     .fn_write = bug_write_is_kept,
     .fails = {{"SMP-01", "one vCPU wrote 0x5a, the other read"}}},
    {.name = "vcpu-dword-in-halves",
     .fn_write = bug_dword_in_halves,
     .fails = {{"SMP-02", "over ecam: one vCPU wrote"}}},
    {.name = "vcpu-cf8-of-its-own",
     .port = bug_cf8_a_vcpu,
     .fails = {{"SMP-03", "one vCPU selected it in CF8, CFC read"}}},
    {.name = "vcpu-one-probe-for-all",
     .fn_write = bug_one_probe_for_all,
     .fn_read = bug_probe_answered,
     .fails = {{"SMP-04", "sized while the other vCPU sized another function"},
	       {"SIDE-05", "should be 0xc0000000 as at the start"}}},
    {.name = "vcpu-renumbering-goes-astray",
     .decoded = bug_astray,
     .fn_write = bug_renumbering_goes_astray,
     .fails = {{"SMP-05", "one vCPU moved bus 1 to 63 and back, the other read 0x29c08086"}}},
};

const struct sim_bug_table sim_bugs_vcpus = {bugs, sizeof(bugs) / sizeof(bugs[0])};
