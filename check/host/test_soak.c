/*
 * The soak: one wrong answer in thousands is found, and the limit of the rate says what was seen.
 */
#include "check.h"
#include "sim_bugs.h"
#include "sim_rules.h"

static const char *run(const char *globs)
{
	sim_rules_reads = 5000;
	return sim_rules_run(globs, "SimulatedVMM");
}

static void test_sound(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	log = run("soak.*");
	assert_true(sim_rules_result(log, "ok", "soak.pio", NULL));
	assert_true(sim_rules_result(log, "ok", "soak.ecam", NULL));
	/* 2.996 / 5000. */
	assert_non_null(strstr(log, "\"reads\":5000,\"wrong\":0,\"limit_ppb\":599200}"));
	assert_true(sim_rules_counts_agree());
}

static void test_one_wrong_answer(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	run("soak.pio");
	sim.flip_at = sim.answers - 1234;
	sim.answers = 0;
	sim.flip = 0x00010000;
	log = run("soak.pio");
	assert_true(sim_rules_result(log, "not ok", "soak.pio", NULL));
	assert_non_null(strstr(log, "\"wrong\":1,\"limit_ppb\":948800}"));
	assert_non_null(strstr(log, "# FAIL: read "));
}

static void test_only_on_request(void **state)
{
	(void)state;
	sim_rules_machine(&sim_no_bug);
	assert_null(strstr(run(""), "soak"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sound),
	    cmocka_unit_test(test_one_wrong_answer),
	    cmocka_unit_test(test_only_on_request),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
