/* FADT and DSDT to the registers that end a machine. */
#include <stdlib.h>
#include "acpi_power.h"
#include "aml.h"
#include "check.h"
#include "sim_acpi.h"

#define DSDT     0x7ff06000u
#define FADT     0x7ff08000u
#define FADT_LEN 268u

static struct acpi acpi;
static struct acpi_power power;
static uint8_t *fadt;

static void put_generic(unsigned at, unsigned space, uint64_t address)
{
	fadt[at] = (uint8_t)space;
	fadt[at + 1] = 8;
	sim_put(fadt + at + 4, 8, address);
}

/* Name(\\_S5, Package () { 5, 7, 0, 0 }) as QEMU's generator writes it, in a DSDT. */
static const uint8_t s5[] = {0x08, '_',  'S', '5',  '_', 0x12, 0x08,
			     0x04, 0x0a, 5,   0x0a, 7,   0x00, 0x00};

static void put_dsdt(const uint8_t *aml, size_t len)
{
	uint8_t *dsdt = sim_memory(DSDT, 36 + len);

	memcpy(dsdt + 36, aml, len);
	sim_table(DSDT, "DSDT", (uint32_t)(36 + len));
	sim_put(fadt + 40, 4, DSDT);
}

static void find(void)
{
	sim_table(FADT, "FACP", FADT_LEN);
	heard_reset();
	acpi_parse(&acpi, SIM_RSDP, 52, sim_memory_map, NULL, &heard);
	acpi_power_find(&power, &acpi, sim_memory_map, NULL);
	assert_silent();
}

static int setup(void **state)
{
	static const struct sim_mcfg one = {0xb0000000, 0, 0, 255};

	(void)state;
	sim_acpi_build(2, &one, 1);
	/* One that is long enough for SLEEP_CONTROL. */
	fadt = sim_memory(FADT, FADT_LEN);
	sim_put(sim_memory_at(SIM_XSDT) + 36, 8, FADT);
	sim_table_seal(SIM_XSDT);
	return 0;
}

static void test_pm1(void **state)
{
	(void)state;
	put_dsdt(s5, sizeof(s5));
	sim_put(fadt + 48, 4, 0xb2);
	fadt[52] = 0xf1;
	sim_put(fadt + 64, 4, 0x604);
	find();
	assert_true(power.soft_off);
	assert_int_equal(power.type[0], 5);
	assert_int_equal(power.type[1], 7);
	assert_int_equal(power.pm1_control[0], 0x604);
	assert_int_equal(power.pm1_control[1], 0);
	assert_int_equal(power.smi_command, 0xb2);
	assert_int_equal(power.acpi_enable, 0xf1);
	assert_int_equal(power.reset.address, 0);
	assert_int_equal(power.sleep_control.address, 0);
	/* The extended one wins where it is a port. */
	put_generic(172, 1, 0x404);
	put_generic(184, 1, 0x504);
	find();
	assert_int_equal(power.pm1_control[0], 0x404);
	assert_int_equal(power.pm1_control[1], 0x504);
	put_generic(172, 0, 0xfed00000);
	put_generic(184, 1, 0x10000);
	find();
	assert_int_equal(power.pm1_control[0], 0x604);
	assert_int_equal(power.pm1_control[1], 0);
	sim_put(fadt + 64, 4, 0xffff);
	find();
	assert_int_equal(power.pm1_control[0], 0);
}

static void test_reset(void **state)
{
	(void)state;
	put_generic(116, 1, 0xcf9);
	fadt[128] = 0x0f;
	find();
	assert_int_equal(power.reset.address, 0); /* the flag is not set */
	sim_put(fadt + 112, 4, 1u << 10);
	find();
	assert_int_equal(power.reset.address, 0xcf9);
	assert_true(power.reset.is_port);
	assert_int_equal(power.reset_value, 0x0f);
	put_generic(116, 0, 0xfed00000);
	find();
	assert_int_equal(power.reset.address, 0xfed00000);
	assert_false(power.reset.is_port);
	put_generic(116, 1, 0x10000);
	find();
	assert_int_equal(power.reset.address, 0);
	put_generic(116, 2, 0x10); /* configuration space: not offered by anybody here */
	find();
	assert_int_equal(power.reset.address, 0);
}

static void test_hardware_reduced(void **state)
{
	(void)state;
	put_dsdt(s5, sizeof(s5));
	sim_put(fadt + 112, 4, 1u << 20);
	sim_put(fadt + 64, 4, 0x604);
	put_generic(244, 1, 0x600);
	find();
	assert_int_equal(power.sleep_control.address, 0x600);
	assert_true(power.sleep_control.is_port);
	assert_int_equal(power.pm1_control[0], 0);
	assert_int_equal(ACPI_SLEEP(power.type[0]), 0x34);
}

static void test_bad_dsdt(void **state)
{
	static const uint8_t large[] = {0x08, '_',  'S',  '5', '_',  0x12,
					0x06, 0x02, 0x0a, 8,   0x00, 0x00};

	(void)state;
	find();
	assert_false(power.soft_off); /* there is none */
	put_dsdt(large, sizeof(large));
	find();
	assert_false(power.soft_off);
	sim_memory_at(DSDT)[45] = 5;
	sim_table_seal(DSDT);
	find();
	assert_true(power.soft_off);
	sim_memory_at(DSDT)[9]++;
	find();
	assert_false(power.soft_off);
}

/* In a copy of exactly these bytes. */
static bool soft_off(const uint8_t *aml, size_t len, uint8_t type[2])
{
	uint8_t *copy = malloc(len ? len : 1);
	bool found;

	memcpy(copy, aml, len);
	found = aml_soft_off(copy, len, type);
	free(copy);
	return found;
}

static void test_forms(void **state)
{
	static const uint8_t rooted[] = {0x08, '\\', '_',  'S',  '5', '_',
					 0x12, 0x04, 0x01, 0x01, 0x00};
	static const uint8_t used[] = {0x00, '_', 'S', '5', '_', 0x12, 0x04, 0x01, 0x01, 0x00};
	static const uint8_t dynamic[] = {0x08, '_', 'S', '5', '_', 0x12, 0x07,
					  0x01, 'A', 'B', 'C', 'D', 0};
	static const uint8_t half[] = {0x08, '_',  'S', '5', '_', 0x12, 0x08,
				       0x02, 0x0a, 3,   'A', 'B', 'C',  'D'};
	uint8_t type[2];

	(void)state;
	assert_true(soft_off(rooted, sizeof(rooted), type));
	assert_int_equal(type[0], 1);
	assert_int_equal(type[1], 1);
	assert_false(soft_off(used, sizeof(used), type));
	assert_false(soft_off(dynamic, sizeof(dynamic), type));
	assert_true(soft_off(half, sizeof(half), type));
	assert_int_equal(type[0], 3);
	assert_int_equal(type[1], 3);
	for (size_t len = 0; len < 12; len++)
		assert_false(soft_off(s5, len, type));
	assert_true(soft_off(s5, sizeof(s5), type));
}

/* The second constant is found behind a first one of any width. */
static void test_every_constant(void **state)
{
	static const struct {
		unsigned len;
		uint8_t bytes[9];
	} first[] = {{1, {0x01}},
		     {2, {0x0a, 1}},
		     {3, {0x0b, 1, 0}},
		     {5, {0x0c, 1, 0, 0, 0}},
		     {9, {0x0e, 1, 0, 0, 0, 0, 0, 0, 0}}};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		uint8_t aml[32] = {0x08, '_', 'S', '5', '_', 0x12, (uint8_t)(4 + first[i].len), 2};
		uint8_t type[2];

		memcpy(aml + 8, first[i].bytes, first[i].len);
		aml[8 + first[i].len] = 0x0a;
		aml[9 + first[i].len] = 6;
		assert_true(soft_off(aml, 10 + first[i].len, type));
		assert_int_equal(type[0], 1);
		assert_int_equal(type[1], 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_pm1, setup),
	    cmocka_unit_test_setup(test_reset, setup),
	    cmocka_unit_test_setup(test_hardware_reduced, setup),
	    cmocka_unit_test_setup(test_bad_dsdt, setup),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_every_constant),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_memory_reset();
	return failed;
}
