/* The walk that the PCI BAR mask table replaces: the same functions, the same registers as the
 * dance. */
#include <stdlib.h>
#include "check.h"
#include "mask_table.h"
#include "sim.h"
#include "sim_build.h"
#include "sizing.h"

static struct rig rig;
static uint8_t bytes[SIM_MASK_TABLE_MAX];
static uint32_t len;
static const struct sim_fn *order[SIM_FUNCTIONS_MAX];
static unsigned count;
static struct mask_table table;
static struct walked walked;
static struct bar_registers raw[MAP_MAX];

static void encode(void)
{
	len = sim_mask_table_encode(bytes, order, &count);
	rig_init(&rig);
}

static void check_and_walk(const struct numbering *given)
{
	size_t needed;

	heard_reset();
	assert_true(mask_table_check(&table, bytes, len, &needed, &heard));
	assert_silent();
	walked_init(&walked);
	mask_table_walk(&table, given, &walked.map, raw, &heard);
}

static void put(uint32_t at, unsigned width, uint32_t value)
{
	for (unsigned i = 0; i < width; i++)
		bytes[at + i] = (uint8_t)(value >> 8 * i);
	sim_mask_table_seal(bytes);
}

/* Offset of the n-th entry. */
static uint32_t entry(unsigned n)
{
	uint32_t at = 32;

	while (n--)
		at += bytes[at];
	return at;
}

static int setup(void **state)
{
	(void)state;
	sim_reference();
	encode();
	return 0;
}

/* The table, written by the simulator from its own registers, against walk and dance through the
 * back ends. */
static void check_equals_the_dance(const struct numbering *given, bool unnumbered)
{
	static struct walked tree;

	check_and_walk(given);
	assert_silent();
	walk_tree(&tree, &rig.ecam);
	assert_int_equal(walked.map.count, count);
	assert_int_equal(tree.map.count, count);
	for (unsigned i = 0; i < count; i++) {
		const struct pci_function *fn = find_in(&tree.map, walked.fn[i].at);
		struct bar_registers dance;

		assert_int_equal(cfg_key(walked.fn[i].at), cfg_key(sim_address(order[i])));
		assert_non_null(fn);
		assert_int_equal(walked.fn[i].id, fn->id);
		assert_int_equal(walked.fn[i].class_revision, fn->class_revision);
		assert_int_equal(walked.fn[i].header & 0x00ff0000, fn->header & 0x00ff0000);
		if (!unnumbered)
			assert_int_equal(walked.fn[i].buses, fn->buses);
		sizing_run(&rig.ecam, &sizing_strategies[2], fn, &dance);
		assert_memory_equal(&raw[i], &dance, sizeof(dance));
	}
	assert_counts(&rig);
}

static void test_random_machines_equal_the_dance(void **state)
{
	const struct numbering none = {.capacity = 0};

	(void)state;
	for (uint64_t seed = 1; seed <= 25; seed++) {
		sim_random(seed, true);
		encode();
		check_equals_the_dance(&none, false);
	}
}

/* Made before anyone numbered the bridges: the guest knows what it wrote. */
static void test_unnumbered_machines_through_numbering(void **state)
{
	static uint64_t pairs[2 * PCI_BUSES * 4];
	static struct numbering given = {.given = {.pair = pairs}, .capacity = 4 * PCI_BUSES};

	(void)state;
	for (uint64_t seed = 1; seed <= 25; seed++) {
		struct pci_roots roots;

		sim_random(seed, false);
		encode();
		sim_roots(&roots);
		given.given.count = 0;
		number_bridges(&rig.ecam, &roots, &given, &heard);
		check_equals_the_dance(&given, true);
	}
}

static void test_functions_without_a_bus_number_are_reported(void **state)
{
	const struct numbering none = {.capacity = 0};

	(void)state;
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind)
			sim_bridge_numbers(sim.fn[i], 0, 0, 0);
	encode();
	check_and_walk(&none);
	assert_int_equal(walked.map.count, 15);
	assert_int_equal(walked.map.buses, 1);
	assert_heard("mask table: 9 functions are behind bridges without bus numbers");
}

static void test_full_map(void **state)
{
	const struct numbering none = {.capacity = 0};
	size_t needed;

	(void)state;
	assert_true(mask_table_check(&table, bytes, len, &needed, &heard));
	walked_init(&walked);
	walked.map.capacity = 5;
	heard_reset();
	mask_table_walk(&table, &none, &walked.map, raw, &heard);
	assert_int_equal(walked.map.count, 5);
	assert_int_equal(walked.map.left_out, 24 - 5);
	assert_silent();
}

/* Mask and value are not interpreted beyond what the header type allows. */
static void test_registers_that_a_header_lacks(void **state)
{
	const struct numbering none = {.capacity = 0};
	unsigned bridge = 0;

	(void)state;
	while (!order[bridge]->behind)
		bridge++;
	for (uint32_t at = 16; at < 44; at += 4)
		put(entry(bridge) + at, 4, 0x11111111 * (at / 4));
	put(entry(0) + 6, 1, 2);
	put(entry(0) + 16, 4, 0xdeadbeef);
	check_and_walk(&none);
	assert_int_equal(raw[0].mask[0], 0);
	assert_int_equal(raw[0].value[0] | raw[0].value[6], 0);
	assert_int_equal(raw[bridge].mask[0], 0x44444444);
	assert_int_equal(raw[bridge].mask[1], 0x55555555);
	for (unsigned i = 2; i < 6; i++)
		assert_int_equal(raw[bridge].mask[i] | raw[bridge].value[i], 0);
	assert_int_equal(raw[bridge].mask[6], 0xaaaaaaaa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_machines_equal_the_dance),
	    cmocka_unit_test(test_unnumbered_machines_through_numbering),
	    cmocka_unit_test_setup(test_functions_without_a_bus_number_are_reported, setup),
	    cmocka_unit_test_setup(test_full_map, setup),
	    cmocka_unit_test_setup(test_registers_that_a_header_lacks, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
