/*
 * The model of what Linux accesses: sizing against the strategies that do it, the rest against what
 * the record of a boot has for such a function.
 */
#include <stdlib.h>
#include "check.h"
#include "budget.h"
#include "sim_bugs.h"
#include "sim_build.h"
#include "sim_rules.h"
#include "sizing.h"

static struct rig rig;
static struct walked walked;
static struct pci_roots roots;
static uint64_t pairs[2 * SIM_ORDINARY_MAX];
static struct index by_address = {.pair = pairs};
static struct budget budget;

static void make(int last_bus, bool acpi_slots)
{
	heard_reset();
	rig_init(&rig);
	sim_roots(&roots);
	walk_tree(&walked, &rig.ecam);
	pci_map_index(&walked.map, &by_address);
	budget_make(&budget,
		    &(struct budget_machine){.cfg = &rig.ecam,
					     .extended = &rig.ecam,
					     .map = &walked.map,
					     .by_address = &by_address,
					     .roots = &roots,
					     .last_bus = last_bus,
					     .acpi_slots = acpi_slots},
		    &heard);
	assert_counts(&rig);
}

static uint64_t all(struct budget_count count)
{
	return count.reads + count.writes;
}

static struct sim_bus *host_bridge_alone(void)
{
	struct sim_bus *root;

	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	sim_add(root, 0, 0, 0x29c08086, 0x060000);
	return root;
}

/* As 00:00.0 in the record: r00 r0e.1 r06.2 r08 r100, COMMAND four times, r3d.1, seven registers,
 * the subsystem, eight capabilities that are not there, and three at the end. */
static void test_a_host_bridge(void **unused)
{
	(void)unused;
	host_bridge_alone();
	make(255, true);
	assert_int_equal(budget.functions, 1);
	assert_int_equal(all(budget.setup), 22);
	assert_int_equal(budget.setup.writes, 2);
	assert_int_equal(all(budget.express), 1);
	assert_int_equal(all(budget.sizing[BUDGET_PER_BAR]), 28);
	assert_int_equal(all(budget.sizing[BUDGET_ONCE]), 28);
	assert_int_equal(all(budget.sizing[BUDGET_TABLE]), 7);
	assert_int_equal(budget.early, 14 + 32 + 3);
	assert_int_equal(budget.slots, 1);
	assert_int_equal(budget.absent, 31);
	assert_int_equal(budget.buses_absent, 255);
	assert_int_equal(budget.buses, 255 * 32);
}

/* No look at buses that MCFG does not name, nor where there is none; no slots without ACPI's. */
static void test_what_is_not_advertised_is_not_asked(void **unused)
{
	(void)unused;
	host_bridge_alone();
	make(15, false);
	assert_int_equal(budget.buses, 15 * 32);
	assert_int_equal(budget.slots, 0);
	make(0, false);
	assert_int_equal(budget.buses, 0);
	make(-1, false);
	assert_int_equal(budget.buses, 0);
}

/* As 04:01.0 in the record behind a conventional bridge, and 00:01.0, which looks for PCI-X. */
static void test_a_conventional_endpoint(void **unused)
{
	struct budget alone;
	struct sim_bus *root;
	struct sim_fn *fn;

	(void)unused;
	root = host_bridge_alone();
	make(255, true);
	alone = budget;
	fn = sim_add(root, 1, 0, 0x00051b36, 0x00ff00);
	make(255, true);
	assert_int_equal(all(budget.setup) - all(alone.setup), 23);
	assert_int_equal(all(budget.sizing[BUDGET_PER_BAR]) - 28, 49);
	assert_int_equal(budget.absent, 30);
	fn->value[0x3d] = 1;
	make(255, true);
	assert_int_equal(all(budget.setup) - all(alone.setup), 24);
	/* A list of one: ten walks of three reads, STATUS alone before; what is saved besides. */
	sim_cap(fn, 0x01, 8);
	make(255, true);
	assert_int_equal(all(budget.setup) - all(alone.setup), 24 + 10 * 2 + 3);
	/* Found as the first it is as near as before; all else is one further away. */
	sim_cap(fn, 0x05, 24);
	make(255, true);
	assert_int_equal(all(budget.setup) - all(alone.setup), 24 + 10 * 2 + 3 + 9 + 1);
}

/* Functions 1 to 7 of a multi-function device; the early look ends at the first that is absent. */
static void test_functions_of_one_device(void **unused)
{
	struct sim_bus *root;

	(void)unused;
	root = host_bridge_alone();
	sim_add(root, 6, 0, 0x00051b36, 0x00ff00);
	sim_add(root, 6, 3, 0x00051b36, 0x00ff00);
	make(255, true);
	assert_int_equal(budget.absent, 30 + 6);
	assert_int_equal(budget.early, 14 + 32 + 2 * 3 + 1);
	assert_int_equal(budget.slots, 2);
}

/* Below a port one device number; the early look asks for all. */
static void test_below_a_port(void **unused)
{
	struct sim_bus *root, *behind;
	struct sim_fn *port;
	struct budget before;

	(void)unused;
	root = host_bridge_alone();
	port = sim_add_bridge(root, 2, 0, 0x000c1b36);
	sim_express(port);
	sim_number();
	make(255, true);
	before = budget;
	assert_int_equal(budget.absent, 30 + 1);
	assert_int_equal(budget.slots, 2 + 1);
	assert_int_equal(budget.early, 14 + 64 + 2 * 3 + 1);
	assert_int_equal(budget.buses_absent, 254);
	behind = port->behind;
	sim_add(behind, 0, 0, 0x00051b36, 0x00ff00);
	make(255, true);
	assert_int_equal(budget.absent, 30);
	/* The link comes up: fifteen reads and three writes more, and the device's own. */
	assert_int_equal(budget.setup.reads - before.setup.reads, 15 + 20 + 1);
	assert_int_equal(budget.setup.writes - before.setup.writes, 3 + 2);
}

/* Sizing takes what the strategy that it is does, on any machine. */
static void test_sizing_is_that_of_the_strategies(void **unused)
{
	static const unsigned strategy[] = {[BUDGET_PER_BAR] = 0, [BUDGET_BATCHED] = 1};

	(void)unused;
	assert_string_equal(sizing_strategies[0].name, "per-bar");
	assert_string_equal(sizing_strategies[1].name, "batched");
	for (uint64_t seed = 0; seed < 40; seed++) {
		if (seed)
			sim_random(seed, true);
		else
			sim_reference();
		make(255, true);
		for (unsigned by = 0; by < 2; by++) {
			uint64_t reads = rig.ecam.reads, writes = rig.ecam.writes;

			for (unsigned i = 0; i < walked.map.count; i++) {
				struct bar_registers raw;

				if (!walked.map.fn[i].at.segment &&
				    bar_registers_of(&walked.map.fn[i]))
					sizing_run(&rig.ecam, &sizing_strategies[strategy[by]],
						   &walked.map.fn[i], &raw);
			}
			assert_int_equal(budget.sizing[by].reads, rig.ecam.reads - reads);
			assert_int_equal(budget.sizing[by].writes, rig.ecam.writes - writes);
		}
	}
}

static unsigned long member(const char *log, const char *kernel, const char *name)
{
	char wanted[60];

	snprintf(wanted, sizeof(wanted), "{\"kind\":\"budget\",\"kernel\":\"%s\"", kernel);
	log = strstr(log, wanted);
	assert_non_null(log);
	snprintf(wanted, sizeof(wanted), "\"%s\":", name);
	log = strstr(log, wanted);
	assert_non_null(log);
	return strtoul(log + strlen(wanted), NULL, 10);
}

static void test_a_run_says_it(void **unused)
{
	const char *log;

	(void)unused;
	sim_rules_machine(&sim_no_bug);
	log = sim_rules_run("budget.linux", "SimulatedVMM");
	assert_true(sim_rules_result(log, "ok", "budget.linux", NULL));
	assert_true(sim_rules_counts_agree());
	assert_int_equal(member(log, "before-6.14", "exits"),
			 2 * member(log, "before-6.14", "accesses") -
			     member(log, "before-6.14", "extended"));
	assert_int_equal(member(log, "before-6.14", "exits_absent_buses"),
			 64 * member(log, "before-6.14", "absent_buses") / 32);
	assert_int_equal(member(log, "before-6.14", "accesses") - member(log, "6.14", "accesses"),
			 member(log, "before-6.14", "sized") - member(log, "6.14", "sized"));
	/* One call for the table, ECAM for everything. */
	assert_int_equal(member(log, "series", "exits"), member(log, "series", "accesses") + 1);
	assert_true(member(log, "series", "sized") < member(log, "6.14", "sized") / 3);
	assert_int_equal(member(log, "series", "absent_buses"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_host_bridge),
	    cmocka_unit_test(test_what_is_not_advertised_is_not_asked),
	    cmocka_unit_test(test_a_conventional_endpoint),
	    cmocka_unit_test(test_functions_of_one_device),
	    cmocka_unit_test(test_below_a_port),
	    cmocka_unit_test(test_sizing_is_that_of_the_strategies),
	    cmocka_unit_test(test_a_run_says_it),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
