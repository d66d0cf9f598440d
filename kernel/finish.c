/* The end of a run. */
#include "finish.h"
#include "console.h"
#include "io.h"
#include "mem.h"
#include "power.h"
#include "log.h"
#include "screen.h"
#include "text.h"

struct finish finish_state;

static unsigned exit_value(const char *status)
{
	if (strcmp(status, "pass") == 0)
		return POWER_PASS;
	if (strcmp(status, "fail") == 0)
		return POWER_FAIL;
	return strcmp(status, "skip") == 0 ? POWER_SKIP : POWER_ERROR;
}

/* The result, and what tells a photograph of it from another run's. */
static void show(void)
{
	const char *lines[FINISH_LINES_MAX + 3];
	const struct log *log = log_now();
	char sum[48], console[48];

	for (unsigned i = 0; i < FINISH_LINES_MAX; i++)
		lines[i] = finish_state.lines[i];
	text_format(sum, sizeof(sum), "log crc-32 %08x, %zu bytes", log->crc, log->len);
	text_format(console, sizeof(console), "console: %s", console_name());
	lines[FINISH_LINES_MAX] = sum;
	lines[FINISH_LINES_MAX + 1] = keep_outcome();
	lines[FINISH_LINES_MAX + 2] = console;
	screen_show(&finish_state.report, lines, FINISH_LINES_MAX + 3);
}

static unsigned value_now(void)
{
	return exit_value(report_status(&finish_state.report));
}

/* A log that waits for the image's next start gets it, unless the end was chosen. */
static enum options_exit how_with(bool kept)
{
	return kept && finish_state.exit == OPTIONS_EXIT_AUTO &&
		       keep_may_restart(&finish_state.keep)
		   ? OPTIONS_EXIT_RESET
		   : finish_state.exit;
}

static _Noreturn void end(void)
{
	show();
	power_off(how_with(keep_done()), value_now());
}

static bool last_line_out;

_Noreturn void finish(void)
{
	bool kept = keep_is_planned(&finish_state.keep);

	report_note(&finish_state.report, "the end: %s%s", power_plan(how_with(kept)),
		    kept ? "; the next start of the image writes barometer.log" : "");
	io_out8(FINISH_PORT, FINISH_MARK_END);
	report_done(&finish_state.report, &finish_state.counts);
	console_drain();
	last_line_out = true;
	keep_log(&finish_state.keep, finish_state.exit,
		 power_tells(finish_state.exit) ? value_now() : 0);
	end();
}

void finish_after_fault(void)
{
	static bool again;

	if (!last_line_out)
		return;
	if (again)
		power_off(finish_state.exit, value_now());
	again = true;
	keep_faulted();
	end();
}

_Noreturn void finish_error(const char *reason)
{
	struct report *report = &finish_state.report;

	/* An object that was being written stays cut short, on a line of its own. */
	if (report->open)
		report->put(report->context, "\n", 1);
	report->open = false;
	if (!report->planned)
		report_plan(report, 1);
	report_result(report, report->running ? report->running : "kernel", REPORT_ERROR, reason);
	finish();
}
