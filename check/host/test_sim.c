/* The simulator against the specification and its own seeded bugs: what the other tests rest on. */
#include "check.h"
#include "io.h"
#include "sim.h"
#include "sim_bugs.h"
#include "sim_build.h"

static struct sim_fn *device;
static struct sim_bus *root;

static int setup(void **state)
{
	(void)state;
	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	device = sim_add(root, 3, 0, 0x56781234, 0x020000);
	sim_bar(device, 0, SIM_MEM32, 0x1000);
	return 0;
}

static uint32_t read_at(uint32_t address)
{
	io_out32(0xcf8, address);
	return io_in32(0xcfc);
}

static void test_cf8_is_a_dword_register(void **state)
{
	(void)state;
	assert_int_equal(read_at(0x80001800), 0x56781234);
	io_out8(0xcf8, 0x10);
	io_out16(0xcf8, 0x10);
	assert_int_equal(io_in32(0xcf8), 0x80001800);
	assert_int_equal(io_in8(0xcf8), 0xff);
	assert_int_equal(sim.counts.cf8_write, 3);
	assert_int_equal(sim.counts.cf8_read, 2);
}

static void test_cf8_needs_its_enable_bit(void **state)
{
	(void)state;
	assert_int_equal(read_at(0x00001800), 0xffffffff);
	assert_int_equal(sim.counts.cfc_read, 1);
}

static void test_lanes(void **state)
{
	(void)state;
	io_out32(0xcf8, 0x80001800);
	assert_int_equal(io_in8(0xcfd), 0x12);
	assert_int_equal(io_in16(0xcfe), 0x5678);
	assert_int_equal(io_in16(0xcff), 0xffff); /* across the end */
}

static void test_write_masks_and_write_one_to_clear(void **state)
{
	(void)state;
	io_out32(0xcf8, 0x80001810);
	io_out32(0xcfc, 0xffffffff);
	assert_int_equal(io_in32(0xcfc), 0xfffff000);
	assert_int_equal(sim.moved_decoding, 1); /* decode was on */
	sim_set16(device, 6, 0xf900);
	io_out32(0xcf8, 0x80001804);
	io_out16(0xcfe, 0x0100);
	assert_int_equal(io_in16(0xcfe), 0xf800);
}

static void test_routing_through_bridges(void **state)
{
	struct sim_fn *a, *b, *far;

	(void)state;
	a = sim_add_bridge(root, 4, 0, 0x00011b36);
	b = sim_add_bridge(a->behind, 5, 0, 0x00011b36);
	far = sim_add(b->behind, 6, 0, 0x00020002, 0);
	assert_null(sim_route((struct cfg_address){0, 2, 6 << 3}));
	sim_number();
	assert_ptr_equal(sim_route((struct cfg_address){0, 2, 6 << 3}), far);
	sim_bridge_numbers(a, 0, 1, 1); /* no longer passes bus 2 on */
	assert_null(sim_route((struct cfg_address){0, 2, 6 << 3}));
	assert_null(sim_route((struct cfg_address){1, 0, 3 << 3}));
}

static void test_roots_share_a_segment(void **state)
{
	struct sim_bus *second = sim_root(0, 0x80);
	struct sim_fn *there = sim_add(second, 1, 0, 0x00010001, 0);

	(void)state;
	assert_ptr_equal(sim_route((struct cfg_address){0, 0x80, 1 << 3}), there);
	assert_null(sim_route((struct cfg_address){0, 0x7f, 1 << 3}));
	assert_null(sim_route((struct cfg_address){0, 0x81, 1 << 3}));
}

/* One line a bug: the smallest access sequence that shows it, through the very back ends that rules
 * will use. */
static void test_seeded_bugs_show(void **state)
{
	struct rig rig;
	const struct cfg_address at = {0, 0, 3 << 3}, absent = {0, 0, 9 << 3};

	(void)state;
	rig_init(&rig);
	sim.bug = sim_bug_named("cfc2-word-lands-low");
	cfg_write16(&rig.pio, at, 0x12, 0xaaaa);
	assert_int_equal(sim_get32(device, 0x10) >> 12, 0xc000a);
	sim.bug = sim_bug_named("cf8-without-enable");
	assert_int_equal(read_at(0x00001800), 0x56781234);
	sim.bug = sim_bug_named("cf8-byte-is-address");
	io_out32(0xcf8, 0x80001800);
	io_out8(0xcf8, 0x08);
	assert_int_equal(io_in32(0xcf8), 0x80001808);
	sim.bug = sim_bug_named("cf8-cleared-by-access");
	assert_int_equal(read_at(0x80001800), 0x56781234);
	assert_int_equal(io_in32(0xcf8), 0);
	sim.bug = sim_bug_named("absent-reads-zero");
	assert_int_equal(cfg_read32(&rig.ecam, absent, 0), 0);
	sim.bug = sim_bug_named("extended-aliases-low");
	assert_int_equal(cfg_read32(&rig.ecam, at, 0x100), 0x56781234);
	sim.bug = sim_bug_named("command-write-dropped");
	cfg_write16(&rig.pio, at, 4, 0);
	assert_int_equal(cfg_read16(&rig.pio, at, 4), 7);
	sim.bug = sim_bug_named("type-bits-missing");
	sim_set32(device, 0x10, 0xfffff008);
	assert_int_equal(cfg_read32(&rig.pio, at, 0x10), 0xfffff000);
	sim.bug = sim_bug_named("bar-not-restored");
	cfg_write32(&rig.pio, at, 0x10, 0xffffffff);
	cfg_write32(&rig.pio, at, 0x10, 0xc0000000);
	assert_int_equal(sim_get32(device, 0x10), 0xfffff008);
	for (unsigned i = 0; sim_bug_at(i); i++)
		assert_ptr_equal(sim_bug_named(sim_bug_at(i)->name), sim_bug_at(i));
}

static void test_ecam_off_by_start_bus(void **state)
{
	struct sim_bus *second;
	struct rig rig;

	(void)state;
	sim_reset();
	second = sim_root(0, 0x40);
	sim_add(second, 0, 0, 0x00010001, 0);
	sim_ecam(0, 0x40, 0x7f, 0xb0000000);
	rig_init(&rig);
	assert_int_equal(cfg_read32(&rig.ecam, (struct cfg_address){0, 0x40, 0}, 0), 0x00010001);
	sim.bug = sim_bug_named("ecam-off-by-start-bus");
	assert_int_equal(cfg_read32(&rig.ecam, (struct cfg_address){0, 0x40, 0}, 0), 0xffffffff);
}

static void test_reference_machine(void **state)
{
	bool bus[256] = {false};
	unsigned buses = 0;

	(void)state;
	sim_reference();
	assert_int_equal(sim.functions, 24);
	for (unsigned i = 0; i < sim.functions; i++) {
		bus[sim_bus_number(sim.fn[i]->on)] = true;
		if (sim.fn[i]->behind)
			bus[sim_bus_number(sim.fn[i]->behind)] = true;
	}
	for (unsigned i = 0; i < 256; i++)
		buses += bus[i];
	assert_int_equal(buses, 7);
}

static void test_random_machines_repeat(void **state)
{
	uint32_t ids[SIM_ORDINARY_MAX];
	unsigned functions, bridges = 0;

	(void)state;
	sim_random(7, true);
	functions = sim.functions;
	for (unsigned i = 0; i < functions; i++)
		ids[i] = sim_get32(sim.fn[i], 0);
	sim_random(7, true);
	assert_int_equal(sim.functions, functions);
	for (unsigned i = 0; i < functions; i++) {
		assert_int_equal(sim_get32(sim.fn[i], 0), ids[i]);
		assert_ptr_equal(sim_route(sim_address(sim.fn[i])), sim.fn[i]);
		bridges += sim.fn[i]->behind != NULL;
	}
	assert_true(bridges > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_cf8_is_a_dword_register, setup),
	    cmocka_unit_test_setup(test_cf8_needs_its_enable_bit, setup),
	    cmocka_unit_test_setup(test_lanes, setup),
	    cmocka_unit_test_setup(test_write_masks_and_write_one_to_clear, setup),
	    cmocka_unit_test_setup(test_routing_through_bridges, setup),
	    cmocka_unit_test_setup(test_roots_share_a_segment, setup),
	    cmocka_unit_test_setup(test_seeded_bugs_show, setup),
	    cmocka_unit_test(test_ecam_off_by_start_bus),
	    cmocka_unit_test(test_reference_machine),
	    cmocka_unit_test(test_random_machines_repeat),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
