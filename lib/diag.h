/*
 * Where lib/ says what it found wrong: one line of text a finding, no newline. The owner of the
 * sink prints and counts.
 */
#ifndef BAROMETER_LIB_DIAG_H
#define BAROMETER_LIB_DIAG_H

struct diag {
	void (*line)(void *context, const char *text);
	void *context;
};

/* Drops every line: for who asks what somebody else has said already. */
extern const struct diag diag_silent;

/* Lines longer than 240 characters are cut. Formats as text_format() does. */
void diag_say(const struct diag *diag, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
