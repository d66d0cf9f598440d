/* Sorted pairs. */
#include "index.h"

/* One byte of the key, lowest first: what was in order by the bytes below it stays so. */
static void sort_by_byte(uint64_t *to, const uint64_t *from, uint32_t count, unsigned shift)
{
	uint32_t start[256] = {0}, at = 0;

	for (uint32_t i = 0; i < count; i++)
		start[from[i] >> shift & 0xff]++;
	for (unsigned b = 0; b < 256; b++) {
		uint32_t n = start[b];

		start[b] = at;
		at += n;
	}
	for (uint32_t i = 0; i < count; i++)
		to[start[from[i] >> shift & 0xff]++] = from[i];
}

void index_sort(struct index *index, uint64_t *scratch)
{
	for (unsigned shift = 32; shift < 64; shift += 16) {
		sort_by_byte(scratch, index->pair, index->count, shift);
		sort_by_byte(index->pair, scratch, index->count, shift + 8);
	}
}

uint32_t index_from(const struct index *index, uint32_t key)
{
	uint32_t low = 0, high = index->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (index_key(index, middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t index_find(const struct index *index, uint32_t key)
{
	uint32_t i = index_from(index, key);

	return i < index->count && index_key(index, i) == key ? index_place(index, i) : INDEX_NONE;
}
