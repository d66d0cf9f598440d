/*
 * Machines of many functions: what each takes in accesses does not depend on how many there are, to
 * 65,536 on 256 buses; and less memory than they need, where the part that fits is gone through.
 */
#include <stdlib.h>
#include "check.h"
#include "inventory.h"
#include "sim_build.h"
#include "sim_bugs.h"
#include "sim_rules.h"

#define LOG_TESTS "enumerate.*,scan.*,sizing.*"

/* A number after a name, in the object that begins with this text. */
static uint64_t number_in(const char *log, const char *object, const char *name)
{
	const char *at = strstr(log, object);

	if (!at)
		fail_msg("no object %s", object);
	at = strstr(at, name);
	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 10);
}

/* The objects of scans and sizings, and how their accesses are to grow. */
static const char *const objects[] = {
    "{\"kind\":\"scan\",\"path\":\"pio\",\"walk\":\"tree\",\"sizing\":\"none\"",
    "{\"kind\":\"scan\",\"path\":\"pio\",\"walk\":\"tree\",\"sizing\":\"per-bar\"",
    "{\"kind\":\"scan\",\"path\":\"pio\",\"walk\":\"tree\",\"sizing\":\"batched\"",
    "{\"kind\":\"scan\",\"path\":\"pio\",\"walk\":\"tree\",\"sizing\":\"lean\"",
    "{\"kind\":\"scan\",\"path\":\"ecam\",\"walk\":\"tree\",\"sizing\":\"none\"",
    "{\"kind\":\"scan\",\"path\":\"ecam\",\"walk\":\"tree\",\"sizing\":\"per-bar\"",
    "{\"kind\":\"scan\",\"path\":\"ecam\",\"walk\":\"tree\",\"sizing\":\"batched\"",
    "{\"kind\":\"scan\",\"path\":\"ecam\",\"walk\":\"tree\",\"sizing\":\"lean\"",
    "{\"kind\":\"scan\",\"path\":\"ecam\",\"walk\":\"tree\",\"sizing\":\"paravirtual\"",
    "{\"kind\":\"scan\",\"path\":\"ecam\",\"walk\":\"only-one-child\",\"sizing\":\"batched\"",
    "{\"kind\":\"sizing\",\"strategy\":\"per-bar\",\"path\":\"pio\"",
    "{\"kind\":\"sizing\",\"strategy\":\"batched\",\"path\":\"ecam\"",
    "{\"kind\":\"sizing\",\"strategy\":\"lean\",\"path\":\"ecam\"",
};
#define OBJECTS (sizeof(objects) / sizeof(objects[0]))

static uint64_t accesses[OBJECTS];

static const char *run(const char *globs, unsigned functions)
{
	sim_rules_large(functions);
	return sim_rules_run(globs, "SimulatedVMM");
}

static void take_accesses(const char *log)
{
	for (unsigned i = 0; i < OBJECTS; i++)
		accesses[i] = number_in(log, objects[i], "\"reads\":") +
			      number_in(log, objects[i], "\"writes\":");
}

static const char *run_whole(unsigned functions)
{
	const char *log = run(LOG_TESTS, functions);

	assert_null(strstr(log, "\nnot ok"));
	assert_string_equal(sim_rules_status(), "pass");
	assert_true(sim_rules_counts_agree());
	for (unsigned i = 0; i < OBJECTS; i++) {
		assert_int_equal(number_in(log, objects[i], "\"functions\":"), functions);
		if (strstr(objects[i], "scan"))
			assert_int_equal(number_in(log, objects[i], "\"buses\":"), functions / 256);
	}
	take_accesses(log);
	return log;
}

/*
 * What an endpoint takes and what a bridge takes, from the two smallest machines; then all others
 * must take exactly that for each of theirs.
 */
static void test_accesses_of_a_function(void **state)
{
	static const unsigned larger[] = {4096, 65536};
	uint64_t one_bus[OBJECTS], more[OBJECTS];

	(void)state;
	sim_rules_memory = 64u << 20;
	run_whole(256);
	memcpy(one_bus, accesses, sizeof(accesses));
	run_whole(512);
	for (unsigned i = 0; i < OBJECTS; i++)
		more[i] = accesses[i] - one_bus[i];
	for (unsigned n = 0; n < sizeof(larger) / sizeof(larger[0]); n++) {
		run_whole(larger[n]);
		for (unsigned i = 0; i < OBJECTS; i++)
			assert_int_equal(accesses[i], one_bus[i] + (larger[n] / 256 - 1) * more[i]);
	}
}

#define RULES_MAX 200

static char ids[RULES_MAX][8];

/* Accesses of each rule; the number of rules. */
static unsigned take_rules(unsigned functions, uint64_t *to)
{
	static const char object[] = "{\"kind\":\"rule\",\"id\":";
	const char *log = run("rule.*", functions);
	unsigned n = 0;

	assert_true(sim_rules_counts_agree());
	for (const char *at = log; (at = strstr(at, object)); at++) {
		assert_true(n < RULES_MAX);
		assert_int_equal(sscanf(at + strlen(object), "\"%7[^\"]", ids[n]), 1);
		to[n++] = number_in(at, object, "\"accesses\":");
	}
	assert_true(n > 50);
	return n;
}

/*
 * Rules whose accesses depend on which buses are free: those that are, and those whose number is
 * another's but for one bit.
 */
static bool asks_free_buses(const char *id)
{
	return strcmp(id, "ABS-04") == 0 || strcmp(id, "ABS-05") == 0;
}

/* What a rule takes for a bus more is always the same, once there are a few bridges. */
static void test_accesses_of_the_rules(void **state)
{
	static uint64_t accesses_of[4][RULES_MAX];
	unsigned rules = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		rules = take_rules(1280 + 256 * i, accesses_of[i]);
	for (unsigned r = 0; r < rules; r++) {
		uint64_t more = accesses_of[1][r] - accesses_of[0][r];

		for (unsigned i = 2; i < 4 && !asks_free_buses(ids[r]); i++)
			if (accesses_of[i][r] - accesses_of[i - 1][r] != more)
				fail_msg("%s: %llu, then %llu accesses for a bus more", ids[r],
					 (unsigned long long)more,
					 (unsigned long long)(accesses_of[i][r] -
							      accesses_of[i - 1][r]));
	}
}

static unsigned times(const char *log, const char *text)
{
	unsigned n = 0;

	for (; (log = strstr(log, text)); log++)
		n++;
	return n;
}

/* What does not fit is named once, as an ERROR; the scans count it, nobody is blamed for it. */
static void test_memory_is_short(void **state)
{
	static const unsigned kib[] = {600, 1024, 2048};

	(void)state;
	for (unsigned i = 0; i < sizeof(kib) / sizeof(kib[0]); i++) {
		unsigned kept, left_out;
		const char *log;

		sim_rules_memory = kib[i] << 10;
		log = run(LOG_TESTS ",rule.*", 2048);
		assert_string_equal(sim_rules_status(), "error");
		assert_null(strstr(log, "# FAIL"));
		assert_null(strstr(log, "no memory"));
		assert_true(sim_rules_counts_agree());
		assert_int_equal(times(log, "# ERROR: "), 1);
		assert_int_equal(
		    sscanf(strstr(log, "ERROR: "),
			   "ERROR: memory is short: %u of 2048 functions are left out, ",
			   &left_out),
		    1);
		kept = times(log, "{\"kind\":\"function\"");
		assert_true(kept > 0 && left_out > 0);
		assert_int_equal(kept + left_out, 2048);
		/* Depth first: the last is the last of bus 0. */
		assert_non_null(
		    strstr(log, "and what the walk over pio finds after it, up to 00:1f.7"));
		take_accesses(log);
		assert_int_equal(number_in(log, objects[1], "\"functions\":"), 2048);
		assert_int_equal(number_in(log, objects[1], "\"bars\":"), 2048);
		assert_int_equal(number_in(log, objects[10], "\"functions\":"), kept);
		assert_true(
		    sim_rules_result(log, "ok", "scan.sweep.ecam", "# SKIP memory is short: "));
	}
}

/* What docs/method.md says of it. */
static void test_memory_of_a_function(void **state)
{
	(void)state;
	assert_in_range(INVENTORY_FUNCTION_BYTES, 600, 720);
	sim_rules_memory = (32u << 20) + 4096 * INVENTORY_FUNCTION_BYTES;
	assert_null(strstr(run("enumerate.*", 4096), "memory"));
	sim_rules_memory = 2000 * INVENTORY_FUNCTION_BYTES;
	assert_non_null(strstr(run("enumerate.*", 4096), "memory is short"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_accesses_of_a_function),
	    cmocka_unit_test(test_accesses_of_the_rules),
	    cmocka_unit_test(test_memory_is_short),
	    cmocka_unit_test(test_memory_of_a_function),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
