/*
 * The run on the screen, for whoever sees only that: how far it is, and at the end the result.
 * Drawn between tests, so that no figure is touched by it.
 */
#ifndef BAROMETER_KERNEL_SCREEN_H
#define BAROMETER_KERNEL_SCREEN_H

#include "canvas.h"
#include "report.h"

/* canvas may be NULL: then, and after screen_show(), nothing is drawn. */
void screen_init(const struct canvas *canvas);

/* The test that starts, as `number` of `planned`. */
void screen_progress(const char *name, unsigned number, unsigned planned);

#define SCREEN_LINES_MAX 16

/*
 * Status, counts, and then the lines, the most important first and SCREEN_LINES_MAX at the most, in
 * large plain text, and nothing else; NULL or empty lines are left out. Long ones are wrapped;
 * where there is no room for all, the last line says so.
 */
void screen_show(const struct report *report, const char *const *lines, unsigned count);

#endif
