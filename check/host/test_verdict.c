/* What the verdict chooses, by what, and how sure it says it is. Costs are given, not measured. */
#include <string.h>
#include "check.h"
#include "sim_bugs.h"
#include "sim_rules.h"
#include "test.h"

static struct costs given;

static void give_costs(struct session *s, const struct test *test)
{
	(void)test;
	s->costs = given;
	session_pass(s);
}

/* As access.cost and the scans would have left them. */
TEST(.name = "given.costs", .run = give_costs, .flags = TEST_NEEDS_PIO);

/* Costs at which all is clear: ECAM at half of the ports, lean the cheapest, no table. */
static void give_clear_costs(void)
{
	given = (struct costs){
	    .read = {[PATH_PIO] = {1000, 1100}, [PATH_ECAM] = {500, 600}},
	    .scan = {[PATH_PIO] = {{100000, 2000}, {90000, 2100}, {80000, 1600}},
		     [PATH_ECAM] = {{50000, 1000}, {45000, 1050}, {30000, 800}}},
	};
}

static const char *decide(const char *globs)
{
	const char *log = sim_rules_run(globs, "SimulatedVMM");

	assert_true(sim_rules_result(log, "ok", "verdict", NULL));
	return log;
}

static void assert_says(const char *log, const char *text)
{
	if (!strstr(log, text))
		fail_msg("not in the log: %s\n%s", text, log);
}

/* What Linux takes today and what it would with its series, where budget.linux estimated it. */
static void test_both_kernels(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	give_clear_costs();
	log = decide("given.costs,verdict");
	assert_null(strstr(log, "linux_"));
	assert_null(strstr(log, "exits a boot"));
	given.linux_now = (struct boot_cost){"batched", PATH_PIO, true, 22938, 15936};
	given.linux_series = (struct boot_cost){"paravirtual", PATH_ECAM, true, 2875, 0};
	log = decide("given.costs,verdict");
	assert_says(log, "\"linux\":\"pio below 0x100, ecam from 0x100\",\"linux_series\":\"ecam\","
			 "\"linux_series_sizing\":\"paravirtual\",\"linux_exits\":22938,"
			 "\"linux_exits_advertised\":15936,\"linux_series_exits\":2875,");
	assert_says(log, "; about 22938 exits a boot, 15936 for buses that only MCFG names\n");
	assert_says(log, "with the series for it would use: ecam, sizing paravirtual; about 2875 "
			 "exits a boot\n");
	/* Which reads exit may be unknown. */
	given.linux_series.known = given.linux_now.known = false;
	log = decide("given.costs,verdict");
	assert_says(log, "\"linux_series_sizing\":\"paravirtual\",\"access_by\":");
	assert_says(log, "with the series for it would use: ecam, sizing paravirtual\n");
}

static void test_clear_cycles(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	give_clear_costs();
	log = decide("given.costs,verdict");
	assert_says(log, "\"access\":\"ecam\",\"sizing\":\"lean\"");
	assert_says(log, "an ecam read costs 0.50 of a pio read (500 against 1000 cycles)");
	assert_says(log, "a whole scan with it costs 0.30 of per-bar over pio");
	assert_says(log,
		    "\"access_by\":\"cycles\",\"sizing_by\":\"cycles\",\"confidence\":\"high\"}");

	given.read[PATH_PIO] = (struct read_cost){300, 400};
	log = decide("given.costs,verdict");
	assert_says(log, "\"access\":\"pio\",\"sizing\":\"lean\"");
	assert_says(log, "an ecam read costs 1.66 of a pio read");
	/* Over the ports the ways of sizing differ by a tenth and more, too. */
	assert_says(log,
		    "\"access_by\":\"cycles\",\"sizing_by\":\"cycles\",\"confidence\":\"high\"}");
}

/* Three hundredths of an emulator's cycles once decided for the ports. */
static void test_emulated(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	give_clear_costs();
	given.read[PATH_ECAM] = (struct read_cost){1030, 1100};
	given.scan[PATH_ECAM][1].cycles = 1;
	sim_rules_emulated = true;
	log = decide("given.costs,verdict");
	sim_rules_emulated = false;
	assert_says(log, "\"access\":\"ecam\",\"sizing\":\"lean\"");
	assert_says(log,
		    "an ecam read is one access, a pio read is two; a whole scan with it takes 800 "
		    "exits, per-bar over pio 2000;");
	assert_says(log, "the CPU is emulated, so cycles decide nothing\"");
	assert_says(
	    log, "\"access_by\":\"accesses\",\"sizing_by\":\"accesses\",\"confidence\":\"low\"}");
	assert_says(log, "#   confidence: low, the CPU is emulated, so cycles decide nothing\n");
	assert_null(strstr(log, "1030"));
}

static void test_within_the_scatter(void **state)
{
	const struct {
		struct read_cost pio, ecam;
		const char *access_by;
	} cases[] = {
	    {{1000, 1100}, {901, 950}, "\"access\":\"ecam\",\"access_by\":\"accesses\""},
	    {{1000, 1100}, {900, 950}, "\"access\":\"ecam\",\"access_by\":\"cycles\""},
	    {{1000, 1100}, {900, 1000}, "\"access\":\"ecam\",\"access_by\":\"accesses\""},
	    {{900, 950}, {1000, 1100}, "\"access\":\"pio\",\"access_by\":\"cycles\""},
	    {{900, 1000}, {1000, 1100}, "\"access\":\"ecam\",\"access_by\":\"accesses\""},
	};

	(void)state;
	sim_rules_machine(&sim_no_bug);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[80];
		const char *log, *access, *by;

		give_clear_costs();
		given.read[PATH_PIO] = cases[i].pio;
		given.read[PATH_ECAM] = cases[i].ecam;
		log = decide("given.costs,verdict");
		access = strstr(log, "\"access\":\"");
		by = strstr(log, "\"access_by\":\"");
		assert_non_null(access);
		assert_non_null(by);
		snprintf(got, sizeof(got), "%.*s,%.*s", (int)(strchr(access, ',') - access), access,
			 (int)(strchr(by, ',') - by), by);
		assert_string_equal(got, cases[i].access_by);
	}
	assert_says(decide("given.costs,verdict"),
		    "cycles do not tell them apart: 1000 for an ecam read, 900 for pio\",");
}

/* Two sizings that cost the same: the one with the fewer exits, and no certainty. */
static void test_sizings_alike(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	give_clear_costs();
	given.scan[PATH_ECAM][1].cycles = 29000;
	log = decide("given.costs,verdict");
	assert_says(log, "\"sizing\":\"lean\"");
	assert_says(log,
		    "\"access_by\":\"cycles\",\"sizing_by\":\"accesses\",\"confidence\":\"low\"}");
	assert_says(log, "cycles do not tell the cheapest ways of sizing apart\"");
}

static void test_nothing_priced(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	give_clear_costs();
	memset(given.scan, 0, sizeof(given.scan));
	log = decide("given.costs,verdict");
	assert_says(log, "scans were not measured");
	assert_says(log,
		    "\"access_by\":\"cycles\",\"sizing_by\":\"nothing\",\"confidence\":\"high\"}");

	given = (struct costs){0};
	log = sim_rules_run("given.costs,verdict", "SimulatedVMM");
	assert_true(sim_rules_result(log, "ok", "verdict", "SKIP"));
}

static void test_no_choice(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	sim.regions = 0;
	give_clear_costs();
	log = decide("given.costs,verdict");
	assert_says(log, "\"access\":\"pio\"");
	assert_says(log, "only pio works here");
	assert_says(log, "\"access_by\":\"availability\"");
}

/* The counts of real scans: all ways of sizing measured, the table's one call is the least. */
static void test_scans_as_they_are(void **state)
{
	const char *log;

	(void)state;
	sim_rules_machine(&sim_no_bug);
	give_clear_costs();
	sim_rules_emulated = true;
	log = decide("given.costs,enumerate.*,sizing.*,scan.tree.*,scan.paravirtual,verdict");
	sim_rules_emulated = false;
	assert_says(log, "\"access\":\"ecam\",\"sizing\":\"paravirtual\"");
	assert_says(log, "a whole scan with it takes 1 exit, per-bar over pio ");
	assert_says(log, "\"confidence\":\"low\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_kernels),  cmocka_unit_test(test_clear_cycles),
	    cmocka_unit_test(test_emulated),      cmocka_unit_test(test_within_the_scatter),
	    cmocka_unit_test(test_sizings_alike), cmocka_unit_test(test_nothing_priced),
	    cmocka_unit_test(test_no_choice),     cmocka_unit_test(test_scans_as_they_are),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
