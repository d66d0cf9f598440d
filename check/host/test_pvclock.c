/* KVM's clock to a frequency. */
#include "check.h"
#include "pvclock.h"

static uint64_t khz(uint32_t version, uint32_t mul, int shift)
{
	struct pvclock clock = {.version = version, .mul = mul, .shift = (int8_t)shift};

	return pvclock_khz(&clock);
}

static void test_frequencies(void **state)
{
	(void)state;
	/* 1 GHz: a cycle is a ns. */
	assert_int_equal(khz(2, 0x80000000, 1), 1000000);
	/* 2.5 GHz: 0.4 ns. */
	assert_int_equal(khz(2, 3435973836u, -1), 2500000);
	assert_int_equal(khz(2, 1717986918u, 0), 2500000);
	assert_int_equal(khz(2, 0xffffffff, 0), 1000000);
}

static void test_nonsense(void **state)
{
	(void)state;
	assert_int_equal(khz(0, 0x80000000, 1), 0);
	assert_int_equal(khz(2, 0, 1), 0);
	assert_int_equal(khz(2, 1, -32), 0);
	assert_int_equal(khz(2, 1, 32), 0);
	assert_int_equal(khz(2, 1, -128), 0);
	assert_int_equal(khz(2, 1, -31), 0);
	assert_int_equal(khz(2, 0xffffffff, 31), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frequencies),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
