/* Text into a fixed buffer: a bounded printf subset, globs, and numbers out of words. */
#ifndef BAROMETER_LIB_TEXT_H
#define BAROMETER_LIB_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Formats %s %c %d %u %x %% with flags 0 and -, a width (or *; not for %c), a precision for %s, and
 * the length modifiers l, ll and z. Always terminates the buffer (size > 0) and returns the length
 * that the whole text would have had.
 */
size_t text_format(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t text_vformat(char *to, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Shell-style match of a whole name: * any run, ? any one character; nothing else is special. */
bool text_glob(const char *pattern, size_t pattern_len, const char *name);

/*
 * How many bytes of a text go into its first line of that many columns (1 or more): up to the last
 * space that fits, a word that is longer in pieces. Spaces at the break go to neither line:
 * *next is where the second line begins, at the text's end if there is none.
 */
size_t text_wrap(const char *text, size_t columns, const char **next);

/* Decimal digits only; false when empty, not a number, or above max. */
bool text_number(const char *word, size_t len, uint64_t max, uint64_t *value);

#endif
