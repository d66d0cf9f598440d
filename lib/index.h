/*
 * Things looked up by a number that they have: pairs of key and place in some array, sorted. Things
 * with one key stay in the order in which they were added.
 */
#ifndef BAROMETER_LIB_INDEX_H
#define BAROMETER_LIB_INDEX_H

#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index {
	uint64_t *pair; /* key in the upper half, place in the lower; the caller's room */
	uint32_t count;
};

/* One more; the caller knows that there is room. Nothing is found until index_sort(). */
static inline void index_add(struct index *index, uint32_t key, uint32_t place)
{
	index->pair[index->count++] = (uint64_t)key << 32 | place;
}

/* In time that grows with the count alone; scratch has room for as many pairs. */
void index_sort(struct index *index, uint64_t *scratch);

/* The number of the first pair whose key is not below; count when there is none. */
uint32_t index_from(const struct index *index, uint32_t key);

static inline uint32_t index_key(const struct index *index, uint32_t i)
{
	return (uint32_t)(index->pair[i] >> 32);
}

static inline uint32_t index_place(const struct index *index, uint32_t i)
{
	return (uint32_t)index->pair[i];
}

/* The place of the first with this key, or INDEX_NONE. */
uint32_t index_find(const struct index *index, uint32_t key);

#endif
