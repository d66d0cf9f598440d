/*
 * How often each operation runs and in which order; never how long anything takes. The only
 * duration here is that of the slow operations, which is far above what is batched, whatever the
 * host.
 */
#include <stdlib.h>
#include "check.h"
#include "measure.h"
#include "tsc.h"

#define WARM_UP 8 /* the discarded round's samples of each operation */

static uint8_t memory[8 << 20];
static struct arena arena;
static unsigned runs[4];
static char order[4096];
static size_t order_len;

static void note(void *context)
{
	unsigned op = (unsigned)((unsigned *)context - runs);

	runs[op]++;
	if (order_len + 1 < sizeof(order))
		order[order_len++] = (char)('a' + op);
	for (uint64_t start = tsc_read(); tsc_read() - start < 2000;)
		;
}

static void count(void *context)
{
	(*(unsigned *)context)++;
}

static const struct measure_op ops[] = {
    {note, &runs[0]}, {note, &runs[1]}, {note, &runs[2]}, {note, &runs[3]}};

static int setup(void **state)
{
	(void)state;
	arena = (struct arena){memory, sizeof(memory), 0};
	memset(runs, 0, sizeof(runs));
	memset(order, 0, sizeof(order));
	order_len = 0;
	return 0;
}

static void test_exactly_as_many_as_asked_for(void **state)
{
	static const uint32_t reads[] = {1, 7, 8, 9, 1000};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		const struct measure_plan plan = {
		    .reads = reads[i], .budget = 1, .seed = 1, .arena = &arena};
		struct measure_result results[4];
		size_t need;

		setup(NULL);
		assert_true(measure_run(ops, 4, &plan, results, &need));
		for (unsigned op = 0; op < 4; op++) {
			assert_int_equal(results[op].stats.n, reads[i]);
			assert_int_equal(results[op].batch, 1);
			assert_int_equal(runs[op], reads[i] + WARM_UP);
			assert_true(results[op].stats.min <= results[op].stats.p50);
			assert_true(results[op].stats.p50 <= results[op].stats.max);
			assert_int_equal(results[op].overhead, results[0].overhead);
		}
		assert_int_equal(arena.used, 0);
	}
}

/* Whether a counter increment is too fast to be timed by itself is the host's affair; what follows
 * from it is not. */
static void test_batches_are_whole(void **state)
{
	const struct measure_op mixed[] = {{count, &runs[0]}, {note, &runs[1]}, {count, &runs[2]}};
	const struct measure_plan plan = {.reads = 50, .seed = 9, .arena = &arena};
	struct measure_result results[3];
	size_t need;

	(void)state;
	assert_true(measure_run(mixed, 3, &plan, results, &need));
	for (unsigned op = 0; op < 3; op++) {
		assert_true(results[op].batch == 1 || results[op].batch == MEASURE_BATCH);
		assert_int_equal(results[op].stats.n, 50);
		assert_int_equal(runs[op], 50 * results[op].batch + WARM_UP);
	}
	assert_int_equal(results[1].batch, 1);
}

static void test_budget_ends_the_sampling(void **state)
{
	struct measure_plan plan = {.budget = 0, .seed = 1, .arena = &arena};
	struct measure_result results[2];
	size_t need;

	(void)state;
	assert_true(measure_run(ops, 2, &plan, results, &need));
	assert_int_equal(results[0].stats.n, 5); /* fewer would be no distribution */
	assert_int_equal(results[1].stats.n, 5);
	plan.budget = UINT64_MAX;
	assert_true(measure_run(ops, 1, &plan, results, &need));
	assert_int_equal(results[0].stats.n, 20000);
	assert_int_equal(arena.used, 0);
}

static void test_order_follows_the_seed(void **state)
{
	struct measure_plan plan = {.reads = 80, .seed = 42, .arena = &arena};
	struct measure_result results[4];
	char first[sizeof(order)];
	size_t need;

	(void)state;
	assert_true(measure_run(ops, 4, &plan, results, &need));
	memcpy(first, order, sizeof(order));
	setup(NULL);
	assert_true(measure_run(ops, 4, &plan, results, &need));
	assert_string_equal(order, first);
	setup(NULL);
	plan.seed = 43;
	assert_true(measure_run(ops, 4, &plan, results, &need));
	assert_string_not_equal(order, first);
	setup(NULL);
	plan.seed = 0; /* would stand still; it is as good a seed as any */
	assert_true(measure_run(ops, 4, &plan, results, &need));
	assert_int_equal(runs[3], 80 + WARM_UP);
}

/* Operations are interleaved: no block of one is longer than two rounds' worth. */
static void test_operations_are_interleaved(void **state)
{
	const struct measure_plan plan = {.reads = 200, .seed = 3, .arena = &arena};
	struct measure_result results[4];
	unsigned run = 0;
	size_t need;

	(void)state;
	assert_true(measure_run(ops, 4, &plan, results, &need));
	for (size_t i = 1; i < order_len; i++) {
		run = order[i] == order[i - 1] ? run + 1 : 0;
		assert_true(run < 2 * WARM_UP);
	}
}

static void test_arena_too_small(void **state)
{
	const struct measure_plan plan = {.reads = 100000, .seed = 1, .arena = &arena};
	struct measure_result results[4];
	size_t need = 0, again;

	(void)state;
	arena.size = 1000;
	assert_false(measure_run(ops, 4, &plan, results, &need));
	assert_int_equal(arena.used, 0);
	assert_int_equal(runs[0], 0);
	assert_true(need > 5 * 100000 * 4 && need < sizeof(memory));
	/* What it says it needs is enough, and one byte less is not. */
	arena.size = need - 1;
	assert_false(measure_run(ops, 4, &plan, results, &again));
	assert_int_equal(again, need);
	arena.size = need;
	assert_true(measure_run(ops, 4, &plan, results, &again));
}

static void test_generator(void **state)
{
	uint64_t random = 1;

	(void)state;
	/*
	 * xorshift64* from state 1; the figures are those of the published algorithm (Vigna 2016).
	 */
	assert_int_equal(measure_random(&random), 0x47e4ce4b896cdd1d);
	assert_int_equal(measure_random(&random), 0xabcfa6a8e079651d);
	assert_int_equal(measure_random(&random), 0xb9d10d8feb731f57);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_exactly_as_many_as_asked_for, setup),
	    cmocka_unit_test_setup(test_batches_are_whole, setup),
	    cmocka_unit_test_setup(test_budget_ends_the_sampling, setup),
	    cmocka_unit_test_setup(test_order_follows_the_seed, setup),
	    cmocka_unit_test_setup(test_operations_are_interleaved, setup),
	    cmocka_unit_test_setup(test_arena_too_small, setup),
	    cmocka_unit_test(test_generator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
