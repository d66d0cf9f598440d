/* The guest's command line. */
#include "options.h"
#include "mem.h"
#include "text.h"

#define BUDGET_DEFAULT_MS 50

void options_defaults(struct options *options)
{
	*options =
	    (struct options){.budget_ms = BUDGET_DEFAULT_MS, .seed = 1, .cpus = OPTIONS_CPUS_MAX};
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct option {
	const char *key, *value; /* value: NULL without = */
	size_t key_len, value_len;
};

static bool key_is(const struct option *o, const char *key)
{
	return strlen(key) == o->key_len && memcmp(o->key, key, o->key_len) == 0;
}

static bool set_number32(const struct option *o, uint32_t max, uint32_t *to)
{
	uint64_t value;

	if (!text_number(o->value, o->value_len, max, &value) || value == 0)
		return false;
	*to = (uint32_t)value;
	return true;
}

/* The index of the value among the choices, or -1. */
static int choice(const struct option *o, const char *const *choices, int count)
{
	for (int i = 0; i < count; i++)
		if (strlen(choices[i]) == o->value_len &&
		    memcmp(o->value, choices[i], o->value_len) == 0)
			return i;
	return -1;
}

static bool set_tests(struct options *options, const struct option *o)
{
	if (o->value_len == 0 || o->value_len >= sizeof(options->tests))
		return false;
	memcpy(options->tests, o->value, o->value_len);
	options->tests[o->value_len] = '\0';
	return true;
}

static bool set_cpl(struct options *options, const struct option *o)
{
	static const char *const choices[] = {"auto", "0", "3"};
	int i = choice(o, choices, 3);

	if (i >= 0)
		options->cpl = (enum options_cpl)i;
	return i >= 0;
}

static bool set_exit(struct options *options, const struct option *o)
{
	static const char *const choices[] = {"auto", "debug", "reset", "halt"};
	int i = choice(o, choices, 4);

	if (i >= 0)
		options->exit = (enum options_exit)i;
	return i >= 0;
}

static bool set_ports(struct options *options, const struct option *o)
{
	static const char *const choices[] = {"auto", "off"};
	int i = choice(o, choices, 2);

	if (i >= 0)
		options->ports_off = i == 1;
	return i >= 0;
}

/* What is wrong with an option, or NULL once it is taken over. */
static const char *take(struct options *options, const struct option *o)
{
	bool good;

	if (!o->value) {
		if (!key_is(o, "list"))
			return "unknown option";
		options->list = true;
		return NULL;
	}
	if (key_is(o, "tests"))
		good = set_tests(options, o);
	else if (key_is(o, "reads"))
		good = set_number32(o, OPTIONS_READS_MAX, &options->reads);
	else if (key_is(o, "budget"))
		good = set_number32(o, OPTIONS_BUDGET_MAX, &options->budget_ms);
	else if (key_is(o, "cpus"))
		good = set_number32(o, OPTIONS_CPUS_MAX, &options->cpus);
	else if (key_is(o, "seed"))
		good = text_number(o->value, o->value_len, UINT64_MAX, &options->seed);
	else if (key_is(o, "cpl"))
		good = set_cpl(options, o);
	else if (key_is(o, "exit"))
		good = set_exit(options, o);
	else if (key_is(o, "ports"))
		good = set_ports(options, o);
	else
		return "unknown key";
	return good ? NULL : "bad value";
}

unsigned options_parse(struct options *options, const char *text, const struct diag *diag)
{
	unsigned bad = 0;

	for (;;) {
		struct option o = {0};
		const char *fault;
		size_t len = 0;

		while (is_space(*text))
			text++;
		if (*text == '#') {
			while (*text && *text != '\n')
				text++;
			continue;
		}
		if (!*text)
			return bad;
		for (o.key = text; text[len] && !is_space(text[len]); len++)
			if (text[len] == '=' && !o.value) {
				o.key_len = len;
				o.value = text + len + 1;
			}
		if (o.value)
			o.value_len = len - o.key_len - 1;
		else
			o.key_len = len;
		fault = take(options, &o);
		if (fault) {
			diag_say(diag, "%s '%.*s'", fault, (int)len, text);
			bad++;
		}
		text += len;
	}
}

const char *options_next_glob(const char **at, size_t *len)
{
	const char *glob;

	while (**at == ',')
		(*at)++;
	if (!**at)
		return NULL;
	glob = *at;
	while (**at && **at != ',')
		(*at)++;
	*len = (size_t)(*at - glob);
	return glob;
}

bool options_match(const char *globs, const char *name)
{
	const char *glob;
	size_t len;

	while ((glob = options_next_glob(&globs, &len)))
		if (text_glob(glob, len, name))
			return true;
	return false;
}
