/* MCFG: which allocations are believed. */
#include "check.h"
#include "sim_acpi.h"

static const struct sim_mcfg one[] = {{0xb0000000, 0, 0, 255}};
static struct acpi acpi;
static unsigned address_bits = 52;

static void parse(void)
{
	heard_reset();
	acpi_parse(&acpi, SIM_RSDP, address_bits, sim_memory_map, NULL, &heard);
}

static void build(const struct sim_mcfg *entries, unsigned count)
{
	sim_acpi_build(2, entries, count);
}

static void test_mcfg_absent(void **state)
{
	(void)state;
	build(one, 1);
	memcpy(sim_memory_at(SIM_MCFG), "HPET", 4);
	sim_table_seal(SIM_MCFG);
	parse();
	assert_silent();
	assert_false(acpi.mcfg_found);
	assert_int_equal(acpi.tables, 2);
}

static void test_mcfg_length_not_44_plus_16n(void **state)
{
	(void)state;
	for (uint32_t len = 44; len <= 60; len++) {
		char text[64];

		build(one, 1);
		sim_put(sim_memory_at(SIM_MCFG) + 4, 4, len);
		sim_table_seal(SIM_MCFG);
		parse();
		assert_int_equal(acpi.mcfg_count, len == 60);
		assert_int_equal(acpi.bad, len % 16 != 12);
		snprintf(text, sizeof(text), "acpi: MCFG length %u is not 44 + 16 n", len);
		if (len % 16 != 12)
			assert_heard(text);
	}
	build(one, 1);
	sim_put(sim_memory_at(SIM_MCFG) + 4, 4, 40);
	sim_table_seal(SIM_MCFG);
	parse();
	assert_heard("acpi: MCFG length 40 is not 44 + 16 n");
	assert_int_equal(acpi.mcfg_count, 0);
	assert_int_equal(acpi.pm_timer.port, 0x608); /* the rest is used */
}

static void check_entries(const struct sim_mcfg *entries, unsigned count, unsigned good,
			  const char *what)
{
	build(entries, count);
	parse();
	assert_int_equal(acpi.mcfg_count, good);
	assert_int_equal(acpi.bad, count - good);
	if (what)
		assert_heard(what);
	else
		assert_silent();
}

static void test_mcfg_entries(void **state)
{
	static const struct sim_mcfg ends_low[] = {{0xb0000000, 0, 5, 4}};
	static const struct sim_mcfg zero[] = {{0, 0, 0, 255}};
	static const struct sim_mcfg odd[] = {{0xb0080000, 0, 0, 255}};
	static const struct sim_mcfg high[] = {{0x1000000000, 0, 0x80, 0xff}};
	static const struct sim_mcfg beyond[] = {{0xffffffffff000000, 0, 0, 255}};
	static const struct sim_mcfg beyond_52[] = {{0xffffff0100000, 0, 0, 255}};
	static const struct sim_mcfg beyond_40[] = {{0x10000000000 - (255 << 20), 0, 0, 255}};
	static const struct sim_mcfg up_to_40[] = {{0x10000000000 - (256 << 20), 0, 0, 255}};
	static const struct sim_mcfg twice[] = {{0xb0000000, 0, 0, 127}, {0xd0000000, 0, 127, 255}};
	static const struct sim_mcfg overlap[] = {{0xb0000000, 0, 0, 255}, {0xb8000000, 1, 0, 127}};
	static const struct sim_mcfg beside[] = {{0xb0000000, 0, 0, 127},
						 {0xb0000000, 0, 128, 255}};
	static const struct sim_mcfg segments[] = {
	    {0x4000000000, 0, 0, 255}, {0x4010000000, 1, 0, 255}, {0x4020000000, 0xffff, 16, 31}};

	(void)state;
	check_entries(
	    ends_low, 1, 0,
	    "MCFG entry 0 (segment 0, buses 5 to 4, base 0xb0000000) ends below its start bus");
	check_entries(zero, 1, 0, "has base 0");
	check_entries(odd, 1, 0, "has a base that is not 1 MiB aligned");
	check_entries(high, 1, 1, NULL);
	assert_int_equal(acpi.mcfg[0].base, 0x1000000000);
	assert_int_equal(acpi.mcfg[0].start, 0x80);
	check_entries(beyond, 1, 0, "reaches beyond the processor's physical addresses");
	check_entries(beyond_52, 1, 0, "reaches beyond the processor's physical addresses");
	address_bits = 40;
	check_entries(beyond_40, 1, 0, "reaches beyond the processor's physical addresses");
	check_entries(up_to_40, 1, 1, NULL);
	address_bits = 52;
	check_entries(twice, 2, 1,
		      "MCFG entry 1 (segment 0, buses 127 to 255, base 0xd0000000) repeats buses");
	check_entries(overlap, 2, 1, "overlaps the memory of an earlier entry");
	check_entries(beside, 2, 2, NULL);
	check_entries(segments, 3, 3, NULL);
	assert_ptr_equal(acpi_mcfg_find(&acpi, 1, 200), &acpi.mcfg[1]);
	assert_ptr_equal(acpi_mcfg_find(&acpi, 0xffff, 16), &acpi.mcfg[2]);
	assert_ptr_equal(acpi_mcfg_find(&acpi, 0xffff, 31), &acpi.mcfg[2]);
	assert_null(acpi_mcfg_find(&acpi, 0xffff, 15));
	assert_null(acpi_mcfg_find(&acpi, 0xffff, 32));
	assert_null(acpi_mcfg_find(&acpi, 2, 0));
}

static void test_more_entries_than_are_kept(void **state)
{
	struct sim_mcfg many[ACPI_MCFG_MAX + 3];

	(void)state;
	for (unsigned i = 0; i < ACPI_MCFG_MAX + 3; i++)
		many[i] =
		    (struct sim_mcfg){0x4000000000 + ((uint64_t)i << 28), (uint16_t)i, 0, 255};
	check_entries(many, ACPI_MCFG_MAX, ACPI_MCFG_MAX, NULL);
	check_entries(many, ACPI_MCFG_MAX + 3, ACPI_MCFG_MAX,
		      "MCFG entry 64 (segment 64, buses 0 to 255");
	assert_heard("is one too many");
	assert_int_equal(heard_lines(), 3);
}

static void test_a_second_mcfg_is_ignored(void **state)
{
	(void)state;
	build(one, 1);
	sim_put(sim_memory_at(SIM_XSDT) + 36, 8, SIM_MCFG);
	sim_table_seal(SIM_XSDT);
	parse();
	assert_heard("acpi: a second MCFG is ignored");
	assert_int_equal(acpi.mcfg_count, 1);
}

/* "There but broken" is another finding than "not there": the verdict on ECAM depends on it. */
static void test_unsound_mcfg_counts_as_found(void **state)
{
	(void)state;
	build(one, 1);
	sim_memory_at(SIM_MCFG)[9]++;
	parse();
	assert_true(acpi.mcfg_found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mcfg_absent),
	    cmocka_unit_test(test_mcfg_length_not_44_plus_16n),
	    cmocka_unit_test(test_mcfg_entries),
	    cmocka_unit_test(test_more_entries_than_are_kept),
	    cmocka_unit_test(test_a_second_mcfg_is_ignored),
	    cmocka_unit_test(test_unsound_mcfg_counts_as_found),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_memory_reset();
	return failed;
}
