/* Drawing dots. */
#include "pixels.h"
#include "paging.h"

#define CELL_WIDTH   (GLYPH_WIDTH + 1)
#define CELL_HEIGHT  (GLYPH_HEIGHT + 3)

/* Of the width, on either side. */
#define MARGIN_SHARE 32

/* The same in RGB and BGR. */
#define PAPER        0x00000000u
#define INK          0x00ffffffu

static struct handoff_screen screen;
static volatile uint32_t *pixels;

static bool is_ink(const char *text, unsigned len, unsigned column, unsigned row)
{
	unsigned at = column / CELL_WIDTH, bit = column % CELL_WIDTH;

	return at < len && row < GLYPH_HEIGHT && bit < GLYPH_WIDTH &&
	       glyph_rows(text[at])[row] >> (GLYPH_WIDTH - 1 - bit) & 1;
}

/*
 * Pixels of a dot: a unit is 1 up to 800 pixels, 2 up to 1600, so that the letters of the smaller
 * lines are many enough.
 */
static unsigned scale_of(enum canvas_size size)
{
	const unsigned unit = (screen.width + 799) / 800;

	return unit * (size == CANVAS_LARGE ? 8 : size == CANVAS_TEXT ? 2 : 1);
}

static unsigned draw_line(const char *text, unsigned len, unsigned top, enum canvas_size size)
{
	const unsigned scale = scale_of(size), margin = screen.width / MARGIN_SHARE;

	for (unsigned y = 0; y < CELL_HEIGHT * scale && top + y < screen.height; y++) {
		volatile uint32_t *line = pixels + (uint64_t)(top + y) * screen.stride;

		for (unsigned x = 0; x < screen.width; x++)
			line[x] = x >= margin && is_ink(text, len, (x - margin) / scale, y / scale)
				      ? INK
				      : PAPER;
	}
	return top + CELL_HEIGHT * scale;
}

const struct canvas *pixels_init(const struct handoff_screen *from)
{
	static struct canvas canvas = {.line = draw_line};

	screen = *from;
	if (!screen.width || !screen.height)
		return NULL;
	canvas.rows = screen.height;
	canvas.text_rows = CELL_HEIGHT * scale_of(CANVAS_TEXT);
	canvas.columns = (screen.width - 2 * (screen.width / MARGIN_SHARE)) /
			 (CELL_WIDTH * scale_of(CANVAS_TEXT));
	pixels = paging_map(screen.base, (uint64_t)screen.stride * screen.height * 4,
			    PAGING_WRITE | PAGING_UNCACHED);
	return pixels && canvas.columns ? &canvas : NULL;
}
