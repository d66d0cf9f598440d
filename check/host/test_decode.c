/* What sizing costs with decode as firmware left it, off beforehand, and what one toggle costs. */
#include <stdlib.h>
#include "check.h"
#include "sim_bugs.h"
#include "sim_rules.h"

static uint16_t command_of(const struct sim_fn *fn)
{
	return (uint16_t)sim_get32(fn, 4);
}

/* Functions that decode, host bridges apart. */
static unsigned decoding(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < sim.functions; i++)
		count += (command_of(sim.fn[i]) & 3) && sim_get32(sim.fn[i], 8) >> 16 != 0x0600;
	return count;
}

static uint64_t member(const char *object, const char *name)
{
	const char *at = strstr(object, name), *end = strchr(object, '\n');

	if (!at || at > end)
		fail_msg("no %s in %.*s", name, (int)(end - object), object);
	return strtoull(at + strlen(name), NULL, 10);
}

/* The header of every function is what it was; bits that only clear apart. */
static const char *run_and_compare(const char *globs)
{
	static uint32_t before[SIM_ORDINARY_MAX][16];
	const char *log;

	for (unsigned i = 0; i < sim.functions; i++)
		for (unsigned reg = 0; reg < 64; reg += 4)
			before[i][reg / 4] = sim_get32(sim.fn[i], reg);
	log = sim_rules_run(globs, "SimulatedVMM");
	for (unsigned i = 0; i < sim.functions; i++)
		for (unsigned reg = 0; reg < 64; reg += 4)
			assert_int_equal(sim_get32(sim.fn[i], reg), before[i][reg / 4]);
	assert_true(sim_rules_counts_agree());
	assert_false(sim_rules_printed_in_window);
	return log;
}

/*
 * Without decode the windows are not opened: two writes less for each, one window a function for
 * lean and two, the ROM's own, for batched.
 */
static void check_object(const char *object, unsigned count, unsigned windows)
{
	assert_int_equal(member(object, "\"decoding\":"), count);
	assert_int_equal(member(object, "\"off_reads\":"), member(object, "\"reads\":"));
	assert_int_equal(member(object, "\"off_writes\":") + 2ull * windows * count,
			 member(object, "\"writes\":"));
	assert_true(member(object, "\"off_passes\":") >= 1);
}

static void test_both_states(void **state)
{
	unsigned count, scans = 0, sizings = 0;
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	count = decoding();
	assert_true(count > 10);
	log = run_and_compare("enumerate.*,sizing.*,scan.*");
	assert_null(strstr(log, "\nnot ok"));
	for (const char *at = log; (at = strstr(at, "\"path\":\"ecam\",\"walk\":\"")); at++) {
		bool lean = strstr(at, "\"sizing\":\"lean\"") == strstr(at, "\"sizing\":");
		bool batched = strstr(at, "\"sizing\":\"batched\"") == strstr(at, "\"sizing\":");

		if (lean || batched)
			check_object(at, count, lean ? 1 : 2);
		scans += lean || batched;
	}
	assert_int_equal(scans, 3);
	for (const char *at = log; (at = strstr(at, "{\"kind\":\"sizing\",")); at++) {
		if (strncmp(at + 17, "\"strategy\":\"lean\"", 17) == 0) {
			check_object(at, count, 1);
			sizings++;
		} else if (strncmp(at + 17, "\"strategy\":\"batched\"", 20) == 0) {
			check_object(at, count, 2);
			sizings++;
		}
	}
	assert_int_equal(sizings, 4);
}

static void test_nothing_decodes(void **state)
{
	const char *log;

	(void)state;
	sim_rules_unassigned();
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i]->behind)
			sim_set16(sim.fn[i], 4, command_of(sim.fn[i]) & 0xfffc);
	assert_int_equal(decoding(), 0);
	log = run_and_compare("sizing.lean.*,sizing.toggle,scan.tree.ecam.lean");
	assert_non_null(strstr(log, "\"decoding\":0}"));
	assert_null(strstr(log, "\"off_"));
	assert_true(
	    sim_rules_result(log, "ok", "sizing.toggle", "# SKIP no endpoint decodes memory"));
}

/* Once all were off, one function's decode does not come back. */
static bool forget(struct sim_fn *fn, struct sim_access *a)
{
	if (!a->write || a->reg != 4 || sim.fn[3] != fn)
		return false;
	if (!(a->value & 3))
		sim.bug_state++;
	return sim.bug_state && a->value & 3;
}

static void test_what_does_not_come_back_is_said(void **state)
{
	static const struct sim_bug bug = {.name = "decode forgotten", .fn_write = forget};
	const char *log;

	(void)state;
	sim_rules_machine(&bug);
	log = sim_rules_run("scan.tree.ecam.lean", "SimulatedVMM");
	assert_true(sim_rules_result(log, "not ok", "scan.tree.ecam.lean", NULL));
	sim_rules_machine(&bug);
	log = sim_rules_run("sizing.toggle", "SimulatedVMM");
	assert_true(sim_rules_result(log, "not ok", "sizing.toggle", NULL));
	assert_non_null(strstr(log, "before its decode was toggled, and is 0x"));
}

/* Memory BARs of endpoints, in bytes; two writes for each time. */
static void test_toggles(void **state)
{
	unsigned endpoints = 0, objects = 0;
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	for (unsigned i = 0; i < sim.functions; i++)
		endpoints += !sim.fn[i]->behind && (command_of(sim.fn[i]) & 2) &&
			     (sim_get32(sim.fn[i], 0x10) || sim_get32(sim.fn[i], 0x20));
	log = run_and_compare("sizing.toggle");
	assert_true(sim_rules_result(log, "ok", "sizing.toggle", NULL));
	for (const char *at = log; (at = strstr(at, "{\"kind\":\"toggle\",")); at++) {
		uint64_t bytes = member(at, "\"bytes\":"), largest = member(at, "\"largest\":");

		objects++;
		assert_true(member(at, "\"n\":") >= 1 && member(at, "\"n\":") <= 9);
		assert_true(largest && largest <= bytes &&
			    bytes <= largest * member(at, "\"bars\":"));
		assert_true(largest && !(largest & (largest - 1)));
		assert_true(member(at, "\"off_min\":") <= member(at, "\"off\":"));
		assert_true(member(at, "\"on_min\":") <= member(at, "\"on\":"));
	}
	assert_int_equal(objects, endpoints);
	/* 128 KiB of 32 bits and 1 MiB of 64. */
	assert_non_null(strstr(log, "\"bdf\":\"00:02.0\",\"path\":\"ecam\",\"bars\":2,"
				    "\"bytes\":1179648,\"largest\":1048576,"));
}

static const struct sim_fn *last_off;
static unsigned offs, repeated;

/* Each time that somebody's memory decode goes off, and whether it went off last as well. */
static bool note_order(struct sim_fn *fn, struct sim_access *a)
{
	if (a->write && a->reg == 4 && (command_of(fn) & 2) && !(a->value & 2)) {
		repeated += fn == last_off;
		offs++;
		last_off = fn;
	}
	return false;
}

/* Nothing that the host does for a while falls on one function alone. */
static void test_toggles_go_round(void **state)
{
	static const struct sim_bug watch = {.name = "toggles watched", .fn_write = note_order};
	unsigned times = 0;
	const char *log;

	(void)state;
	sim_rules_machine(&watch);
	offs = repeated = 0;
	log = sim_rules_run("sizing.toggle", "SimulatedVMM");
	for (const char *at = log; (at = strstr(at, "{\"kind\":\"toggle\",")); at++)
		times += (unsigned)member(at, "\"n\":");
	assert_true(times > 1 && offs >= times);
	assert_int_equal(repeated, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_states),
	    cmocka_unit_test(test_nothing_decodes),
	    cmocka_unit_test(test_what_does_not_come_back_is_said),
	    cmocka_unit_test(test_toggles),
	    cmocka_unit_test(test_toggles_go_round),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
