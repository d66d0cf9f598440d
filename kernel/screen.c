/* What is on the screen, whatever it is drawn with. */
#include <stddef.h>
#include "screen.h"
#include "text.h"

static const struct canvas *canvas;
static unsigned progress_row;

/* The same at the start and at the end: only what changes is seen to change. */
static unsigned draw_head(const char *word)
{
	unsigned row = canvas->line("", 0, CANVAS_GAP);

	row = canvas->line("barometer " BAROMETER_VERSION, row, CANVAS_TEXT);
	return canvas->line(word, row, CANVAS_LARGE);
}

void screen_init(const struct canvas *on)
{
	canvas = on;
	if (canvas)
		progress_row = draw_head("running");
}

void screen_progress(const char *name, unsigned number, unsigned planned)
{
	char line[80];

	if (!canvas)
		return;
	text_format(line, sizeof(line), "%u of %u: %s", number, planned, name);
	canvas->line(line, progress_row, CANVAS_TEXT);
}

void screen_show(const struct report *report, const char *const *lines, unsigned count)
{
	char counts[80];
	unsigned row;

	if (!canvas)
		return;
	row = draw_head(report_status(report));
	text_format(counts, sizeof(counts), "%u passed, %u failed, %u errors, %u skipped",
		    report->passed, report->failed, report->errors, report->skipped);
	row = canvas->line(counts, row, CANVAS_TEXT);
	for (unsigned i = 0; i < count; i++)
		if (lines[i] && lines[i][0])
			row = canvas->line(lines[i], row, CANVAS_TEXT);
	while (row < canvas->rows)
		row = canvas->line("", row, CANVAS_TEXT);
	/* Once is enough, whatever else goes wrong. */
	canvas = NULL;
}
