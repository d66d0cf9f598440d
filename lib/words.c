/* The guest's command line. */
#include "words.h"
#include "mem.h"
#include "text.h"

#define BUDGET_DEFAULT_MS 50

void words_defaults(struct words *words)
{
	*words = (struct words){.budget_ms = BUDGET_DEFAULT_MS, .seed = 1};
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct word {
	const char *key, *value; /* value: NULL without = */
	size_t key_len, value_len;
};

static bool key_is(const struct word *w, const char *key)
{
	return strlen(key) == w->key_len && memcmp(w->key, key, w->key_len) == 0;
}

static bool set_number32(const struct word *w, uint32_t max, uint32_t *to)
{
	uint64_t value;

	if (!text_number(w->value, w->value_len, max, &value) || value == 0)
		return false;
	*to = (uint32_t)value;
	return true;
}

/* The index of the value among the choices, or -1. */
static int choice(const struct word *w, const char *const *choices, int count)
{
	for (int i = 0; i < count; i++)
		if (strlen(choices[i]) == w->value_len &&
		    memcmp(w->value, choices[i], w->value_len) == 0)
			return i;
	return -1;
}

static bool set_tests(struct words *words, const struct word *w)
{
	if (w->value_len == 0 || w->value_len >= sizeof(words->tests))
		return false;
	memcpy(words->tests, w->value, w->value_len);
	words->tests[w->value_len] = '\0';
	return true;
}

static bool set_cpl(struct words *words, const struct word *w)
{
	static const char *const choices[] = {"auto", "0", "3"};
	int i = choice(w, choices, 3);

	if (i >= 0)
		words->cpl = (enum words_cpl)i;
	return i >= 0;
}

static bool set_exit(struct words *words, const struct word *w)
{
	static const char *const choices[] = {"auto", "debug", "reset", "halt"};
	int i = choice(w, choices, 4);

	if (i >= 0)
		words->exit = (enum words_exit)i;
	return i >= 0;
}

/* What is wrong with a word, or NULL once it is taken over. */
static const char *take(struct words *words, const struct word *w)
{
	bool good;

	if (!w->value) {
		if (!key_is(w, "list"))
			return "unknown word";
		words->list = true;
		return NULL;
	}
	if (key_is(w, "tests"))
		good = set_tests(words, w);
	else if (key_is(w, "reads"))
		good = set_number32(w, WORDS_READS_MAX, &words->reads);
	else if (key_is(w, "budget"))
		good = set_number32(w, WORDS_BUDGET_MAX, &words->budget_ms);
	else if (key_is(w, "seed"))
		good = text_number(w->value, w->value_len, UINT64_MAX, &words->seed);
	else if (key_is(w, "cpl"))
		good = set_cpl(words, w);
	else if (key_is(w, "exit"))
		good = set_exit(words, w);
	else
		return "unknown key";
	return good ? NULL : "bad value";
}

unsigned words_parse(struct words *words, const char *text, const struct diag *diag)
{
	unsigned bad = 0;

	for (;;) {
		struct word w = {0};
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
		for (w.key = text; text[len] && !is_space(text[len]); len++)
			if (text[len] == '=' && !w.value) {
				w.key_len = len;
				w.value = text + len + 1;
			}
		if (w.value)
			w.value_len = len - w.key_len - 1;
		else
			w.key_len = len;
		fault = take(words, &w);
		if (fault) {
			diag_say(diag, "%s '%.*s'", fault, (int)len, text);
			bad++;
		}
		text += len;
	}
}

const char *words_next_glob(const char **at, size_t *len)
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

bool words_match(const char *globs, const char *name)
{
	const char *glob;
	size_t len;

	while ((glob = words_next_glob(&globs, &len)))
		if (text_glob(glob, len, name))
			return true;
	return false;
}
