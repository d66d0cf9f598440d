/* The end of a run. */
#include "finish.h"
#include "console.h"
#include "io.h"
#include "mem.h"
#include "power.h"
#include "screen.h"

struct finish finish_state;

static unsigned exit_value(const char *status)
{
	if (strcmp(status, "pass") == 0)
		return POWER_PASS;
	if (strcmp(status, "fail") == 0)
		return POWER_FAIL;
	return strcmp(status, "skip") == 0 ? POWER_SKIP : POWER_ERROR;
}

_Noreturn void finish(void)
{
	report_note(&finish_state.report, "the end: %s", power_plan(finish_state.exit));
	io_out8(FINISH_PORT, FINISH_MARK_END);
	report_done(&finish_state.report, &finish_state.counts);
	console_drain();
	screen_show(&finish_state.report, finish_state.headline);
	power_off(finish_state.exit, exit_value(report_status(&finish_state.report)));
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
