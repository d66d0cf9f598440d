/*
 * The rules against a machine with each seeded bug in turn: exactly the intended rules fail, each
 * naming the register or whatever else is wrong. Prints which rule catches what.
 */
#include "check.h"
#include "rules_doc.h"
#include "sim_acpi.h"
#include "sim_bugs.h"
#include "sim_rules.h"
#include "test.h"

#define SOMEONE "SimulatedVMM"

static const char *expected(const struct sim_bug *bug, const char *id)
{
	for (unsigned i = 0; i < SIM_BUG_RULES_MAX && bug->fails[i].id; i++)
		if (strcmp(bug->fails[i].id, id) == 0)
			return bug->fails[i].says;
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
static void assert_results(const struct sim_bug *bug, const char *log)
{
	for (const struct test *t = tests_start; t < tests_end; t++) {
		const char *says = expected(bug, t->id);
		char line[256];

		if (!says && sim_rules_broken(log, t))
			fail_msg("%s: %s fails and should not:\n%s", bug->name, t->id, log);
		if (!says)
			continue;
		if (!sim_rules_broken(log, t))
			fail_msg("%s: %s should fail:\n%s", bug->name, t->id, log);
		snprintf(line, sizeof(line), "# %s: %s ",
			 t->flags & TEST_INFORMATIVE ? "XFAIL" : "FAIL", t->id);
		if (!line_holds(log, line, says))
			fail_msg("%s: %s does not say '%s':\n%s", bug->name, t->id, says, log);
	}
	assert_null(strstr(log, "ERROR"));
}

static void test_each_bug_is_caught(void **state)
{
	const struct sim_bug *bug;

	(void)state;
	printf("\n%-28s %s\n", "seeded bug", "rules that fail");
	for (unsigned n = 0; (bug = sim_bug_at(n)); n++) {
		sim_rules_machine(bug);
		assert_results(bug, sim_rules_run("rule.*", SOMEONE));
		printf("%-28s", bug->name);
		for (unsigned i = 0; i < SIM_BUG_RULES_MAX && bug->fails[i].id; i++)
			printf(" %s", bug->fails[i].id);
		puts(bug->fails[0].id ? "" : " (none, as it should be)");
	}
}

/* A mechanism that is broken everywhere is told about a few times, and how often it was seen. */
static void test_failures_are_counted(void **state)
{
	const char *log;
	unsigned more = 0, said = 0;

	(void)state;
	sim_rules_machine(sim_bug_named("absent-reads-zero"));
	log = sim_rules_run("rule.absence.ones", SOMEONE);
	for (const char *at = log; (at = strstr(at, "# FAIL: ABS-01 ")); at++)
		said++;
	assert_int_equal(said, 4);
	assert_non_null(strstr(log, "# FAIL: ABS-01: and "));
	assert_int_equal(
	    sscanf(strstr(log, "# FAIL: ABS-01: and "), "# FAIL: ABS-01: and %u more", &more), 1);
	/* Two device numbers on each of the six buses with functions, over each path. */
	assert_int_equal(said + more, 6 * 2 * 2);
}

static void test_no_rule_without_a_bug(void **state)
{
	(void)state;
	for (const struct test *t = tests_start; t < tests_end; t++) {
		const struct sim_bug *bug;
		bool caught = false;

		for (unsigned n = 0; (bug = sim_bug_at(n)); n++)
			caught |= expected(bug, t->id) != NULL;
		if (!caught)
			fail_msg("no seeded bug makes %s fail", t->id);
	}
}

static uint8_t before[SIM_ORDINARY_MAX][SIM_SPACE];

static void remember_registers(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		memcpy(before[i], sim.fn[i]->value, SIM_SPACE);
}

/* All but bits that only clear: the errors of STATUS and the like, CMD-02 and CMD-07 clear them. */
static void assert_registers(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		for (unsigned reg = 0; reg < SIM_SPACE; reg++) {
			if ((sim.fn[i]->value[reg] ^ before[i][reg]) & ~sim.fn[i]->clears[reg])
				fail_msg("%02x.%u register 0x%03x was 0x%02x, is 0x%02x",
					 sim.fn[i]->devfn >> 3, sim.fn[i]->devfn & 7, reg,
					 before[i][reg], sim.fn[i]->value[reg]);
			assert_false(sim.fn[i]->selected);
		}
}

static void test_a_sound_machine_passes_untouched(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	remember_registers();
	sim.cf8 = 0x80001234;
	log = sim_rules_run("rule.*", SOMEONE);
	for (const struct test *t = tests_start; t < tests_end; t++)
		if (!sim_rules_result(log, "ok", t->name, NULL))
			fail_msg("%s does not pass:\n%s", t->id, log);
	assert_registers();
	assert_int_equal(sim.cf8, 0x80001234);
	assert_true(sim_rules_counts_agree());
	assert_int_equal(sim.other_ports, 0);
	assert_non_null(strstr(log, "# conformance: "));
}

/*
 * Whatever firmware left: rules about decoding find room for themselves, and leave nothing behind.
 */
static void test_an_unassigned_machine_is_checked_as_well(void **state)
{
	static const char *const placed[] = {"rule.destructive.decode", "rule.destructive.decoding",
					     "rule.destructive.memory"};
	const char *log;

	(void)state;
	sim_rules_unassigned();
	remember_registers();
	log = sim_rules_run("rule.*", SOMEONE);
	if (strstr(log, "\nnot ok"))
		fail_msg("%s", strstr(log, "# FAIL"));
	for (unsigned i = 0; i < 3; i++)
		assert_true(sim_rules_result(log, "ok", placed[i], NULL));
	assert_registers();
	assert_true(sim_rules_counts_agree());
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
	sim_rules_machine(&sim_no_bug);
	sim_rules_run("", SOMEONE);
	assert_int_equal(sim.moved_decoding, 0);
}

/* Rules that were the first to ask for the machine's functions leave them where they are. */
static void test_vcpu_rules_come_first(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	log = sim_rules_run("rule.smp.*,rule.destructive.renumber-at-once", SOMEONE);
	assert_null(strstr(log, "\nnot ok"));
	assert_null(strstr(log, "# SKIP"));
}

static void test_destructive_rules_only_when_named(void **state)
{
	(void)state;
	sim_rules_machine(&sim_no_bug);
	assert_null(strstr(sim_rules_run("", SOMEONE), "rule.destructive"));
	sim_rules_machine(&sim_no_bug);
	assert_true(sim_rules_result(sim_rules_run("rule.destructive.*", SOMEONE), "ok",
				     "rule.destructive.decoding", NULL));
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
		if (!(t->flags & TEST_NO_PCI) && !sim_rules_result(log, "ok", t->name, "# SKIP "))
			fail_msg("%s is not skipped:\n%s", t->id, log);
}

/* What firmware's tables say may be sound; where nothing can be reached, that is no pass. */
static void test_nothing_reached_is_no_pass(void **state)
{
	static const struct sim_mcfg mcfg = {0xb0000000, 0, 0, 255};

	(void)state;
	sim_reset();
	sim.no_ports = sim.map_fails = true;
	sim_acpi_build(2, &mcfg, 1);
	assert_true(sim_rules_result(sim_rules_run("rule.*", SOMEONE), "ok",
				     "rule.acpi.mcfg-length", NULL));
	assert_string_equal(sim_rules_status(), "skip");
}

/* Ports that answer are not declared absent, and left out, because CF8 does not read back. */
static void test_ports_without_a_latch_fail(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(sim_bug_named("cf8-reads-zero"));
	sim.regions = 0;
	sim_acpi_build(2, NULL, 0);
	log = sim_rules_run("rule.*", SOMEONE);
	assert_string_equal(sim_rules_status(), "fail");
	assert_non_null(strstr(log, "CF8 reads 0x00000000 after 0x80000000 was written, but CFC"));
	assert_true(sim_rules_result(log, "not ok", "rule.cf8.latch", NULL));
	assert_true(sim_rules_result(log, "ok", "rule.lane.read-pio", NULL));
	/* Nor are ports that answer the same for every address. */
	sim_rules_machine(sim_bug_named("cfc-stuck"));
	sim.regions = 0;
	sim_acpi_build(2, NULL, 0);
	log = sim_rules_run("rule.*", SOMEONE);
	assert_string_equal(sim_rules_status(), "fail");
	assert_true(sim_rules_result(log, "not ok", "rule.cf8.latch", NULL));
}

static const char *log_with(const char *bug)
{
	sim_rules_machine(sim_bug_named(bug));
	return sim_rules_run("rule.*", SOMEONE);
}

/* Several failures of one thing: the thing is named, with what it explains. */
static void test_causes(void **state)
{
	static const struct {
		const char *bug, *said;
	} named[] = {
	    {"phantoms-behind-bridges",
	     "# likely cause of 8 of 8 failures: an absent device answers\n"
	     "#   rule.absence.phantom\n"},
	    {"phantoms-behind-bridges", "{\"kind\":\"cause\",\"text\":\"an absent device answers\","
					"\"explains\":[\"rule.absence.phantom\","},
	    /* What MCFG gets wrong comes before what it makes look wrong. */
	    {"mcfg-base-a-bus-late",
	     "# likely cause of 8 of 8 failures: MCFG does not describe ECAM"},
	    {"first-absent",
	     "# likely cause of 2 of 2 failures: the first read of a function gives something"},
	    {"ecam-stale-after-port",
	     "failures: ECAM does not read at once what was written through"},
	    /* A function that is wrong whichever way it is asked is not the fault of one way. */
	    {"virtio-words-read-zero", "of 2 of 2 failures: functions mix up byte lanes, through"},
	    /* Nor is a BAR's that of lanes. */
	    {"high-half-lost", "of 6 of 6 failures: a BAR is not as the specification has"},
	    {"read-counts", "of 8 of 10 failures: reading a register changes something"},
	    /* What is wrong behind bridges alone is the bridges' fault, and else that of BARs. */
	    {"bridge-limit-cut", "of 3 of 3 failures: a bridge does not pass down what its"},
	    {"memory-upper-half-ignored",
	     "of 2 of 2 failures: memory or ports do not answer where"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (!strstr(log_with(named[i].bug), named[i].said))
			fail_msg("%s: not in the log: %s", named[i].bug, named[i].said);
	assert_null(strstr(log_with("mcfg-length"), "absent device answers\n"));
	/* One failure explains itself. */
	assert_null(strstr(log_with("express-version-0"), "likely cause"));
}

/*
 * The console may be behind the very function whose decoding is off: nothing may be printed then.
 */
static void test_nothing_is_printed_while_decode_is_off(void **state)
{
	(void)state;
	sim_rules_machine(sim_bug_named("table-broken-while-decode-is-off"));
	assert_non_null(strstr(sim_rules_run("rule.*", SOMEONE), "has a bad checksum"));
	assert_false(sim_rules_printed_in_window);
}

static void test_known_deviations(void **state)
{
	const char *log;

	(void)state;
	/* CF8-07 is known of QEMU, CF8-05 is kept by nobody. */
	sim_rules_machine(sim_bug_named("cf8-low-bits-used"));
	log = sim_rules_run("rule.cf8.*", "TCGTCGTCGTCG");
	assert_true(sim_rules_result(log, "not ok", "rule.cf8.low-bits-access",
				     "# XFAIL CF8-07: QEMU adds"));
	assert_non_null(strstr(log, "# XFAIL: CF8-07 "));
	/* Behind KVM, fw_cfg tells. */
	sim_rules_machine(sim_bug_named("cf8-low-bits-used"));
	log = sim_rules_run("rule.cf8.low-bits-access", "KVMKVMKVM");
	assert_true(sim_rules_result(log, "not ok", "rule.cf8.low-bits-access", "# XFAIL"));
	sim_rules_machine(sim_bug_named("cf8-low-bits-used"));
	sim.fwcfg.mode = SIM_FWCFG_ABSENT;
	log = sim_rules_run("rule.cf8.low-bits-access", "KVMKVMKVM");
	assert_true(sim_rules_result(log, "not ok", "rule.cf8.low-bits-access", NULL));
	/* One that was mended: said, and no failure. */
	sim_rules_machine(&sim_no_bug);
	log = sim_rules_run("rule.cf8.low-bits-access", "TCGTCGTCGTCG");
	assert_true(sim_rules_result(log, "ok", "rule.cf8.low-bits-access", NULL));
	assert_non_null(
	    strstr(log, "# CF8-07 passes: a known deviation of this hypervisor is gone"));
}

static void test_a_rule_that_nobody_keeps_is_information(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(sim_bug_named("cf8-reserved-kept"));
	log = sim_rules_run("rule.cf8.*", SOMEONE);
	assert_true(
	    sim_rules_result(log, "not ok", "rule.cf8.reserved", "# XFAIL CF8-04: kept by no"));
	assert_non_null(strstr(log, "# XFAIL: CF8-04 port CF8"));
	assert_true(
	    line_holds(log, "{\"kind\":\"rule\",\"id\":\"CF8-04\"", "\"informative\":true"));
	assert_false(line_holds(log, "{\"kind\":\"rule\",\"id\":\"CF8-03\"", "\"informative\""));
	assert_true(sim_rules_result(log, "ok", "rule.cf8.low-bits", NULL));
	assert_non_null(strstr(log, "# CF8-05 passes: no implementation that was run does"));
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

static void assert_table(const char *page, const char *mark, const char *table)
{
	const char *begin = strstr(page, mark);

	assert_non_null(begin);
	begin = strchr(begin, '\n') + 1;
	if (strncmp(begin, table, strlen(table)) != 0 ||
	    strncmp(begin + strlen(table), mark, strlen(mark)) != 0)
		fail_msg("docs/conformance.md is out of date: make docs");
}

/* Run from the top of the tree, as make does. */
static void test_the_documentation_is_up_to_date(void **state)
{
	static char page[128 << 10];
	FILE *file = fopen("docs/conformance.md", "r");
	size_t len;

	(void)state;
	assert_non_null(file);
	len = fread(page, 1, sizeof(page) - 1, file);
	fclose(file);
	page[len] = '\0';
	assert_table(page, "<!-- rules: ", rules_doc());
	assert_table(page, "<!-- bugs: ", bugs_doc());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_bug_is_caught),
	    cmocka_unit_test(test_failures_are_counted),
	    cmocka_unit_test(test_no_rule_without_a_bug),
	    cmocka_unit_test(test_a_sound_machine_passes_untouched),
	    cmocka_unit_test(test_an_unassigned_machine_is_checked_as_well),
	    cmocka_unit_test(test_random_machines_pass),
	    cmocka_unit_test(test_nothing_moves_while_it_decodes),
	    cmocka_unit_test(test_vcpu_rules_come_first),
	    cmocka_unit_test(test_destructive_rules_only_when_named),
	    cmocka_unit_test(test_nothing_there_is_a_skip),
	    cmocka_unit_test(test_nothing_reached_is_no_pass),
	    cmocka_unit_test(test_ports_without_a_latch_fail),
	    cmocka_unit_test(test_causes),
	    cmocka_unit_test(test_nothing_is_printed_while_decode_is_off),
	    cmocka_unit_test(test_known_deviations),
	    cmocka_unit_test(test_a_rule_that_nobody_keeps_is_information),
	    cmocka_unit_test(test_every_rule_says_what_it_is),
	    cmocka_unit_test(test_the_documentation_is_up_to_date),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	sim_memory_reset();
	return failed;
}
