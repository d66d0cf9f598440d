/* mul and shift to a frequency. */
#include "pvclock.h"

#define SHIFT_MAX 31

uint64_t pvclock_khz(const struct pvclock *clock)
{
	uint64_t khz;

	if (!clock->version || !clock->mul || clock->shift > SHIFT_MAX || clock->shift < -SHIFT_MAX)
		return 0;
	khz = (1000000ull << 32) / clock->mul;
	/*
	 * 10^6 * 2^32 is below 2^52, so that what a small mul leaves may be too much for the left
	 * shift.
	 */
	if (clock->shift >= 0)
		return khz >> clock->shift;
	return khz >> (64 + clock->shift) ? 0 : khz << -clock->shift;
}
