/* How many exits the configuration accesses of Linux's boot will take here, and whose they are. */
#include "budget.h"
#include "mem.h"
#include "session.h"
#include "test.h"
#include "text.h"

/* What may boot: how it sizes, whether it reads below 100h through ports, and whether it looks at
 * buses that nothing leads to. */
struct kernel {
	const char *name;
	enum budget_sizing sizing;
	bool ports, all_buses;
};

/* The last that takes the ports is what boots today. */
static const struct kernel kernels[] = {
    {"before-6.14", BUDGET_PER_BAR, true, true},
    {"6.14", BUDGET_BATCHED, true, true},
    {"series", BUDGET_TABLE, false, false},
};
#define KERNELS (sizeof(kernels) / sizeof(kernels[0]))

/* What one kernel makes of it here. */
struct estimate {
	uint64_t accesses, exits;
	uint64_t buses_exits; /* of these: the look at buses that nothing leads to */
	uint64_t sizing;      /* accesses */
	unsigned path;        /* below 100h */
	enum budget_sizing by;
	bool known; /* whether it is known which ECAM reads exit */
};

static int last_bus(const struct session *s)
{
	const struct acpi *acpi = s->platform->acpi;
	int last = -1;

	for (unsigned i = 0; i < acpi->mcfg_count; i++)
		if (acpi->mcfg[i].segment == 0 && acpi->mcfg[i].end > last)
			last = acpi->mcfg[i].end;
	return last;
}

static void estimate(const struct session *s, const struct budget *b, const struct kernel *kernel,
		     struct estimate *e)
{
	const struct budget_count *sizing;
	uint64_t reads, buses = kernel->all_buses ? b->buses : 0;

	*e = (struct estimate){.by = kernel->sizing, .path = PATH_PIO};
	/* Linux takes ports where they work, the series where ECAM does not. */
	if (!s->found.usable[PATH_PIO] || (!kernel->ports && s->found.usable[PATH_ECAM]))
		e->path = PATH_ECAM;
	/* It knows no other table than the hypervisor's own in fw_cfg. */
	if (e->by == BUDGET_TABLE && s->found.table != MASK_TABLE_LIVE)
		e->by = BUDGET_ONCE;
	sizing = &b->sizing[e->by];
	reads = b->early + b->slots + b->absent + b->setup.reads + sizing->reads;
	e->sizing = sizing->reads + sizing->writes;
	e->accesses =
	    reads + b->setup.writes + sizing->writes + buses + b->express.reads + b->express.writes;
	e->buses_exits = discovery_exits(s, e->path, buses, 0);
	e->exits = discovery_exits(s, e->path, reads, b->setup.writes + sizing->writes) +
		   e->buses_exits +
		   discovery_exits(s, PATH_ECAM, b->express.reads, b->express.writes) +
		   (e->by == BUDGET_TABLE);
	e->known =
	    discovery_exits_known(s, (e->path == PATH_ECAM ? reads + buses : 0) + b->express.reads);
}

static const char *const sizing_names[] = {"per-bar", "batched", "once", "paravirtual"};

static void report_estimate(const struct session *s, const struct budget *b,
			    const struct kernel *kernel, const struct estimate *e)
{
	struct report *r = s->report;

	report_open(r, "budget");
	report_string(r, "kernel", kernel->name);
	report_string(r, "path", discovery_path_names[e->path]);
	report_string(r, "sizing", sizing_names[e->by]);
	report_number(r, "functions", b->functions);
	report_number(r, "accesses", e->accesses);
	report_number(r, "early", b->early);
	report_number(r, "slots", b->slots);
	report_number(r, "absent_devices", b->absent);
	report_number(r, "setup", b->setup.reads + b->setup.writes);
	report_number(r, "extended", b->express.reads + b->express.writes);
	report_number(r, "sized", e->sizing);
	report_number(r, "absent_buses", kernel->all_buses ? b->buses : 0);
	if (e->known) {
		report_number(r, "exits", e->exits);
		report_number(r, "exits_absent_buses", e->buses_exits);
	}
	report_close(r);
}

static void keep(struct session *s, const struct kernel *kernel, const struct estimate *e)
{
	*(kernel->ports ? &s->costs.linux_now : &s->costs.linux_series) =
	    (struct boot_cost){sizing_names[e->by], e->path, e->known, e->exits, e->buses_exits};
}

static const char *kernel_words(const struct kernel *kernel)
{
	return kernel->ports ? kernel->name : "with the series for it";
}

static void say(struct session *s, const struct budget *b, const struct kernel *kernel,
		const struct estimate *e)
{
	char buses[100] = "";

	if (!e->known) {
		report_note(s->report, "budget: Linux %s: about %llu configuration accesses",
			    kernel_words(kernel), (unsigned long long)e->accesses);
		return;
	}
	if (e->buses_exits)
		text_format(buses, sizeof(buses),
			    ", %llu of them for %u buses that MCFG names and nothing leads to",
			    (unsigned long long)e->buses_exits, b->buses_absent);
	report_note(s->report, "budget: Linux %s: about %llu exits for %llu accesses%s",
		    kernel_words(kernel), (unsigned long long)e->exits,
		    (unsigned long long)e->accesses, buses);
}

static void budget(struct session *s, const struct test *test)
{
	unsigned path = s->found.usable[PATH_PIO] ? PATH_PIO : PATH_ECAM;
	struct index by_address;
	struct budget_machine machine = {.cfg = &s->found.path[path],
					 .by_address = &by_address,
					 .roots = &s->found.roots,
					 .last_bus = last_bus(s),
					 .acpi_slots = s->found.vmm == VMM_QEMU};
	struct budget b;
	size_t mark;

	(void)test;
	if (!discovery_needs_path(s, path))
		return;
	machine.map = inventory_map(s, path);
	if (!machine.map || !inventory_needs_all(s))
		return;
	mark = arena_mark(s->arena);
	by_address.pair = ARENA_TAKE(s->arena, uint64_t, 2 * machine.map->count + 1);
	if (!by_address.pair) {
		session_error(s, "no memory for an index of %u functions", machine.map->count);
		return;
	}
	pci_map_index(machine.map, &by_address);
	if (s->found.usable[PATH_ECAM])
		machine.extended = &s->found.path[PATH_ECAM];
	budget_make(&b, &machine, &s->diag);
	arena_release(s->arena, mark);
	if (!b.functions) {
		session_skip(s, "no function in segment 0");
		return;
	}
	for (unsigned i = 0; i < KERNELS; i++) {
		struct estimate e;

		estimate(s, &b, &kernels[i], &e);
		report_estimate(s, &b, &kernels[i], &e);
		say(s, &b, &kernels[i], &e);
		keep(s, &kernels[i], &e);
	}
	session_pass(s);
}

TEST(.name = "budget.linux", .run = budget);
