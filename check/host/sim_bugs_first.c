/* Bugs of the first read of a function after start: what has not been there before. */
#include "sim_bugs.h"

/*
 * Whether this is the first read of that register of a function through either mechanism, or
 * through ECAM alone, or ports: then it is marked as read.
 */
static bool first_time(const struct sim_access *a, const struct sim_fn *fn, unsigned reg,
		       bool ports, bool ecam)
{
	static const struct sim_fn *seen[SIM_ORDINARY_MAX];

	if (!fn || a->write || a->reg != reg || a->width != 4 || !(a->ecam ? ecam : ports))
		return false;
	for (unsigned i = 0; i < sim.bug_state; i++)
		if (seen[i] == fn)
			return false;
	seen[sim.bug_state++] = fn;
	return true;
}

/* A copy of each function that is made as the port handler is first asked, and has its revision
 * wrong until then. */
static void bug_first_revision(struct sim_access *a, const struct sim_fn *fn)
{
	if (first_time(a, fn, 0x08, true, false))
		a->value ^= 0xff;
}

/* A function that is made when it is first asked for, and not there yet. */
static void bug_first_absent(struct sim_access *a, const struct sim_fn *fn)
{
	if (first_time(a, fn, 0x00, true, true))
		a->value = 0xffffffff;
}

/* The same of the port handler's own list. */
static void bug_first_absent_port(struct sim_access *a, const struct sim_fn *fn)
{
	if (first_time(a, fn, 0x00, true, false))
		a->value = 0xffffffff;
}

/* A page that is mapped at the first access, and filled after it: one function has it so. */
static void bug_first_zero_ecam(struct sim_access *a, const struct sim_fn *fn)
{
	if (a->at.devfn == 7 << 3 && first_time(a, fn, 0x00, false, true))
		a->value = 0;
}

/* What was read of the function before. */
static void bug_first_is_last(struct sim_access *a, const struct sim_fn *fn)
{
	static uint32_t last;

	if (a->write || a->reg != 0x00 || a->width != 4 || !fn)
		return;
	if (first_time(a, fn, 0x00, true, true) && sim.bug_state > 1) {
		uint32_t now = a->value;

		a->value = last;
		last = now;
	} else {
		last = a->value;
	}
}

/* Bit 7 of the header type is worked out when somebody has asked for function 0. */
static void bug_first_single_function(struct sim_access *a, const struct sim_fn *fn)
{
	if (first_time(a, fn, 0x0c, true, true))
		a->value &= ~0x00800000u;
}

/*
 * Configuration Request Retry Status of the function behind a root port, to software that has not
 * asked to see it.
 */
static void bug_first_retry(struct sim_access *a, const struct sim_fn *fn)
{
	if (a->at.bus == 1 && first_time(a, fn, 0x00, true, true))
		a->value = 0xffff0001;
}

/* Firmware has asked for that: Root Control, bit 4, and that the port can, in Root Capabilities. */
static void machine_retry_visible(void)
{
	struct sim_fn *port = sim_route((struct cfg_address){0, 0, 5 << 3});

	port->value[0x40 + 0x1c] |= 0x10;
	port->value[0x40 + 0x1e] |= 0x01;
}

static const struct sim_bug bugs[] = {
    {.name = "first-revision-port",
     .answered = bug_first_revision,
     .fails = {{"ID-03", "00:00.0 register 0x08 over pio: first read 0x060000fe, now 0x06000001"},
	       {"PV-02", "00:00.0: the table has 0x29c08086 0x06000001"}}},
    {.name = "first-absent",
     .answered = bug_first_absent,
     .fails = {{"ID-03", "00:00.0 register 0x00 over ecam: first read 0xffffffff, now 0x29c08086"},
	       {"PV-02", "03:01.0: the table has 0x00051b36, the bus nothing"}}},
    {.name = "first-absent-port",
     .answered = bug_first_absent_port,
     .fails = {{"ID-03", "00:00.0 register 0x00 over pio: first read 0xffffffff, now 0x29c08086"}}},
    {.name = "first-zero-ecam",
     .answered = bug_first_zero_ecam,
     .fails = {{"ID-03",
		"00:07.0 register 0x00 over ecam: first read 0x00000000, now 0x10441af4"}}},
    {.name = "first-is-last",
     .answered = bug_first_is_last,
     .fails = {{"ID-03",
		"00:02.0 register 0x00 over ecam: first read 0x29c08086, now 0x10d38086"}}},
    {.name = "first-single-function",
     .answered = bug_first_single_function,
     .fails = {{"ID-03", "00:04.0 register 0x0c over ecam: first read 0x00000000, now 0x00800000"},
	       {"PV-02", "00:04.3: the table has 0x00051b36 0x00ff0001 type 0x80"}}},
    {.name = "first-retry",
     .answered = bug_first_retry,
     .fails = {{"ID-03",
		"01:00.0 register 0x00 over ecam: first read 0xffff0001, now 0x10d38086"}}},

    /* Allowed (PCI Express Base 4.0, 2.3.2): software asked to see it. */
    {.name = "legal-first-retry-visible",
     .machine = machine_retry_visible,
     .answered = bug_first_retry},
};

const struct sim_bug_table sim_bugs_first = {bugs, sizeof(bugs) / sizeof(bugs[0])};
