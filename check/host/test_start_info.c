/* What a loader hands over by PVH, sound and unsound. */
#include "check.h"
#include "loader_memory.h"
#include "start_info.h"

#define MAP  0x100u /* offsets */
#define LINE 0x800u

static struct handoff handoff;

static bool take(void)
{
	memset(&handoff, 0, sizeof(handoff));
	return start_info_take(BASE, &loader, &handoff);
}

static int setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	put(memory, 4, 0x336ec578);
	put(memory + 4, 4, 1);
	put(memory + 24, 8, BASE + LINE);
	put(memory + 32, 8, 0xa0000);
	put(memory + 40, 8, BASE + MAP);
	put(memory + 48, 4, 2);
	put(memory + MAP + 8, 8, 0xa0000);
	put(memory + MAP + 16, 4, 1);
	put(memory + MAP + 24, 8, 0x100000);
	put(memory + MAP + 32, 8, 0x7f00000);
	put(memory + MAP + 40, 4, 1);
	strcpy((char *)memory + LINE, "list");
	return 0;
}

static void test_plain(void **state)
{
	(void)state;
	assert_true(take());
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(handoff.rsdp, 0xa0000);
	assert_string_equal(handoff.options[1], "list");
	assert_false(handoff.loader_adds_words);
	assert_int_equal(handoff.range_count, 2);
	assert_int_equal(handoff.arena.start, 0x260000);
}

static void test_no_map(void **state)
{
	(void)state;
	put(memory + 4, 4, 0); /* a Xen dom0's */
	assert_false(take());
	assert_string_equal(handoff.options[1], "list");
	put(memory + 4, 4, 1);
	put(memory + 48, 4, 0);
	assert_false(take());
	put(memory + 48, 4, 0xffffffff);
	assert_false(take());
	put(memory + 48, 4, 2);
	put(memory + MAP + 8, 8, 0); /* both empty */
	put(memory + MAP + 32, 8, 0);
	assert_false(take());
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(handoff.arena.len, 0);
}

static void test_no_start_info(void **state)
{
	(void)state;
	put(memory, 4, 0);
	assert_false(take());
	assert_string_equal(handoff.note[0].text, "PVH start info has no magic number");
	assert_true(handoff.note[0].options_lost);
	memset(&handoff, 0, sizeof(handoff));
	assert_false(start_info_take(BASE + sizeof(memory) - 55, &loader, &handoff));
	assert_string_equal(handoff.note[0].text, "PVH start info is not in the first 4 GiB");
	assert_true(handoff.note[0].options_lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_plain, setup),
	    cmocka_unit_test_setup(test_no_map, setup),
	    cmocka_unit_test_setup(test_no_start_info, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
