/* Selecting and running. */
#include "runner.h"
#include "rules/deviations.h"
#include "rules/rule.h"
#include "cause.h"
#include "env.h"
#include "mem.h"
#include "team.h"
#include "test.h"
#include "text.h"

static bool names_in_full(const char *globs, const char *name)
{
	const char *glob;
	size_t len;

	while ((glob = options_next_glob(&globs, &len)))
		if (strlen(name) == len && memcmp(glob, name, len) == 0)
			return true;
	return false;
}

static bool selected(const struct options *options, const struct test *test)
{
	if (!options->tests[0])
		return !(test->flags & (TEST_DESTRUCTIVE | TEST_FATAL | TEST_ON_REQUEST));
	if (test->flags & TEST_FATAL)
		return names_in_full(options->tests, test->name);
	return options_match(options->tests, test->name);
}

/* Names each glob that matches nothing; the number of those. */
static unsigned idle_globs(struct session *s)
{
	const char *at = s->options->tests, *glob;
	unsigned idle = 0;
	size_t len;

	while ((glob = options_next_glob(&at, &len))) {
		bool any = false;

		for (const struct test *t = tests_start; t < tests_end; t++)
			any |= (t->flags & TEST_FATAL)
				   ? len == strlen(t->name) && memcmp(glob, t->name, len) == 0
				   : text_glob(glob, len, t->name);
		if (!any)
			report_note(s->report, "ERROR: no test matches '%.*s'", (int)len, glob);
		idle += !any;
	}
	return idle;
}

static void list(struct session *s)
{
	report_plan(s->report, 0);
	for (const struct test *t = tests_start; t < tests_end; t++)
		report_note(s->report, "%s%s%s%s%s%s%s", t->name, t->id ? " " : "",
			    t->id ? t->id : "", t->flags & TEST_DESTRUCTIVE ? " (destructive)" : "",
			    t->flags & TEST_INFORMATIVE ? " (informative)" : "",
			    t->flags & TEST_FATAL ? " (ends the run; only when named in full)" : "",
			    t->flags & TEST_ON_REQUEST ? " (only on request)" : "");
}

static bool has_needs(struct session *s, const struct test *test)
{
	if ((test->flags & TEST_NEEDS_PIO) && !discovery_needs_path(s, PATH_PIO))
		return false;
	if ((test->flags & TEST_NEEDS_ECAM) && !discovery_needs_path(s, PATH_ECAM))
		return false;
	if ((test->flags & TEST_NEEDS_VCPUS) && !team_needs_two(s))
		return false;
	return !(test->flags & TEST_NEEDS_TABLE) || discovery_needs_table(s);
}

/*
 * A rule that a hypervisor, or every one, is known to break. Where it does not, somebody has mended
 * it: good news.
 */
static void apply_deviation(struct session *s, const struct test *test, const char *reason)
{
	s->outcome.deviates = false;
	if (s->outcome.worst == REPORT_FAIL) {
		s->outcome.worst = REPORT_XFAIL;
		text_format(s->outcome.reason, sizeof(s->outcome.reason), "%s: %s", test->id,
			    reason);
	} else if (s->outcome.worst == REPORT_PASS) {
		if (test->flags & TEST_INFORMATIVE)
			report_note(s->report, "%s passes: no implementation that was run does",
				    test->id);
		else
			report_note(s->report,
				    "%s passes: a known deviation of this hypervisor is gone (%s)",
				    test->id, reason);
	}
}

static void run_one(struct session *s, const struct test *test, unsigned planned)
{
	const char *deviation = deviation_reason(s, test);

	if (s->platform->progress)
		s->platform->progress(test->name, s->report->number + 1, planned);
	s->outcome = (struct outcome){.deviates = deviation != NULL};
	s->report->running = test->name;
	if (test->flags & TEST_LONG)
		report_note(s->report, "running %s", test->name);
	if (has_needs(s, test)) {
		if (test->id)
			rule_run(s, test);
		else
			test->run(s, test);
	}
	inventory_check_short(s);
	if (deviation)
		apply_deviation(s, test, deviation);
	report_result(s->report, test->name, s->outcome.worst, s->outcome.reason);
	s->report->running = NULL;
}

static void refuse(struct session *s, const char *reason)
{
	report_plan(s->report, 1);
	report_result(s->report, "command-line", REPORT_ERROR, reason);
}

/* Whether some mechanism reached something; what was not walked is not held against it. */
static bool reached(const struct session *s)
{
	bool walked = false;

	for (unsigned p = 0; p < PATHS; p++) {
		if (s->inventory.mapped[p] && s->inventory.map[p].count)
			return true;
		walked |= s->inventory.mapped[p];
	}
	return !walked && (s->found.usable[PATH_PIO] || s->found.usable[PATH_ECAM]);
}

void runner_run(struct session *s, unsigned bad_options)
{
	static struct rules rules;
	struct failure failed[CAUSE_TESTS_MAX];
	unsigned count = 0, wants = 0, failures = 0;
	bool pci = false;

	session_init(s);
	rules = (struct rules){0};
	s->rules = &rules;

	if (bad_options) {
		refuse(s, "options were not understood; nothing was run");
		return;
	}
	if (s->options->list) {
		list(s);
		return;
	}
	if (idle_globs(s)) {
		refuse(s, "a glob of tests= matches no test; nothing was run");
		return;
	}
	for (const struct test *t = tests_start; t < tests_end; t++) {
		if (!selected(s->options, t))
			continue;
		count++;
		wants |= t->flags;
		pci |= !(t->flags & TEST_NO_PCI);
	}
	report_plan(s->report, count);
	if (pci) {
		discovery_run(s);
		env_report(s);
		if (wants & TEST_NEEDS_START)
			inventory_remember(s);
	}
	for (const struct test *t = tests_start; t < tests_end; t++) {
		if (!selected(s->options, t))
			continue;
		run_one(s, t, count);
		if (s->outcome.worst == REPORT_FAIL && failures < CAUSE_TESTS_MAX)
			failed[failures++] = (struct failure){t, s->outcome.on_root};
	}
	cause_report(s, failed, failures);
	if (rules.run)
		report_note(s->report, "conformance: %u rules, %llu accesses", rules.run,
			    (unsigned long long)rules.accesses);
	inventory_report(s);
	if (pci && !reached(s)) {
		report_note(
		    s->report,
		    "no configuration mechanism reaches any function: this run does not pass");
		s->report->unreached = true;
	}
	if (pci && s->found.usable[PATH_PIO])
		pio_restore(&s->found.path[PATH_PIO]);
}
