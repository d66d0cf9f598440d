/* The command line: what is understood, and what is named when it is not. */
#include <stdlib.h>
#include "check.h"
#include "options.h"

static struct options options;

static unsigned parse_as(const char *text, bool with_foreign)
{
	size_t len = strlen(text) + 1;
	char *copy = malloc(len); /* exactly as long, so that reading on is caught */
	unsigned bad;

	memcpy(copy, text, len);
	heard_reset();
	options_defaults(&options);
	bad = options_parse(&options, copy, with_foreign, &heard);
	free(copy);
	return bad;
}

static unsigned parse(const char *text)
{
	unsigned bad = parse_as(text, false);

	assert_int_equal(heard_lines(), bad);
	return bad;
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(parse(" \t\r\n "), 0);
	assert_string_equal(options.tests, "");
	assert_false(options.list);
	assert_int_equal(options.reads, 0);
	assert_int_equal(options.budget_ms, 50);
	assert_int_equal(options.seed, 1);
	assert_int_equal(options.cpl, OPTIONS_CPL_AUTO);
	assert_int_equal(options.exit, OPTIONS_EXIT_AUTO);
	assert_false(options.ports_off);
}

static void test_every_key(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("tests=scan/*,verdict list\treads=100000\nbudget=7 cpl=3 seed=0 exit=debug"), 0);
	assert_string_equal(options.tests, "scan/*,verdict");
	assert_true(options.list);
	assert_int_equal(options.reads, 100000);
	assert_int_equal(options.budget_ms, 7);
	assert_int_equal(options.seed, 0);
	assert_int_equal(options.cpl, OPTIONS_CPL_3);
	assert_int_equal(options.exit, OPTIONS_EXIT_DEBUG);
	assert_int_equal(options.log, OPTIONS_LOG_AUTO);
	assert_int_equal(parse("cpl=0 exit=reset ports=off log=disk"), 0);
	assert_int_equal(options.log, OPTIONS_LOG_DISK);
	assert_true(options.ports_off);
	assert_int_equal(options.cpl, OPTIONS_CPL_0);
	assert_int_equal(options.exit, OPTIONS_EXIT_RESET);
	assert_int_equal(parse("log=console"), 0);
	assert_int_equal(options.log, OPTIONS_LOG_CONSOLE);
	assert_int_equal(parse("log=tape"), 1);
	assert_int_equal(parse("cpl=auto ports=auto exit=halt seed=18446744073709551615"), 0);
	assert_int_equal(options.cpl, OPTIONS_CPL_AUTO);
	assert_int_equal(options.exit, OPTIONS_EXIT_HALT);
	assert_int_equal(options.seed, UINT64_MAX);
	assert_false(options.emulated);
	assert_int_equal(options.mem, 0);
	assert_int_equal(parse("exit=off emulated mem=4096"), 0);
	assert_int_equal(options.exit, OPTIONS_EXIT_OFF);
	assert_true(options.emulated);
	assert_int_equal(options.mem, 4096);
	assert_int_equal(parse("mem=64M"), 0);
	assert_int_equal(options.mem, 64);
	assert_int_equal(parse("mem=4G"), 0);
	assert_int_equal(options.mem, 4096);
}

static void test_later_options_win(void **state)
{
	(void)state;
	assert_int_equal(parse("reads=5 tests=a reads=6 tests=b"), 0);
	assert_int_equal(options.reads, 6);
	assert_string_equal(options.tests, "b");
	/* A second source on top of the first. */
	assert_int_equal(options_parse(&options, "reads=7", false, &heard), 0);
	assert_int_equal(options.reads, 7);
	assert_string_equal(options.tests, "b");
}

static void test_comments(void **state)
{
	(void)state;
	assert_int_equal(parse("# nonsense here\nreads=5 # and=here\n#\nbudget=9 #"), 0);
	assert_int_equal(options.reads, 5);
	assert_int_equal(options.budget_ms, 9);
	assert_int_equal(parse("tests=a#b"), 0); /* only where an option begins */
	assert_string_equal(options.tests, "a#b");
}

static void check_bad(const char *text, const char *what)
{
	assert_int_equal(parse(text), 1);
	assert_string_equal(heard_text(), what);
}

static void test_what_is_not_understood_is_named(void **state)
{
	(void)state;
	check_bad("frobnicate", "unknown option 'frobnicate'\n");
	check_bad("lis", "unknown option 'lis'\n");
	check_bad("lists", "unknown option 'lists'\n");
	check_bad("tests", "unknown option 'tests'\n");
	check_bad("colour=red", "unknown key 'colour=red'\n");
	check_bad("=", "unknown key '='\n");
	check_bad("=3", "unknown key '=3'\n");
	check_bad("list=1", "unknown key 'list=1'\n");
	check_bad("Reads=1", "unknown key 'Reads=1'\n");
	check_bad("tests=", "bad value 'tests='\n");
	check_bad("reads=", "bad value 'reads='\n");
	check_bad("reads=0", "bad value 'reads=0'\n");
	check_bad("reads=1000001", "bad value 'reads=1000001'\n");
	check_bad("reads=-1", "bad value 'reads=-1'\n");
	check_bad("reads=10x", "bad value 'reads=10x'\n");
	check_bad("budget=86400001", "bad value 'budget=86400001'\n");
	check_bad("seed=18446744073709551616", "bad value 'seed=18446744073709551616'\n");
	check_bad("ports=on", "bad value 'ports=on'\n");
	check_bad("mem=4097", "bad value 'mem=4097'\n");
	check_bad("mem=5G", "bad value 'mem=5G'\n");
	check_bad("mem=M", "bad value 'mem=M'\n");
	check_bad("mem=", "bad value 'mem='\n");
	check_bad("mem=64K", "bad value 'mem=64K'\n");
	check_bad("emulated=1", "unknown key 'emulated=1'\n");
	check_bad("cpl=1", "bad value 'cpl=1'\n");
	check_bad("cpl=", "bad value 'cpl='\n");
	check_bad("exit=debugger", "bad value 'exit=debugger'\n");
	check_bad("cpl=0=3", "bad value 'cpl=0=3'\n");
}

static void test_the_rest_still_counts(void **state)
{
	(void)state;
	assert_int_equal(parse("x reads=0 budget=5 y=1"), 3);
	assert_int_equal(options.budget_ms, 5);
	assert_int_equal(options.reads, 0);
}

#define IGNORED "words that are not for barometer are ignored:"

static void test_words_of_a_loader(void **state)
{
	(void)state;
	assert_int_equal(parse_as("BOOT_IMAGE=/x reads=3 panic=-1 quiet budget=4 pci=off", true),
			 0);
	assert_string_equal(heard_text(), IGNORED " BOOT_IMAGE=/x panic=-1 quiet pci=off\n");
	assert_int_equal(options.reads, 3);
	assert_int_equal(options.budget_ms, 4);
	assert_int_equal(parse_as("reads=3", true), 0);
	assert_silent();
	/* Our key: whoever wrote it meant us. */
	assert_int_equal(parse_as("quiet reads=no", true), 1);
	assert_string_equal(heard_text(), "bad value 'reads=no'\n" IGNORED " quiet\n");
}

static void test_marker(void **state)
{
	(void)state;
	for (unsigned foreign = 0; foreign < 2; foreign++) {
		assert_int_equal(parse_as("quiet list barometer reads=3", foreign), 0);
		assert_string_equal(heard_text(), IGNORED " quiet list\n");
		assert_false(options.list);
		assert_int_equal(options.reads, 3);
		assert_int_equal(parse_as("a=1 barometer quiet", foreign), 1);
		assert_string_equal(heard_text(), "unknown option 'quiet'\n" IGNORED " a=1\n");
		assert_int_equal(parse_as("barometer", foreign), 0);
		assert_silent();
		assert_int_equal(parse_as("# barometer\nreads=4 barometer", foreign), 0);
		assert_string_equal(heard_text(), IGNORED " reads=4\n");
		assert_int_equal(options.reads, 0);
		assert_int_equal(parse_as("barometer reads=4 barometer", foreign), 0);
		assert_silent();
		assert_int_equal(options.reads, 4);
		/* Only as a word of its own. */
		assert_int_equal(parse_as("barometers", foreign), !foreign);
	}
}

static void test_many_words_of_a_loader(void **state)
{
	char text[600] = "";

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		strcat(text, " word");
	assert_int_equal(parse_as(text, true), 0);
	assert_int_equal(heard_lines(), 1);
	assert_heard("word and 65 more");
}

static void test_bounds(void **state)
{
	static char text[OPTIONS_LEN_MAX + 16];

	(void)state;
	assert_int_equal(parse("reads=1000000 budget=60000"), 0);
	memcpy(text, "tests=", 6);
	memset(text + 6, 'a', OPTIONS_LEN_MAX - 1);
	text[6 + OPTIONS_LEN_MAX - 1] = '\0';
	assert_int_equal(parse(text), 0);
	assert_int_equal(strlen(options.tests), OPTIONS_LEN_MAX - 1);
	text[6 + OPTIONS_LEN_MAX - 1] = 'a';
	assert_int_equal(parse(text), 1);
	assert_string_equal(options.tests, "");
}

static void test_matching(void **state)
{
	(void)state;
	assert_true(options_match("scan/*,verdict", "scan/pio"));
	assert_true(options_match("scan/*,verdict", "verdict"));
	assert_false(options_match("scan/*,verdict", "verdicts"));
	assert_false(options_match("", "verdict"));
	assert_false(options_match(",,", ""));
	assert_true(options_match(",,*", "anything"));
}

static void test_globs_one_by_one(void **state)
{
	const char *at = ",a*,,bc,";
	const char *glob;
	size_t len;

	(void)state;
	glob = options_next_glob(&at, &len);
	assert_int_equal(len, 2);
	assert_memory_equal(glob, "a*", 2);
	glob = options_next_glob(&at, &len);
	assert_int_equal(len, 2);
	assert_memory_equal(glob, "bc", 2);
	assert_null(options_next_glob(&at, &len));
	assert_null(options_next_glob(&at, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_every_key),
	    cmocka_unit_test(test_later_options_win),
	    cmocka_unit_test(test_comments),
	    cmocka_unit_test(test_what_is_not_understood_is_named),
	    cmocka_unit_test(test_the_rest_still_counts),
	    cmocka_unit_test(test_words_of_a_loader),
	    cmocka_unit_test(test_marker),
	    cmocka_unit_test(test_many_words_of_a_loader),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_matching),
	    cmocka_unit_test(test_globs_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
