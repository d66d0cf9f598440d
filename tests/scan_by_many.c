/*
 * A bus scan with sizing by many vCPUs over ECAM, against one: each takes the next bus that nobody
 * has taken. The accesses must be the same; what the time becomes is the hypervisor's.
 */
#include "bar.h"
#include "repeat.h"
#include "stats.h"
#include "team.h"
#include "test.h"
#include "tsc.h"

#define PASSES_MAX 16

/* As Linux sizes today. */
#define STRATEGY   (&sizing_strategies[1])

struct finds {
	unsigned functions, bars;
	uint64_t cycles;
} __attribute__((aligned(128)));

struct many {
	uint32_t next __attribute__((aligned(128))); /* bus that nobody has taken */
	struct session *s __attribute__((aligned(128)));
	struct team *team;
	struct cfg_address *bus; /* devfn is 0 */
	unsigned buses;
	struct finds *found; /* by vCPU */
	unsigned functions, bars;
	uint64_t cycles[PASSES_MAX]; /* of each pass, from the moment that all were there */
	unsigned passes;
};

static void scan_bus(struct cfg *cfg, struct cfg_address bus, struct finds *found)
{
	struct pci_bus_walk on = {.segment = bus.segment, .bus = bus.bus};
	struct bar_registers raw;
	struct pci_function fn;
	struct bar_set set;

	while (pci_bus_next(cfg, &on, &fn)) {
		sizing_run(cfg, STRATEGY, &fn, &raw);
		bar_decode(&fn, &raw, &set, &diag_silent);
		found->functions++;
		found->bars += set.count;
	}
}

static void work(struct team *team, unsigned vcpu)
{
	struct many *m = team->context;
	struct finds *found = &m->found[vcpu];
	uint64_t begin = tsc_read();
	uint32_t i;

	*found = (struct finds){0};
	while ((i = __atomic_fetch_add(&m->next, 1, __ATOMIC_RELAXED)) < m->buses)
		scan_bus(&team->member[vcpu].path[PATH_ECAM], m->bus[i], found);
	found->cycles = tsc_read() - begin;
}

static bool pass(void *context)
{
	struct many *m = context;
	uint64_t longest = 0;

	m->next = 0;
	m->functions = m->bars = 0;
	if (!team_run(m->team, work, m))
		return false;
	for (unsigned k = 0; k < m->team->count; k++) {
		m->functions += m->found[k].functions;
		m->bars += m->found[k].bars;
		if (m->found[k].cycles > longest)
			longest = m->found[k].cycles;
	}
	if (m->passes < PASSES_MAX)
		m->cycles[m->passes++] = longest;
	return true;
}

static void add_bus(struct many *m, struct pci_bus_set *listed, uint16_t segment, uint8_t bus)
{
	if (pci_bus_in(listed, bus))
		return;
	pci_bus_add(listed, bus);
	m->bus[m->buses++] = (struct cfg_address){segment, bus, 0};
}

/* Buses with functions, and those that bridges lead to. The walk ends a segment before the next. */
static void list_buses(struct many *m, const struct pci_map *map)
{
	struct pci_bus_set listed = {0};

	for (unsigned i = 0; i < map->count; i++) {
		const struct pci_function *fn = &map->fn[i];

		if (i && map->fn[i - 1].at.segment != fn->at.segment)
			listed = (struct pci_bus_set){0};
		add_bus(m, &listed, fn->at.segment, fn->at.bus);
		if (pci_is_bridge(fn) && pci_secondary(fn) > fn->at.bus)
			add_bus(m, &listed, fn->at.segment, pci_secondary(fn));
	}
}

static bool prepare(struct many *m, const struct pci_map *map)
{
	struct session *s = m->s;

	m->team = team_new(s, s->platform->vcpus);
	m->bus = ARENA_TAKE(s->arena, struct cfg_address, 2 * map->count);
	m->found = ARENA_TAKE(s->arena, struct finds, s->platform->vcpus);
	if (m->team && (!m->bus || !m->found))
		session_error(s, "no memory for a scan by %u vCPUs", s->platform->vcpus);
	return m->team && m->bus && m->found;
}

static void report_level(const struct many *m, const struct cost *cost, uint64_t alone)
{
	struct report *r = m->s->report;
	uint64_t accesses = cost->reads + cost->writes;
	uint64_t ratio = alone ? (cost->cycles * 1000 + alone / 2) / alone : 0;

	report_open(r, "parallel_scan");
	report_string(r, "path", discovery_path_names[PATH_ECAM]);
	report_string(r, "sizing", STRATEGY->name);
	report_number(r, "vcpus", m->team->count);
	report_number(r, "functions", m->functions);
	report_number(r, "buses", m->buses);
	report_number(r, "bars", m->bars);
	cost_report(r, cost);
	report_number(r, "ratio", ratio);
	report_close(r);
	report_note(r, "a scan by %u vCPU%s takes %llu accesses, %llu.%03llu of the time of one",
		    m->team->count, m->team->count > 1 ? "s" : "", (unsigned long long)accesses,
		    (unsigned long long)(ratio / 1000), (unsigned long long)(ratio % 1000));
}

static bool run_level(struct many *m, unsigned vcpus, struct cost *cost)
{
	m->team->count = vcpus;
	m->passes = 0;
	if (!repeat(m->s, &m->s->found.path[PATH_ECAM], pass, m, cost))
		return false;
	/* Without what it took to start the others. */
	cost->first = m->cycles[0];
	cost->cycles = stats_median64(m->cycles, m->passes);
	return true;
}

static void scan_by_many(struct session *s, const struct test *test)
{
	const struct pci_map *map = inventory_map(s, PATH_ECAM);
	struct many *m;
	size_t mark;
	struct cost alone = {0};
	unsigned functions = 0, bars = 0;

	(void)test;
	if (!map)
		return;
	mark = arena_mark(s->arena);
	m = arena_take(s->arena, sizeof(*m), _Alignof(struct many));
	if (!m) {
		session_error(s, "no memory for a scan");
		return;
	}
	m->s = s;
	if (prepare(m, map)) {
		list_buses(m, map);
		for (unsigned n = 1; n; n = team_next_count(n, s->platform->vcpus)) {
			struct cost cost = {0};

			if (!run_level(m, n, &cost))
				break;
			if (n == 1) {
				alone = cost;
				functions = m->functions;
				bars = m->bars;
			}
			report_level(m, &cost, alone.cycles);
			if (cost.reads != alone.reads || cost.writes != alone.writes ||
			    m->functions != functions || m->bars != bars)
				session_fail(
				    s,
				    "%u vCPUs find %u functions and %u BARs with %llu reads and "
				    "%llu writes, one finds %u and %u with %llu and %llu",
				    n, m->functions, m->bars, (unsigned long long)cost.reads,
				    (unsigned long long)cost.writes, functions, bars,
				    (unsigned long long)alone.reads,
				    (unsigned long long)alone.writes);
			session_pass(s);
		}
	}
	arena_release(s->arena, mark);
}

TEST(.name = "contention.scan", .flags = TEST_LONG | TEST_NEEDS_ECAM | TEST_NEEDS_VCPUS,
     .run = scan_by_many);
