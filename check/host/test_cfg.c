/* Both access back ends: widths, lanes, reach, counts, probing. */
#include "check.h"
#include "sim.h"
#include "sim_bugs.h"
#include "sim_build.h"

static const struct cfg_address present = {0, 0, 3 << 3}, absent = {0, 0, 4 << 3};
static struct sim_fn *device;
static struct rig rig;

static int setup(void **state)
{
	(void)state;
	sim_reset();
	device = sim_add(sim_root(0, 0), 3, 0, 0x56781234, 0x020000);
	sim_ecam(0, 0, 255, 0xb0000000);
	for (unsigned i = 0x40; i < SIM_SPACE; i++) {
		device->value[i] = (uint8_t)(i * 7 + i / 256);
		device->writable[i] = 0xff;
	}
	device->express = true;
	rig_init(&rig);
	return 0;
}

static uint32_t byte_pattern(unsigned reg, unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)device->value[reg + i] << 8 * i;
	return value;
}

static void check_reads(struct cfg *cfg, unsigned end)
{
	for (unsigned width = 1; width <= 4; width *= 2)
		for (unsigned reg = 0; reg < end; reg += width)
			assert_int_equal(cfg_read(cfg, present, reg, width),
					 byte_pattern(reg, width));
	assert_counts(&rig);
}

static void test_reads_of_every_width_and_lane(void **state)
{
	(void)state;
	check_reads(&rig.pio, 256);
	check_reads(&rig.ecam, 4096);
}

static void check_writes(struct cfg *cfg, unsigned base)
{
	for (unsigned width = 1; width <= 4; width *= 2) {
		for (unsigned lane = 0; lane < 4; lane += width) {
			uint8_t before[SIM_SPACE];

			memcpy(before, device->value, sizeof(before));
			cfg_write(cfg, present, base + lane, width, 0xa1b2c3d4);
			assert_int_equal(byte_pattern(base + lane, width),
					 0xa1b2c3d4 & cfg_ones(width));
			memcpy(device->value + base + lane, before + base + lane, width);
			assert_memory_equal(device->value, before, sizeof(before));
		}
	}
	assert_counts(&rig);
}

static void test_writes_touch_their_bytes_only(void **state)
{
	(void)state;
	check_writes(&rig.pio, 0x80);
	check_writes(&rig.ecam, 0x80);
	check_writes(&rig.ecam, 0xffc);
}

static void test_absent_reads_all_ones_of_the_width(void **state)
{
	(void)state;
	for (unsigned width = 1; width <= 4; width *= 2) {
		uint32_t ones = width == 4 ? 0xffffffff : width == 2 ? 0xffff : 0xff;

		assert_int_equal(cfg_ones(width), ones);
		assert_int_equal(cfg_read(&rig.pio, absent, 0, width), ones);
		assert_int_equal(cfg_read(&rig.ecam, absent, 0, width), ones);
	}
	cfg_write32(&rig.ecam, absent, 4, 0);
	assert_int_equal(rig.ecam.writes, 1);
	assert_counts(&rig);
}

static void test_one_port_access_is_two_exits(void **state)
{
	(void)state;
	cfg_read32(&rig.pio, present, 0);
	cfg_read16(&rig.pio, present, 6);
	cfg_read8(&rig.pio, present, 0x0e);
	cfg_write16(&rig.pio, present, 0x42, 1);
	assert_int_equal(rig.pio.reads, 3);
	assert_int_equal(rig.pio.writes, 1);
	assert_int_equal(sim.counts.cf8_write, 4);
	assert_int_equal(sim.counts.cfc_read, 3);
	assert_int_equal(sim.counts.cfc_write, 1);
	assert_int_equal(sim.counts.cf8_read, 0);
	assert_counts(&rig);
}

static void test_one_ecam_access_is_one_exit(void **state)
{
	(void)state;
	cfg_read32(&rig.ecam, present, 0);
	cfg_read16(&rig.ecam, present, 0xffe);
	cfg_write32(&rig.ecam, present, 0x42 & ~3u, 1);
	assert_int_equal(rig.ecam.reads, 2);
	assert_int_equal(rig.ecam.writes, 1);
	assert_int_equal(sim.counts.ecam_read, 2);
	assert_int_equal(sim.counts.ecam_write, 1);
	assert_counts(&rig);
}

static void check_unreachable(struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	const struct cfg_counts none = {0};

	assert_false(cfg->ops->reaches(cfg, at, reg));
	assert_int_equal(cfg_read32(cfg, at, reg), 0xffffffff);
	assert_int_equal(cfg_read8(cfg, at, reg), 0xff);
	cfg_write32(cfg, at, reg, 0);
	assert_int_equal(cfg->reads + cfg->writes, 0);
	assert_memory_equal(&rig.counts, &none, sizeof(none));
	assert_counts(&rig);
}

static void test_out_of_reach_is_no_access(void **state)
{
	(void)state;
	check_unreachable(&rig.pio, (struct cfg_address){1, 0, 0}, 0);
	check_unreachable(&rig.pio, present, 0x100);
	check_unreachable(&rig.ecam, (struct cfg_address){1, 0, 0}, 0);
	check_unreachable(&rig.ecam, present, 0x1000);
	assert_true(rig.pio.ops->reaches(&rig.pio, (struct cfg_address){0, 255, 255}, 0xfc));
	assert_true(rig.ecam.ops->reaches(&rig.ecam, (struct cfg_address){0, 255, 255}, 0xffc));
}

static void test_conventional_function_ends_at_256(void **state)
{
	(void)state;
	device->express = false;
	assert_int_equal(cfg_read32(&rig.ecam, present, 0x100), 0xffffffff);
	cfg_write32(&rig.ecam, present, 0x100, 0);
	assert_int_equal(device->value[0x100], (uint8_t)(0x100 * 7 + 1));
}

static void test_port_probe_keeps_cf8(void **state)
{
	(void)state;
	sim.cf8 = 0x80123458;
	assert_true(rig.pio.ops->probe(&rig.pio));
	assert_int_equal(sim.cf8, 0x80123458);
	assert_counts(&rig);
	cfg_read32(&rig.pio, present, 0);
	assert_int_not_equal(sim.cf8, 0x80123458);
	pio_restore(&rig.pio);
	assert_int_equal(sim.cf8, 0x80123458);
	assert_int_equal(rig.pio.reads, 1);
	assert_counts(&rig);
}

static void test_port_probe_without_ports(void **state)
{
	(void)state;
	sim.no_ports = true;
	assert_false(rig.pio.ops->probe(&rig.pio));
	assert_counts(&rig);
}

static void test_cf8_that_forgets_is_enough(void **state)
{
	(void)state;
	sim.bug = sim_bug_named("cf8-cleared-by-access");
	assert_true(rig.pio.ops->probe(&rig.pio));
	assert_int_equal(cfg_read32(&rig.pio, present, 0), 0x56781234);
	assert_int_equal(cfg_read32(&rig.pio, present, 0), 0x56781234);
}

/* To ask is not to map: the probe has done that. */
static void test_only_the_probe_maps(void **state)
{
	(void)state;
	assert_int_equal(sim.maps, 1);
	assert_true(rig.ecam.ops->reaches(&rig.ecam, present, 0));
	cfg_read32(&rig.ecam, present, 0);
	cfg_read32(&rig.ecam, absent, 0);
	assert_int_equal(sim.maps, 1);
}

static void test_ecam_that_cannot_be_mapped(void **state)
{
	(void)state;
	sim.map_fails = true;
	assert_false(rig.ecam.ops->probe(&rig.ecam));
	assert_false(rig.ecam.ops->reaches(&rig.ecam, present, 0));
	assert_null(ecam_pointer(&rig.ecam, present, 0));
	assert_int_equal(cfg_read16(&rig.ecam, present, 0), 0xffff);
	assert_int_equal(sim.maps, 2); /* tried by the probe, not at every access */
	assert_counts(&rig);
}

static void test_ecam_without_mcfg(void **state)
{
	(void)state;
	rig.acpi.mcfg_count = 0;
	assert_false(rig.ecam.ops->probe(&rig.ecam));
	assert_int_equal(cfg_read32(&rig.ecam, present, 0), 0xffffffff);
}

/* base is where bus 0 would be, so a window of buses 40h to 7fh starts 64 MiB above it, here above
 * 4 GiB. */
static void test_ecam_entries_with_start_buses_and_segments(void **state)
{
	volatile uint8_t *first, *later;

	(void)state;
	sim_reset();
	sim_ecam(0, 0x40, 0x7f, 0x8000000000);
	sim_ecam(0, 0x80, 0xff, 0x9000000000);
	sim_ecam(5, 0, 0, 0xa000000000);
	sim_add(sim_root(0, 0x40), 1, 2, 0x00400001, 0);
	sim_add(sim_root(0, 0x90), 31, 7, 0x00900001, 0);
	sim_add(sim_root(5, 0), 0, 0, 0x00050001, 0);
	rig_init(&rig);
	assert_int_equal(cfg_read32(&rig.ecam, (struct cfg_address){0, 0x40, 1 << 3 | 2}, 0),
			 0x00400001);
	assert_int_equal(cfg_read32(&rig.ecam, (struct cfg_address){0, 0x90, 31 << 3 | 7}, 0),
			 0x00900001);
	assert_int_equal(cfg_read32(&rig.ecam, (struct cfg_address){5, 0, 0}, 0), 0x00050001);
	assert_int_equal(sim.maps, 3);
	assert_false(rig.ecam.ops->reaches(&rig.ecam, (struct cfg_address){0, 0x3f, 0}, 0));
	assert_false(rig.ecam.ops->reaches(&rig.ecam, (struct cfg_address){5, 1, 0}, 0));
	first = ecam_pointer(&rig.ecam, (struct cfg_address){0, 0x40, 0}, 0);
	later = ecam_pointer(&rig.ecam, (struct cfg_address){0, 0x41, 1 << 3 | 2}, 0x345);
	assert_int_equal(later - first, 1 << 20 | (1 << 3 | 2) << 12 | 0x345);
	assert_counts(&rig);
}

static void test_halves_of_a_port_access(void **state)
{
	(void)state;
	pio_select(&rig.pio, present, 0x42);
	assert_int_equal(sim.cf8, 0x80001840);
	assert_int_equal(pio_data_read(&rig.pio, 2, 1), device->value[0x42]);
	pio_data_write(&rig.pio, 3, 1, 0x77);
	assert_int_equal(device->value[0x43], 0x77);
	assert_int_equal(rig.pio.reads + rig.pio.writes, 0);
	assert_counts(&rig);
}

static void test_cf8_itself(void **state)
{
	(void)state;
	pio_address_write(&rig.pio, 0x80001800);
	assert_int_equal(pio_address_read(&rig.pio), 0x80001800);
	pio_address_write_part(&rig.pio, 0, 1, 0x08);
	pio_address_write_part(&rig.pio, 2, 2, 0xffff);
	assert_int_equal(pio_address_read(&rig.pio), 0x80001800);
	assert_int_equal(sim.counts.cf8_write, 3);
	assert_counts(&rig);
	sim.bug = sim_bug_named("cf8-byte-is-address");
	pio_address_write_part(&rig.pio, 0, 1, 0x08);
	assert_int_equal(pio_address_read(&rig.pio), 0x80001808);
	assert_int_equal(rig.pio.reads + rig.pio.writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_reads_of_every_width_and_lane, setup),
	    cmocka_unit_test_setup(test_writes_touch_their_bytes_only, setup),
	    cmocka_unit_test_setup(test_absent_reads_all_ones_of_the_width, setup),
	    cmocka_unit_test_setup(test_one_port_access_is_two_exits, setup),
	    cmocka_unit_test_setup(test_one_ecam_access_is_one_exit, setup),
	    cmocka_unit_test_setup(test_out_of_reach_is_no_access, setup),
	    cmocka_unit_test_setup(test_conventional_function_ends_at_256, setup),
	    cmocka_unit_test_setup(test_port_probe_keeps_cf8, setup),
	    cmocka_unit_test_setup(test_port_probe_without_ports, setup),
	    cmocka_unit_test_setup(test_cf8_that_forgets_is_enough, setup),
	    cmocka_unit_test_setup(test_only_the_probe_maps, setup),
	    cmocka_unit_test_setup(test_ecam_that_cannot_be_mapped, setup),
	    cmocka_unit_test_setup(test_ecam_without_mcfg, setup),
	    cmocka_unit_test_setup(test_ecam_entries_with_start_buses_and_segments, setup),
	    cmocka_unit_test_setup(test_halves_of_a_port_access, setup),
	    cmocka_unit_test_setup(test_cf8_itself, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
