/*
 * Something that lines of plain text can be drawn on, one below the other: a frame buffer
 * (kernel/pixels.h) or the VGA's text mode (kernel/vga_text.h).
 */
#ifndef BAROMETER_KERNEL_CANVAS_H
#define BAROMETER_KERNEL_CANVAS_H

#include <stdint.h>

enum canvas_size {
	CANVAS_GAP,  /* an empty line, less high than text */
	CANVAS_TEXT, /* forty letters fit and more */
	CANVAS_LARGE /* seven letters fit */
};

struct canvas {
	unsigned rows; /* that it has */
	/*
	 * Draws a line over the whole width from row `top` on, in rows of its own; what does not
	 * fit is cut. Returns the row below.
	 */
	unsigned (*line)(const char *text, unsigned top, enum canvas_size size);
};

/*
 * Five by seven: one row a byte, top first, bit 4 leftmost. Small letters look like capitals, which
 * is what five by seven is good for; what there is no glyph for is blank.
 */
#define GLYPH_WIDTH  5
#define GLYPH_HEIGHT 7

const uint8_t *glyph_rows(char c);

#endif
