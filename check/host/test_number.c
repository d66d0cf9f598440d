/* Bus numbers for bridges that have none. */
#include <stdlib.h>
#include "check.h"
#include "number.h"
#include "sim.h"
#include "sim_build.h"

static struct rig rig;
static struct numbering numbering;
static uint64_t given[2 * 4 * PCI_BUSES]; /* four segments' bridges */
static struct walked walked;
static struct sim_bus *root;

static int setup(void **state)
{
	(void)state;
	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	return 0;
}

static void number_none(unsigned capacity)
{
	numbering.given = (struct index){.pair = given};
	numbering.capacity = capacity;
}

static void number(void)
{
	struct pci_roots roots;

	rig_init(&rig);
	number_none(4 * PCI_BUSES);
	sim_roots(&roots);
	number_bridges(&rig.ecam, &roots, &numbering, &heard);
	assert_counts(&rig);
}

static unsigned bridges(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < sim.functions; i++)
		count += sim.fn[i]->behind != NULL;
	return count;
}

static void clear_numbers(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind)
			sim_set32(sim.fn[i], 0x18, sim_get32(sim.fn[i], 0x18) & 0xff000000);
}

/* Depth first from the bus above: the very numbers that firmware gives. */
static void test_unnumbered_machine(void **state)
{
	uint32_t expected[SIM_ORDINARY_MAX];

	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		sim_random(seed, true);
		for (unsigned i = 0; i < sim.functions; i++)
			expected[i] = sim_get32(sim.fn[i], 0x18);
		sim_random(seed, false);
		number();
		assert_silent();
		assert_int_equal(numbering.given.count, bridges());
		for (unsigned i = 0; i < sim.functions; i++)
			assert_int_equal(sim_get32(sim.fn[i], 0x18), expected[i]);
		walk_tree(&walked, &rig.ecam);
		assert_silent();
		assert_found_all(&walked, 3);
	}
}

static void test_numbers_given_are_remembered(void **state)
{
	(void)state;
	sim_reference();
	clear_numbers();
	number();
	assert_int_equal(numbering.given.count, 6);
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind)
			assert_int_equal(number_given(&numbering, sim_address(sim.fn[i])),
					 sim.fn[i]->value[0x19]);
	assert_int_equal(number_given(&numbering, (struct cfg_address){0, 0, 0}), 0);
	/* A second time there is nothing left to do. */
	number();
	assert_int_equal(numbering.given.count, 0);
	assert_int_equal(rig.ecam.writes, 0);
}

static void test_latency_timer_is_kept(void **state)
{
	struct sim_fn *bridge = sim_add_bridge(root, 1, 0, 0x00011b36);

	(void)state;
	bridge->value[0x1b] = 0x40;
	bridge->writable[0x1b] = 0xff;
	number();
	assert_int_equal(sim_get32(bridge, 0x18), 0x40010100);
}

static void clear_below(struct sim_fn *bridge)
{
	sim_bridge_numbers(bridge, 0, 0, 0);
	for (unsigned devfn = 0; devfn < 256; devfn++)
		if (bridge->behind->fn[devfn] && bridge->behind->fn[devfn]->behind)
			clear_below(bridge->behind->fn[devfn]);
}

/* Some trees numbered, some not: those that have numbers keep them, and all is found. */
static void test_mixed(void **state)
{
	uint32_t before[SIM_ORDINARY_MAX];

	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		uint64_t random = seed * 77;

		sim_random(seed, true);
		for (unsigned i = 0; i < sim.functions; i++)
			if (sim.fn[i]->behind && sim_next(&random) % 3 == 0)
				clear_below(sim.fn[i]);
		for (unsigned i = 0; i < sim.functions; i++)
			before[i] = sim_get32(sim.fn[i], 0x18);
		number();
		assert_silent();
		for (unsigned i = 0; i < sim.functions; i++)
			if (sim.fn[i]->behind && (before[i] & 0xff00))
				assert_int_equal(sim_get32(sim.fn[i], 0x18), before[i]);
		walk_tree(&walked, &rig.ecam);
		assert_silent();
		assert_found_all(&walked, 3);
	}
}

static void test_none_free_behind_a_full_bridge(void **state)
{
	struct sim_fn *upper = sim_add_bridge(root, 1, 0, 0x00011b36);
	struct sim_fn *lower = sim_add_bridge(upper->behind, 2, 0, 0x00011b36);

	(void)state;
	sim_bridge_numbers(upper, 0, 1, 1);
	number();
	assert_heard("no bus number is free for bridge 01:02.0 (bus 1, numbers up to 1)");
	assert_int_equal(lower->value[0x19], 0);
	assert_int_equal(numbering.given.count, 0);
}

static void chain(unsigned bridges)
{
	struct sim_bus *bus;

	setup(NULL);
	bus = root;
	for (unsigned i = 0; i < bridges; i++)
		bus = sim_add_bridge(bus, 1, 0, 0x00011b36)->behind;
}

static size_t stack_of_numbering(unsigned bridges, bool numbered, bool ecam)
{
	struct pci_roots roots;

	chain(bridges);
	if (numbered)
		sim_number();
	rig_init(&rig);
	number_none(4 * PCI_BUSES);
	sim_roots(&roots);
	stack_watch();
	number_bridges(ecam ? &rig.ecam : &rig.pio, &roots, &numbering, &heard);
	assert_silent();
	assert_int_equal(numbering.given.count, numbered ? 0 : bridges);
	return stack_used();
}

/* The stack is finite; how deep the buses are is up to devices. */
static void test_depth_takes_no_stack(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(stack_of_numbering(255, i & 1, i & 2),
				 stack_of_numbering(1, i & 1, i & 2));
}

static void test_more_bridges_than_numbers(void **state)
{
	(void)state;
	chain(300);
	number();
	assert_int_equal(numbering.given.count, 255);
	assert_heard("no bus number is free for bridge ff:01.0");
	assert_int_equal(heard_lines(), 1);
	walk_tree(&walked, &rig.ecam);
	assert_int_equal(walked.map.count, 256);
}

/* What there is no room to remember is not numbered: the table of masks could not follow it. */
static void test_less_room_than_bridges(void **state)
{
	struct pci_roots roots;
	struct sim_fn *fn[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		fn[i] = sim_add_bridge(root, i + 1, 0, 0x00011b36);
	rig_init(&rig);
	number_none(2);
	sim_roots(&roots);
	number_bridges(&rig.ecam, &roots, &numbering, &heard);
	assert_int_equal(numbering.given.count, 2);
	assert_int_equal(number_given(&numbering, sim_address(fn[1])), 2);
	assert_int_equal(sim_get32(fn[2], 0x18), 0);
	assert_heard("no memory to number more than 2 bridges: 00:03.0 is left alone");
	assert_int_equal(heard_lines(), 1);
}

/* 255 in each of four segments, as many as have numbers. */
static void test_all_numbers_of_many_segments(void **state)
{
	(void)state;
	sim_reset();
	for (unsigned segment = 0; segment < 4; segment++) {
		struct sim_bus *bus = sim_root((uint16_t)segment, 0);

		sim_ecam((uint16_t)segment, 0, 255, 0x8000000000 + (uint64_t)segment * 0x10000000);
		for (unsigned i = 0; i < 255; i++)
			sim_add_bridge(bus, i / 8, i % 8, 0x00011b36)->value[0x0e] = 0x81;
	}
	number();
	assert_silent();
	assert_int_equal(numbering.given.count, 4 * 255);
	for (unsigned i = 0; i < sim.functions; i++)
		assert_int_equal(number_given(&numbering, sim_address(sim.fn[i])),
				 sim.fn[i]->value[0x19]);
}

static void test_stays_below_the_next_root(void **state)
{
	struct sim_bus *second = sim_root(0, 2);
	struct sim_fn *fn[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		fn[i] = sim_add_bridge(i < 2 ? root : second, i + 1, 0, 0x00011b36);
	number();
	assert_int_equal(sim_get32(fn[0], 0x18), 0x00010100);
	assert_int_equal(sim_get32(fn[1], 0x18), 0); /* bus 2 is the other root's */
	assert_int_equal(sim_get32(fn[2], 0x18), 0x00030302);
	assert_heard("no bus number is free for bridge 00:02.0 (bus 0, numbers up to 1)");
	assert_int_equal(heard_lines(), 1);
}

/* Without ranges from firmware, all that keeps one root off another's number is that the number is
 * taken. */
static void test_other_roots_numbers_are_taken(void **state)
{
	struct pci_root root_of[] = {{0, 0, 255}, {0, 1, 255}};
	const struct pci_roots roots = {.root = root_of, .count = 2};
	struct sim_fn *bridge = sim_add_bridge(root, 1, 0, 0x00011b36);

	(void)state;
	sim_root(0, 1);
	rig_init(&rig);
	number_none(4 * PCI_BUSES);
	number_bridges(&rig.ecam, &roots, &numbering, &heard);
	assert_int_equal(bridge->value[0x19], 2);
}

static void test_segments_have_numbers_of_their_own(void **state)
{
	struct sim_fn *a = sim_add_bridge(root, 1, 0, 0x00011b36), *b;

	(void)state;
	b = sim_add_bridge(sim_root(1, 0), 1, 0, 0x00011b36);
	sim_ecam(1, 0, 255, 0xc000000000);
	number();
	assert_silent();
	assert_int_equal(a->value[0x19], 1);
	assert_int_equal(b->value[0x19], 1);
	assert_int_equal(number_given(&numbering, sim_address(b)), 1);
}

static void test_unreachable_root_is_left_alone(void **state)
{
	struct sim_fn *there =
	    sim_add_bridge(sim_root(2, 0), 1, 0, 0x00011b36); /* a segment without ECAM */

	(void)state;
	number();
	assert_int_equal(there->value[0x19], 0);
	assert_int_equal(numbering.given.count, 0);
}

/* A bridge that overlaps another, or leads upwards, is the walk's to report: numbering neither
 * follows nor mends it. */
static void test_senseless_numbers_are_left_alone(void **state)
{
	struct sim_fn *good = sim_add_bridge(root, 1, 0, 0x00011b36);
	struct sim_fn *overlaps = sim_add_bridge(root, 2, 0, 0x00011b36);
	struct sim_fn *backwards = sim_add_bridge(root, 3, 0, 0x00011b36);
	struct sim_fn *fresh = sim_add_bridge(root, 4, 0, 0x00011b36);

	(void)state;
	sim_bridge_numbers(good, 0, 1, 3);
	sim_bridge_numbers(overlaps, 0, 2, 4);
	sim_bridge_numbers(backwards, 0, 9, 8);
	number();
	assert_int_equal(sim_get32(overlaps, 0x18), 0x00040200);
	assert_int_equal(sim_get32(backwards, 0x18), 0x00080900);
	assert_int_equal(fresh->value[0x19], 4);
	assert_int_equal(numbering.given.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unnumbered_machine),
	    cmocka_unit_test(test_numbers_given_are_remembered),
	    cmocka_unit_test_setup(test_latency_timer_is_kept, setup),
	    cmocka_unit_test(test_mixed),
	    cmocka_unit_test_setup(test_none_free_behind_a_full_bridge, setup),
	    cmocka_unit_test(test_depth_takes_no_stack),
	    cmocka_unit_test(test_more_bridges_than_numbers),
	    cmocka_unit_test_setup(test_less_room_than_bridges, setup),
	    cmocka_unit_test(test_all_numbers_of_many_segments),
	    cmocka_unit_test_setup(test_stays_below_the_next_root, setup),
	    cmocka_unit_test_setup(test_other_roots_numbers_are_taken, setup),
	    cmocka_unit_test_setup(test_segments_have_numbers_of_their_own, setup),
	    cmocka_unit_test_setup(test_unreachable_root_is_left_alone, setup),
	    cmocka_unit_test_setup(test_senseless_numbers_are_left_alone, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
