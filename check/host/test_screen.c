/* What is on the screen, on a canvas of letters: nothing is cut, and what is left out is told. */
#include "check.h"
#include "screen.h"

#define ROWS_MAX 40

/* By row: what is drawn there, large lines in capitals by a mark. */
static char drawn[ROWS_MAX][64];

static struct canvas canvas;

static unsigned line(const char *text, unsigned len, unsigned top, enum canvas_size size)
{
	static const unsigned high[] = {[CANVAS_GAP] = 1, [CANVAS_TEXT] = 2, [CANVAS_LARGE] = 8};

	assert_in_range(top, 0, canvas.rows - 1);
	assert_in_range(len, 0, size == CANVAS_LARGE ? 6 : canvas.columns);
	snprintf(drawn[top], sizeof(drawn[top]), "%s%.*s", size == CANVAS_LARGE ? "*" : "",
		 (int)len, text);
	return top + high[size];
}

/* Rows of a line are two: from 11 on, below gap, title and status. */
#define FIRST 11

static void show(unsigned columns, unsigned rows, const char *const *lines, unsigned count)
{
	struct report report = {.passed = 103, .skipped = 2};

	memset(drawn, 0, sizeof(drawn));
	for (unsigned i = 0; i < ROWS_MAX; i++)
		strcpy(drawn[i], "old");
	canvas = (struct canvas){.rows = rows, .text_rows = 2, .columns = columns, .line = line};
	screen_init(&canvas);
	screen_show(&report, lines, count);
}

static void assert_drawn(unsigned row, const char *text)
{
	assert_string_equal(drawn[row], text);
}

static void test_result(void **state)
{
	static const char *const lines[] = {"access by ecam", NULL, "", "log crc-32 01234567"};

	(void)state;
	show(40, 31, lines, 4);
	assert_drawn(0, "");
	assert_drawn(1, "barometer host");
	assert_drawn(3, "*pass");
	assert_drawn(FIRST, "103 ok, 0 failed, 0 errors, 2 skipped");
	assert_drawn(FIRST + 2, "access by ecam");
	assert_drawn(FIRST + 4, "log crc-32 01234567");
	/* What was there before is gone. */
	for (unsigned row = FIRST + 6; row < 31; row += 2)
		assert_drawn(row, "");
}

static void test_wrapped(void **state)
{
	static const char *const lines[] = {"no barometer.log: the volume is read-only", "console"};

	(void)state;
	show(20, 31, lines, 2);
	assert_drawn(FIRST, "103 ok, 0 failed, 0");
	assert_drawn(FIRST + 2, "errors, 2 skipped");
	assert_drawn(FIRST + 4, "no barometer.log:");
	assert_drawn(FIRST + 6, "the volume is");
	assert_drawn(FIRST + 8, "read-only");
	assert_drawn(FIRST + 10, "console");
}

static void test_no_room(void **state)
{
	static const char *const lines[] = {"one", "two", "two lines that are wrapped", "four"};

	(void)state;
	/* Just enough. */
	show(40, FIRST + 10, lines, 4);
	assert_drawn(FIRST + 6, "two lines that are wrapped");
	assert_drawn(FIRST + 8, "four");
	/* A row less. */
	show(40, FIRST + 9, lines, 4);
	assert_drawn(FIRST + 4, "two");
	assert_drawn(FIRST + 6, "and more: see the log");
	/* What would be cut in its middle is left out. */
	show(22, FIRST + 13, lines, 4);
	assert_drawn(FIRST + 4, "one");
	assert_drawn(FIRST + 6, "two");
	assert_drawn(FIRST + 8, "and more: see the log");
}

static void test_progress(void **state)
{
	(void)state;
	canvas = (struct canvas){.rows = 31, .text_rows = 2, .columns = 20, .line = line};
	screen_init(&canvas);
	assert_drawn(3, "*runs");
	screen_progress("rule.capability.lists", 2, 119);
	assert_drawn(FIRST, "2 of 119:");
	assert_drawn(FIRST + 2, "rule.capability.list");
	screen_progress("verdict", 119, 119);
	assert_drawn(FIRST, "119 of 119: verdict");
	assert_drawn(FIRST + 2, "");
}

static void test_no_canvas(void **state)
{
	struct report report = {.passed = 1};

	(void)state;
	screen_init(NULL);
	screen_progress("verdict", 1, 1);
	screen_show(&report, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_result),    cmocka_unit_test(test_wrapped),
	    cmocka_unit_test(test_no_room),   cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_no_canvas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
