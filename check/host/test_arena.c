/* The bump allocator. */
#include <stdlib.h>
#include "arena.h"
#include "check.h"

static _Alignas(64) uint8_t memory[1024];
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	memset(memory, 0xa5, sizeof(memory));
	arena = (struct arena){memory, sizeof(memory), 0};
	return 0;
}

static void test_zeroed_and_aligned(void **state)
{
	uint8_t *a = arena_take(&arena, 3, 1), *b = arena_take(&arena, 8, 64),
		*c = arena_take(&arena, 1, 1);

	(void)state;
	assert_ptr_equal(a, memory);
	assert_ptr_equal(b, memory + 64);
	assert_ptr_equal(c, memory + 72);
	assert_memory_equal(a, "\0\0\0", 3);
	assert_int_equal(memory[3], 0xa5); /* what was not asked for is left alone */
	assert_int_equal(memory[73], 0xa5);
}

static void test_full(void **state)
{
	(void)state;
	assert_null(arena_take(&arena, 1025, 1));
	assert_int_equal(arena.used, 0);
	assert_non_null(arena_take(&arena, 1024, 1));
	assert_null(arena_take(&arena, 1, 1));
	assert_non_null(arena_take(&arena, 0, 1));
	assert_int_equal(arena.used, 1024);
	arena_release(&arena, 1023);
	assert_null(arena_take(&arena, 1, 64)); /* room, but not for the alignment */
	assert_int_equal(arena.used, 1023);
	assert_non_null(arena_take(&arena, 1, 1));
}

static void test_sizes_that_overflow(void **state)
{
	(void)state;
	arena_take(&arena, 8, 1);
	assert_null(arena_take(&arena, SIZE_MAX, 1));
	assert_null(arena_take(&arena, SIZE_MAX - 7, 8));
	assert_null(ARENA_TAKE(&arena, uint64_t, SIZE_MAX / 8 + 1));
	assert_null(ARENA_TAKE(&arena, uint64_t, SIZE_MAX / 8));
	assert_int_equal(arena.used, 8);
	arena.used = SIZE_MAX - 2;
	assert_null(arena_take(&arena, 1, 64)); /* rounding up goes past the end of all numbers */
}

static void test_mark_and_release(void **state)
{
	size_t mark;
	uint32_t *words;

	(void)state;
	arena_take(&arena, 5, 1);
	mark = arena_mark(&arena);
	words = ARENA_TAKE(&arena, uint32_t, 10);
	assert_ptr_equal(words, memory + 8);
	words[0] = 1;
	arena_release(&arena, mark);
	assert_int_equal(arena.used, 5);
	words = ARENA_TAKE(&arena, uint32_t, 10);
	assert_ptr_equal(words, memory + 8);
	assert_int_equal(words[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_zeroed_and_aligned, setup),
	    cmocka_unit_test_setup(test_full, setup),
	    cmocka_unit_test_setup(test_sizes_that_overflow, setup),
	    cmocka_unit_test_setup(test_mark_and_release, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
