/* What a loader hands over by PVH, sound and unsound. */
#include "check.h"
#include "start_info.h"

#define BASE 0x7000000u /* of the memory that can be read */
#define MAP  0x100u     /* offsets in it */
#define LINE 0x800u

static uint8_t memory[4096];
static struct handoff handoff;

static const void *map(void *context, uint64_t physical, uint64_t len)
{
	(void)context;
	if (physical < BASE || physical - BASE > sizeof(memory) ||
	    len > sizeof(memory) - (physical - BASE))
		return NULL;
	return memory + (physical - BASE);
}

static const struct loader loader = {.map = map, .image = {0x200000, 0x60000, true}};

static void put(unsigned at, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		memory[at + i] = (uint8_t)(value >> 8 * i);
}

static bool take(void)
{
	memset(&handoff, 0, sizeof(handoff));
	return start_info_take(BASE, &loader, &handoff);
}

static int setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	put(0, 4, 0x336ec578);
	put(4, 4, 1);
	put(24, 8, BASE + LINE);
	put(32, 8, 0xa0000);
	put(40, 8, BASE + MAP);
	put(48, 4, 2);
	put(MAP + 8, 8, 0xa0000);
	put(MAP + 16, 4, 1);
	put(MAP + 24, 8, 0x100000);
	put(MAP + 32, 8, 0x7f00000);
	put(MAP + 40, 4, 1);
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
	put(4, 4, 0); /* a Xen dom0's */
	assert_false(take());
	assert_string_equal(handoff.options[1], "list");
	put(4, 4, 1);
	put(48, 4, 0);
	assert_false(take());
	put(48, 4, 0xffffffff);
	assert_false(take());
	put(48, 4, 2);
	put(MAP + 8, 8, 0); /* both empty */
	put(MAP + 32, 8, 0);
	assert_false(take());
	assert_int_equal(handoff.note_count, 0);
	assert_int_equal(handoff.arena.len, 0);
}

static void test_no_start_info(void **state)
{
	(void)state;
	put(0, 4, 0);
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
