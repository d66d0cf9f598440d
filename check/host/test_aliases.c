/* A whole run on a machine whose one bus answers as 256. */
#include "check.h"
#include "sim.h"
#include "sim_rules.h"

#define TESTS "scan.tree.pio.none,scan.sweep.pio,rule.cf8.*"

static unsigned count(const char *log, const char *what)
{
	unsigned n = 0;

	for (; (log = strstr(log, what)); log += strlen(what))
		n++;
	return n;
}

static void test_said_once(void **state)
{
	const char *log;

	(void)state;
	sim_rules_aliases();
	log = sim_rules_run(TESTS, "KVMKVMKVM");
	assert_int_equal(count(log, "are bus 0x00 under other numbers"), 1);
	assert_int_equal(count(log, "\"functions\":4,\"buses\":1,"), 2);
	assert_non_null(strstr(log, "\"vmm\":\"kvmtool\""));
	assert_non_null(strstr(log, "\"roots\":[{\"segment\":0,\"bus\":0}]"));
	assert_true(sim_rules_result(log, "ok", "scan.tree.pio.none", NULL));
	assert_true(sim_rules_result(log, "ok", "scan.sweep.pio", NULL));
	assert_true(sim_rules_counts_agree());
	assert_string_equal(sim_rules_status(), "pass");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_said_once)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
