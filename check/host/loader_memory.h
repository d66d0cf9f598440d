/* What the tests of loaders share: memory that a loader filled in, all else being unreadable. */
#ifndef BAROMETER_CHECK_HOST_LOADER_MEMORY_H
#define BAROMETER_CHECK_HOST_LOADER_MEMORY_H

#include "loader.h"

#define BASE  0x7000000u /* physical, of the memory */
#define IMAGE 0x200000u

extern uint8_t memory[8192];

/* Reads that memory; the image is 60000h bytes from IMAGE on. */
extern const struct loader loader;

/* Little-endian. */
void put(uint8_t *to, unsigned width, uint64_t value);

#endif
