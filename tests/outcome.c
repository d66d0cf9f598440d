/* How a test ended. */
#include "mem.h"
#include "session.h"
#include "text.h"

/* The worst wins: NONE < PASS < SKIP < FAIL < ERROR. */
static void settle(struct session *s, enum report_outcome outcome)
{
	if (outcome > s->outcome.worst)
		s->outcome.worst = outcome;
}

void session_pass(struct session *s)
{
	settle(s, REPORT_PASS);
}

void outcome_say(struct session *s, const char *line)
{
	struct outcome *o = &s->outcome;

	if (!o->hold) {
		report_note(s->report, "%s", line);
		return;
	}
	if (o->held < OUTCOME_HELD_MAX)
		text_format(o->held_line[o->held], OUTCOME_NOTE_MAX, "%s", line);
	o->held++;
}

void outcome_hold(struct session *s)
{
	s->outcome.hold = true;
}

void outcome_release(struct session *s)
{
	struct outcome *o = &s->outcome;

	o->hold = false;
	for (unsigned i = 0; i < o->held && i < OUTCOME_HELD_MAX; i++)
		report_note(s->report, "%s", o->held_line[i]);
	if (o->held > OUTCOME_HELD_MAX)
		report_note(s->report, "and %u more lines", o->held - OUTCOME_HELD_MAX);
	o->held = 0;
}

static void settle_with(struct session *s, enum report_outcome outcome, const char *label,
			const char *format, va_list args)
{
	char text[OUTCOME_NOTE_MAX], line[OUTCOME_NOTE_MAX];

	text_vformat(text, sizeof(text), format, args);
	if (label) {
		text_format(line, sizeof(line), "%s: %s", label, text);
		outcome_say(s, line);
	}
	if (outcome > s->outcome.worst)
		memcpy(s->outcome.reason, text, sizeof(text));
	settle(s, outcome);
}

void session_fail(struct session *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	settle_with(s, REPORT_FAIL, s->outcome.deviates ? "XFAIL" : "FAIL", format, args);
	va_end(args);
}

void session_error(struct session *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	settle_with(s, REPORT_ERROR, "ERROR", format, args);
	va_end(args);
}

void session_skip(struct session *s, const char *format, ...)
{
	va_list args;

	/* What was checked counts for more than what could not be. */
	if (s->outcome.worst != REPORT_NONE)
		return;
	va_start(args, format);
	settle_with(s, REPORT_SKIP, NULL, format, args);
	va_end(args);
}
