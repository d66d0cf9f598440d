/* ECAM windows that only AML names: _CBA in its constant forms, and the DSDT that holds it. */
#include <stdlib.h>
#include "aml.h"
#include "check.h"
#include "sim_acpi.h"

#define DSDT 0x7ff06000u

/* Name(_CBA, 0xe0000000) Name(_SEG, 1), and a WordBusNumber of 10h to 7fh, between bytes of no
 * meaning. */
static const uint8_t by_name[] = {0x5b, 0x80, 0x08, '_',  'C',  'B',  'A',  0x0c, 0x00,
				  0x00, 0x00, 0xe0,                   /* Name, dword */
				  0x08, '_',  'S',  'E',  'G',  0x01, /* Name, One */
				  0x88, 0x0d, 0x00, 0x02, 0x0c, 0x00, 0x00, 0x00, 0x10,
				  0x00, 0x7f, 0x00, 0x00, 0x00, 0x70, 0x00, 0x79};

/* Method(_CBA) { Return (0x4000000000) }, nothing else. */
static const uint8_t by_method[] = {0x00, 0x14, 0x10, '_',  'C',  'B',  'A',  0x08, 0xa4,
				    0x0e, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00};

static struct aml_window window;
static struct acpi acpi;

/* The next window, counted by *at, in a copy of exactly these bytes. */
static bool find(const uint8_t *aml, size_t len, size_t *at)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct aml_window all[8];
	unsigned count;

	memcpy(copy, aml, len);
	count = aml_windows(copy, len, all, 8);
	free(copy);
	assert_true(count <= 8);
	if (*at >= count)
		return false;
	window = all[(*at)++];
	return true;
}

/* A megabyte of what costs the most: one pass, however much is nested or repeated. */
static void test_hostile_megabyte(void **state)
{
	static const uint8_t name[] = {0x08, '_', 'C', 'B', 'A', 0x00};
	/* A Device of half a megabyte, in each the next. */
	static const uint8_t nested[] = {0x5b, 0x82, 0xc0, 0x00, 0x80, 0x00, 'X', 0x08, '_', 'S',
					 'E',  'G',  0x01, 0x08, '_',  'C',  'B', 'A',  0x00};
	const size_t len = 1 << 20;
	uint8_t *aml = malloc(len);
	struct aml_window two[2];

	(void)state;
	for (size_t i = 0; i < len; i++)
		aml[i] = name[i % sizeof(name)];
	assert_int_equal(aml_windows(aml, len, two, 2), len / sizeof(name));
	for (size_t i = 0; i < len; i++)
		aml[i] = nested[i % sizeof(nested)];
	assert_true(aml_windows(aml, len, two, 2) >= 31);
	free(aml);
}

static void test_name(void **state)
{
	size_t at = 0;

	(void)state;
	assert_true(find(by_name, sizeof(by_name), &at));
	assert_int_equal(window.base, 0xe0000000);
	assert_int_equal(window.segment, 1);
	assert_int_equal(window.first, 0x10);
	assert_int_equal(window.last, 0x7f);
	assert_false(find(by_name, sizeof(by_name), &at));
}

static void test_method(void **state)
{
	size_t at = 0;

	(void)state;
	assert_true(find(by_method, sizeof(by_method), &at));
	assert_int_equal(window.base, 0x4000000000);
	assert_int_equal(window.segment, 0);
	assert_int_equal(window.first, 0);
	assert_int_equal(window.last, 255);
}

static void test_every_constant(void **state)
{
	static const struct {
		uint8_t bytes[9];
		uint64_t value;
	} constants[] = {{{0x00}, 0},
			 {{0x01}, 1},
			 {{0x0a, 0xfe}, 0xfe},
			 {{0x0b, 0x34, 0x12}, 0x1234},
			 {{0x0c, 0x78, 0x56, 0x34, 0x12}, 0x12345678},
			 {{0x0e, 8, 7, 6, 5, 4, 3, 2, 1}, 0x0102030405060708}};
	uint8_t aml[14] = {0x08, '_', 'C', 'B', 'A'};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		size_t at = 0;

		memcpy(aml + 5, constants[i].bytes, 9);
		assert_true(find(aml, sizeof(aml), &at));
		assert_int_equal(window.base, constants[i].value);
	}
}

static void test_what_is_no_constant(void **state)
{
	static const uint8_t reference[] = {'X', '_', 'C', 'B', 'A', 0x0c, 0, 0, 0, 0xe0};
	static const uint8_t string[] = {0x08, '_', 'C', 'B', 'A', 0x0d, 'x', 0x00, 0x00, 0x00};
	static const uint8_t method[] = {0x14, 0x0b, '_', 'C', 'B', 'A', 0x00,
					 0x70, 0x0c, 0,   0,   0,   0xe0};
	size_t at = 0;

	(void)state;
	assert_false(find(reference, sizeof(reference), &at));
	at = 0;
	assert_false(find(string, sizeof(string), &at));
	at = 0;
	assert_false(find(method, sizeof(method), &at));
	at = 0;
	assert_false(find((const uint8_t *)"_CBA", 0, &at));
	assert_false(find((const uint8_t *)"_CBA", 4, &at));
}

/* Device(PCIx) { Name(_SEG, segment) Name(_CBA, base) }, _SEG before _CBA, and a Device within that
 * has a _SEG of its own. */
static size_t put_bridge(uint8_t *to, char name, uint8_t segment, uint8_t base)
{
	const uint8_t bridge[] = {0x5b, 0x82, 0x1e, 'P', 'C', 'I', (uint8_t)name,
				  /* Device(_SUB) { Name(_SEG, 9) } */
				  0x5b, 0x82, 0x0c, 'S', 'U', 'B', '_', 0x08, '_', 'S', 'E', 'G',
				  0x0a, 0x09, 0x08, '_', 'S', 'E', 'G', 0x0a, segment};
	const uint8_t cba[] = {0x08, '_', 'C', 'B', 'A', 0x0c, 0x00, 0x00, 0x00, base};

	memcpy(to, bridge, sizeof(bridge));
	memcpy(to + sizeof(bridge), cba, sizeof(cba));
	to[2] = (uint8_t)(sizeof(bridge) + sizeof(cba) - 2);
	return sizeof(bridge) + sizeof(cba);
}

static void test_segment_before_base(void **state)
{
	uint8_t aml[128];
	size_t len, at = 0;

	(void)state;
	len = put_bridge(aml, '0', 3, 0xc0);
	len += put_bridge(aml + len, '1', 4, 0xd0);
	assert_true(find(aml, len, &at));
	assert_int_equal(window.base, 0xc0000000);
	assert_int_equal(window.segment, 3);
	assert_true(find(aml, len, &at));
	assert_int_equal(window.base, 0xd0000000);
	assert_int_equal(window.segment, 4);
	assert_false(find(aml, len, &at));
}

/* Whatever is cut off or changed: found or not, never a read beyond the end. */
static void test_every_truncation_and_bit(void **state)
{
	uint8_t bytes[sizeof(by_name)];

	(void)state;
	for (size_t len = 0; len <= sizeof(by_name); len++) {
		size_t at = 0;

		while (find(by_name, len, &at))
			assert_true(len >= 12);
		at = 0;
		if (len <= sizeof(by_method))
			assert_int_equal(find(by_method, len, &at), len == sizeof(by_method));
	}
	for (unsigned bit = 0; bit < 8 * sizeof(bytes); bit++) {
		size_t at = 0;

		memcpy(bytes, by_name, sizeof(bytes));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		while (find(bytes, sizeof(bytes), &at))
			;
	}
}

/* No MCFG, and a DSDT with this AML that the FADT names. */
static void build(const uint8_t *aml, size_t len, bool extended)
{
	uint8_t *fadt, *dsdt;

	sim_acpi_build(2, NULL, 0);
	memcpy(sim_memory_at(SIM_MCFG), "HPET", 4);
	sim_table_seal(SIM_MCFG);
	dsdt = sim_memory(DSDT, 36 + len);
	memcpy(dsdt + 36, aml, len);
	sim_table(DSDT, "DSDT", (uint32_t)(36 + len));
	fadt = sim_memory_at(SIM_FADT);
	sim_put(fadt + 40, 4, extended ? 0x1000 : DSDT);
	sim_put(fadt + 140, 8, extended ? DSDT : 0);
	sim_table_seal(SIM_FADT);
}

static void parse(unsigned entries)
{
	heard_reset();
	acpi_parse(&acpi, SIM_RSDP, 52, sim_memory_map, NULL, &heard);
	assert_int_equal(acpi.mcfg_count, entries);
}

static void test_dsdt_for_want_of_an_mcfg(void **state)
{
	(void)state;
	for (unsigned extended = 0; extended < 2; extended++) {
		build(by_name, sizeof(by_name), extended);
		parse(1);
		assert_silent();
		assert_true(acpi.from_cba);
		assert_false(acpi.mcfg_found);
		assert_int_equal(acpi.mcfg[0].base, 0xe0000000);
		assert_int_equal(acpi.mcfg[0].segment, 1);
		assert_int_equal(acpi.mcfg[0].start, 0x10);
		assert_int_equal(acpi.mcfg[0].end, 0x7f);
	}
	build(by_method, sizeof(by_method), true);
	parse(1);
	assert_int_equal(acpi.mcfg[0].end, 255);
}

static void test_mcfg_comes_first(void **state)
{
	static const struct sim_mcfg one[] = {{0xb0000000, 0, 0, 255}};

	(void)state;
	sim_acpi_build(2, one, 1);
	sim_put(sim_memory_at(SIM_FADT) + 140, 8, 0xdead0000);
	sim_table_seal(SIM_FADT);
	parse(1);
	assert_silent(); /* the DSDT is not even looked at */
	assert_false(acpi.from_cba);
}

static void test_several_windows(void **state)
{
	uint8_t aml[2 * sizeof(by_name)];

	(void)state;
	memcpy(aml, by_name, sizeof(by_name));
	memcpy(aml + sizeof(by_name), by_name, sizeof(by_name));
	build(aml, sizeof(aml), true);
	parse(1);
	assert_heard(
	    "acpi: DSDT _CBA entry 1 (segment 1, buses 16 to 127, base 0xe0000000) repeats buses");
	aml[sizeof(by_name) + 11] = 0xd0;
	aml[sizeof(by_name) + 17] = 0x00;
	build(aml, sizeof(aml), true);
	parse(2);
	assert_silent();
}

static void test_bad_dsdt(void **state)
{
	(void)state;
	build(by_name, sizeof(by_name), true);
	sim_memory_at(DSDT)[9]++;
	parse(0);
	assert_heard("table DSDT at 0x7ff06000 has a bad checksum");
	build(by_name, sizeof(by_name), true);
	sim_memory_cut(DSDT, 0);
	parse(0);
	assert_heard("at 0x7ff06000 is not in readable memory");
}

static void test_dsdt_that_is_none_is_named(void **state)
{
	(void)state;
	build(by_name, sizeof(by_name), true);
	memcpy(sim_memory_at(DSDT), "SSDT", 4);
	sim_table_seal(DSDT);
	parse(0);
	assert_int_equal(acpi.bad, 1);
	assert_heard("0x7ff06000");
}

/* A bus number is a byte: 110h is not bus 10h. */
static void test_bus_range_that_is_no_byte(void **state)
{
	uint8_t aml[sizeof(by_name)];

	(void)state;
	memcpy(aml, by_name, sizeof(aml));
	aml[18 + 9] = 0x01; /* 110h to 17fh */
	aml[18 + 11] = 0x01;
	build(aml, sizeof(aml), true);
	parse(0);
	assert_int_equal(acpi.bad, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_hostile_megabyte),
	    cmocka_unit_test(test_method),
	    cmocka_unit_test(test_segment_before_base),
	    cmocka_unit_test(test_every_constant),
	    cmocka_unit_test(test_what_is_no_constant),
	    cmocka_unit_test(test_every_truncation_and_bit),
	    cmocka_unit_test(test_dsdt_for_want_of_an_mcfg),
	    cmocka_unit_test(test_mcfg_comes_first),
	    cmocka_unit_test(test_several_windows),
	    cmocka_unit_test(test_bad_dsdt),
	    cmocka_unit_test(test_dsdt_that_is_none_is_named),
	    cmocka_unit_test(test_bus_range_that_is_no_byte),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_memory_reset();
	return failed;
}
