/* Interleaved timing of single operations. */
#include "measure.h"
#include "tsc.h"

#define EMPTIES          9     /* empty pairs a round */
#define BATCH            8     /* samples of an operation a round */
#define SAMPLES_MAX      20000 /* of one operation, when a time budget rules */
#define SAMPLES_MIN      5
#define ROUNDS_KEPT      4096  /* overheads remembered to judge stability */

struct series {
	uint32_t *samples;
	uint32_t n;
	uint64_t used; /* cycles */
};

struct run {
	const struct measure_op *ops;
	const struct measure_plan *plan;
	unsigned count;
	struct series series[MEASURE_OPS_MAX];
	uint32_t limit; /* samples of one operation */
	uint32_t *overheads;
	uint32_t rounds;
};

static void empty(void *context)
{
	(void)context;
}

/* Called through a volatile pointer, as the operations are through theirs, so that both pay for the same call. */
static void (*volatile empty_run)(void *context) = empty;

static uint64_t time_one(void (*run)(void *context), void *context)
{
	uint64_t start = tsc_read();

	run(context);
	return tsc_read() - start;
}

static uint32_t clamp(uint64_t cycles)
{
	return cycles > UINT32_MAX ? UINT32_MAX : (uint32_t)cycles;
}

uint64_t measure_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

static uint32_t round_overhead(void)
{
	uint32_t samples[EMPTIES];

	for (unsigned i = 0; i < EMPTIES; i++)
		samples[i] = clamp(time_one(empty_run, NULL));
	stats_sort(samples, EMPTIES);
	return stats_median(samples, EMPTIES);
}

static bool finished(const struct run *run, const struct series *series)
{
	if (series->n >= run->limit)
		return true;
	return !run->plan->reads && series->n >= SAMPLES_MIN && series->used >= run->plan->budget;
}

static void sample(struct run *run, unsigned op, uint32_t overhead, bool keep)
{
	struct series *series = &run->series[op];

	for (unsigned i = 0; i < BATCH && !finished(run, series); i++) {
		uint64_t cycles = time_one(run->ops[op].run, run->ops[op].context);

		if (!keep)
			continue;
		series->used += cycles;
		series->samples[series->n++] = clamp(cycles > overhead ? cycles - overhead : 0);
	}
}

static bool one_round(struct run *run, uint64_t *random, bool keep)
{
	unsigned order[MEASURE_OPS_MAX];
	uint32_t overhead = round_overhead();
	bool more = false;

	for (unsigned i = 0; i < run->count; i++) {
		unsigned j = (unsigned)(measure_random(random) % (i + 1));

		order[i] = order[j];
		order[j] = i;
	}
	if (keep && run->rounds < ROUNDS_KEPT)
		run->overheads[run->rounds++] = overhead;
	for (unsigned i = 0; i < run->count; i++) {
		sample(run, order[i], overhead, keep);
		more |= !finished(run, &run->series[order[i]]);
	}
	return more;
}

bool measure_run(const struct measure_op *ops, unsigned count, const struct measure_plan *plan,
		 struct measure_result *results, size_t *need)
{
	struct run run = {.ops = ops, .plan = plan, .count = count, .limit = plan->reads ? plan->reads : SAMPLES_MAX};
	size_t mark = arena_mark(plan->arena);
	uint64_t random = plan->seed ? plan->seed : 1;
	uint32_t *scratch = ARENA_TAKE(plan->arena, uint32_t, run.limit);
	uint32_t spread, overhead;
	bool room = scratch;

	run.overheads = ARENA_TAKE(plan->arena, uint32_t, ROUNDS_KEPT);
	for (unsigned i = 0; i < count && run.overheads; i++) {
		run.series[i].samples = ARENA_TAKE(plan->arena, uint32_t, run.limit);
		room &= run.series[i].samples != NULL;
	}
	*need = ((size_t)count + 1) * run.limit * sizeof(uint32_t) + ROUNDS_KEPT * sizeof(uint32_t);
	if (!room || !run.overheads) {
		arena_release(plan->arena, mark);
		return false;
	}
	one_round(&run, &random, false);
	while (one_round(&run, &random, true))
		;
	stats_sort(run.overheads, run.rounds);
	overhead = stats_median(run.overheads, run.rounds);
	spread = run.overheads[run.rounds * 9 / 10] - run.overheads[run.rounds / 10];
	for (unsigned i = 0; i < count; i++) {
		struct stats *stats = &results[i].stats;

		stats_summarise(run.series[i].samples, scratch, run.series[i].n, stats);
		results[i].overhead = overhead;
		results[i].stable = spread <= (stats->p50 + overhead) / 10;
	}
	arena_release(plan->arena, mark);
	return true;
}
