/*
 * Memory for a run: taken in one direction, never given back one by one. arena_mark() and
 * arena_release() give back all that was taken since.
 */
#ifndef BAROMETER_LIB_ARENA_H
#define BAROMETER_LIB_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
	uint8_t *base;
	size_t size, used;
};

/* len zeroed bytes, aligned to align (a power of two), or NULL when the arena is full. */
void *arena_take(struct arena *arena, size_t len, size_t align);

/* count zeroed elements of a type, or NULL. */
#define ARENA_TAKE(arena, type, count)                                                             \
	((type *)arena_take_array(arena, sizeof(type), count, _Alignof(type)))
void *arena_take_array(struct arena *arena, size_t each, size_t count, size_t align);

/*
 * The same, but the bytes are as they were. For arrays as large as they might have to be, of which
 * little is used: with arena_release() and arena_room() again, the first so many are kept.
 */
void *arena_room(struct arena *arena, size_t each, size_t count, size_t align);

static inline size_t arena_mark(const struct arena *arena)
{
	return arena->used;
}

static inline void arena_release(struct arena *arena, size_t mark)
{
	arena->used = mark;
}

#endif
