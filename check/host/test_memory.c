/* What may be read as a table, and what may become device memory. */
#include "check.h"
#include "image.h"
#include "memory.h"
#include "paging.h"

#define MIB 0x100000ull

/* An image, between the names that the linker script gives it. */
__asm__(".pushsection .bss\n"
	".globl image_start, image_end\n"
	"image_start: .zero 0x80000\n"
	"image_end:\n"
	".popsection");

static struct handoff handoff;
static struct memory memory;

/* Anything can be mapped; where, is all that is asked of it. */
void *paging_map(uint64_t physical, uint64_t len, unsigned flags)
{
	(void)len;
	(void)flags;
	return (void *)physical;
}

void *paging_map_at(uint64_t virtual, uint64_t physical, uint64_t len, unsigned flags)
{
	(void)physical;
	(void)len;
	(void)flags;
	return (void *)virtual;
}

static int setup(void **state)
{
	(void)state;
	heard_reset();
	memset(&handoff, 0, sizeof(handoff));
	handoff_add_range(&handoff, (struct handoff_range){0, 0xa0000, true, false});
	handoff_add_range(&handoff, (struct handoff_range){MIB, 255 * MIB, true, false});
	handoff_add_range(&handoff, (struct handoff_range){256 * MIB, MIB, false, false});
	handoff_add_range(&handoff, (struct handoff_range){257 * MIB, MIB, false, true});
	memory = (struct memory){&handoff, (struct handoff_range){4 * MIB, 8 * MIB, true, false},
				 &heard};
	return 0;
}

static void check_refused(uint64_t physical, const char *why)
{
	heard_reset();
	assert_null(memory_map_device(&memory, physical, MIB));
	assert_heard(why);
}

static void test_device_memory(void **state)
{
	(void)state;
	assert_non_null(memory_map_device(&memory, 0xb0000000, MIB));
	assert_non_null(memory_map_device(&memory, 257 * MIB, MIB));
	assert_silent();
	check_refused((uint64_t)image_start + 0x7f000, "which holds this very image");
	check_refused(4 * MIB, "which is RAM in use");
	check_refused(100 * MIB, "which is RAM in firmware's memory map");
}

/* Listed, so that nothing else is put there, but not to be read as a table. */
static void test_listed_and_not_to_be_read(void **state)
{
	(void)state;
	assert_non_null(memory_map_table(&memory, 256 * MIB, 64));
	assert_null(memory_map_table(&memory, 257 * MIB, 64));
	assert_null(memory_map_table(&memory, 257 * MIB - 32, 64));
	assert_null(memory_map_table(&memory, 300 * MIB, 64));
	assert_true(memory_is_listed(&memory, 257 * MIB, 64));
	assert_false(memory_is_ram(&memory, 257 * MIB, 64));
	assert_false(memory_is_listed(&memory, 300 * MIB, 64));
}

/* Views of the whole arena, on a processor with more than 46 physical bits. */
static void test_where_the_uncached_views_are(void **state)
{
	uint64_t view = (uint64_t)memory_map_uncached((void *)(4 * MIB));

	(void)state;
	check_refused(view, "which is where the kernel has uncached views of its RAM");
	check_refused(view - 4 * MIB, "which is where the kernel has uncached views of its RAM");
	heard_reset();
	assert_non_null(memory_map_device(&memory, view - 5 * MIB, MIB));
	handoff_add_range(&handoff, (struct handoff_range){1ull << 45, 1ull << 46, true, false});
	assert_null(memory_map_table(&memory, view, 64));
	assert_non_null(memory_map_table(&memory, view - 5 * MIB, 64));
	assert_silent();
}

static void test_memory_map_that_is_too_long(void **state)
{
	uint64_t at = 0x100000000;

	(void)state;
	for (; !handoff.ranges_lost && at < 0x200000000; at += 0x2000)
		handoff_add_range(&handoff, (struct handoff_range){at, 0x1000, true, false});
	assert_true(handoff.ranges_lost);
	assert_int_equal(handoff.range_count, HANDOFF_RANGES_MAX);
	assert_int_equal(handoff.note_count, 1);
	assert_false(handoff.note[0].options_lost);
	check_refused(0xb0000000, "which may be RAM");
}

/* The same memory in a thousand pieces is one range. */
static void test_pieces_are_joined(void **state)
{
	unsigned count = handoff.range_count;

	(void)state;
	for (uint64_t at = 0x100000000; at < 0x100400000; at += 0x1000)
		assert_true(
		    handoff_add_range(&handoff, (struct handoff_range){at, 0x1000, true, false}));
	assert_int_equal(handoff.range_count, count + 1);
	assert_non_null(memory_map_table(&memory, 0x100000000, 4 * MIB));
	assert_int_equal(handoff.note_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_device_memory, setup),
	    cmocka_unit_test_setup(test_listed_and_not_to_be_read, setup),
	    cmocka_unit_test_setup(test_where_the_uncached_views_are, setup),
	    cmocka_unit_test_setup(test_memory_map_that_is_too_long, setup),
	    cmocka_unit_test_setup(test_pieces_are_joined, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
