/* Physical memory that is the fuzzer's bytes. */
#ifndef BAROMETER_CHECK_FUZZ_FUZZ_MEMORY_H
#define BAROMETER_CHECK_FUZZ_FUZZ_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_MEMORY_BASE 0x10000u

/* len bytes from FUZZ_MEMORY_BASE on; nothing else can be read. */
void fuzz_memory_set(const uint8_t *bytes, size_t len);

/*
 * acpi_map_fn, and that of a loader: a copy of exactly what was asked for, so that the address
 * sanitizer sees a byte more. Valid until fuzz_memory_free().
 */
const void *fuzz_memory_map(void *context, uint64_t physical, size_t len);
void fuzz_memory_free(void);

#endif
