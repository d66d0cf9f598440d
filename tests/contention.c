/*
 * What many vCPUs make of one mechanism: all read at once, through ports under a lock, as an
 * operating system must, and through ECAM, which needs none; RAM tells what the host itself makes
 * of so many.
 */
#include "measure.h"
#include "stats.h"
#include "team.h"
#include "test.h"
#include "text.h"
#include "tsc.h"

/* Samples of all vCPUs of a round together; each keeps its last ones. */
#define SAMPLES_MAX 16384
#define SAMPLES_OF  4096

#define EMPTIES     9
#define ROUNDS      3  /* of each mechanism in turn; the one with the middle rate is reported */
#define LEVELS_MAX  10 /* 1, 2, 4 to 256, and a last one between two of those */

enum mechanism { PORTS_LOCKED, ECAM_SAME, ECAM_OWN, RAM, MECHANISMS };

static const char *const names[] = {"pio-locked", "ecam-same", "ecam-own", "ram"};

struct worker {
	uint32_t (*read)(struct worker *w);
	struct team_member *member;
	struct cfg *cfg;
	struct cfg_address at;
	const volatile uint32_t *memory;
	uint32_t expect;

	uint32_t *samples;
	uint32_t mask; /* of the index in samples: how many there are, less 1 */
	uint32_t overhead;
	uint64_t accesses, wrong, cycles;
} __attribute__((aligned(128)));

struct round {
	uint64_t accesses, cycles, least, most, wrong;
	uint32_t overhead;
	struct stats stats;
};

struct level {
	unsigned vcpus;
	uint64_t rate[MECHANISMS]; /* accesses in 10^9 cycles; 0: not measured */
	bool oversubscribed;
};

struct contention {
	struct session *s;
	struct team *team;
	const struct pci_map *map[PATHS]; /* NULL: no such path */
	uint32_t *memory;
	struct worker *worker;
	uint32_t *samples, *scratch;
	uint64_t duration; /* of a round, cycles; or */
	uint32_t reads;    /* exactly that many of each vCPU; 0: as many as fit */
	bool stop;
	struct round round[MECHANISMS][ROUNDS];
	struct level level[LEVELS_MAX];
	unsigned levels;
};

static uint32_t read_cfg(struct worker *w)
{
	return cfg_read32(w->cfg, w->at, PCI_ID);
}

static uint32_t read_memory(struct worker *w)
{
	return *w->memory;
}

static uint32_t read_nothing(struct worker *w)
{
	return w->expect;
}

/*
 * One read between two readings of the counter. Volatile, so that the empty one is called as well.
 */
static uint64_t time_read(struct worker *w, uint32_t (*volatile read)(struct worker *w))
{
	uint64_t start = tsc_read();

	w->wrong += read(w) != w->expect;
	return tsc_read() - start;
}

static uint32_t overhead_of(struct worker *w)
{
	uint32_t samples[EMPTIES];

	for (unsigned i = 0; i < EMPTIES; i++)
		samples[i] = (uint32_t)time_read(w, read_nothing);
	stats_sort(samples, EMPTIES);
	return stats_median(samples, EMPTIES);
}

/*
 * The first ends the round for all: what it says is seen everywhere, what its counter says may not
 * be.
 */
static bool finished(struct contention *c, const struct worker *w, unsigned vcpu, uint64_t begin)
{
	if (c->reads)
		return w->accesses == c->reads;
	if (vcpu == 0 && tsc_read() - begin >= c->duration)
		__atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
	return __atomic_load_n(&c->stop, __ATOMIC_RELAXED);
}

static void work(struct team *team, unsigned vcpu)
{
	struct contention *c = team->context;
	struct worker *w = &c->worker[vcpu];
	uint64_t begin;

	w->overhead = overhead_of(w);
	begin = tsc_read();
	do {
		uint64_t cycles = time_read(w, w->read);

		cycles = cycles > w->overhead ? cycles - w->overhead : 0;
		w->samples[w->accesses++ & w->mask] =
		    cycles > UINT32_MAX ? UINT32_MAX : (uint32_t)cycles;
	} while (!finished(c, w, vcpu, begin));
	w->cycles = tsc_read() - begin;
}

static void set_up(const struct contention *c, enum mechanism mechanism, struct worker *w,
		   unsigned k)
{
	const struct pci_map *map = c->map[mechanism == PORTS_LOCKED ? PATH_PIO : PATH_ECAM];
	struct team_member *member = &c->team->member[k];

	w->accesses = w->wrong = 0;
	if (mechanism == RAM) {
		w->read = read_memory;
		w->memory = c->memory;
		w->expect = *c->memory;
	} else {
		const struct pci_function *fn =
		    &map->fn[mechanism == ECAM_OWN ? k % map->count : 0];

		w->read = read_cfg;
		w->cfg = mechanism == PORTS_LOCKED ? &member->locked : &member->path[PATH_ECAM];
		w->at = fn->at;
		w->expect = fn->id;
	}
}

static bool is_there(const struct contention *c, enum mechanism mechanism)
{
	if (mechanism == RAM)
		return true;
	return c->map[mechanism == PORTS_LOCKED ? PATH_PIO : PATH_ECAM] != NULL;
}

/*
 * What all did together. They began at once: a round takes as long as the first says, which ends
 * it, or as the longest where each has its number of reads.
 */
static void sum_up(const struct contention *c, unsigned vcpus, struct round *r)
{
	uint32_t n = 0;

	*r = (struct round){.least = UINT64_MAX};
	for (unsigned k = 0; k < vcpus; k++) {
		const struct worker *w = &c->worker[k];
		uint64_t kept = w->accesses <= w->mask ? w->accesses : w->mask + 1ull;

		r->accesses += w->accesses;
		r->wrong += w->wrong;
		if (k == 0 || (c->reads && w->cycles > r->cycles))
			r->cycles = w->cycles;
		if (w->accesses < r->least)
			r->least = w->accesses;
		if (w->accesses > r->most)
			r->most = w->accesses;
		if (w->overhead > r->overhead)
			r->overhead = w->overhead;
		for (uint64_t i = 0; i < kept; i++)
			c->samples[n++] = w->samples[i];
	}
	stats_summarise(c->samples, c->scratch, n, &r->stats);
}

/* Of n times what one alone does, in thousandths. */
static uint64_t scaling(const struct contention *c, const struct level *level, unsigned mechanism)
{
	uint64_t alone = c->level[0].rate[mechanism] * level->vcpus;

	return alone ? (level->rate[mechanism] * 1000 + alone / 2) / alone : 0;
}

static unsigned functions_of(const struct contention *c, enum mechanism mechanism, unsigned vcpus)
{
	if (mechanism != ECAM_OWN)
		return mechanism != RAM;
	return c->map[PATH_ECAM]->count < vcpus ? c->map[PATH_ECAM]->count : vcpus;
}

static void report_round(const struct contention *c, const struct level *level,
			 enum mechanism mechanism, const struct round *r)
{
	struct report *report = c->s->report;
	char row[40];

	report_open(report, "contention");
	report_string(report, "mechanism", names[mechanism]);
	report_number(report, "vcpus", level->vcpus);
	report_number(report, "functions", functions_of(c, mechanism, level->vcpus));
	report_number(report, "accesses", r->accesses);
	report_number(report, "cycles", r->cycles);
	report_number(report, "per_gcycle", level->rate[mechanism]);
	report_number(report, "scaling", scaling(c, level, mechanism));
	report_number(report, "least", r->least);
	report_number(report, "most", r->most);
	report_number(report, "n", r->stats.n);
	report_number(report, "min", r->stats.min);
	report_number(report, "p50", r->stats.p50);
	report_number(report, "p90", r->stats.p90);
	report_number(report, "p99", r->stats.p99);
	report_number(report, "max", r->stats.max);
	report_number(report, "mad", r->stats.mad);
	report_number(report, "overhead", r->overhead);
	report_bool(report, "oversubscribed", level->oversubscribed);
	report_close(report);
	text_format(row, sizeof(row), "%u vCPU%s, %s", level->vcpus, level->vcpus > 1 ? "s" : "",
		    names[mechanism]);
	report_note(report, "%-24s %12llu %6llu.%03llu %10llu %10llu %10llu %6llu.%03llu", row,
		    (unsigned long long)level->rate[mechanism],
		    (unsigned long long)(scaling(c, level, mechanism) / 1000),
		    (unsigned long long)(scaling(c, level, mechanism) % 1000),
		    (unsigned long long)r->stats.p50, (unsigned long long)r->stats.p90,
		    (unsigned long long)r->stats.p99,
		    (unsigned long long)(r->least * 1000 / r->most / 1000),
		    (unsigned long long)(r->least * 1000 / r->most % 1000));
}

/*
 * Four fifths: of n vCPUs on fewer processors the loss is at least one part in n, and a busy host
 * takes as much; what two threads of one core take from each other is not to be counted.
 */
#define SCALES 800

static uint64_t rate_of(const struct round *r)
{
	return r->cycles ? r->accesses * 1000000000 / r->cycles : 0;
}

static const struct round *middle(const struct round *rounds)
{
	const struct round *a = &rounds[0], *b = &rounds[1], *c = &rounds[2];
	bool ab = rate_of(a) < rate_of(b), bc = rate_of(b) < rate_of(c),
	     ac = rate_of(a) < rate_of(c);

	if (ab == bc)
		return b;
	return ab == ac ? c : a;
}

static bool run_round(struct contention *c, unsigned vcpus, enum mechanism mechanism,
		      struct round *r)
{
	uint32_t mask = SAMPLES_OF - 1;

	while ((mask + 1) * vcpus > SAMPLES_MAX)
		mask >>= 1;
	for (unsigned k = 0; k < vcpus; k++) {
		c->worker[k].mask = mask;
		set_up(c, mechanism, &c->worker[k], k);
	}
	c->team->count = vcpus;
	c->stop = false;
	if (!team_run(c->team, work, c))
		return false;
	sum_up(c, vcpus, r);
	if (r->wrong)
		session_fail(c->s, "%llu of %llu reads by %u vCPUs through %s were wrong",
			     (unsigned long long)r->wrong, (unsigned long long)r->accesses, vcpus,
			     names[mechanism]);
	return true;
}

static bool measure_level(struct contention *c, struct level *level)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		for (unsigned m = 0; m < MECHANISMS; m++)
			if (is_there(c, m) && !run_round(c, level->vcpus, m, &c->round[m][i]))
				return false;
	for (unsigned m = 0; m < MECHANISMS; m++)
		if (is_there(c, m))
			level->rate[m] = rate_of(middle(c->round[m]));
	level->oversubscribed = scaling(c, level, RAM) < SCALES;
	for (unsigned m = 0; m < MECHANISMS; m++)
		if (is_there(c, m))
			report_round(c, level, m, middle(c->round[m]));
	return true;
}

/* The maps stay when the rest of the arena is given back. */
static void take_maps(struct contention *c)
{
	struct session *s = c->s;

	for (unsigned p = 0; p < PATHS; p++) {
		const struct pci_map *map = s->found.usable[p] ? inventory_map(s, p) : NULL;

		c->map[p] = map && map->count ? map : NULL;
	}
}

static bool prepare(struct contention *c)
{
	struct session *s = c->s;
	unsigned vcpus = s->platform->vcpus;

	c->team = team_new(s, vcpus);
	c->worker = ARENA_TAKE(s->arena, struct worker, vcpus);
	c->memory = arena_take(s->arena, 4096, 4096);
	c->samples = ARENA_TAKE(s->arena, uint32_t, SAMPLES_MAX);
	c->scratch = ARENA_TAKE(s->arena, uint32_t, SAMPLES_MAX);
	if (!c->team)
		return false;
	for (unsigned k = 0; c->worker && k < vcpus; k++) {
		c->worker[k].samples = ARENA_TAKE(s->arena, uint32_t, SAMPLES_OF);
		if (!c->worker[k].samples)
			c->worker = NULL;
	}
	if (!c->worker || !c->memory || !c->samples || !c->scratch) {
		session_error(s, "no memory for the samples of %u vCPUs", vcpus);
		return false;
	}
	*c->memory = 0x5aa5c33c;
	return true;
}

static void say_what_it_means(const struct contention *c)
{
	for (unsigned i = 0; i < c->levels; i++)
		if (c->level[i].oversubscribed) {
			report_note(c->s->report,
				    "from %u vCPUs on RAM alone does not scale: the host has fewer "
				    "processors free, and the figures show that as well",
				    c->level[i].vcpus);
			return;
		}
}

static void reads(struct session *s, const struct test *test)
{
	struct contention c = {
	    .s = s, .duration = session_budget_cycles(s) / ROUNDS, .reads = s->options->reads};
	unsigned vcpus = s->platform->vcpus;
	size_t mark;

	(void)test;
	take_maps(&c);
	mark = arena_mark(s->arena);
	if (prepare(&c)) {
		report_note(s->report, "%-24s %12s %10s %10s %10s %10s %10s", "all read at once",
			    "per 10^9", "of n", "p50", "p90", "p99", "slowest");
		report_note(s->report, "%-24s %12s %10s %10s %10s %10s %10s", "", "cycles", "alone",
			    "", "", "", "to fastest");
		for (unsigned n = 1; n; n = team_next_count(n, vcpus)) {
			struct level *level = &c.level[c.levels++];

			level->vcpus = n;
			if (!measure_level(&c, level))
				break;
		}
		say_what_it_means(&c);
		session_pass(s);
	}
	arena_release(s->arena, mark);
}

TEST(.name = "contention.reads", .flags = TEST_LONG | TEST_NEEDS_VCPUS, .run = reads);
