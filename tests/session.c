/* What belongs to the run as a whole. */
#include "session.h"

/* Tests that count diagnostics look at the number; all of them are lines of the log. */
static void diag_line(void *context, const char *text)
{
	struct session *s = context;

	s->diagnostics++;
	outcome_say(s, text);
}

void session_init(struct session *s)
{
	s->diag = (struct diag){diag_line, s};
}

uint64_t session_budget_cycles(const struct session *s)
{
	/* Where the frequency is unknown, 2 GHz: a budget bounds the run and measures nothing. */
	uint64_t khz = s->platform->tsc_khz ? s->platform->tsc_khz : 2000000;

	return khz * s->options->budget_ms;
}
