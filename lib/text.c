/* Formatting and matching. */
#include "text.h"
#include "mem.h"

struct out {
	char *to;
	size_t size, len;
};

static void put(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->to[out->len] = c;
	out->len++;
}

static void pad(struct out *out, char c, size_t width, size_t used)
{
	for (; used < width; used++)
		put(out, c);
}

struct spec {
	bool left, zero;
	size_t width, precision; /* precision: SIZE_MAX when not given */
	unsigned longs;
};

static void put_string(struct out *out, const struct spec *spec, const char *s)
{
	size_t len = 0;

	while (len < spec->precision && s[len])
		len++;
	if (!spec->left)
		pad(out, ' ', spec->width, len);
	for (size_t i = 0; i < len; i++)
		put(out, s[i]);
	if (spec->left)
		pad(out, ' ', spec->width, len);
}

static void put_number(struct out *out, const struct spec *spec, uint64_t value, unsigned base,
		       bool negative)
{
	char digits[24];
	size_t n = 0, len;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while (value /= base);
	len = n + negative;
	if (!spec->left && !spec->zero)
		pad(out, ' ', spec->width, len);
	if (negative)
		put(out, '-');
	if (!spec->left && spec->zero)
		pad(out, '0', spec->width, len);
	while (n)
		put(out, digits[--n]);
	if (spec->left)
		pad(out, ' ', spec->width, len);
}

static size_t number(const char **p)
{
	size_t value = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		value = value * 10 + (size_t)(**p - '0');
	return value;
}

static const char *parse_spec(const char *p, struct spec *spec, va_list *args)
{
	*spec = (struct spec){.precision = SIZE_MAX};
	for (;; p++) {
		if (*p == '-')
			spec->left = true;
		else if (*p == '0')
			spec->zero = true;
		else
			break;
	}
	if (*p == '*') {
		spec->width = (size_t)va_arg(*args, int);
		p++;
	} else {
		spec->width = number(&p);
	}
	if (*p == '.') {
		p++;
		if (*p == '*') {
			spec->precision = (size_t)va_arg(*args, int);
			p++;
		} else {
			spec->precision = number(&p);
		}
	}
	for (; *p == 'l' || *p == 'z'; p++)
		spec->longs++;
	return p;
}

size_t text_vformat(char *to, size_t size, const char *format, va_list list)
{
	struct out out = {.to = to, .size = size};
	struct spec spec;
	va_list args;

	va_copy(args, list);

	for (const char *p = format; *p; p++) {
		if (*p != '%') {
			put(&out, *p);
			continue;
		}
		p = parse_spec(p + 1, &spec, &args);
		if (*p == 's') {
			put_string(&out, &spec, va_arg(args, const char *));
		} else if (*p == 'c') {
			put(&out, (char)va_arg(args, int));
		} else if (*p == 'd') {
			int64_t v = spec.longs ? va_arg(args, int64_t) : va_arg(args, int);

			put_number(&out, &spec, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0);
		} else if (*p == 'u' || *p == 'x') {
			uint64_t v = spec.longs ? va_arg(args, uint64_t) : va_arg(args, unsigned);

			put_number(&out, &spec, v, *p == 'x' ? 16 : 10, false);
		} else if (*p) {
			put(&out, *p);
		} else {
			break;
		}
	}
	va_end(args);
	if (size)
		to[out.len < size ? out.len : size - 1] = '\0';
	return out.len;
}

size_t text_format(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	len = text_vformat(to, size, format, args);
	va_end(args);
	return len;
}

/* One star is remembered at a time: on a mismatch it swallows one more character. Linear in pattern
 * times name. */
bool text_glob(const char *pattern, size_t pattern_len, const char *name)
{
	size_t p = 0, star = SIZE_MAX;
	const char *resume = name;

	while (*name) {
		if (p < pattern_len && pattern[p] == '*') {
			star = p++;
			resume = name;
		} else if (p < pattern_len && (pattern[p] == '?' || pattern[p] == *name)) {
			p++;
			name++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}

size_t text_wrap(const char *text, size_t columns, const char **next)
{
	size_t len = strlen(text), at = columns;

	if (len > columns) {
		while (at && text[at] != ' ')
			at--;
		len = at ? at : columns;
	}
	*next = text + len;
	while (**next == ' ')
		(*next)++;
	while (len && text[len - 1] == ' ')
		len--;
	return len;
}

bool text_number(const char *word, size_t len, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint64_t digit = (uint64_t)(word[i] - '0');

		if (word[i] < '0' || word[i] > '9' || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return v <= max;
}
