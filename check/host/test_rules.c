/*
 * The rules against a machine with each seeded bug in turn: exactly the intended rules fail, each
 * naming the register or whatever else is wrong. Prints which rule catches what.
 */
#include "check.h"
#include "rules_doc.h"
#include "sim_acpi.h"
#include "sim_rules.h"
#include "test.h"

#define SOMEONE   "SimulatedVMM"
#define RULES_MAX 4

/* What a bug makes fail, and what the rule's first line must hold. */
static const struct expectation {
	enum sim_bug bug;
	struct {
		const char *id, *says;
	} rule[RULES_MAX];
} expectations[] = {
    {SIM_BUG_NONE, {{0}}},
    /* A write of STATUS that lands in COMMAND shows in both of STATUS's rules. */
    {SIM_BUG_CFC2_WORD_LANDS_LOW,
     {{"LANE-03", "00:02.0 register 0x16 over pio: wrote 0x3c69"},
      {"CMD-02", "00:00.0 register 0x04 over pio: wrote 0x0000 to STATUS, COMMAND reads 0x0000"},
      {"CMD-03", "00:00.0 register 0x04 over pio: wrote 0x06b0 to STATUS"}}},
    {SIM_BUG_CFC_READ_LANES_SWAPPED,
     {{"LANE-01", "00:00.0 register 0x00 over pio: a read of 1 bytes gave 0x29, should be 0x86"}}},
    {SIM_BUG_CF8_WITHOUT_ENABLE,
     {{"CF8-01", "register 0x00 over pio: wrote CF8 0x00000000, CFC read 0x29c08086"}}},
    {SIM_BUG_CF8_BYTE_IS_ADDRESS,
     {{"CF8-03", "port CF8: wrote 0x80000000, then 1 bytes 0x54 at CF8h + 0"}}},
    /* Legal: software writes CF8 before each access. */
    {SIM_BUG_CF8_CLEARED_BY_ACCESS, {{0}}},
    {SIM_BUG_CF8_LOSES_REGISTER, {{"CF8-02", "port CF8: wrote 0x80fffffc, read 0x80ffff00"}}},
    {SIM_BUG_CF8_RESERVED_KEPT, {{"CF8-04", "port CF8: wrote 0xff000000, read 0xff000000"}}},
    {SIM_BUG_CF8_LOW_BITS_USED, {{"CF8-05", "port CF8: wrote 0x80000002, read 0x80000002"}}},
    {SIM_BUG_ABSENT_READS_ZERO,
     {{"ABS-01", "00:01.0 register 0x00 over pio: no function is there; 4 bytes read 0x0"},
      {"ABS-03", "00:00.1 register 0x00 over pio"},
      {"DST-01",
       "00:05.0 register 0x18 over pio: with secondary 63, bus 1 still read 0x00000000"}}},
    {SIM_BUG_ABSENT_REMEMBERS,
     {{"ABS-02", "00:01.0 register 0x3c over pio: no function is there; wrote 0x5a"}}},
    {SIM_BUG_FUNCTIONS_ALIAS, {{"ABS-03", "00:00.1 register 0x00 over pio"}}},
    {SIM_BUG_BUS_BIT_IGNORED,
     {{"ABS-04", "80:02.0 register 0x00 over pio: read 0x10d38086, the function of bus 0"}}},
    {SIM_BUG_ECAM_OFF_BY_START_BUS, {{"ID-01", "40:00.0 register 0x00 over pio: read 0x000b1b36"}}},
    /* Nothing that is found by its bytes is found, the Express capability for one. */
    {SIM_BUG_ECAM_PARTS_FROM_LANE_0,
     {{"LANE-02", "00:00.0 register 0x01 over ecam: a read of 1 bytes gave 0x86, should be 0x80"},
      {"ID-02", "00:02.0 register 0x100 over ecam"},
      {"CAP-04", "00:02.0 register 0x100 over ecam"}}},
    {SIM_BUG_ECAM_ODD_BYTE_WRITTEN_BELOW,
     {{"LANE-04", "00:02.0 register 0x15 over ecam: wrote 0xf0"}}},
    {SIM_BUG_EXTENDED_ALIASES_LOW,
     {{"CAP-02", "00:02.0 register 0x100 over ecam"},
      {"CAP-03", "00:00.0 register 0x100 over ecam"},
      {"CAP-04", "00:00.0 register 0x100 over ecam"}}},
    {SIM_BUG_EXTENDED_PARTS_ZERO,
     {{"ID-02", "00:02.0 register 0x100 over ecam: reads of 1 bytes gave 0x00000000"}}},
    {SIM_BUG_CONVENTIONAL_EXTENDED, {{"CAP-04", "00:00.0 register 0x100 over ecam"}}},
    /* An error bit that was cleared through ports is still there in ECAM. */
    {SIM_BUG_ECAM_STALE_AFTER_PORT,
     {{"COH-01", "00:02.0 register 0x3c over pio: wrote 0x5a, read 0x0 over ecam"},
      {"VIO-01", "00:07.0 register 0x60 over ecam: aimed at device_feature, read 0x00000000"},
      {"CMD-02", "00:03.0 register 0x06 over ecam"}}},
    {SIM_BUG_PORT_STALE_AFTER_ECAM,
     {{"COH-02", "00:02.0 register 0x3c over ecam: wrote 0x5a, read 0x0 over pio"},
      {"VIO-01", "00:07.0 register 0x60 over pio: aimed at device_feature, read 0x00000000"}}},
    {SIM_BUG_VENDOR_WRITABLE,
     {{"HDR-01", "00:00.0 register 0x00 over pio: wrote 0xd63f7f79, read 0x29c07f79"}}},
    {SIM_BUG_LINE_READ_ONLY, {{"HDR-03", "00:02.0 register 0x3c over pio: wrote 0x55, read 0x00"}}},
    {SIM_BUG_COMMAND_WRITE_DROPPED,
     {{"CMD-01", "00:02.0 register 0x04 over pio: wrote 0x0005, read 0x0007"}}},
    {SIM_BUG_STATUS_NOT_CLEARED,
     {{"CMD-02", "00:00.0 register 0x06 over pio: wrote 0xf900, error bits read 0xf900"}}},
    {SIM_BUG_STATUS_WRITABLE, {{"CMD-03", "00:00.0 register 0x06 over pio: wrote 0x06b0"}}},
    {SIM_BUG_COPY_STALE_INTERNALLY,
     {{"COH-03", "00:02.0 register 0xf8 over pio: after decode off and on"}}},
    {SIM_BUG_VIRTIO_WINDOW_STALE,
     {{"VIO-01",
       "00:07.0 register 0x60 over ecam: aimed at device_feature, read 0x00000000, should be "
       "0x39000000"}}},
    {SIM_BUG_BRIDGE_NUMBERS_FIXED,
     {{"DST-01", "00:05.0 register 0x18 over pio: wrote 0x003f3f00, read 0x00010100"}}},
    {SIM_BUG_TYPE_BITS_MISSING,
     {{"BAR-02", "00:02.0 register 0x14 over pio: wrote 0xffffffff, read 0xffffffe0"},
      {"PV-03", "00:02.0 register 0x14 in the table: has mask 0xffffffe1, should be 0xffffffe0"}}},
    {SIM_BUG_ONLY_ONES_PROBE, {{"BAR-03", "00:02.0 register 0x10 over pio: wrote 0xfffffff0"}}},
    {SIM_BUG_MASK_READ_ONCE,
     {{"BAR-04",
       "00:02.0 register 0x10 over pio: wrote 0xffffffff, read 0xfffe0000, then 0x00000000"}}},
    /* Then an upper half holds all-ones, which is a probe again when it is put back. */
    {SIM_BUG_BAR_NOT_RESTORED,
     {{"BAR-05", "00:02.0 register 0x10 over pio: after the probe wrote"},
      {"BAR-07", "register 0x1c"}}},
    {SIM_BUG_IO_UPPER_AS_SIZE,
     {{"BAR-01", "00:02.0 register 0x14 over pio: wrote 0xffffffff, address bits read 0xffe0ffe0"},
      {"PV-03", "00:02.0 register 0x14 in the table"},
      {"DST-02", "00:02.0 register 0x14 over pio"}}},
    {SIM_BUG_HIGH_HALF_LOST,
     {{"BAR-07", "00:02.0 register 0x1c over pio: wrote 0x00000001, read 0x00000000"}}},
    {SIM_BUG_HALVES_IN_ORDER,
     {{"BAR-06", "00:02.0 register 0x18 over pio: wrote ones low then high"}}},
    {SIM_BUG_ROM_PROBE_ENABLES,
     {{"BAR-08", "00:02.0 register 0x30 over pio: wrote 0xfffff800, read 0xffff0001"},
      {"PV-03", "00:02.0 register 0x30 in the table"}}},
    {SIM_BUG_NEIGHBOUR_CLOBBERED,
     {{"BAR-09", "00:02.0 register 0x14 over pio: wrote 0xffffffff to 0x10"}}},
    /* The dance runs with decode off, so it finds no BAR either. */
    {SIM_BUG_BAR_FIXED_WITHOUT_DECODE,
     {{"BAR-10", "00:02.0 register 0x10 over ecam: wrote 0 with decode off, read 0xc0000000"},
      {"PV-03", "00:02.0 register 0x10 in the table: has mask 0xfffe0000, should be 0xc0000000"}}},
    {SIM_BUG_BAR_FIXED_WHILE_DECODING,
     {{"DST-03", "00:02.0 register 0x10 over pio: with decode on wrote"}}},
    {SIM_BUG_BAR_REFUSES_LOW, {{"DST-02", "00:02.0 register 0x10 over pio: wrote 0x000a0000"}}},
    {SIM_BUG_MCFG_LENGTH, {{"MCFG-01", "MCFG length: is 72"}}},
    {SIM_BUG_MCFG_BACKWARDS, {{"MCFG-02", "MCFG entry 1 (segment 0, buses 127 to 64"}}},
    {SIM_BUG_MCFG_OVERLAP, {{"MCFG-03", "MCFG entry 1 (segment 0, buses 48 to 127"}}},
    {SIM_BUG_MCFG_UNALIGNED,
     {{"MCFG-04", "MCFG entry 1 (segment 0, buses 64 to 127, base 0xb0001000)"}}},
    {SIM_BUG_MCFG_IN_RAM,
     {{"MCFG-05", "MCFG entry 1 (segment 0, buses 64 to 127, base 0x10000000)"}}},
    {SIM_BUG_MCFG_OLD_AND_HIGH,
     {{"MCFG-06", "MCFG entry 1 (segment 0, buses 64 to 127, base 0x8000000000)"}}},
    {SIM_BUG_CAPABILITY_LOOP,
     {{"CAP-01", "00:03.0 register 0x49 over ecam: points at 0x40 after 48"}}},
    {SIM_BUG_EXTENDED_CAPABILITY_LOOP,
     {{"CAP-02", "00:02.0 register 0x148 over ecam: points at 0x100"}}},
    {SIM_BUG_HEADER_TYPE_WRONG,
     {{"HDR-02", "00:03.0 register 0x0e over ecam: header type 0 with class 0x0604"}}},
    {SIM_BUG_BRIDGE_TO_ITSELF,
     {{"BRG-01", "02:03.0 register 0x18 over ecam: on bus 2 has secondary 2"}}},
    {SIM_BUG_BRIDGES_OVERLAP, {{"BRG-02", "02:03.0 register 0x18 over ecam: buses 3 to 3"}}},
    {SIM_BUG_TABLE_TRUNCATED, {{"PV-01", "table: is offered in fw_cfg item 0x20"}}},
    {SIM_BUG_TABLE_FUNCTION_WRONG, {{"PV-02", "00:02.0: the table has 0x10c38086"}}},
    {SIM_BUG_TABLE_MASK_BIT,
     {{"PV-03", "00:02.0 register 0x10 in the table: has mask 0xfefe0000"}}},
    {SIM_BUG_TABLE_VALUE_WRONG,
     {{"PV-04", "00:02.0 register 0x30 in the table: has value 0xc0030000"}}},
    {SIM_BUG_TABLE_FROZEN, {{"PV-05", "00:02.0 register 0x14 in the table: has value 0x0000c001"}}},
};

static const struct expectation *expectation_of(enum sim_bug bug)
{
	for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++)
		if (expectations[i].bug == bug)
			return &expectations[i];
	fail_msg("no expectation for the bug %s", sim_bugs[bug].name);
	return NULL;
}

/* Whether the log has this result line for a test: "ok", "not ok", or either with a directive. */
static bool has_result(const char *log, const char *status, const char *name, const char *directive)
{
	size_t len = strlen(name);

	for (const char *at = log; (at = strstr(at, name)); at += len) {
		const char *line = at;

		while (line > log && line[-1] != '\n')
			line--;
		if (strncmp(line, status, strlen(status)) != 0 ||
		    (at[len] != '\n' && at[len] != ' '))
			continue;
		if (directive ? strstr(at, directive) && strstr(at, directive) < strchr(at, '\n')
			      : at[len] == '\n')
			return true;
	}
	return false;
}

static const char *expected(const struct expectation *e, const char *id)
{
	for (unsigned i = 0; i < RULES_MAX && e->rule[i].id; i++)
		if (strcmp(e->rule[i].id, id) == 0)
			return e->rule[i].says;
	return NULL;
}

/* Some line that begins so holds the text. */
static bool line_holds(const char *log, const char *begin, const char *text)
{
	for (const char *at = log; (at = strstr(at, begin)); at++) {
		const char *found = strstr(at, text);

		if (found && found < strchr(at, '\n'))
			return true;
	}
	return false;
}

/* Every rule's result, against what is expected; the lines of those that fail. */
static void assert_results(const struct expectation *e, const char *log)
{
	for (const struct test *t = tests_start; t < tests_end; t++) {
		const char *says = expected(e, t->id);
		char line[256];

		if (!says && has_result(log, "not ok", t->name, NULL))
			fail_msg("%s: %s fails and should not:\n%s", sim_bugs[e->bug].name, t->id,
				 log);
		if (!says)
			continue;
		if (!has_result(log, "not ok", t->name, NULL))
			fail_msg("%s: %s should fail:\n%s", sim_bugs[e->bug].name, t->id, log);
		snprintf(line, sizeof(line), "# FAIL: %s ", t->id);
		if (!line_holds(log, line, says))
			fail_msg("%s: %s does not say '%s':\n%s", sim_bugs[e->bug].name, t->id,
				 says, log);
	}
	assert_null(strstr(log, "ERROR"));
}

static void test_each_bug_is_caught(void **state)
{
	(void)state;
	printf("\n%-28s %s\n", "seeded bug", "rules that fail");
	for (unsigned bug = 0; bug < SIM_BUG_COUNT; bug++) {
		const struct expectation *e = expectation_of((enum sim_bug)bug);

		sim_rules_machine((enum sim_bug)bug);
		assert_results(e, sim_rules_run("rule.*", SOMEONE));
		printf("%-28s", sim_bugs[bug].name);
		for (unsigned i = 0; i < RULES_MAX && e->rule[i].id; i++)
			printf(" %s", e->rule[i].id);
		puts(e->rule[0].id ? "" : " (none, as it should be)");
	}
}

/* A mechanism that is broken everywhere is told about a few times, and how often it was seen. */
static void test_failures_are_counted(void **state)
{
	const char *log;
	unsigned more = 0, said = 0;

	(void)state;
	sim_rules_machine(SIM_BUG_ABSENT_READS_ZERO);
	log = sim_rules_run("rule.absence.ones", SOMEONE);
	for (const char *at = log; (at = strstr(at, "# FAIL: ABS-01 ")); at++)
		said++;
	assert_int_equal(said, 4);
	assert_non_null(strstr(log, "# FAIL: ABS-01: and "));
	assert_int_equal(
	    sscanf(strstr(log, "# FAIL: ABS-01: and "), "# FAIL: ABS-01: and %u more", &more), 1);
	/* Two device numbers on each of the seven buses with functions, over each path. */
	assert_int_equal(said + more, 7 * 2 * 2);
}

static void test_no_rule_without_a_bug(void **state)
{
	(void)state;
	for (const struct test *t = tests_start; t < tests_end; t++) {
		bool caught = false;

		for (unsigned bug = 0; bug < SIM_BUG_COUNT; bug++)
			caught |= expected(expectation_of((enum sim_bug)bug), t->id) != NULL;
		if (!caught)
			fail_msg("no seeded bug makes %s fail", t->id);
	}
}

static uint8_t before[SIM_FUNCTIONS_MAX][SIM_SPACE];

static void remember_registers(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		memcpy(before[i], sim.fn[i]->value, SIM_SPACE);
}

/* All but the error bits of STATUS, which CMD-02 clears. */
static void assert_registers(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		for (unsigned reg = 0; reg < SIM_SPACE; reg++) {
			uint8_t clears = reg == 7 ? 0xf9 : 0;

			if ((sim.fn[i]->value[reg] ^ before[i][reg]) & ~clears)
				fail_msg("%02x.%u register 0x%03x was 0x%02x, is 0x%02x",
					 sim.fn[i]->devfn >> 3, sim.fn[i]->devfn & 7, reg,
					 before[i][reg], sim.fn[i]->value[reg]);
		}
}

static void test_a_sound_machine_passes_untouched(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(SIM_BUG_NONE);
	remember_registers();
	sim.cf8 = 0x80001234;
	log = sim_rules_run("rule.*", SOMEONE);
	for (const struct test *t = tests_start; t < tests_end; t++)
		if (!has_result(log, "ok", t->name, NULL))
			fail_msg("%s does not pass:\n%s", t->id, log);
	assert_registers();
	assert_int_equal(sim.cf8, 0x80001234);
	assert_true(sim_rules_counts_agree());
	assert_int_equal(sim.other_ports, 0);
	assert_non_null(strstr(log, "# conformance: "));
}

/* Nothing that the specification allows is held against a machine. */
static void test_random_machines_pass(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		const char *log;

		sim_rules_random(seed);
		remember_registers();
		log = sim_rules_run("rule.*", SOMEONE);
		if (strstr(log, "\nnot ok"))
			fail_msg("seed %u:\n%s", (unsigned)seed, strstr(log, "# FAIL"));
		assert_registers();
		assert_true(sim_rules_counts_agree());
	}
}

/* Moving a BAR while it decodes is DST-03's alone. */
static void test_nothing_moves_while_it_decodes(void **state)
{
	(void)state;
	sim_rules_machine(SIM_BUG_NONE);
	sim_rules_run("", SOMEONE);
	assert_int_equal(sim.moved_decoding, 0);
}

static void test_destructive_rules_only_when_named(void **state)
{
	(void)state;
	sim_rules_machine(SIM_BUG_NONE);
	assert_null(strstr(sim_rules_run("", SOMEONE), "rule.destructive"));
	sim_rules_machine(SIM_BUG_NONE);
	assert_non_null(strstr(sim_rules_run("rule.destructive.*", SOMEONE),
			       "ok 3 rule.destructive.decoding\n"));
}

static void test_nothing_there_is_a_skip(void **state)
{
	const char *log;

	(void)state;
	sim_reset();
	sim.no_ports = true;
	sim_acpi_build(2, NULL, 0);
	log = sim_rules_run("rule.*", SOMEONE);
	for (const struct test *t = tests_start; t < tests_end; t++)
		if (!(t->flags & TEST_NO_PCI) && !has_result(log, "ok", t->name, "# SKIP "))
			fail_msg("%s is not skipped:\n%s", t->id, log);
}

static void test_known_deviations(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(SIM_BUG_CF8_RESERVED_KEPT);
	log = sim_rules_run("rule.cf8.*", "TCGTCGTCGTCG");
	assert_true(has_result(log, "not ok", "rule.cf8.reserved", "# XFAIL CF8-04: QEMU keeps"));
	assert_non_null(strstr(log, "# XFAIL: CF8-04 port CF8"));
	/* This one passes where it should not: shouted. */
	assert_true(has_result(log, "not ok", "rule.cf8.low-bits", NULL));
	assert_non_null(strstr(log, "# FAIL: unexpected pass of CF8-05"));
	/* Behind KVM, fw_cfg tells. */
	sim_rules_machine(SIM_BUG_CF8_RESERVED_KEPT);
	log = sim_rules_run("rule.cf8.reserved", "KVMKVMKVM");
	assert_true(has_result(log, "not ok", "rule.cf8.reserved", "# XFAIL"));
	sim_rules_machine(SIM_BUG_CF8_RESERVED_KEPT);
	sim.fwcfg.mode = SIM_FWCFG_ABSENT;
	log = sim_rules_run("rule.cf8.reserved", "KVMKVMKVM");
	assert_true(has_result(log, "not ok", "rule.cf8.reserved", NULL));
}

static void test_every_rule_says_what_it_is(void **state)
{
	(void)state;
	for (const struct test *t = tests_start; t < tests_end; t++) {
		assert_int_equal(strncmp(t->name, "rule.", 5), 0);
		assert_true(t->id && t->reference && t->text);
		assert_int_equal(t->text[strlen(t->text) - 1], '.');
		for (const struct test *other = tests_start; other < t; other++)
			assert_true(strcmp(other->id, t->id) != 0 &&
				    strcmp(other->name, t->name) != 0);
	}
}

/* Run from the top of the tree, as make does. */
static void test_the_documentation_is_up_to_date(void **state)
{
	static char page[128 << 10];
	FILE *file = fopen("docs/conformance.md", "r");
	const char *begin, *table = rules_doc();
	size_t len;

	(void)state;
	assert_non_null(file);
	len = fread(page, 1, sizeof(page) - 1, file);
	fclose(file);
	page[len] = '\0';
	begin = strstr(page, "<!-- rules: begin");
	assert_non_null(begin);
	begin = strchr(begin, '\n') + 1;
	if (strncmp(begin, table, strlen(table)) != 0 ||
	    strncmp(begin + strlen(table), "<!-- rules: end", 15) != 0)
		fail_msg("docs/conformance.md is out of date: make docs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_bug_is_caught),
	    cmocka_unit_test(test_failures_are_counted),
	    cmocka_unit_test(test_no_rule_without_a_bug),
	    cmocka_unit_test(test_a_sound_machine_passes_untouched),
	    cmocka_unit_test(test_random_machines_pass),
	    cmocka_unit_test(test_nothing_moves_while_it_decodes),
	    cmocka_unit_test(test_destructive_rules_only_when_named),
	    cmocka_unit_test(test_nothing_there_is_a_skip),
	    cmocka_unit_test(test_known_deviations),
	    cmocka_unit_test(test_every_rule_says_what_it_is),
	    cmocka_unit_test(test_the_documentation_is_up_to_date),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	sim_memory_reset();
	return failed;
}
