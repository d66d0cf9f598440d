/* Widths at every aligned lane; what crosses a dword is not promised by either mechanism. */
#ifndef BAROMETER_TESTS_RULES_LANE_H
#define BAROMETER_TESTS_RULES_LANE_H

static const struct lane {
	unsigned at, width;
} lanes[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {0, 2}, {2, 2}, {0, 4}};

#define LANES (sizeof(lanes) / sizeof(lanes[0]))

#endif
