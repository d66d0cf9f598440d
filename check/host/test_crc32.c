/* CRC-32 against the check value that everyone publishes, and in pieces. */
#include "check.h"
#include "crc32.h"

static void test_check_value(void **state)
{
	(void)state;
	assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_add(0, "", 0), 0);
}

static void test_in_pieces(void **state)
{
	uint32_t crc = 0;

	(void)state;
	for (unsigned i = 0; i < 9; i++)
		crc = crc32_add(crc, "123456789" + i, 1);
	assert_int_equal(crc, 0xcbf43926);
	assert_int_equal(crc32_add(crc32_add(0, "1234", 4), "56789", 5), 0xcbf43926);
}

static void test_all_bytes(void **state)
{
	uint8_t all[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_int_equal(crc32_add(0, all, 256), 0x29058c73);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check_value),
	    cmocka_unit_test(test_in_pieces),
	    cmocka_unit_test(test_all_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
