/*
 * What the fuzz targets share: fuzzer bytes taken one by one, and checks that end the run as a
 * finding.
 */
#ifndef BAROMETER_CHECK_FUZZ_FUZZ_H
#define BAROMETER_CHECK_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "diag.h"

/* libFuzzer's entry point: every target has one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next bytes; zero once they have run out. */
static inline uint8_t fuzz_byte(struct fuzz_input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint32_t fuzz_number(struct fuzz_input *in, unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)fuzz_byte(in) << 8 * i;
	return value;
}

/* A sink that reads every line to its end, so that one that is not terminated is found. */
extern const struct diag fuzz_diag;

#endif
