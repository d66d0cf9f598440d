/* Scans: everything that is there is found once, nothing that a bridge claims is believed. */
#include "check.h"
#include "scan.h"
#include "sim.h"
#include "sim_bugs.h"
#include "sim_build.h"

static struct sim_bus *root;
static struct rig rig;
static struct walked walked;

static int setup(void **state)
{
	(void)state;
	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	sim_add(root, 0, 0, 0x29c08086, 0x060000);
	return 0;
}

static void scan(void)
{
	rig_init(&rig);
	walk_tree(&walked, &rig.ecam);
	assert_counts(&rig);
}

static void test_reference_machine_through_both_paths(void **state)
{
	struct walked ports;

	(void)state;
	sim_reference();
	scan();
	assert_silent();
	assert_found_all(&walked, 1);
	assert_int_equal(walked.map.buses, 7);
	walk_tree(&ports, &rig.pio);
	assert_int_equal(ports.map.count, walked.map.count);
	assert_memory_equal(ports.fn, walked.fn, walked.map.count * sizeof(walked.fn[0]));
	assert_int_equal(rig.pio.reads, rig.ecam.reads);
	assert_int_equal(rig.pio.writes + rig.ecam.writes, 0);
	assert_counts(&rig);
}

static void test_functions_with_gaps(void **state)
{
	(void)state;
	for (unsigned f = 0; f < 8; f += f == 2 ? 2u : 1u)
		sim_add(root, 4, f, 0x00010001 + (f << 16), 0xff0000);
	sim_add(root, 31, 0, 0x00020001, 0xff0000);
	sim_add(root, 31, 7, 0x00020001, 0xff0000);
	scan();
	assert_silent();
	assert_found_all(&walked, 1);
}

/* Functions 1 to 7 of a single-function device are nobody's, whatever answers there (PCI 3.0,
 * 3.2.2.3.4). */
static void test_single_function_device(void **state)
{
	struct sim_fn *zero = sim_add(root, 4, 0, 0x00010001, 0xff0000);

	(void)state;
	sim_add(root, 4, 3, 0x00020001, 0xff0000);
	sim_add(root, 5, 1, 0x00030001, 0xff0000); /* no function 0 */
	zero->value[0x0e] = 0;
	scan();
	assert_int_equal(walked.map.count, 2);
}

static void test_vendor_zero_is_absent(void **state)
{
	(void)state;
	sim_add(root, 4, 0, 0x00010000, 0);
	scan();
	assert_int_equal(walked.map.count, 1);
	sim.bug = sim_bug_named("absent-reads-zero");
	scan();
	assert_int_equal(walked.map.count, 1);
}

static void test_empty_bus(void **state)
{
	(void)state;
	sim_reset();
	sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	scan();
	assert_int_equal(walked.map.count, 0);
	assert_int_equal(walked.map.buses, 1);
	assert_int_equal(rig.ecam.reads, 32); /* one a device */
}

static void read_again(void *context, struct cfg *cfg, const struct pci_function *fn)
{
	(void)context;
	assert_int_equal(cfg_read32(cfg, fn->at, PCI_ID), fn->id);
}

static void chain(unsigned buses)
{
	struct sim_bus *bus;

	setup(NULL);
	bus = root;
	for (unsigned i = 1; i < buses; i++) {
		bus = sim_add_bridge(bus, 1, 0, 0x000c1b36)->behind;
		sim_add(bus, 0, 0, 0x00010001, 0xff0000);
	}
	sim_number();
}

static void test_bridges_to_any_depth(void **state)
{
	(void)state;
	for (unsigned p = 0; p < 2; p++) {
		chain(256);
		rig_init(&rig);
		walk_tree(&walked, p ? &rig.ecam : &rig.pio);
		assert_silent();
		assert_found_all(&walked, 1);
		assert_int_equal(walked.map.buses, 256);
		walked_init(&walked);
		scan_sweep(p ? &rig.ecam : &rig.pio, 0, NULL, &walked.map);
		assert_silent();
		assert_found_all(&walked, 1);
		assert_counts(&rig);
	}
}

/* Visits as a scan that sizes BARs makes them, through a path. */
static size_t stack_of_walk(unsigned buses, bool ecam)
{
	struct pci_roots roots;

	chain(buses);
	rig_init(&rig);
	sim_roots(&roots);
	walked_init(&walked);
	stack_watch();
	scan_tree(&(struct scan){.cfg = ecam ? &rig.ecam : &rig.pio,
				 .roots = &roots,
				 .visit = read_again,
				 .diag = &heard},
		  &walked.map);
	assert_found_all(&walked, 1);
	return stack_used();
}

/* The stack is finite; how deep the buses are is up to devices. */
static void test_depth_takes_no_stack(void **state)
{
	(void)state;
	for (unsigned ecam = 0; ecam < 2; ecam++)
		assert_int_equal(stack_of_walk(256, ecam), stack_of_walk(2, ecam));
}

/* 32 device slots a bus, two more dwords a function, one more a bridge: linear, with no hidden
 * rescans. */
static void test_accesses_grow_linearly(void **state)
{
	static const unsigned buses[] = {1, 8, 64};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		unsigned n = buses[i];

		chain(n);
		scan();
		assert_int_equal(walked.map.count, 2 * n - 1);
		assert_int_equal(rig.ecam.reads, 32 * n + 2 * (2 * n - 1) + (n - 1));
	}
}

static void check_not_followed(unsigned secondary, unsigned subordinate, const char *what)
{
	struct sim_fn *bridge;

	setup(NULL);
	bridge = sim_add_bridge(root, 3, 0, 0x000c1b36);
	sim_add(bridge->behind, 0, 0, 0x00010001, 0);
	sim_bridge_numbers(bridge, 0, (uint8_t)secondary, (uint8_t)subordinate);
	sim_add(root, 4, 0, 0x00020001, 0);
	scan();
	assert_heard(what);
	assert_heard("bridge 00:03.0");
	assert_heard("not followed");
	assert_int_equal(heard_lines(), 1);
	assert_int_equal(walked.map.count, 3); /* what comes after the bridge is still found */
}

static void test_bridges_that_make_no_sense(void **state)
{
	(void)state;
	check_not_followed(0, 0,
			   "(primary 0, secondary 0, subordinate 0) has no secondary bus number");
	check_not_followed(0, 255, "has no secondary bus number");
	check_not_followed(
	    5, 4,
	    "(primary 0, secondary 5, subordinate 4) has a subordinate below its secondary bus");
}

static void test_loops(void **state)
{
	struct sim_fn *a, *b;

	(void)state;
	a = sim_add_bridge(root, 3, 0, 0x000c1b36);
	b = sim_add_bridge(a->behind, 1, 0, 0x000c1b36);
	sim_number();
	for (uint8_t secondary = 1; secondary < 2;
	     secondary--) { /* 1: its own bus, 0: the root, then 255 ends it */
		sim_bridge_numbers(b, 1, secondary, 2);
		scan();
		assert_heard(secondary ? "leads back to its own bus or above it"
				       : "has no secondary bus number");
		assert_int_equal(walked.map.count, 3);
	}
}

static void test_subordinate_beyond_the_bridge_above(void **state)
{
	struct sim_fn *a, *b;

	(void)state;
	a = sim_add_bridge(root, 3, 0, 0x000c1b36);
	b = sim_add_bridge(a->behind, 1, 0, 0x000c1b36);
	sim_add(b->behind, 0, 0, 0x00010001, 0);
	sim_number();
	b->value[0x1a] = 3;
	scan();
	assert_heard(
	    "bridge 01:01.0 (primary 1, secondary 2, subordinate 3) claims buses beyond those of "
	    "the bridge");
	assert_int_equal(walked.map.count, 3);
}

static void test_overlapping_bridges(void **state)
{
	struct sim_fn *a, *b;

	(void)state;
	a = sim_add_bridge(root, 3, 0, 0x000c1b36);
	b = sim_add_bridge(root, 4, 0, 0x000c1b36);
	sim_add(a->behind, 0, 0, 0x00010001, 0);
	sim_add(b->behind, 0, 0, 0x00020001, 0);
	sim_bridge_numbers(a, 0, 1, 3);
	for (uint8_t secondary = 1; secondary <= 3; secondary++) {
		sim_bridge_numbers(b, 0, secondary, 5);
		scan();
		assert_heard("bridge 00:04.0");
		assert_heard("claims buses that another bridge or root bus has");
		assert_int_equal(walked.map.count, 4);
	}
}

/* Firmware may give every root the range up to 255; a bridge that then claims another root's bus
 * must not have its functions found twice. */
static void test_bridge_that_claims_another_root_bus(void **state)
{
	struct sim_bus *other = sim_root(0, 0x80);
	struct sim_fn *bridge = sim_add_bridge(root, 3, 0, 0x000c1b36);
	struct pci_root root_of[] = {{0, 0, 255}, {0, 0x80, 255}};
	const struct pci_roots roots = {.root = root_of, .count = 2};

	(void)state;
	sim_add(other, 0, 0, 0x00010001, 0);
	sim_bridge_numbers(bridge, 0, 0x80, 0x80);
	rig_init(&rig);
	walked_init(&walked);
	scan_tree(&(struct scan){.cfg = &rig.ecam, .roots = &roots, .diag = &heard}, &walked.map);
	assert_heard("claims buses that another bridge or root bus has");
	assert_int_equal(walked.map.count, 3);
}

static void test_truncation(void **state)
{
	static struct walked all;
	struct pci_roots roots;

	(void)state;
	sim_reference();
	sim_roots(&roots);
	rig_init(&rig);
	walk_tree(&all, &rig.ecam);
	for (unsigned capacity = 0; capacity <= 24; capacity++) {
		rig_init(&rig);
		walked_init(&walked);
		walked.map.capacity = capacity;
		scan_tree(&(struct scan){.cfg = &rig.ecam, .roots = &roots, .diag = &heard},
			  &walked.map);
		assert_int_equal(walked.map.count, capacity);
		assert_int_equal(walked.map.left_out, 24 - capacity);
		assert_int_equal(pci_map_found(&walked.map), 24);
		assert_int_equal(walked.map.buses, 7);
		if (capacity < 24) {
			assert_int_equal(cfg_key(walked.map.first_left_out),
					 cfg_key(all.fn[capacity].at));
			assert_int_equal(cfg_key(walked.map.last_left_out), cfg_key(all.fn[23].at));
		}
		walked_init(&walked);
		walked.map.capacity = capacity;
		scan_sweep(&rig.ecam, 0, NULL, &walked.map);
		assert_int_equal(walked.map.count, capacity);
		assert_int_equal(walked.map.left_out, 24 - capacity);
		assert_silent();
	}
}

static void visit(void *context, struct cfg *cfg, const struct pci_function *fn)
{
	struct walked *seen = context;

	(void)cfg;
	seen->fn[seen->map.count++] = *fn;
}

static void test_visits_in_the_order_found(void **state)
{
	static struct walked seen;
	struct pci_roots roots;

	(void)state;
	sim_reference();
	rig_init(&rig);
	sim_roots(&roots);
	walked_init(&walked);
	walked_init(&seen);
	scan_tree(
	    &(struct scan){
		.cfg = &rig.pio, .roots = &roots, .visit = visit, .context = &seen, .diag = &heard},
	    &walked.map);
	assert_int_equal(seen.map.count, 24);
	assert_memory_equal(seen.fn, walked.fn, 24 * sizeof(walked.fn[0]));
	for (unsigned i = 0; i < 24;
	     i++) /* depth first: a bridge stands before what is behind it */
		assert_true(i == 0 || walked.fn[i].at.bus == 0 ||
			    walked.fn[i - 1].at.bus <= walked.fn[i].at.bus);
}

static void test_tree_equals_sweep_on_random_machines(void **state)
{
	static struct walked swept;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		sim_random(seed, true);
		scan();
		assert_silent();
		assert_found_all(&walked, 3);
		walked_init(&swept);
		for (uint16_t segment = 0; segment < 3; segment++)
			scan_sweep(&rig.ecam, segment, NULL, &swept.map);
		assert_int_equal(swept.map.count, walked.map.count);
		assert_found_all(&swept, 3);
		/* Ports see segment 0, and the same there. */
		walk_tree(&walked, &rig.pio);
		assert_found_all(&walked, 1);
		walked_init(&swept);
		scan_sweep(&rig.pio, 0, NULL, &swept.map);
		assert_found_all(&swept, 1);
		assert_silent();
		assert_counts(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_reference_machine_through_both_paths, setup),
	    cmocka_unit_test_setup(test_functions_with_gaps, setup),
	    cmocka_unit_test_setup(test_single_function_device, setup),
	    cmocka_unit_test_setup(test_vendor_zero_is_absent, setup),
	    cmocka_unit_test_setup(test_empty_bus, setup),
	    cmocka_unit_test(test_bridges_to_any_depth),
	    cmocka_unit_test(test_depth_takes_no_stack),
	    cmocka_unit_test(test_accesses_grow_linearly),
	    cmocka_unit_test(test_bridges_that_make_no_sense),
	    cmocka_unit_test_setup(test_loops, setup),
	    cmocka_unit_test_setup(test_subordinate_beyond_the_bridge_above, setup),
	    cmocka_unit_test_setup(test_overlapping_bridges, setup),
	    cmocka_unit_test_setup(test_bridge_that_claims_another_root_bus, setup),
	    cmocka_unit_test_setup(test_truncation, setup),
	    cmocka_unit_test_setup(test_visits_in_the_order_found, setup),
	    cmocka_unit_test(test_tree_equals_sweep_on_random_machines),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
