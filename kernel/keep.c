/* The log and the volume. */
#include "keep.h"
#include "log.h"
#include "paging.h"
#include "privilege.h"
#include "text.h"

static bool done;
static char outcome[80];

static const char *fault_of(const struct handoff_volume *volume)
{
	return volume->keep ? volume->fault : "not started by UEFI";
}

struct keep keep_plan(const struct handoff_volume *volume, enum options_log asked, bool by_default,
		      const struct diag *diag)
{
	struct keep keep = {volume,
			    asked == OPTIONS_LOG_AUTO ? by_default : asked == OPTIONS_LOG_DISK};

	if (keep.wanted && fault_of(volume))
		diag_say(diag, "barometer.log will not be written: %s", fault_of(volume));
	else if (keep.wanted && volume->in_vain)
		diag_say(diag, "the last run's log went astray, so this one is not followed by a "
			       "restart; the next start of the image writes barometer.log");
	return keep;
}

bool keep_is_planned(const struct keep *keep)
{
	return keep->wanted && !fault_of(keep->volume);
}

/*
 * Code and data are not told apart within what firmware calls code, so this comes after the audit
 * of our tables.
 */
static bool map_firmware(const struct handoff_volume *volume)
{
	for (unsigned i = 0; i < volume->firmware_count; i++) {
		const struct handoff_firmware *f = &volume->firmware[i];

		if (!paging_map(f->start, f->len,
				PAGING_WRITE | (f->code ? PAGING_EXECUTE : 0) |
				    (f->device ? PAGING_UNCACHED : 0)))
			return false;
	}
	return true;
}

static const char *hand_over(const struct handoff_volume *volume, const struct handoff_log *log)
{
	const char *fault = fault_of(volume);

	if (fault)
		return fault;
	if (log->len > log_now()->room)
		return "longer than memory for it";
	if (log->len > volume->room)
		return "no room on the volume";
	if (!map_firmware(volume))
		return "no memory for page tables";
	privilege_raise();
	return volume->keep(log);
}

void keep_log(const struct keep *keep, enum options_exit exit, unsigned value)
{
	const struct log *now = log_now();
	const struct handoff_log log = {now->text, now->len, now->crc, exit, value};
	const char *fault;

	if (!keep->wanted)
		return;
	fault = hand_over(keep->volume, &log);
	done = !fault;
	if (done)
		text_format(outcome, sizeof(outcome), "barometer.log: at the next start");
	else
		text_format(outcome, sizeof(outcome), "no barometer.log: %s", fault);
}

void keep_faulted(void)
{
	done = false;
	text_format(outcome, sizeof(outcome), "no barometer.log: firmware faulted");
}

bool keep_may_restart(const struct keep *keep)
{
	return !keep->volume || !keep->volume->in_vain;
}

bool keep_done(void)
{
	return done;
}

const char *keep_outcome(void)
{
	return outcome;
}
