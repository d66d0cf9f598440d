/* Formatting against the C library's, globs, numbers, diagnostics' length. */
#include <stdlib.h>
#include "check.h"
#include "text.h"

/* Both must agree on text and length, at every buffer size; the bytes after the buffer's end are
 * watched. */
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char expected[300];                                                                \
		int len = snprintf(expected, sizeof(expected), __VA_ARGS__);                       \
		for (size_t size = 0; size < 64; size++) {                                         \
			char *got = malloc(size ? size : 1);                                       \
			assert_int_equal(text_format(got, size, __VA_ARGS__), len);                \
			if (size) {                                                                \
				snprintf(expected, size, __VA_ARGS__);                             \
				assert_string_equal(got, expected);                                \
			}                                                                          \
			free(got);                                                                 \
		}                                                                                  \
	} while (0)

static void test_like_the_c_library(void **state)
{
	(void)state;
	SAME("plain");
	SAME("%s|%s", "a", "");
	SAME("%5s|%-5s|%.2s|%5.1s|%-4.3s|", "abc", "abc", "abc", "abc", "abcd");
	SAME("%.*s|%*s|%-*s|", 2, "abc", 6, "abc", 6, "abc");
	SAME("%.0s|", "abc");
	SAME("%c%c", 'x', 'y');
	SAME("%d %d %d %d", 0, -1, 2147483647, -2147483647 - 1);
	SAME("%5d|%-5d|%05d|%05d|%*d", 42, 42, 42, -42, 7, -1);
	SAME("%u %u", 0u, 4294967295u);
	SAME("%x %08x %8x %-8x| %04x", 0xdeadbeefu, 0xbeefu, 0xbeefu, 0xbeefu, 0x12345u);
	SAME("%lu %ld %lx", 18446744073709551615ul, -9223372036854775807l - 1,
	     0x8000000000000000ul);
	SAME("%llu %lld %llx %016llx", 1ull << 63, -5ll, 0xabcdef0123ull, 0xabcull);
	SAME("%zu %zx", (size_t)-1, (size_t)255);
	SAME("100%% %s%%", "sure");
	SAME("%02x:%02x.%u", 0u, 0x1fu, 2u);
}

static void test_format_that_ends_in_a_percent(void **state)
{
	/* Not a literal: no compiler lets one through. */
	static char format[] = {'a', '%', '\0'}, flags[] = {'b', '%', '-', '0', '5', 'l', '\0'};
	char to[16];

	(void)state;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	assert_int_equal(text_format(to, sizeof(to), format), 1);
	assert_string_equal(to, "a");
	assert_int_equal(text_format(to, sizeof(to), flags), 1);
	assert_string_equal(to, "b");
#pragma GCC diagnostic pop
}

static bool glob(const char *pattern, const char *name)
{
	return text_glob(pattern, strlen(pattern), name);
}

/* Recursion straight from the definition. */
static bool naive(const char *p, size_t n, const char *name)
{
	if (n == 0)
		return *name == '\0';
	if (*p == '*')
		return naive(p + 1, n - 1, name) || (*name && naive(p, n, name + 1));
	return *name && (*p == '?' || *p == *name) && naive(p + 1, n - 1, name + 1);
}

static void test_globs(void **state)
{
	(void)state;
	assert_true(glob("", ""));
	assert_false(glob("", "a"));
	assert_true(glob("scan/*", "scan/pio/tree"));
	assert_true(glob("scan/*", "scan/"));
	assert_false(glob("scan/*", "scan"));
	assert_true(glob("*pio*", "scan/pio"));
	assert_true(glob("a?c", "abc"));
	assert_false(glob("a?c", "ac"));
	assert_true(glob("**", ""));
	assert_false(glob("abc", "abcd"));
	assert_false(glob("[a]", "a"));
	assert_true(text_glob("pio,ecam", 3, "pio")); /* not terminated */
	assert_false(text_glob("pio,ecam", 3, "pio,"));
}

/* Every pattern and name of up to 6 characters over a small alphabet. */
static void test_globs_exhaustively(void **state)
{
	char pattern[7], name[6];

	(void)state;
	for (unsigned p = 0; p < 4 * 4 * 4 * 4 * 4 * 4; p++) {
		for (unsigned i = 0; i < 6; i++)
			pattern[i] = "ab?*"[p >> 2 * i & 3];
		for (size_t len = 0; len <= 6; len += 2) {
			for (unsigned n = 0; n < 32; n++) {
				for (unsigned i = 0; i < 5; i++)
					name[i] = "ab"[n >> i & 1];
				name[n % 6] = '\0';
				name[5] = '\0';
				assert_int_equal(text_glob(pattern, len, name),
						 naive(pattern, len, name));
			}
		}
	}
}

/* Doubly exponential with a naive matcher. */
static void test_glob_that_backtracks(void **state)
{
	char name[2001], pattern[201];

	(void)state;
	memset(name, 'a', 2000);
	name[2000] = '\0';
	for (unsigned i = 0; i < 200; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[199] = 'b';
	assert_false(text_glob(pattern, 200, name));
}

static void test_numbers(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_true(text_number("0", 1, 10, &value));
	assert_int_equal(value, 0);
	assert_true(text_number("0010", 4, 10, &value));
	assert_int_equal(value, 10);
	assert_false(text_number("11", 2, 10, &value));
	assert_false(text_number("", 0, 10, &value));
	assert_false(text_number("1x", 2, 100, &value));
	assert_false(text_number("-1", 2, 100, &value));
	assert_false(text_number("+1", 2, 100, &value));
	assert_false(text_number(" 1", 2, 100, &value));
	assert_true(text_number("12x", 2, 100, &value));
	assert_true(text_number("18446744073709551615", 20, UINT64_MAX, &value));
	assert_int_equal(value, UINT64_MAX);
	assert_false(text_number("18446744073709551616", 20, UINT64_MAX, &value));
	assert_false(text_number("99999999999999999999999", 23, UINT64_MAX, &value));
}

static void test_diagnostics_are_cut(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'x', 399);
	text[399] = '\0';
	heard_reset();
	diag_say(&heard, "%s", text);
	assert_int_equal(heard_lines(), 1);
	assert_int_equal(strlen(heard_text()), 240 + 1);
	heard_reset();
	diag_say(&diag_silent, "nobody hears this");
	diag_say(&heard, "at 0x%x", 16u);
	assert_string_equal(heard_text(), "at 0x10\n");
}

/* Lines of `columns`, joined by '|'. */
static void assert_wrapped(const char *text, size_t columns, const char *lines)
{
	char joined[120] = "";

	while (*text) {
		const char *from = text;
		size_t len = text_wrap(from, columns, &text);

		assert_in_range(len, 1, columns);
		assert_true(text > from);
		strncat(joined, from, len);
		if (*text)
			strcat(joined, "|");
	}
	assert_string_equal(joined, lines);
}

static void test_wrap(void **state)
{
	const char *text = "", *next;

	(void)state;
	assert_wrapped("as it is", 8, "as it is");
	assert_wrapped("as it is", 7, "as it|is");
	assert_wrapped("as it is", 5, "as it|is");
	assert_wrapped("as it is", 4, "as|it|is");
	assert_wrapped("as  it   is", 5, "as|it|is");
	assert_wrapped("barometer.log", 5, "barom|eter.|log");
	assert_wrapped("a barometer.log", 5, "a|barom|eter.|log");
	assert_wrapped("abc", 1, "a|b|c");
	assert_wrapped("ends in spaces  ", 14, "ends in spaces");
	assert_int_equal(text_wrap(text, 5, &next), 0);
	assert_ptr_equal(next, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_like_the_c_library),
	    cmocka_unit_test(test_format_that_ends_in_a_percent),
	    cmocka_unit_test(test_globs),
	    cmocka_unit_test(test_globs_exhaustively),
	    cmocka_unit_test(test_glob_that_backtracks),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_diagnostics_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
