/* Root buses: named by firmware, or found. */
#include "check.h"
#include "roots.h"
#include "scan.h"
#include "sim.h"
#include "sim_build.h"

static struct rig rig;
static struct pci_root room[PCI_BUSES * 2];
static struct pci_roots roots;
static struct walked walked;

static void no_roots(unsigned capacity)
{
	roots = (struct pci_roots){.root = room, .capacity = capacity};
}

static void sweep(uint16_t segment, unsigned extra)
{
	roots_sweep(&rig.ecam, segment, extra, &roots, &heard);
	assert_counts(&rig);
}

static void check_root(unsigned i, unsigned segment, unsigned bus, unsigned last)
{
	assert_true(i < roots.count);
	assert_int_equal(roots.root[i].segment, segment);
	assert_int_equal(roots.root[i].bus, bus);
	assert_int_equal(roots.root[i].last, last);
}

static int setup(void **state)
{
	struct sim_bus *bus;

	(void)state;
	sim_reset();
	bus = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	sim_add(bus, 0, 0, 0x29c08086, 0x060000);
	sim_add(sim_add_bridge(bus, 1, 0, 0x000c1b36)->behind, 0, 0, 0x00010001, 0);
	sim_number();
	rig_init(&rig);
	no_roots(PCI_BUSES * 2);
	return 0;
}

static void add_root(uint16_t segment, uint8_t number)
{
	sim_add(sim_root(segment, number), 0, 0, 0x00020001, 0x060000);
}

static void test_nothing_extra_costs_nothing(void **state)
{
	(void)state;
	sweep(0, 0);
	assert_int_equal(roots.count, 1);
	check_root(0, 0, 0, 255);
	assert_int_equal(rig.ecam.reads, 0);
	assert_silent();
}

static void test_sweep_of_all(void **state)
{
	(void)state;
	add_root(0, 0x40);
	add_root(0, 0x80);
	sweep(0, ROOTS_UNKNOWN);
	assert_silent();
	assert_int_equal(roots.count, 3);
	check_root(0, 0, 0, 0x3f);
	check_root(1, 0, 0x40, 0x7f);
	check_root(2, 0, 0x80, 255);
}

/* Bus 1 answers, but a bridge leads there. */
static void test_buses_behind_bridges_are_no_roots(void **state)
{
	(void)state;
	sweep(0, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 1);
	check_root(0, 0, 0, 255);
}

static void test_bridge_claims_hold_behind_other_roots(void **state)
{
	struct sim_bus *other;

	(void)state;
	other = sim_root(0, 0x40);
	sim_add(sim_add_bridge(sim_add_bridge(other, 0, 0, 0x000c1b36)->behind, 0, 0, 0x000c1b36)
		    ->behind,
		0, 0, 0x00010001, 0);
	sim_number();
	sweep(0, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 2);
	check_root(1, 0, 0x40, 255);
}

static void test_known_number_ends_the_sweep(void **state)
{
	uint64_t all;

	(void)state;
	add_root(0, 0x40);
	sweep(0, ROOTS_UNKNOWN);
	all = rig.ecam.reads;
	rig_init(&rig);
	no_roots(PCI_BUSES * 2);
	sweep(0, 1);
	assert_int_equal(roots.count, 2);
	check_root(0, 0, 0, 0x3f);
	check_root(1, 0, 0x40, 255);
	assert_true(rig.ecam.reads < all / 2);
	assert_silent();
}

static void test_fewer_answer_than_firmware_says(void **state)
{
	(void)state;
	add_root(0, 0x40);
	sweep(0, 3);
	assert_int_equal(roots.count, 2);
	assert_heard("firmware says 3 extra root buses, 1 answer");
}

static void test_first_bus_is_a_root_though_empty(void **state)
{
	(void)state;
	sim_reset();
	sim_root(0, 0);
	sim_ecam(0, 0, 15, 0xb0000000);
	rig_init(&rig);
	sweep(0, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 1);
	check_root(0, 0, 0, 15);
}

static void test_reach_bounds_the_range(void **state)
{
	(void)state;
	sim_reset();
	sim_ecam(0, 0x20, 0x5f, 0xb0000000);
	add_root(0, 0x20);
	add_root(0, 0x30);
	rig_init(&rig);
	sweep(0, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 2);
	check_root(0, 0, 0x20, 0x2f);
	check_root(1, 0, 0x30, 0x5f);
}

static void test_unreachable_segment_has_no_roots(void **state)
{
	(void)state;
	sweep(7, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 0);
	assert_int_equal(rig.ecam.reads, 0);
}

static void add_segment_1(void)
{
	sim_ecam(1, 0, 63, 0x4000000000);
	add_root(1, 0);
	add_root(1, 8);
	rig_init(&rig);
}

static void test_segments(void **state)
{
	(void)state;
	add_segment_1();
	sweep(0, ROOTS_UNKNOWN);
	sweep(1, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 3);
	check_root(0, 0, 0, 255);
	check_root(1, 1, 0, 7);
	check_root(2, 1, 8, 63);
}

/* MCFG may list segments in any order. */
static void test_segments_in_falling_order(void **state)
{
	(void)state;
	add_root(0, 0x40);
	add_segment_1();
	sweep(1, ROOTS_UNKNOWN);
	sweep(0, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 4);
	check_root(0, 0, 0, 0x3f);
	check_root(1, 0, 0x40, 255);
	check_root(2, 1, 0, 7);
	check_root(3, 1, 8, 63);
}

/* As under kvmtool: a bus of plain devices that answers as each of 256. */
static void test_aliases_are_no_roots(void **state)
{
	struct sim_bus *bus;
	struct sim_fn *fn;

	(void)state;
	for (unsigned reg = 0x0c; reg; reg = reg == 0x0c ? 0x3c : 0) {
		sim_reset();
		bus = sim_root(0, 0);
		sim_ecam(0, 0, 255, 0xb0000000);
		/* Nothing can be written to this one. */
		fn = sim_add(bus, 0, 0, 0x29c08086, 0x060000);
		memset(fn->writable, 0, SIM_SPACE);
		fn = sim_add(bus, 1, 0, 0x10001af4, 0);
		memset(fn->writable, 0, SIM_SPACE);
		fn->writable[reg] = 0xff;
		fn->value[reg] = 5;
		sim.bus_ignored = true;
		rig_init(&rig);
		no_roots(PCI_BUSES * 2);
		heard_reset();
		sweep(0, ROOTS_UNKNOWN);
		assert_int_equal(roots.count, 1);
		check_root(0, 0, 0, 255);
		assert_int_equal(heard_lines(), 1);
		assert_heard(
		    "segment 0: 255 buses from 0x01 to 0xff are bus 0x00 under other numbers");
		assert_false(pci_bus_in(&roots.aliases, 0));
		assert_true(pci_bus_in(&roots.aliases, 1) && pci_bus_in(&roots.aliases, 255));
		assert_int_equal(fn->value[reg], 5);
		walked_init(&walked);
		scan_sweep(&rig.pio, 0, &roots.aliases, &walked.map);
		assert_int_equal(walked.map.count, 2);
	}
	/* Nothing to tell by: they stay roots. */
	memset(fn->writable, 0, SIM_SPACE);
	no_roots(PCI_BUSES * 2);
	sweep(0, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, PCI_BUSES);
	assert_false(pci_bus_any(&roots.aliases));
}

/* Two root buses with the same devices, as behind two of QEMU's pxb. */
static void test_twins_are_no_aliases(void **state)
{
	(void)state;
	for (unsigned number = 0x40; number <= 0x80; number += 0x40) {
		struct sim_fn *fn =
		    sim_add(sim_root(0, (uint8_t)number), 0, 0, 0x00020001, 0x060000);

		fn->writable[0x3c] = 0xff;
	}
	sweep(0, ROOTS_UNKNOWN);
	assert_int_equal(roots.count, 3);
	assert_false(pci_bus_any(&roots.aliases));
	assert_silent();
}

static void test_added_in_order_and_once(void **state)
{
	(void)state;
	roots_add(&roots, 1, 0, 255, &heard);
	roots_add(&roots, 0, 0x80, 0xff, &heard);
	roots_add(&roots, 0, 0, 0x7f, &heard);
	roots_add(&roots, 0, 0x80, 0x90, &heard);
	assert_silent();
	assert_int_equal(roots.count, 3);
	check_root(0, 0, 0, 0x7f);
	check_root(1, 0, 0x80, 0xff);
	check_root(2, 1, 0, 255);
}

static void test_more_roots_than_there_is_room_for(void **state)
{
	(void)state;
	no_roots(64);
	for (unsigned i = 0; i <= 64; i++)
		roots_add(&roots, 0, (uint8_t)i, 255, &heard);
	assert_int_equal(roots.count, 64);
	assert_heard("no memory for more than 64 root buses: 0000:40 is not looked at");
	roots_add(&roots, 0, 3, 255, &heard); /* known already: no complaint */
	assert_int_equal(heard_lines(), 1);
}

/* Every bus of two segments, in an order in which none is easy. */
static void test_each_root_is_found_by_its_number(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * PCI_BUSES; i++) {
		unsigned bus = i * 77 % PCI_BUSES;

		roots_add(&roots, i < PCI_BUSES ? 7 : 0, (uint8_t)bus, (uint8_t)bus, &heard);
	}
	assert_silent();
	assert_int_equal(roots.count, 2 * PCI_BUSES);
	for (unsigned i = 0; i < roots.count; i++) {
		check_root(i, i < PCI_BUSES ? 0 : 7, i % PCI_BUSES, i % PCI_BUSES);
		assert_ptr_equal(pci_root_at(&roots, i < PCI_BUSES ? 0 : 7, (uint8_t)i),
				 &roots.root[i]);
	}
	assert_null(pci_root_at(&roots, 1, 0));
	assert_null(pci_root_at(&roots, 8, 0));
	roots.count--;
	assert_null(pci_root_at(&roots, 7, 255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_nothing_extra_costs_nothing, setup),
	    cmocka_unit_test_setup(test_sweep_of_all, setup),
	    cmocka_unit_test_setup(test_buses_behind_bridges_are_no_roots, setup),
	    cmocka_unit_test_setup(test_bridge_claims_hold_behind_other_roots, setup),
	    cmocka_unit_test_setup(test_known_number_ends_the_sweep, setup),
	    cmocka_unit_test_setup(test_fewer_answer_than_firmware_says, setup),
	    cmocka_unit_test_setup(test_first_bus_is_a_root_though_empty, setup),
	    cmocka_unit_test_setup(test_reach_bounds_the_range, setup),
	    cmocka_unit_test_setup(test_unreachable_segment_has_no_roots, setup),
	    cmocka_unit_test_setup(test_segments, setup),
	    cmocka_unit_test_setup(test_segments_in_falling_order, setup),
	    cmocka_unit_test_setup(test_aliases_are_no_roots, setup),
	    cmocka_unit_test_setup(test_twins_are_no_aliases, setup),
	    cmocka_unit_test_setup(test_added_in_order_and_once, setup),
	    cmocka_unit_test_setup(test_more_roots_than_there_is_room_for, setup),
	    cmocka_unit_test_setup(test_each_root_is_found_by_its_number, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
