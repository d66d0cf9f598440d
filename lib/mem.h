/*
 * The four memory functions that a freestanding compiler may call by itself, and string helpers in
 * their spirit. Semantics are the C standard's.
 */
#ifndef BAROMETER_LIB_MEM_H
#define BAROMETER_LIB_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *at, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

/* Little-endian loads from unaligned table bytes: the tables of ACPI and fw_cfg are packed. */
static inline uint16_t mem_le16(const void *at)
{
	const uint8_t *b = at;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t mem_le32(const void *at)
{
	const uint8_t *b = at;

	return (uint32_t)mem_le16(b) | (uint32_t)mem_le16(b + 2) << 16;
}

static inline uint64_t mem_le64(const void *at)
{
	const uint8_t *b = at;

	return (uint64_t)mem_le32(b) | (uint64_t)mem_le32(b + 4) << 32;
}

static inline uint16_t mem_be16(const void *at)
{
	return __builtin_bswap16(mem_le16(at));
}

static inline uint32_t mem_be32(const void *at)
{
	return __builtin_bswap32(mem_le32(at));
}

#endif
