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

/* Decimal digits only; false when empty, not a number, or above max. */
bool text_number(const char *word, size_t len, uint64_t max, uint64_t *value);

#endif
