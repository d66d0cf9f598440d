/* Summaries against a reference that is slow and plain. */
#include <stdlib.h>
#include "check.h"
#include "sim_build.h"
#include "stats.h"

#define MOST 600

static uint32_t samples[MOST], scratch[MOST], original[MOST];

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The smallest sample that at least p % of them do not exceed. */
static uint32_t rank(const uint32_t *all, unsigned n, unsigned p)
{
	uint32_t best = UINT32_MAX;

	for (unsigned i = 0; i < n; i++) {
		unsigned not_above = 0;

		for (unsigned j = 0; j < n; j++)
			not_above += all[j] <= all[i];
		if (not_above * 100 >= p * n && all[i] < best)
			best = all[i];
	}
	return best;
}

static void check(unsigned n)
{
	uint32_t distance[MOST], histogram[STATS_BUCKETS] = {0}, outliers = 0, p50, mad;
	struct stats stats;
	uint64_t limit;

	memcpy(original, samples, sizeof(samples));
	stats_summarise(samples, scratch, n, &stats);
	p50 = rank(original, n, 50);
	assert_int_equal(stats.n, n);
	assert_int_equal(stats.p50, p50);
	assert_int_equal(stats.p90, rank(original, n, 90));
	assert_int_equal(stats.p99, rank(original, n, 99));
	assert_int_equal(stats.max, rank(original, n, 100));
	for (unsigned i = 0; i < n; i++) {
		unsigned bucket = 0;

		while (original[i] >> bucket > 1)
			bucket++;
		histogram[bucket]++;
		distance[i] = original[i] > p50 ? original[i] - p50 : p50 - original[i];
	}
	mad = rank(distance, n, 50);
	assert_int_equal(stats.mad, mad);
	limit = (uint64_t)mad * 10 > p50 / 10 ? (uint64_t)mad * 10 : p50 / 10;
	for (unsigned i = 0; i < n; i++)
		outliers += original[i] > p50 + limit;
	assert_int_equal(stats.outliers, outliers);
	assert_memory_equal(stats.histogram, histogram, sizeof(histogram));
	qsort(original, n, sizeof(original[0]), compare);
	assert_memory_equal(samples, original, n * sizeof(samples[0]));
	assert_int_equal(stats.min, original[0]);
}

static void test_random_samples(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (unsigned n = 1; n <= 130; n++) {
		for (unsigned i = 0; i < n; i++)
			samples[i] = (uint32_t)sim_next(&random) >> sim_next(&random) % 32;
		check(n);
		for (unsigned i = 0; i < n;
		     i++) /* narrow, with repetitions and an outlier now and then */
			samples[i] =
			    1000 + (uint32_t)(sim_next(&random) % 10) + (i % 37 == 36 ? 100000 : 0);
		check(n);
	}
	for (unsigned i = 0; i < MOST; i++)
		samples[i] = (uint32_t)sim_next(&random);
	check(MOST);
}

static void test_extremes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		samples[i] = 0;
	check(20);
	for (unsigned i = 0; i < 20; i++)
		samples[i] = UINT32_MAX;
	check(20);
	for (unsigned i = 0; i < 20; i++)
		samples[i] = i % 2 ? UINT32_MAX : 0;
	check(20);
}

/* Which of 10 MAD and a tenth of p50 rules: here 110 against 100, so that 1105 is none and 1111 is
 * one. */
static void test_outlier_limit(void **state)
{
	static const uint32_t around[] = {989, 989, 989, 1000, 1000, 1011, 1011, 1105, 1111};
	struct stats stats;

	(void)state;
	memcpy(samples, around, sizeof(around));
	stats_summarise(samples, scratch, 9, &stats);
	assert_int_equal(stats.p50, 1000);
	assert_int_equal(stats.mad, 11);
	assert_int_equal(stats.outliers, 1);
}

static void test_no_samples(void **state)
{
	struct stats stats, none;

	(void)state;
	memset(&none, 0, sizeof(none));
	memset(&stats, 0x55, sizeof(stats));
	stats_summarise(samples, scratch, 0, &stats);
	assert_memory_equal(&stats, &none, sizeof(stats));
	assert_int_equal(stats_median(samples, 0), 0);
	assert_int_equal(stats_median64(NULL, 0), 0);
}

static void test_percentiles_are_nearest_rank(void **state)
{
	struct stats stats;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		samples[i] = 100 - i;
	stats_summarise(samples, scratch, 100, &stats);
	assert_int_equal(stats.p50, 50);
	assert_int_equal(stats.p90, 90);
	assert_int_equal(stats.p99, 99);
	assert_int_equal(stats.mad, 25);
	for (unsigned i = 0; i < 4; i++)
		samples[i] = 10 * i;
	stats_summarise(samples, scratch, 4, &stats);
	assert_int_equal(stats.p50, 10);
	assert_int_equal(stats.p90, 30);
}

static void test_median_of_long_durations(void **state)
{
	uint64_t odd[] = {5ull << 40, 1, 3ull << 35}, even[] = {4, 3, 2, 1};

	(void)state;
	assert_int_equal(stats_median64(odd, 3), 3ull << 35);
	assert_int_equal(odd[0], 1);
	assert_int_equal(stats_median64(even, 4), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_samples),
	    cmocka_unit_test(test_extremes),
	    cmocka_unit_test(test_outlier_limit),
	    cmocka_unit_test(test_no_samples),
	    cmocka_unit_test(test_percentiles_are_nearest_rank),
	    cmocka_unit_test(test_median_of_long_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
