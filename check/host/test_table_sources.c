/*
 * Where the PCI BAR mask table comes from: fw_cfg's live one, an ACPI table, one made beforehand;
 * which of them is taken, and what is said of one that is damaged.
 */
#include "check.h"
#include "mask_table.h"
#include "sim_rules.h"

#define TESTS "rule.paravirtual.*,sizing.paravirtual,sizing.agree,scan.paravirtual"

static const char *run(void)
{
	return sim_rules_run(TESTS, "SimulatedVMM");
}

static void assert_source(const char *log, const char *source)
{
	char member[40];

	snprintf(member, sizeof(member), "\"paravirtual\":\"%s\"", source);
	if (!strstr(log, member))
		fail_msg("no %s in:\n%s", member, log);
	assert_true(sim_rules_counts_agree());
}

/* No fw_cfg and no access: all from memory. */
static void test_acpi_alone(void **state)
{
	const char *log;

	(void)state;
	sim_rules_acpi_table(true, NULL);
	log = run();
	assert_source(log, "acpi");
	assert_string_equal(sim_rules_status(), "pass");
	assert_int_equal(sim.counts.calls, 0);
	assert_non_null(strstr(log, "\"walk\":\"paravirtual\",\"sizing\":\"paravirtual\","));
	assert_non_null(strstr(log, "\"reads\":0,\"writes\":0,\"calls\":0"));
	for (unsigned i = 0; i < 4; i++) {
		static const char *const passes[] = {
		    "rule.paravirtual.well-formed", "rule.paravirtual.functions",
		    "rule.paravirtual.masks", "rule.paravirtual.values"};

		assert_true(sim_rules_result(log, "ok", passes[i], NULL));
	}
	/* It says what was when firmware read it. */
	assert_true(sim_rules_result(log, "ok", "rule.paravirtual.live", "# SKIP"));
}

static void test_preference(void **state)
{
	(void)state;
	sim_rules_acpi_table(true, MASK_TABLE_ITEM_LIVE);
	assert_source(run(), "etc");
	sim_rules_acpi_table(true, MASK_TABLE_ITEM_SNAPSHOT);
	assert_source(run(), "acpi");
}

/* The next that is sound is taken, but the damaged one is a failure all the same. */
static void test_damaged(void **state)
{
	const char *log;

	(void)state;
	sim_rules_acpi_table(false, NULL);
	log = run();
	assert_source(log, "none");
	assert_non_null(strstr(log, "# mask table: the ACPI table OEMP is not used"));
	assert_non_null(strstr(log, "PV-01 table: is offered as the ACPI table OEMP but is not"));
	assert_true(sim_rules_result(log, "ok", "sizing.paravirtual", "# SKIP"));
	sim_rules_acpi_table(false, MASK_TABLE_ITEM_SNAPSHOT);
	log = run();
	assert_source(log, "opt");
	assert_true(sim_rules_result(log, "not ok", "rule.paravirtual.well-formed", NULL));
	assert_true(sim_rules_result(log, "ok", "sizing.paravirtual", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_acpi_alone),
	    cmocka_unit_test(test_preference),
	    cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
