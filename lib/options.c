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
	static const char *const choices[] = {"auto", "debug", "reset", "halt", "off"};
	int i = choice(o, choices, 5);

	if (i >= 0)
		options->exit = (enum options_exit)i;
	return i >= 0;
}

static bool set_log(struct options *options, const struct option *o)
{
	static const char *const choices[] = {"auto", "disk", "console"};
	int i = choice(o, choices, 3);

	if (i >= 0)
		options->log = (enum options_log)i;
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

static const char unknown_option[] = "unknown option", unknown_key[] = "unknown key";

/* MiB, or with a suffix, as Linux's option of the same name has it. */
static bool set_mem(struct options *options, const struct option *o)
{
	char suffix = o->value_len ? o->value[o->value_len - 1] : '\0';
	struct option number = *o;
	uint32_t each = suffix == 'G' ? 1024 : 1;

	if (suffix == 'M' || suffix == 'G')
		number.value_len--;
	if (!set_number32(&number, OPTIONS_MEM_MAX / each, &options->mem))
		return false;
	options->mem *= each;
	return true;
}

/* What is wrong with an option, or NULL once it is taken over. */
static const char *take(struct options *options, const struct option *o)
{
	bool good;

	if (!o->value) {
		if (key_is(o, "list"))
			options->list = true;
		else if (key_is(o, "emulated"))
			options->emulated = true;
		else if (!key_is(o, OPTIONS_MARKER))
			return unknown_option;
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
	else if (key_is(o, "log"))
		good = set_log(options, o);
	else if (key_is(o, "ports"))
		good = set_ports(options, o);
	else if (key_is(o, "mem"))
		good = set_mem(options, o);
	else
		return unknown_key;
	return good ? NULL : "bad value";
}

/* The word at or behind *at, which moves there; 0: there is none. Passes over comments. */
static size_t next_word(const char **at)
{
	size_t len = 0;

	for (;;) {
		while (is_space(**at))
			(*at)++;
		if (**at != '#')
			break;
		while (**at && **at != '\n')
			(*at)++;
	}
	while ((*at)[len] && !is_space((*at)[len]))
		len++;
	return len;
}

static struct option split(const char *word, size_t len)
{
	struct option o = {.key = word, .key_len = len};

	for (size_t i = 0; i < len && !o.value; i++)
		if (word[i] == '=') {
			o.key_len = i;
			o.value = word + i + 1;
			o.value_len = len - i - 1;
		}
	return o;
}

/* Where the marker is, or NULL. */
static const char *find_marker(const char *text)
{
	static const char marker[] = OPTIONS_MARKER;
	size_t len;

	for (; (len = next_word(&text)); text += len)
		if (len == sizeof(marker) - 1 && memcmp(text, marker, len) == 0)
			return text;
	return NULL;
}

/* The words that are not ours, for one line of the log. */
struct foreign {
	char words[180];
	size_t len;
	unsigned count, left_out;
};

static void add_foreign(struct foreign *foreign, const char *word, size_t len)
{
	foreign->count++;
	if (foreign->left_out || len + 1 >= sizeof(foreign->words) - foreign->len) {
		foreign->left_out++;
		return;
	}
	foreign->words[foreign->len++] = ' ';
	memcpy(foreign->words + foreign->len, word, len);
	foreign->len += len;
}

static void say_foreign(const struct foreign *foreign, const struct diag *diag)
{
	if (foreign->left_out)
		diag_say(diag, "words that are not for barometer are ignored:%.*s and %u more",
			 (int)foreign->len, foreign->words, foreign->left_out);
	else if (foreign->count)
		diag_say(diag, "words that are not for barometer are ignored:%.*s",
			 (int)foreign->len, foreign->words);
}

unsigned options_parse(struct options *options, const char *text, bool with_foreign,
		       const struct diag *diag)
{
	const char *ours = find_marker(text);
	struct foreign foreign = {.count = 0};
	unsigned bad = 0;
	size_t len;

	for (; (len = next_word(&text)); text += len) {
		struct option o = split(text, len);
		const char *fault;

		if (ours && text < ours) {
			add_foreign(&foreign, text, len);
			continue;
		}
		fault = take(options, &o);
		if (!fault)
			continue;
		if (with_foreign && !ours && (fault == unknown_option || fault == unknown_key)) {
			add_foreign(&foreign, text, len);
			continue;
		}
		diag_say(diag, "%s '%.*s'", fault, (int)len, text);
		bad++;
	}
	say_foreign(&foreign, diag);
	return bad;
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
