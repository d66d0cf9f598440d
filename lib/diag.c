/* Saying what was found wrong. */
#include <stddef.h>
#include "diag.h"
#include "text.h"

static void drop(void *context, const char *text)
{
	(void)context;
	(void)text;
}

const struct diag diag_silent = {drop, NULL};

void diag_say(const struct diag *diag, const char *format, ...)
{
	char line[241];
	va_list args;

	va_start(args, format);
	text_vformat(line, sizeof(line), format, args);
	va_end(args);
	diag->line(diag->context, line);
}
