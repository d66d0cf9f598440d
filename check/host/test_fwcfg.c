/* fw_cfg over DMA: one transfer is one exit. */
#include <stdlib.h>
#include "check.h"
#include "fwcfg.h"
#include "sim.h"
#include "sim_build.h"

#define PHYSICAL 0x12345000u
#define SIZE     (16384 + 32)

static uint8_t *memory;
static struct cfg_counts counts;
static struct fwcfg fwcfg;
static uint8_t contents[1000];

static void start(enum sim_fwcfg_mode mode, uint64_t physical)
{
	sim_reset();
	sim_fwcfg(mode, memory, physical, SIZE);
	counts = (struct cfg_counts){0};
	fwcfg_init(&fwcfg, (struct fwcfg_buffer){memory, physical, SIZE}, &counts);
}

static int group_setup(void **state)
{
	(void)state;
	memory = malloc(SIZE);
	for (unsigned i = 0; i < sizeof(contents); i++)
		contents[i] = (uint8_t)(i * 3 + 1);
	return memory == NULL;
}

static int group_teardown(void **state)
{
	(void)state;
	free(memory);
	sim_reset();
	return 0;
}

static void test_absent(void **state)
{
	struct fwcfg_item item = {1, 1};

	(void)state;
	start(SIM_FWCFG_ABSENT, PHYSICAL);
	assert_false(fwcfg.present);
	assert_null(fwcfg_read(&fwcfg, 0x20, 4));
	assert_false(fwcfg_find(&fwcfg, (const char *const[]){"a"}, &item, 1));
	assert_int_equal(item.key, 0);
	assert_int_equal(counts.calls, 0);
	assert_int_equal(sim.counts.calls, 0);
}

static void test_find_several_with_one_transfer(void **state)
{
	const char *const names[] = {"etc/pci-bar-masks", "opt/org.barometer/pci-bar-masks",
				     "etc/none"};
	struct fwcfg_item items[3];

	(void)state;
	start(SIM_FWCFG_WORKS, PHYSICAL);
	assert_true(fwcfg.present);
	sim_fwcfg_item("etc/e820", contents, 10);
	sim_fwcfg_item("opt/org.barometer/pci-bar-masks", contents, 500);
	sim_fwcfg_item("etc/pci-bar-masks", contents, 1000);
	sim_fwcfg_item("etc/pci-bar-masks-2", contents, 3);
	assert_true(fwcfg_find(&fwcfg, names, items, 3));
	assert_int_equal(items[0].key, 0x22);
	assert_int_equal(items[0].size, 1000);
	assert_int_equal(items[1].key, 0x21);
	assert_int_equal(items[1].size, 500);
	assert_int_equal(items[2].key, 0);
	assert_int_equal(counts.calls, 1);
	assert_int_equal(sim.counts.calls, 1);
}

static void test_names_are_matched_whole(void **state)
{
	char longest[56], too_long[57];
	const char *const names[] = {"etc/pci", longest, too_long};
	struct fwcfg_item items[3];

	(void)state;
	memset(longest, 'x', 55);
	longest[55] = '\0';
	memset(too_long, 'y', 56);
	too_long[56] = '\0';
	start(SIM_FWCFG_WORKS, PHYSICAL);
	sim_fwcfg_item("etc/pci-bar-masks", contents, 1);
	sim_fwcfg_item(longest, contents, 2);
	sim_fwcfg_item(too_long, contents, 3); /* fills the field: no terminator */
	assert_true(fwcfg_find(&fwcfg, names, items, 3));
	assert_int_equal(items[0].key, 0);
	assert_int_equal(items[1].size, 2);
	assert_int_equal(items[2].key, 0);
}

static void test_directory_longer_than_is_looked_at(void **state)
{
	struct fwcfg_item items[2];
	char name[16];

	(void)state;
	start(SIM_FWCFG_WORKS, PHYSICAL);
	for (unsigned i = 0; i < SIM_ITEMS_MAX; i++) {
		snprintf(name, sizeof(name), "item/%u", i);
		sim_fwcfg_item(name, contents, i + 1);
	}
	assert_true(fwcfg_find(&fwcfg, (const char *const[]){"item/255", "item/256"}, items, 2));
	assert_int_equal(items[0].size, 256);
	assert_int_equal(items[1].key, 0);
}

static void test_read(void **state)
{
	const uint8_t *data;

	(void)state;
	start(SIM_FWCFG_WORKS, PHYSICAL);
	sim_fwcfg_item("a", contents, 100);
	data = fwcfg_read(&fwcfg, 0x20, 100);
	assert_non_null(data);
	assert_memory_equal(data, contents, 100);
	assert_int_equal(sim.fwcfg.last_length, 100);
	/* Beyond the item: zeros. A second read starts at the beginning again. */
	data = fwcfg_read(&fwcfg, 0x20, 104);
	assert_memory_equal(data, contents, 100);
	assert_memory_equal(data + 100, "\0\0\0\0", 4);
	assert_int_equal(counts.calls, 2);
	assert_int_equal(sim.counts.calls, 2);
	assert_int_equal(sim.other_ports, 0);
}

static void test_buffer_above_4_gib(void **state)
{
	const uint8_t *data;

	(void)state;
	start(SIM_FWCFG_WORKS, 0x180000000);
	sim_fwcfg_item("a", contents, 100);
	for (unsigned i = 0; i < 2;
	     i++) { /* the device forgets the high half after each transfer */
		data = fwcfg_read(&fwcfg, 0x20, 100);
		assert_non_null(data);
		assert_memory_equal(data, contents, 100);
	}
}

static void test_capacity(void **state)
{
	size_t most;

	(void)state;
	start(SIM_FWCFG_WORKS, PHYSICAL);
	sim_fwcfg_item("a", contents, 100);
	most = fwcfg_capacity(&fwcfg);
	assert_true(most >= 4 + 64 * FWCFG_ITEMS_MAX && most < SIZE);
	assert_non_null(fwcfg_read(&fwcfg, 0x20, most));
	assert_null(fwcfg_read(&fwcfg, 0x20, most + 1));
	assert_int_equal(counts.calls, 1);
}

static void test_device_that_fails(void **state)
{
	struct fwcfg_item item = {1, 1};

	(void)state;
	start(SIM_FWCFG_FAILS, PHYSICAL);
	assert_true(fwcfg.present);
	assert_null(fwcfg_read(&fwcfg, 0x20, 4));
	assert_false(fwcfg_find(&fwcfg, (const char *const[]){"a"}, &item, 1));
	assert_int_equal(item.key, 0);
	assert_int_equal(counts.calls, 2);
	assert_int_equal(sim.counts.calls, 2);
}

static void test_device_that_never_finishes(void **state)
{
	(void)state;
	start(SIM_FWCFG_HANGS, PHYSICAL);
	assert_null(fwcfg_read(&fwcfg, 0x20, 4));
	assert_int_equal(counts.calls, 1);
}

static void test_directory_count_that_lies(void **state)
{
	struct fwcfg_item item;

	(void)state;
	start(SIM_FWCFG_WORKS, PHYSICAL);
	sim_fwcfg_item("a", contents, 1);
	sim.fwcfg.item[0].listed = 0xffffffff; /* a size is a hint, and handed on as it is */
	assert_true(fwcfg_find(&fwcfg, (const char *const[]){"a"}, &item, 1));
	assert_int_equal(item.size, 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_absent),
	    cmocka_unit_test(test_find_several_with_one_transfer),
	    cmocka_unit_test(test_names_are_matched_whole),
	    cmocka_unit_test(test_directory_longer_than_is_looked_at),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_buffer_above_4_gib),
	    cmocka_unit_test(test_capacity),
	    cmocka_unit_test(test_device_that_fails),
	    cmocka_unit_test(test_device_that_never_finishes),
	    cmocka_unit_test(test_directory_count_that_lies),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
