/* Drawing dots. */
#include "pixels.h"
#include "mem.h"
#include "paging.h"

#define CELL_WIDTH  (GLYPH_WIDTH + 1)
#define CELL_HEIGHT (GLYPH_HEIGHT + 3)

/* The same in RGB and BGR. */
#define PAPER       0x00000000u
#define INK         0x00ffffffu

static struct handoff_screen screen;
static volatile uint32_t *pixels;

static bool is_ink(const char *text, unsigned len, unsigned column, unsigned row)
{
	unsigned at = column / CELL_WIDTH, bit = column % CELL_WIDTH;

	return at < len && row < GLYPH_HEIGHT && bit < GLYPH_WIDTH &&
	       glyph_rows(text[at])[row] >> (GLYPH_WIDTH - 1 - bit) & 1;
}

static unsigned draw_line(const char *text, unsigned top, enum canvas_size size)
{
	/*
	 * Dots a dot: 1 up to 800 pixels, 2 up to 1600, so that the letters of the smaller lines
	 * are many enough.
	 */
	const unsigned unit = (screen.width + 799) / 800, margin = screen.width / 32;
	const unsigned scale = unit * (size == CANVAS_LARGE ? 8 : size == CANVAS_TEXT ? 2 : 1);
	unsigned len = (unsigned)strlen(text);

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
	canvas.rows = screen.height;
	if (!screen.width || !screen.height)
		return NULL;
	pixels = paging_map(screen.base, (uint64_t)screen.stride * screen.height * 4,
			    PAGING_WRITE | PAGING_UNCACHED);
	return pixels ? &canvas : NULL;
}
