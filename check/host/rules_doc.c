/* Rules as Markdown. */
#include <stdio.h>
#include "rules_doc.h"
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
