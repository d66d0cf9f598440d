/* Many vCPUs on one mechanism: what is said of them is what the machine saw. */
#include "check.h"
#include "sim_bugs.h"
#include "sim_rules.h"

#define READS 60

static const char *run(const char *globs, unsigned vcpus)
{
	sim_rules_reads = READS;
	sim_rules_vcpus = vcpus;
	return sim_rules_run(globs, "SimulatedVMM");
}

static unsigned times(const char *log, const char *text)
{
	unsigned n = 0;

	for (; (log = strstr(log, text)); log++)
		n++;
	return n;
}

static void test_each_mechanism_at_each_number(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	log = run("contention.reads", 3);
	assert_true(sim_rules_result(log, "ok", "contention.reads", NULL));
	/* 1, 2 and 3. */
	assert_int_equal(times(log, "{\"kind\":\"contention\""), 3 * 4);
	assert_non_null(strstr(log, "\"mechanism\":\"pio-locked\",\"vcpus\":3,\"functions\":1,"
				    "\"accesses\":180,"));
	assert_non_null(strstr(log, "\"mechanism\":\"ecam-own\",\"vcpus\":2,\"functions\":2,"
				    "\"accesses\":120,"));
	assert_int_equal(times(log, "\"least\":60,\"most\":60,"), 3 * 4);
	assert_true(sim_rules_counts_agree());
}

static void test_one_alone_is_no_contention(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	log = run("contention.*", 1);
	assert_true(sim_rules_result(log, "ok", "contention.reads",
				     "# SKIP one vCPU: this machine has one"));
	assert_true(sim_rules_result(log, "ok", "contention.scan",
				     "# SKIP one vCPU: this machine has one"));
}

static void test_a_wrong_answer_is_a_failure(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	run("contention.reads", 2);
	sim.flip_at = sim.answers - 10;
	sim.answers = 0;
	sim.flip = 0x00010000;
	log = run("contention.reads", 2);
	assert_true(sim_rules_result(log, "not ok", "contention.reads", NULL));
	assert_non_null(
	    strstr(log, "# FAIL: 1 of 120 reads by 2 vCPUs through ecam-own were wrong"));
}

static void test_a_scan_by_many_takes_what_one_takes(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	log = run("contention.scan", 4);
	assert_true(sim_rules_result(log, "ok", "contention.scan", NULL));
	assert_int_equal(times(log, "{\"kind\":\"parallel_scan\""), 3);
	assert_true(sim_rules_counts_agree());
}

/* Whoever asks first for the machine's functions does not take them away again. */
static void test_what_is_known_stays(void **state)
{
	const char *log;
	unsigned functions = 0;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	log = run("contention.*", 4);
	assert_true(sim_rules_result(log, "ok", "contention.reads", NULL));
	assert_true(sim_rules_result(log, "ok", "contention.scan", NULL));
	log = strstr(log, "{\"kind\":\"parallel_scan\"");
	assert_int_equal(sscanf(strstr(log, "\"functions\":"), "\"functions\":%u", &functions), 1);
	assert_int_equal(functions, sim.functions);
}

/* Accesses of one vCPU fail when another is about something. */
static void lose_reads(struct sim_access *a, const struct sim_fn *fn)
{
	(void)fn;
	if (sim.together && sim.vcpu && a->at.bus == 1 && !a->write)
		a->value = 0xffffffff;
}

static void test_a_scan_that_loses_something_is_a_failure(void **state)
{
	static const struct sim_bug bug = {.name = "reads lost", .answered = lose_reads};
	const char *log;

	(void)state;
	sim_rules_machine(&bug);
	log = run("contention.scan", 4);
	assert_true(sim_rules_result(log, "not ok", "contention.scan", NULL));
	assert_non_null(strstr(log, "vCPUs find"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_mechanism_at_each_number),
	    cmocka_unit_test(test_one_alone_is_no_contention),
	    cmocka_unit_test(test_a_wrong_answer_is_a_failure),
	    cmocka_unit_test(test_a_scan_by_many_takes_what_one_takes),
	    cmocka_unit_test(test_what_is_known_stays),
	    cmocka_unit_test(test_a_scan_that_loses_something_is_a_failure),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
