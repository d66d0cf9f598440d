/* Processors in the MADT: which are taken, which entries are named as wrong. */
#include "check.h"
#include "madt.h"

static uint8_t bytes[8192];
static uint32_t len;

static void begin(void)
{
	memset(bytes, 0, sizeof(bytes));
	len = 44;
	heard_reset();
}

static void add(uint8_t type, uint8_t size, uint32_t id, uint32_t flags)
{
	uint8_t *entry = bytes + len, *at = entry + (type == 9 ? 4 : 3);

	entry[0] = type;
	entry[1] = size;
	for (unsigned i = 0; i < (type == 9 ? 4 : 1); i++)
		at[i] = (uint8_t)(id >> 8 * i);
	entry[type == 9 ? 8 : 4] = (uint8_t)flags;
	len += size;
}

static void test_enabled_and_online_capable(void **state)
{
	struct madt madt;

	(void)state;
	begin();
	add(0, 8, 4, 1);
	add(0, 8, 5, 0);
	add(1, 12, 0, 0);
	add(9, 16, 0x12345, 1);
	add(0, 8, 7, 2);
	add(9, 16, 4, 1);
	add(0, 8, 0xff, 1);
	add(9, 16, 0xffffffff, 1);
	assert_int_equal(madt_parse(&madt, bytes, len, &heard), 0);
	assert_silent();
	assert_true(madt.found);
	assert_int_equal(madt.count, 3);
	assert_int_equal(madt.apic_id[0], 4);
	assert_int_equal(madt.apic_id[1], 0x12345);
	assert_int_equal(madt.apic_id[2], 7);
	assert_int_equal(madt.more, 0);
}

static void test_more_than_there_is_room_for(void **state)
{
	struct madt madt;

	(void)state;
	begin();
	for (uint32_t id = 0; id < MADT_PROCESSORS_MAX + 3; id++)
		add(9, 16, id, 1);
	assert_int_equal(madt_parse(&madt, bytes, len, &heard), 0);
	assert_int_equal(madt.count, MADT_PROCESSORS_MAX);
	assert_int_equal(madt.more, 3);
}

static void test_lengths_that_make_no_sense(void **state)
{
	struct madt madt;

	(void)state;
	/* Nothing to go on from. */
	begin();
	add(0, 8, 1, 1);
	add(0, 8, 2, 1);
	bytes[52 + 1] = 0;
	assert_int_equal(madt_parse(&madt, bytes, len, &heard), 1);
	assert_heard("MADT entry at 52 has length 0 of 8 left");
	assert_int_equal(madt.count, 1);
	/* Beyond the table. */
	begin();
	add(0, 8, 1, 1);
	bytes[44 + 1] = 9;
	assert_int_equal(madt_parse(&madt, bytes, len, &heard), 1);
	assert_heard("MADT entry at 44 has length 9 of 8 left");
	/* Too short for what it is; the next is taken. */
	begin();
	add(0, 6, 1, 1);
	add(9, 12, 3, 1);
	add(0, 8, 2, 1);
	assert_int_equal(madt_parse(&madt, bytes, len, &heard), 2);
	assert_heard("MADT entry at 44, type 0, has length 6");
	assert_heard("MADT entry at 50, type 9, has length 12");
	assert_int_equal(madt.count, 1);
	assert_int_equal(madt.apic_id[0], 2);
	/* One byte of an entry. */
	begin();
	add(0, 8, 2, 1);
	assert_int_equal(madt_parse(&madt, bytes, len + 1, &heard), 1);
	assert_heard("ends in the middle of an entry");
	assert_int_equal(madt.count, 1);
	/* Not even the part that every MADT has. */
	begin();
	assert_int_equal(madt_parse(&madt, bytes, 36, &heard), 1);
	assert_int_equal(madt.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_enabled_and_online_capable),
	    cmocka_unit_test(test_more_than_there_is_room_for),
	    cmocka_unit_test(test_lengths_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
