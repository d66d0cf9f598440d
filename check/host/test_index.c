/* Pairs of key and place: sorted, found, in the order in which they were added. */
#include "check.h"
#include "index.h"
#include "sim_build.h"

#define MOST 3000

static uint64_t pairs[MOST], scratch[MOST];
static struct index all = {pairs, 0};

static void test_empty(void **state)
{
	(void)state;
	all.count = 0;
	index_sort(&all, scratch);
	assert_int_equal(index_from(&all, 0), 0);
	assert_int_equal(index_find(&all, 0), INDEX_NONE);
}

static void test_neighbouring_keys(void **state)
{
	static const uint32_t keys[] = {0x01000000, 0xffffffff, 0x00010000, 0, 0x0000ff00, 0xff};

	(void)state;
	all.count = 0;
	for (uint32_t i = 0; i < 6; i++)
		index_add(&all, keys[i], i);
	index_sort(&all, scratch);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(index_find(&all, keys[i]), i);
	assert_int_equal(index_find(&all, 1), INDEX_NONE);
	assert_int_equal(index_find(&all, 0xfffffffe), INDEX_NONE);
	assert_int_equal(index_place(&all, index_from(&all, 1)), 5);
	assert_int_equal(index_key(&all, index_from(&all, 0x00010001)), 0x01000000);
	assert_int_equal(index_from(&all, 0xffffffff), 5);
}

/* Few different keys, so that many are equal: the first added is found, the others follow. */
static void test_equal_keys_keep_their_order(void **state)
{
	uint64_t random = 7;

	(void)state;
	for (uint32_t n = 1; n <= MOST; n += 777) {
		all.count = 0;
		for (uint32_t i = 0; i < n; i++)
			index_add(&all, (uint32_t)(sim_next(&random) % 50) * 0x01010101, i);
		index_sort(&all, scratch);
		for (uint32_t i = 1; i < n; i++)
			assert_true(pairs[i - 1] < pairs[i]);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t first = index_from(&all, index_key(&all, i));

			assert_true(first == 0 ||
				    index_key(&all, first - 1) < index_key(&all, first));
			assert_int_equal(index_find(&all, index_key(&all, i)),
					 index_place(&all, first));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_neighbouring_keys),
	    cmocka_unit_test(test_equal_keys_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
