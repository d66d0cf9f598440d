/* Rules and seeded bugs as Markdown. */
#include <stdio.h>
#include <string.h>
#include "rules_doc.h"
#include "sim_bugs.h"
#include "test.h"

#define TEXT_MAX (64u << 10)

static const char *needs_paths(const struct test *t)
{
	if (t->flags & TEST_NEEDS_TABLE)
		return "table";
	if ((t->flags & TEST_NEEDS_PIO) && (t->flags & TEST_NEEDS_ECAM))
		return "both paths";
	if (t->flags & TEST_NEEDS_PIO)
		return "ports";
	return t->flags & TEST_NEEDS_ECAM ? "ECAM" : "";
}

static const char *needs(const struct test *t)
{
	static char text[64];
	const char *paths = needs_paths(t);

	if (!(t->flags & TEST_NEEDS_VCPUS))
		return paths;
	snprintf(text, sizeof(text), "%s%stwo vCPUs", paths, paths[0] ? ", " : "");
	return text;
}

const char *rules_doc(void)
{
	static char text[TEXT_MAX];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text),
			       "| ID | name | what it asks for | reference | needs |\n"
			       "|---|---|---|---|---|\n");
	for (const struct test *t = tests_start; t < tests_end && len < sizeof(text); t++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"| %s | `%s`%s%s | %s | %s | %s |\n", t->id, t->name,
					t->flags & TEST_DESTRUCTIVE ? " (destructive)" : "",
					t->flags & TEST_INFORMATIVE ? " (informative)" : "",
					t->text, t->reference, needs(t));
	return text;
}

/* Bugs and legal changes, and how many rules a bug of those is there for. */
struct tally {
	unsigned bugs, legal, rules;
};

static bool names(const struct sim_bug *bug, const char *id)
{
	for (unsigned i = 0; i < SIM_BUG_RULES_MAX && bug->fails[i].id; i++)
		if (strcmp(bug->fails[i].id, id) == 0)
			return true;
	return false;
}

static struct tally count(const struct sim_bug *bug, unsigned bugs)
{
	struct tally tally = {0};

	for (unsigned i = 0; i < bugs; i++)
		++*(bug[i].fails[0].id ? &tally.bugs : &tally.legal);
	for (const struct test *t = tests_start; t < tests_end; t++) {
		bool caught = false;

		for (unsigned i = 0; i < bugs; i++)
			caught |= names(&bug[i], t->id);
		tally.rules += caught;
	}
	return tally;
}

const char *bugs_doc(void)
{
	static char text[8u << 10];
	const struct sim_bug_table *table;
	struct tally all = {0};
	const char *title;
	size_t len;

	len =
	    (size_t)snprintf(text, sizeof(text),
			     "| seeded bugs of | bugs | rules that fail of them | legal changes |\n"
			     "|---|---|---|---|\n");
	for (unsigned i = 0; (title = sim_bug_family(i, &table)) && len < sizeof(text); i++) {
		struct tally tally = count(table->bug, table->count);

		len += (size_t)snprintf(text + len, sizeof(text) - len, "| %s | %u | %u | %u |\n",
					title, tally.bugs, tally.rules, tally.legal);
		all.bugs += tally.bugs;
		all.legal += tally.legal;
	}
	snprintf(text + len, sizeof(text) - len, "| all | %u | %u | %u |\n", all.bugs,
		 (unsigned)(tests_end - tests_start), all.legal);
	return text;
}
