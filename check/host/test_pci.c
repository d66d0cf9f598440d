/* What functions say of themselves, and what they are called. */
#include "check.h"
#include "sim.h"
#include "sim_build.h"

static struct walked walked;

static void test_what_a_function_says(void **state)
{
	struct sim_bus *root;
	struct sim_fn *bridge;
	const struct pci_function *fn;
	struct rig rig;

	(void)state;
	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	sim_add(root, 0, 0, 0x29c08086, 0x060000);
	bridge = sim_add_bridge(root, 2, 1, 0x000c1b36);
	sim_add(root, 2, 0, 0x00010002, 0x010802);
	sim_bridge_numbers(bridge, 0, 5, 7);
	rig_init(&rig);
	walk_tree(&walked, &rig.ecam);
	fn = find_in(&walked.map, (struct cfg_address){0, 0, 2 << 3 | 1});
	assert_int_equal(fn->id, 0x000c1b36);
	assert_int_equal(pci_class(fn), 0x060400);
	assert_int_equal(pci_header_type(fn), 1);
	assert_true(pci_multi_function(fn));
	assert_true(pci_is_bridge(fn));
	assert_false(pci_is_host_bridge(fn));
	assert_int_equal(pci_secondary(fn), 5);
	assert_int_equal(pci_subordinate(fn), 7);
	assert_true(pci_is_host_bridge(&walked.fn[0]));
	assert_int_equal(walked.fn[0].buses, 0);
	assert_null(find_in(&walked.map, (struct cfg_address){0, 0, 3 << 3}));
}

static void test_names(void **state)
{
	char name[16];

	(void)state;
	assert_string_equal(pci_name(name, (struct cfg_address){0, 0, 0x1f << 3 | 2}), "00:1f.2");
	assert_string_equal(pci_name(name, (struct cfg_address){1, 0xab, 0xff}), "0001:ab:1f.7");
	assert_string_equal(pci_name(name, (struct cfg_address){0xffff, 0xff, 0}), "ffff:ff:00.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_a_function_says),
	    cmocka_unit_test(test_names),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
