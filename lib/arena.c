/* A bump allocator. */
#include "arena.h"
#include "mem.h"

void *arena_room(struct arena *arena, size_t each, size_t count, size_t align)
{
	size_t at = (arena->used + align - 1) & ~(align - 1);

	if (at < arena->used || at > arena->size || count > (arena->size - at) / each)
		return NULL;
	arena->used = at + each * count;
	return arena->base + at;
}

void *arena_take_array(struct arena *arena, size_t each, size_t count, size_t align)
{
	void *at = arena_room(arena, each, count, align);

	return at ? memset(at, 0, each * count) : NULL;
}

void *arena_take(struct arena *arena, size_t len, size_t align)
{
	return arena_take_array(arena, 1, len, align);
}
