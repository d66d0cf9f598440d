/* Summaries of samples. */
#include "stats.h"

/* Heapsort: in place, no recursion, no bad case. */
static void sift(uint32_t *heap, size_t root, size_t n)
{
	for (size_t child = 2 * root + 1; child < n; root = child, child = 2 * root + 1) {
		uint32_t parent = heap[root];

		child += child + 1 < n && heap[child + 1] > heap[child];
		if (heap[child] <= parent)
			return;
		heap[root] = heap[child];
		heap[child] = parent;
	}
}

void stats_sort(uint32_t *samples, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(samples, i, n);
	for (size_t end = n; end-- > 1;) {
		uint32_t top = samples[0];

		samples[0] = samples[end];
		samples[end] = top;
		sift(samples, 0, end);
	}
}

/* Nearest rank: index ceil(p n / 100) - 1. */
static uint32_t percentile(const uint32_t *sorted, size_t n, unsigned p)
{
	return n ? sorted[(n * p + 99) / 100 - 1] : 0;
}

uint32_t stats_median(const uint32_t *sorted, size_t n)
{
	return percentile(sorted, n, 50);
}

uint64_t stats_median64(uint64_t *samples, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j && samples[j - 1] > samples[j]; j--) {
			uint64_t high = samples[j - 1];

			samples[j - 1] = samples[j];
			samples[j] = high;
		}
	return n ? samples[(n + 1) / 2 - 1] : 0;
}

static unsigned bucket_of(uint32_t sample)
{
	return sample ? 31u - (unsigned)__builtin_clz(sample) : 0;
}

void stats_summarise(uint32_t *samples, uint32_t *scratch, uint32_t n, struct stats *stats)
{
	uint64_t limit;

	*stats = (struct stats){.n = n};
	if (n == 0)
		return;
	stats_sort(samples, n);
	stats->min = samples[0];
	stats->p50 = percentile(samples, n, 50);
	stats->p90 = percentile(samples, n, 90);
	stats->p99 = percentile(samples, n, 99);
	stats->max = samples[n - 1];
	for (uint32_t i = 0; i < n; i++) {
		scratch[i] = samples[i] > stats->p50 ? samples[i] - (uint32_t)stats->p50
						     : (uint32_t)stats->p50 - samples[i];
		stats->histogram[bucket_of(samples[i])]++;
	}
	stats_sort(scratch, n);
	stats->mad = stats_median(scratch, n);
	limit = stats->mad * 10 > stats->p50 / 10 ? stats->mad * 10 : stats->p50 / 10;
	for (uint32_t i = n; i-- > 0 && samples[i] > stats->p50 + limit;)
		stats->outliers++;
}
