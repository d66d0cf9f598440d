/*
 * The whole log on the image's own volume: asked for with log=disk, or the only way that there is.
 */
#ifndef BAROMETER_KERNEL_KEEP_H
#define BAROMETER_KERNEL_KEEP_H

#include <stdbool.h>
#include "diag.h"
#include "handoff.h"
#include "options.h"

struct keep {
	const struct handoff_volume *volume;
	bool wanted;
};

/*
 * Decides; by_default is for those who did not ask. What stands in the way is told now, while there
 * is a log to tell it in.
 */
struct keep keep_plan(const struct handoff_volume *volume, enum options_log asked, bool by_default,
		      const struct diag *diag);

/* Whether keep_log() will try, for all that is known now. */
bool keep_is_planned(const struct keep *keep);

/*
 * Hands the log to the volume, if that is wanted; exit and value as in struct handoff_log. Back in
 * ring 0 then. Called after the last line.
 */
void keep_log(const struct keep *keep, enum options_exit exit, unsigned value);

/* Firmware faulted in the middle of keep_log(). */
void keep_faulted(void);

/* Whether the next start of the image writes the log. */
bool keep_done(void);

/* Whether that start may be made to follow: not again after a run whose log went astray. */
bool keep_may_restart(const struct keep *keep);

/* What became of it, for the screen; NULL when nothing was wanted. */
const char *keep_outcome(void);

#endif
