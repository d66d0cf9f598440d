/*
 * The result on the screen, for whoever sees only that: drawn once, after the last line of the log,
 * so that no figure is touched by it.
 */
#ifndef BAROMETER_KERNEL_SCREEN_H
#define BAROMETER_KERNEL_SCREEN_H

#include "handoff.h"
#include "report.h"

/* Maps the frame buffer, if firmware left one. Without this, or after a failure, screen_show() does
 * nothing. */
void screen_init(const struct handoff_screen *screen);

/* Status, counts, and headline (may be NULL or empty) in large plain text. */
void screen_show(const struct report *report, const char *headline);

#endif
