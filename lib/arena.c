/* A bump allocator. */
#include "arena.h"
#include "mem.h"

void *arena_take(struct arena *arena, size_t len, size_t align)
{
	size_t at = (arena->used + align - 1) & ~(align - 1);

	if (at < arena->used || at > arena->size || len > arena->size - at)
		return NULL;
	arena->used = at + len;
	return memset(arena->base + at, 0, len);
}

void *arena_take_array(struct arena *arena, size_t each, size_t count, size_t align)
{
	if (count > SIZE_MAX / each)
		return NULL;
	return arena_take(arena, each * count, align);
}
