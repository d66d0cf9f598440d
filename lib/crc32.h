/* CRC-32 as in ISO 3309, Ethernet and zlib: reflected, polynomial 04C11DB7h. */
#ifndef BAROMETER_LIB_CRC32_H
#define BAROMETER_LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The sum of what crc is the sum of, and then of data; crc is 0 before the first byte. */
uint32_t crc32_add(uint32_t crc, const void *data, size_t len);

#endif
