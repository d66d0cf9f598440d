/*
 * The image's own memory functions, compiled under other names (host.mk), against the C library's.
 */
#include "check.h"
#include "mem.h"

void *barometer_memcpy(void *restrict to, const void *restrict from, size_t len);
void *barometer_memmove(void *to, const void *from, size_t len);
void *barometer_memset(void *at, int byte, size_t len);
int barometer_memcmp(const void *a, const void *b, size_t len);
size_t barometer_strlen(const char *text);
int barometer_strcmp(const char *a, const char *b);

static uint8_t ours[64], theirs[64];

static void fill(void)
{
	for (unsigned i = 0; i < sizeof(ours); i++)
		ours[i] = theirs[i] = (uint8_t)(i * 5 + 1);
}

static void test_copy_move_set(void **state)
{
	(void)state;
	for (unsigned to = 0; to < 24; to++) {
		for (unsigned from = 0; from < 24; from++) {
			for (unsigned len = 0; len < 40; len++) {
				fill();
				assert_ptr_equal(barometer_memmove(ours + to, ours + from, len),
						 ours + to);
				memmove(theirs + to, theirs + from, len);
				assert_memory_equal(ours, theirs, sizeof(ours));
			}
		}
	}
	fill();
	assert_ptr_equal(barometer_memcpy(ours + 3, theirs + 20, 30), ours + 3);
	assert_memory_equal(ours + 3, theirs + 20, 30);
	fill();
	assert_ptr_equal(barometer_memset(ours + 1, 0x1ff, 7), ours + 1);
	memset(theirs + 1, 0xff, 7);
	assert_memory_equal(ours, theirs, sizeof(ours));
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void test_compare(void **state)
{
	static const char *const texts[] = {"", "a", "ab", "abc", "b", "\xff", "a\xff"};

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		assert_int_equal(barometer_strlen(texts[i]), strlen(texts[i]));
		for (unsigned j = 0; j < 7; j++)
			assert_int_equal(sign(barometer_strcmp(texts[i], texts[j])),
					 sign(strcmp(texts[i], texts[j])));
	}
	fill();
	assert_int_equal(barometer_memcmp(ours, theirs, 64), 0);
	ours[40] = 0xff;
	theirs[40] = 0x01;
	assert_int_equal(sign(barometer_memcmp(ours, theirs, 64)), 1);
	assert_int_equal(sign(barometer_memcmp(theirs, ours, 64)), -1);
	assert_int_equal(barometer_memcmp(ours, theirs, 40), 0);
	assert_int_equal(barometer_memcmp(ours, theirs, 0), 0);
}

static void test_loads_of_either_order(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8};

	(void)state;
	assert_int_equal(mem_le16(bytes + 1), 0x9281);
	assert_int_equal(mem_le32(bytes + 1), 0xb4a39281);
	assert_int_equal(mem_le64(bytes + 1), 0xf8e7d6c5b4a39281);
	assert_int_equal(mem_be16(bytes + 1), 0x8192);
	assert_int_equal(mem_be32(bytes + 1), 0x8192a3b4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copy_move_set),
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_loads_of_either_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
