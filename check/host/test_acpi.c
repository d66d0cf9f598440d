/* ACPI tables but for what is in MCFG (test_mcfg.c): sound, and in every way broken. */
#include "check.h"
#include "sim_acpi.h"

static const struct sim_mcfg one[] = {{0xb0000000, 0, 0, 255}};
static struct acpi acpi;

static void parse(void)
{
	heard_reset();
	acpi_parse(&acpi, SIM_RSDP, 52, sim_memory_map, NULL, &heard);
}

static void build(const struct sim_mcfg *entries, unsigned count)
{
	sim_acpi_build(2, entries, count);
}

static void test_sound_tables(void **state)
{
	(void)state;
	build(one, 1);
	parse();
	assert_silent();
	assert_true(acpi.found);
	assert_true(acpi.mcfg_found);
	assert_int_equal(acpi.tables, 2);
	assert_int_equal(acpi.bad, 0);
	assert_int_equal(acpi.mcfg_count, 1);
	assert_int_equal(acpi.mcfg[0].base, 0xb0000000);
	assert_int_equal(acpi.mcfg[0].segment, 0);
	assert_int_equal(acpi.mcfg[0].start, 0);
	assert_int_equal(acpi.mcfg[0].end, 255);
	assert_int_equal(acpi.pm_timer.port, 0x608);
	assert_true(acpi.pm_timer.extended);
}

static void test_revision_0_has_the_rsdt_only(void **state)
{
	(void)state;
	sim_acpi_build(0, one,
		       1); /* 20 bytes of memory: reading an extended field would be caught */
	parse();
	assert_silent();
	assert_true(acpi.found);
	assert_int_equal(acpi.mcfg_count, 1);
}

static void test_xsdt_is_preferred(void **state)
{
	(void)state;
	build(one, 1);
	sim_memory_cut(SIM_RSDT, 0);
	parse();
	assert_silent();
	assert_int_equal(acpi.mcfg_count, 1);
}

static void test_rsdt_when_the_xsdt_is_absent(void **state)
{
	(void)state;
	build(one, 1);
	sim_put(sim_memory_at(SIM_RSDP) + 24, 8, 0);
	sim_rsdp_seal();
	parse();
	assert_silent();
	assert_int_equal(acpi.mcfg_count, 1);
}

static void check_rsdt_fallback(const char *what)
{
	parse();
	assert_heard(what);
	assert_true(acpi.found);
	assert_int_equal(acpi.bad, 1);
	assert_int_equal(acpi.mcfg_count, 1);
}

static void test_rsdt_when_the_xsdt_is_broken(void **state)
{
	(void)state;
	build(one, 1);
	sim_memory_at(SIM_XSDT)[9]++;
	check_rsdt_fallback("table XSDT at 0x7ff00000 has a bad checksum (length 52)");
	build(one, 1);
	memcpy(sim_memory_at(SIM_XSDT), "XSDX", 4);
	sim_table_seal(SIM_XSDT);
	check_rsdt_fallback("the table at 0x7ff00000 is not the XSDT that RSDP says");
	build(one, 1);
	sim_memory_cut(SIM_XSDT, 0);
	check_rsdt_fallback("at 0x7ff00000 is not in readable memory");
}

static void test_no_rsdp(void **state)
{
	(void)state;
	heard_reset();
	acpi_parse(&acpi, 0, 52, sim_memory_map, NULL, &heard);
	assert_heard("acpi: firmware gives no RSDP");
	assert_false(acpi.found);
	assert_int_equal(acpi.bad, 0);
}

static void check_bad_rsdp(const char *what)
{
	parse();
	assert_heard(what);
	assert_int_equal(heard_lines(), 1);
	assert_false(acpi.found);
	assert_int_equal(acpi.bad, 1);
	assert_int_equal(acpi.mcfg_count, 0);
}

static void test_bad_rsdp(void **state)
{
	static const uint32_t lengths[] = {0, 35, 4097, 0xffffffff};

	(void)state;
	build(one, 1);
	sim_memory_at(SIM_RSDP)[0] = 'X';
	check_bad_rsdp("RSDP at 0xf0000 has no signature");
	build(one, 1);
	sim_memory_at(SIM_RSDP)[8]++;
	check_bad_rsdp("RSDP at 0xf0000 has a bad checksum");
	build(one, 1);
	sim_memory_at(SIM_RSDP)[32]++;
	check_bad_rsdp("RSDP at 0xf0000 has a bad extended checksum");
	for (unsigned i = 0; i < 4; i++) {
		build(one, 1);
		sim_put(sim_memory_at(SIM_RSDP) + 20, 4, lengths[i]);
		check_bad_rsdp("RSDP at 0xf0000 has a bad length");
	}
	build(one, 1);
	sim_put(sim_memory_at(SIM_RSDP) + 20, 4, 40); /* four bytes more than there are */
	check_bad_rsdp("RSDP at 0xf0000 has a bad extended checksum");
	build(one, 1);
	sim_memory_cut(SIM_RSDP, 20);
	check_bad_rsdp("RSDP at 0xf0000 has a bad length");
	build(one, 1);
	sim_memory_cut(SIM_RSDP, 19);
	check_bad_rsdp("RSDP at 0xf0000 is not in readable memory");
}

static void test_bad_root_table_length(void **state)
{
	(void)state;
	build(one, 1);
	sim_put(sim_memory_at(SIM_XSDT) + 4, 4, 51);
	sim_table_seal(SIM_XSDT);
	parse();
	assert_heard("acpi: XSDT length 51 is not 36 + 8 n");
	assert_true(acpi.found);
	assert_int_equal(acpi.tables, 1); /* FADT; MCFG's pointer is cut off */
}

static void check_bad_mcfg(const char *what)
{
	parse();
	assert_heard(what);
	assert_true(acpi.found);
	assert_int_equal(acpi.mcfg_count, 0);
	assert_int_equal(acpi.pm_timer.port, 0x608); /* the rest is used */
}

static void test_bad_table(void **state)
{
	(void)state;
	build(one, 1);
	sim_memory_at(SIM_MCFG)[9]++;
	check_bad_mcfg("table MCFG at 0x7ff02000 has a bad checksum (length 60)");
	build(one, 1);
	sim_put(sim_memory_at(SIM_MCFG) + 4, 4, 35);
	check_bad_mcfg("table MCFG at 0x7ff02000 has a bad length (length 35)");
	build(one, 1);
	sim_put(sim_memory_at(SIM_MCFG) + 4, 4, (1u << 20) + 1);
	check_bad_mcfg("has a bad length (length 1048577)");
	build(one, 1);
	sim_put(sim_memory_at(SIM_MCFG) + 4, 4, 61);
	check_bad_mcfg("table MCFG at 0x7ff02000 runs out of readable memory (length 61)");
	build(one, 1);
	sim_memory_cut(SIM_MCFG, 0);
	check_bad_mcfg("table ? at 0x7ff02000 is not in readable memory");
	build(one, 1);
	sim_put(sim_memory_at(SIM_XSDT) + 44, 8, 0);
	sim_table_seal(SIM_XSDT);
	check_bad_mcfg("table ? at 0x0 is not in readable memory");
}

static void test_unprintable_signature(void **state)
{
	(void)state;
	build(one, 1);
	memcpy(sim_memory_at(SIM_MCFG), "M\x01\xff\n", 4);
	parse();
	assert_heard("table M??? at 0x7ff02000 has a bad checksum");
}

/* A root table that lists itself, and the RSDP: no loop, nothing believed. */
static void test_root_table_that_lists_itself(void **state)
{
	(void)state;
	build(one, 1);
	sim_put(sim_memory_at(SIM_XSDT) + 36, 8, SIM_XSDT);
	sim_put(sim_memory_at(SIM_XSDT) + 44, 8, SIM_RSDP);
	sim_table_seal(SIM_XSDT);
	parse();
	assert_true(acpi.found);
	assert_int_equal(acpi.mcfg_count, 0);
	assert_heard("table RSD  at 0xf0000");
}

static void test_very_long_root_table(void **state)
{
	uint8_t *root;

	(void)state;
	build(one, 1);
	root = sim_memory(0x60000000, 36 + 8 * 300);
	for (unsigned i = 0; i < 300; i++)
		sim_put(root + 36 + 8 * i, 8, i == 299 ? SIM_MCFG : SIM_FADT);
	sim_table(0x60000000, "XSDT", 36 + 8 * 300);
	sim_put(sim_memory_at(SIM_RSDP) + 24, 8, 0x60000000);
	sim_rsdp_seal();
	parse();
	assert_heard("acpi: XSDT lists 300 tables, only 256 are read");
	assert_int_equal(acpi.tables, 256);
}

static void check_timer(uint32_t len, uint16_t port, bool extended)
{
	sim_put(sim_memory_at(SIM_FADT) + 4, 4, len);
	sim_table_seal(SIM_FADT);
	parse();
	assert_int_equal(acpi.pm_timer.port, port);
	assert_int_equal(acpi.pm_timer.extended, extended);
}

static void test_pm_timer(void **state)
{
	uint8_t *fadt;

	(void)state;
	build(one, 1);
	fadt = sim_memory_at(SIM_FADT);
	check_timer(244, 0x608, true);
	check_timer(116, 0x608, true);
	check_timer(115, 0x608, false); /* too short for its flags */
	check_timer(79, 0, false);      /* and for the port */
	sim_put(fadt + 112, 4, 0);
	check_timer(244, 0x608, false);
	fadt[208] = 1;
	sim_put(fadt + 212, 8, 0xb008);
	check_timer(244, 0xb008, false);
	check_timer(219, 0x608, false);
	fadt[208] = 0; /* memory, not I/O */
	check_timer(244, 0x608, false);
	fadt[208] = 1;
	sim_put(fadt + 212, 8, 0x10000);
	check_timer(244, 0, false);
	assert_heard("acpi: FADT names PM timer port 0x10000, beyond I/O space");
	assert_int_equal(acpi.mcfg_count, 1);
}

#define MASKS 0x7ff06000u

/* An OEM table of len bytes in the place of the MCFG. */
static void build_masks(const char *signature, const char *table_id, uint32_t len)
{
	build(one, 1);
	sim_memory(MASKS, len);
	sim_table(MASKS, signature, len);
	memcpy(sim_memory_at(MASKS) + 16, table_id, 8);
	sim_table_seal(MASKS);
	sim_put(sim_memory_at(SIM_XSDT) + 36, 8, MASKS);
	sim_table_seal(SIM_XSDT);
	parse();
}

static void test_masks(void **state)
{
	(void)state;
	build_masks("OEMP", "PCIBMASK", 36 + 32);
	assert_silent();
	assert_int_equal(acpi.masks_len, 32);
	assert_non_null(acpi.masks);
	assert_int_equal(acpi.masks[0] | acpi.masks[31], 0); /* the sanitizer sees one byte more */
	build_masks("OEMP", "PCIBMASK", 36);
	assert_int_equal(acpi.masks_len, 0);
	/* Somebody else's */
	build_masks("OEMP", "PCIBMASX", 36 + 32);
	assert_silent();
	assert_null(acpi.masks);
	build_masks("OEMQ", "PCIBMASK", 36 + 32);
	assert_null(acpi.masks);
	/* Not sound */
	build_masks("OEMP", "PCIBMASK", 36 + 32);
	sim_memory_at(MASKS)[36]++;
	parse();
	assert_heard("table OEMP at 0x7ff06000 has a bad checksum (length 68)");
	assert_null(acpi.masks);
	/* The first of two */
	build_masks("OEMP", "PCIBMASK", 36 + 32);
	sim_memory(MASKS + 0x1000, 100);
	sim_table(MASKS + 0x1000, "OEMP", 100);
	memcpy(sim_memory_at(MASKS + 0x1000) + 16, "PCIBMASK", 8);
	sim_table_seal(MASKS + 0x1000);
	sim_put(sim_memory_at(SIM_XSDT) + 44, 8, MASKS + 0x1000);
	sim_table_seal(SIM_XSDT);
	parse();
	assert_int_equal(acpi.masks_len, 32);
}

static uint64_t find_rsdp(void)
{
	return acpi_find_rsdp(sim_memory_map, NULL);
}

static void test_find_rsdp(void **state)
{
	uint8_t *area;

	(void)state;
	sim_memory_reset();
	assert_int_equal(find_rsdp(), 0); /* no memory there */
	area = sim_memory(0xe0000, 0x20000);
	assert_int_equal(find_rsdp(), 0);
	memcpy(area + 0x1000, "RSD PTR ", 8);     /* no checksum */
	memcpy(area + 0x2008, "RSD PTR \xdd", 9); /* not on 16 */
	area[0x2008 + 8] = (uint8_t)(0 - ('R' + 'S' + 'D' + ' ' + 'P' + 'T' + 'R' + ' '));
	memcpy(area + 0x1fff0, area + 0x2008, 9); /* runs out of the area */
	assert_int_equal(find_rsdp(), 0);
	memcpy(area + 0x1ffd0, area + 0x2008, 9);
	assert_int_equal(find_rsdp(), 0xfffd0);
	memcpy(area + 0x3000, area + 0x2008, 9);
	assert_int_equal(find_rsdp(), 0xe3000);
}

static void test_find_rsdp_in_ebda(void **state)
{
	uint8_t *low, *area;

	(void)state;
	sim_memory_reset();
	low = sim_memory(0, 0xa0000);
	area = sim_memory(0xe0000, 0x20000);
	memcpy(area, "RSD PTR \xdd", 9);
	area[8] = (uint8_t)(0 - ('R' + 'S' + 'D' + ' ' + 'P' + 'T' + 'R' + ' '));
	memcpy(low + 0x9fc30, area, 9);
	memcpy(low + 0x10000, area, 9);
	sim_put(low + 0x40e, 2, 0x9fc0);
	assert_int_equal(find_rsdp(), 0x9fc30);
	sim_put(low + 0x40e, 2, 0x9f80); /* behind its first KiB */
	assert_int_equal(find_rsdp(), 0xe0000);
	sim_put(low + 0x40e, 2, 0x1000); /* where no EBDA is */
	assert_int_equal(find_rsdp(), 0xe0000);
}

static const uint64_t tables[] = {SIM_RSDP, SIM_XSDT, SIM_RSDT, SIM_MCFG, SIM_FADT};
static const size_t lengths[] = {36, 52, 44, 76, 244};
static const struct sim_mcfg two[] = {{0xb0000000, 0, 0, 255}, {0x4000000000, 1, 0, 255}};

/* What comes out of bad tables may be little, but it must make sense. */
static void check_sane(void)
{
	assert_true(acpi.mcfg_count <= ACPI_MCFG_MAX);
	for (unsigned i = 0; i < acpi.mcfg_count; i++) {
		assert_true(acpi.mcfg[i].start <= acpi.mcfg[i].end);
		assert_int_equal(acpi.mcfg[i].base & 0xfffff, 0);
	}
	assert_true(acpi.found || acpi.mcfg_count == 0);
	assert_int_equal(acpi.bad > 0, heard_lines() > 0);
}

/* Each byte at every value, once as it is (the checksum catches it) and once with the checksum made
 * right again. */
static void test_every_byte_flipped(void **state)
{
	(void)state;
	for (unsigned t = 0; t < 5; t++) {
		for (size_t at = 0; at < lengths[t]; at++) {
			for (unsigned flip = 1; flip < 256; flip++) {
				build(two, 2);
				sim_memory_at(tables[t])[at] ^= (uint8_t)flip;
				parse();
				check_sane();
				/* One byte changed changes the sum: only an unused table's change
				 * goes unseen. */
				if (tables[t] != SIM_RSDT)
					assert_true(acpi.bad > 0 || (t == 0 && at == 15));
			}
		}
	}
}

static void test_every_byte_flipped_under_a_right_checksum(void **state)
{
	(void)state;
	for (unsigned t = 0; t < 5; t++) {
		for (size_t at = 0; at < lengths[t]; at++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				build(two, 2);
				sim_memory_at(tables[t])[at] ^= (uint8_t)(1u << bit);
				if (t == 0)
					sim_rsdp_seal();
				/* The sum over a wrong length would not be ours to write. */
				else if (at < 4 || at >= 8)
					sim_table_seal(tables[t]);
				parse();
				check_sane();
			}
		}
	}
}

static void test_every_truncation(void **state)
{
	(void)state;
	for (unsigned t = 0; t < 5; t++) {
		for (size_t len = 0; len < lengths[t]; len++) {
			build(two, 2);
			sim_memory_cut(tables[t], len);
			parse();
			check_sane();
			if (tables[t] != SIM_RSDT)
				assert_true(acpi.bad > 0);
			/* The same with a length that says so, which only the structure can
			 * contradict. */
			if (t == 0 || len < 36)
				continue;
			build(two, 2);
			sim_put(sim_memory_at(tables[t]) + 4, 4, len);
			sim_table_seal(tables[t]);
			sim_memory_cut(tables[t], len);
			parse();
			check_sane();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sound_tables),
	    cmocka_unit_test(test_revision_0_has_the_rsdt_only),
	    cmocka_unit_test(test_xsdt_is_preferred),
	    cmocka_unit_test(test_rsdt_when_the_xsdt_is_absent),
	    cmocka_unit_test(test_rsdt_when_the_xsdt_is_broken),
	    cmocka_unit_test(test_no_rsdp),
	    cmocka_unit_test(test_bad_rsdp),
	    cmocka_unit_test(test_bad_root_table_length),
	    cmocka_unit_test(test_bad_table),
	    cmocka_unit_test(test_unprintable_signature),
	    cmocka_unit_test(test_root_table_that_lists_itself),
	    cmocka_unit_test(test_very_long_root_table),
	    cmocka_unit_test(test_pm_timer),
	    cmocka_unit_test(test_masks),
	    cmocka_unit_test(test_find_rsdp),
	    cmocka_unit_test(test_find_rsdp_in_ebda),
	    cmocka_unit_test(test_every_byte_flipped),
	    cmocka_unit_test(test_every_byte_flipped_under_a_right_checksum),
	    cmocka_unit_test(test_every_truncation),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_memory_reset();
	return failed;
}
