/* What is on the screen, whatever it is drawn with. */
#include <stddef.h>
#include "screen.h"
#include "mem.h"
#include "text.h"

#define PROGRESS_LINES 2
#define MORE           "and more: see the log"

static const struct canvas *canvas;
static unsigned progress_row;

/* The same at the start and at the end: only what changes is seen to change. */
static unsigned draw_head(const char *word)
{
	static const char title[] = "barometer " BAROMETER_VERSION;
	unsigned row = canvas->line("", 0, 0, CANVAS_GAP);

	row = canvas->line(title, sizeof(title) - 1, row, CANVAS_TEXT);
	return canvas->line(word, (unsigned)strlen(word), row, CANVAS_LARGE);
}

/* In as many lines as it takes. */
static unsigned draw_text(const char *text, unsigned row)
{
	while (*text) {
		const char *line = text;
		size_t len = text_wrap(line, canvas->columns, &text);

		row = canvas->line(line, (unsigned)len, row, CANVAS_TEXT);
	}
	return row;
}

static unsigned rows_of(const char *text)
{
	unsigned rows = 0;

	for (; *text; rows += canvas->text_rows)
		text_wrap(text, canvas->columns, &text);
	return rows;
}

static void clear(unsigned row, unsigned end)
{
	while (row < end)
		row = canvas->line("", 0, row, CANVAS_TEXT);
}

void screen_init(const struct canvas *on)
{
	canvas = on;
	if (canvas)
		progress_row = draw_head("runs");
}

void screen_progress(const char *name, unsigned number, unsigned planned)
{
	char line[80];

	if (!canvas)
		return;
	text_format(line, sizeof(line), "%u of %u: %s", number, planned, name);
	clear(draw_text(line, progress_row), progress_row + PROGRESS_LINES * canvas->text_rows);
}

/* What has no room in full is not begun, and said to be missing in a line that is kept for it. */
static unsigned draw_lines(const char *const *lines, unsigned count, unsigned row)
{
	unsigned all = row;

	for (unsigned i = 0; i < count; i++)
		all += rows_of(lines[i]);
	for (unsigned i = 0; i < count; i++) {
		if (all > canvas->rows &&
		    row + rows_of(lines[i]) + canvas->text_rows > canvas->rows)
			return draw_text(MORE, row);
		row = draw_text(lines[i], row);
	}
	return row;
}

void screen_show(const struct report *report, const char *const *lines, unsigned count)
{
	const char *shown[SCREEN_LINES_MAX + 1];
	char counts[80];
	unsigned kept = 0;

	if (!canvas)
		return;
	text_format(counts, sizeof(counts), "%u ok, %u failed, %u errors, %u skipped",
		    report->passed, report->failed, report->errors, report->skipped);
	shown[kept++] = counts;
	for (unsigned i = 0; i < count && kept <= SCREEN_LINES_MAX; i++)
		if (lines[i] && lines[i][0])
			shown[kept++] = lines[i];
	clear(draw_lines(shown, kept, draw_head(report_status(report))), canvas->rows);
	/* Once is enough, whatever else goes wrong. */
	canvas = NULL;
}
