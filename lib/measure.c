/* Interleaved timing of single operations. */
#include "measure.h"
#include "tsc.h"

#define EMPTIES         9     /* empty pairs a round */
#define SAMPLES_A_ROUND 8     /* samples of an operation a round */
#define SAMPLES_MAX     20000 /* of one operation, when a time budget rules */
#define SAMPLES_MIN     5
#define ROUNDS_KEPT     4096 /* overheads remembered to judge stability */
#define FAST            100  /* cycles below which an operation is batched */

enum pace { SINGLE, BATCHED, PACES };

static const unsigned calls[PACES] = {[SINGLE] = 1, [BATCHED] = MEASURE_BATCH};

struct series {
	enum pace pace;
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
	uint32_t *overheads[PACES];
	uint32_t rounds;
};

static void empty(void *context)
{
	(void)context;
}

/* Called through a volatile pointer, as the operations are through theirs, so that both pay for the
 * same call. */
static void (*volatile empty_run)(void *context) = empty;

static uint64_t time_sample(void (*run)(void *context), void *context, enum pace pace)
{
	uint64_t start = tsc_read();

	if (pace == SINGLE) {
		run(context);
		return tsc_read() - start;
	}
	for (unsigned i = 0; i < calls[BATCHED]; i++) {
		run(context);
		__asm__ volatile("lfence" : : : "memory");
	}
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

static uint32_t round_overhead(enum pace pace)
{
	uint32_t samples[EMPTIES];

	for (unsigned i = 0; i < EMPTIES; i++)
		samples[i] = clamp(time_sample(empty_run, NULL, pace));
	stats_sort(samples, EMPTIES);
	return stats_median(samples, EMPTIES);
}

static bool finished(const struct run *run, const struct series *series)
{
	if (series->n >= run->limit)
		return true;
	return !run->plan->reads && series->n >= SAMPLES_MIN && series->used >= run->plan->budget;
}

static void sample(struct run *run, unsigned op, uint32_t overhead)
{
	struct series *series = &run->series[op];

	for (unsigned i = 0; i < SAMPLES_A_ROUND && !finished(run, series); i++) {
		uint64_t cycles = time_sample(run->ops[op].run, run->ops[op].context, series->pace);

		series->used += cycles;
		series->samples[series->n++] = clamp(cycles > overhead ? cycles - overhead : 0);
	}
}

/* The first round: nothing is kept but which operations are too fast to be timed one by one. */
static void warm_up(struct run *run)
{
	uint32_t overhead = round_overhead(SINGLE), samples[SAMPLES_A_ROUND];

	for (unsigned op = 0; op < run->count; op++) {
		for (unsigned i = 0; i < SAMPLES_A_ROUND; i++)
			samples[i] =
			    clamp(time_sample(run->ops[op].run, run->ops[op].context, SINGLE));
		stats_sort(samples, SAMPLES_A_ROUND);
		if (stats_median(samples, SAMPLES_A_ROUND) < overhead + FAST)
			run->series[op].pace = BATCHED;
	}
}

static bool one_round(struct run *run, uint64_t *random)
{
	unsigned order[MEASURE_OPS_MAX] = {0};
	uint32_t overhead[PACES] = {round_overhead(SINGLE), round_overhead(BATCHED)};
	bool more = false;

	for (unsigned i = 0; i < run->count; i++) {
		unsigned j = (unsigned)(measure_random(random) % (i + 1));

		order[i] = i;
		order[i] = order[j];
		order[j] = i;
	}
	if (run->rounds < ROUNDS_KEPT) {
		run->overheads[SINGLE][run->rounds] = overhead[SINGLE];
		run->overheads[BATCHED][run->rounds++] = overhead[BATCHED];
	}
	for (unsigned i = 0; i < run->count; i++) {
		sample(run, order[i], overhead[run->series[order[i]].pace]);
		more |= !finished(run, &run->series[order[i]]);
	}
	return more;
}

bool measure_run(const struct measure_op *ops, unsigned count, const struct measure_plan *plan,
		 struct measure_result *results, size_t *need)
{
	struct run run = {.ops = ops,
			  .plan = plan,
			  .count = count,
			  .limit = plan->reads ? plan->reads : SAMPLES_MAX};
	size_t mark = arena_mark(plan->arena);
	uint64_t random = plan->seed ? plan->seed : 1;
	uint32_t *scratch = ARENA_TAKE(plan->arena, uint32_t, run.limit);
	bool room = scratch;

	for (unsigned pace = 0; pace < PACES; pace++) {
		run.overheads[pace] = ARENA_TAKE(plan->arena, uint32_t, ROUNDS_KEPT);
		room &= run.overheads[pace] != NULL;
	}
	for (unsigned i = 0; i < count; i++) {
		run.series[i].samples = ARENA_TAKE(plan->arena, uint32_t, run.limit);
		room &= run.series[i].samples != NULL;
	}
	*need = ((size_t)count + 1) * run.limit * sizeof(uint32_t) +
		PACES * ROUNDS_KEPT * sizeof(uint32_t);
	if (!room) {
		arena_release(plan->arena, mark);
		return false;
	}
	warm_up(&run);
	while (one_round(&run, &random))
		;
	for (unsigned pace = 0; pace < PACES; pace++)
		stats_sort(run.overheads[pace], run.rounds);
	for (unsigned i = 0; i < count; i++) {
		const uint32_t *overheads = run.overheads[run.series[i].pace];
		uint32_t spread = overheads[run.rounds * 9 / 10] - overheads[run.rounds / 10];
		struct measure_result *r = &results[i];

		stats_summarise(run.series[i].samples, scratch, run.series[i].n, &r->stats);
		r->batch = calls[run.series[i].pace];
		r->overhead = stats_median(overheads, run.rounds);
		r->stable = spread <= (r->stats.p50 + r->overhead) / 10;
	}
	arena_release(plan->arena, mark);
	return true;
}
