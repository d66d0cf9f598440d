/*
 * Robust summaries of samples, in integers only. Unit: whatever the samples are in, here TSC
 * cycles.
 *
 * Percentiles are nearest-rank (the smallest sample that at least p % of the samples do not
 * exceed), so every figure is a sample that was measured. Outliers are counted, never dropped.
 */
#ifndef BAROMETER_LIB_STATS_H
#define BAROMETER_LIB_STATS_H

#include <stddef.h>
#include <stdint.h>

#define STATS_BUCKETS 32 /* one a bit of a sample */

struct stats {
	uint32_t n;
	uint64_t min, p50, p90, p99, max;
	uint64_t mad;      /* median of the distances from p50 */
	uint32_t outliers; /* samples further than 10 MAD (at least 10 % of p50) above p50 */
	/* Bucket b: samples in [2^b, 2^(b+1)), 0 counting as bucket 0. */
	uint32_t histogram[STATS_BUCKETS];
};

/*
 * Sorts samples in place and summarises them; scratch has room for n as well. n may be 0: all zero.
 */
void stats_summarise(uint32_t *samples, uint32_t *scratch, uint32_t n, struct stats *stats);

void stats_sort(uint32_t *samples, size_t n);

/* Median of n sorted samples; 0 for none. */
uint32_t stats_median(const uint32_t *sorted, size_t n);

/* Sorts in place; for a handful of long durations. Returns the median, 0 for none. */
uint64_t stats_median64(uint64_t *samples, size_t n);

#endif
