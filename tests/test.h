/*
 * What a test is, and how it becomes part of the image: TEST() puts it into a linker section, in
 * link order (Makefile), so that adding a test to a file touches no list. A test calls session_*
 * functions to say how it went; one that says nothing is an ERROR.
 */
#ifndef BAROMETER_TESTS_TEST_H
#define BAROMETER_TESTS_TEST_H

struct session;
struct rule_target;
struct rule_window;

/* Not part of the default set: the test changes what the machine had set up. */
#define TEST_DESTRUCTIVE 1u
/* Runs only when named in full, without a wildcard: it ends the run by design. */
#define TEST_FATAL       2u
/* Not part of the default set: its output is too long for every log. */
#define TEST_ON_REQUEST  4u
/* May take seconds on a slow host: the log says that it is running. */
#define TEST_LONG        8u
/* Needs no PCI: the machine's buses are left alone when nothing else is selected. */
#define TEST_NO_PCI      16u
/* What the machine must have; without it the test is skipped, with the reason. */
#define TEST_NEEDS_PIO   32u
#define TEST_NEEDS_ECAM  64u
#define TEST_NEEDS_TABLE 128u
#define TEST_NEEDS_VCPUS 512u
/* Wants every header as it was before the first test. */
#define TEST_NEEDS_START 256u
/* A rule that no implementation is known to keep: that one breaks it tells nothing about it. */
#define TEST_INFORMATIVE 1024u

struct test {
	const char *name; /* stable: family.member.variant */
	unsigned flags;
	void (*run)(struct session *session, const struct test *test);
	unsigned path; /* family's own parameters */
	unsigned variant;
	/*
	 * A conformance rule (rules/rule.h) has the first three, every other test none. In place of
	 * run it may have one of the checks, which is called for each function that filter lets
	 * through.
	 */
	const char *id;        /* "BAR-03": never given to another rule */
	const char *reference; /* the specification's name and section */
	const char *text;      /* what it asks for, in one sentence */
	void (*check)(const struct rule_target *target);
	void (*check_bar)(const struct rule_target *target, unsigned index,
			  const struct rule_window *window);
	unsigned filter;
	const char *idle; /* why there may be nothing to check: the reason of the SKIP */
};

#define TEST_NAME_2(a, b) a##b
#define TEST_NAME(a, b)   TEST_NAME_2(a, b)

/* TEST(.name = "family.member", .run = function, ...); */
#define TEST(...)                                                                                  \
	static const struct test TEST_NAME(test_, __LINE__)                                        \
	    __attribute__((section(".tests"), used, aligned(8))) = {__VA_ARGS__}

/* From linker.ld. */
extern const struct test tests_start[], tests_end[];

#endif
