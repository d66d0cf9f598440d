/* Scans that ask for device 0 alone below PCI Express links, and the tests that measure them. */
#include <stdlib.h>
#include "check.h"
#include "scan.h"
#include "sim_bugs.h"
#include "sim_build.h"
#include "sim_rules.h"

static struct rig rig;
static struct walked walked;

static struct sim_bus *empty_machine(void)
{
	struct sim_bus *root;

	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	sim_add(root, 0, 0, 0x29c08086, 0x060000);
	return root;
}

static void scan_by(bool only_one_child, struct walked *to)
{
	struct pci_roots roots;

	rig_init(&rig);
	sim_roots(&roots);
	walked_init(to);
	scan_tree(&(struct scan){.cfg = &rig.ecam,
				 .roots = &roots,
				 .diag = &heard,
				 .only_one_child = only_one_child},
		  &to->map);
	assert_counts(&rig);
}

/* Three reads find the Express capability where it is the first, one that there is none: four root
 * ports with 31 device numbers less each, two bridges to conventional buses. */
static void test_reference_machine(void **state)
{
	static struct walked child;
	uint64_t reads;

	(void)state;
	sim_reference();
	scan_by(false, &walked);
	reads = rig.ecam.reads;
	scan_by(true, &child);
	assert_silent();
	assert_int_equal(child.map.count, 24);
	assert_int_equal(child.map.buses, 7);
	assert_memory_equal(child.fn, walked.fn, 24 * sizeof(walked.fn[0]));
	assert_int_equal(rig.ecam.reads, reads - 4 * 31 + 4 * 3 + 2);
	assert_int_equal(rig.ecam.writes, 0);
}

static void set_express_type(struct sim_fn *fn, unsigned type)
{
	unsigned at = fn->value[0x34];

	while (fn->value[at] != 0x10)
		at = fn->value[at + 1];
	fn->value[at + 2] = (uint8_t)(type << 4 | 2);
}

static void test_which_ports(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 16; type++) {
		bool one = type == 4 || type == 6 || type == 8;
		struct sim_fn *bridge;
		struct sim_bus *root;

		root = empty_machine();
		bridge = sim_add_bridge(root, 3, 0, 0x000c1b36);
		sim_cap(bridge, 0x01, 8);
		sim_express(bridge);
		set_express_type(bridge, type);
		for (unsigned f = 0; f < 8; f += 7)
			sim_add(bridge->behind, 0, f, 0x00010001, 0xff0000);
		sim_add(bridge->behind, 9, 0, 0x00020001, 0xff0000);
		sim_number();
		scan_by(true, &walked);
		assert_silent();
		assert_int_equal(walked.map.count, one ? 4 : 5);
		assert_int_equal(!find_in(&walked.map, (struct cfg_address){0, 1, 9 << 3}), one);
		/* Both buses, the functions' other registers, four reads to the type. */
		assert_int_equal(rig.ecam.reads,
				 32u + (one ? 1 : 32) + 7 + 2 * walked.map.count + 1 + 4);
	}
}

/* A capability list that loops hides nothing: every device number is asked for. */
static void test_no_list_is_believed(void **state)
{
	struct sim_fn *bridge = sim_add_bridge(empty_machine(), 3, 0, 0x000c1b36);
	unsigned at = sim_cap(bridge, 0x01, 8);

	(void)state;
	bridge->value[at + 1] = (uint8_t)at;
	sim_add(bridge->behind, 9, 0, 0x00020001, 0xff0000);
	sim_number();
	scan_by(true, &walked);
	assert_silent();
	assert_found_all(&walked, 1);
}

static bool has_only_device_0(const struct sim_bus *bus)
{
	for (unsigned devfn = 8; devfn < 256; devfn++)
		if (bus->fn[devfn])
			return false;
	return true;
}

/* Where the specification is followed, nothing is missed. */
static void test_equals_the_tree_on_random_machines(void **state)
{
	static struct walked child;
	unsigned ports = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		sim_random(seed, true);
		for (unsigned i = 0; i < sim.functions; i++) {
			struct sim_fn *fn = sim.fn[i];

			if (!fn->behind || !fn->express)
				continue;
			set_express_type(
			    fn, has_only_device_0(fn->behind) ? 4 + (unsigned)seed % 3 * 2 : 7);
			ports += has_only_device_0(fn->behind);
		}
		scan_by(false, &walked);
		scan_by(true, &child);
		assert_silent();
		assert_int_equal(child.map.count, walked.map.count);
		assert_memory_equal(child.fn, walked.fn, walked.map.count * sizeof(walked.fn[0]));
	}
	assert_true(ports > 40);
}

/* ---- the tests scan.only-one-child.* themselves: what they hold against whom ---- */

#define TESTS "scan.only-one-child.*"

/* The first root port of the machine. */
static struct sim_fn *port(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind && sim.fn[i]->express)
			return sim.fn[i];
	abort();
}

static void add_second_device(void)
{
	sim_add(port()->behind, 5, 0, 0x00051b36, 0x00ff00);
}

static void add_eighth_function(void)
{
	unsigned express = port()->value[0x34];

	add_second_device();
	port()->value[express + 0x28] |= 0x20; /* Device Control 2: ARI Forwarding Enable */
}

static const struct sim_bug second_device = {.name = "second-device", .machine = add_second_device};
static const struct sim_bug ari = {.name = "ari", .machine = add_eighth_function};

static void test_where_the_specification_is_followed(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	log = sim_rules_run(TESTS, "SimulatedVMM");
	assert_string_equal(sim_rules_status(), "pass");
	assert_true(sim_rules_counts_agree());
	assert_non_null(strstr(log, "1..6\n"));
	assert_non_null(strstr(log, "\"walk\":\"only-one-child\",\"sizing\":\"batched\""));
	for (uint64_t seed = 1; seed <= 5; seed++) {
		sim_rules_random(seed);
		log = sim_rules_run(TESTS, "SimulatedVMM");
		assert_null(strstr(log, "ERROR"));
		assert_true(sim_rules_counts_agree());
	}
}

static void test_a_second_device_is_named(void **state)
{
	char name[16], says[100];
	const char *log;

	(void)state;
	sim_rules_machine(&second_device);
	snprintf(says, sizeof(says),
		 "# FAIL: %s answers, but below a PCI Express port there is only device 0\n",
		 pci_name(name, sim_address(port()->behind->fn[5 << 3])));
	log = sim_rules_run(TESTS, "SimulatedVMM");
	assert_string_equal(sim_rules_status(), "fail");
	assert_non_null(strstr(log, says));
	assert_null(strstr(log, "\nok "));
}

static void test_functions_from_8_on_are_no_devices(void **state)
{
	(void)state;
	sim_rules_machine(&ari);
	sim_rules_run(TESTS, "SimulatedVMM");
	assert_string_equal(sim_rules_status(), "pass");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reference_machine),
	    cmocka_unit_test(test_which_ports),
	    cmocka_unit_test(test_no_list_is_believed),
	    cmocka_unit_test(test_equals_the_tree_on_random_machines),
	    cmocka_unit_test(test_where_the_specification_is_followed),
	    cmocka_unit_test(test_a_second_device_is_named),
	    cmocka_unit_test(test_functions_from_8_on_are_no_devices),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
