/*
 * Memory and string functions of the freestanding image; the host tests use the C library's.
 *
 * String instructions, eight bytes at a time: a hypervisor that emulates ring 0 pays for each
 * instruction and for each repetition.
 */
#include "mem.h"

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	void *at = to;
	size_t quads = len / 8, rest = len % 8;

	__asm__ volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(quads) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(rest) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if (t <= f || t >= f + len)
		return memcpy(to, from, len);
	while (len--)
		t[len] = f[len];
	return to;
}

void *memset(void *at, int byte, size_t len)
{
	void *to = at;
	size_t quads = len / 8, rest = len % 8;

	__asm__ volatile("rep stosq"
			 : "+D"(to), "+c"(quads)
			 : "a"((uint8_t)byte * 0x0101010101010101u)
			 : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(byte) : "memory");
	return at;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

size_t strlen(const char *text)
{
	size_t len = 0;

	while (text[len])
		len++;
	return len;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
