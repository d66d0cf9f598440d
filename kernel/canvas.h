/*
 * Something that lines of plain text can be drawn on, one below the other: a frame buffer
 * (kernel/pixels.h) or the VGA's text mode (kernel/vga_text.h).
 */
#ifndef BAROMETER_KERNEL_CANVAS_H
#define BAROMETER_KERNEL_CANVAS_H

#include <stdint.h>

enum canvas_size {
	CANVAS_GAP,  /* an empty line, less high than text */
	CANVAS_TEXT, /* letters that a photograph shows: about forty in a line */
	CANVAS_LARGE /* letters that a glance shows: six fit */
};

struct canvas {
	unsigned rows;      /* that it has */
	unsigned text_rows; /* that a line of CANVAS_TEXT takes */
	unsigned columns;   /* letters of CANVAS_TEXT in a line */
	/*
	 * Draws len bytes of text over the whole width from row `top` on, in rows of its own, where
	 * there are as many; letters that do not fit are cut. Returns the row below.
	 */
	unsigned (*line)(const char *text, unsigned len, unsigned top, enum canvas_size size);
};

/*
 * Five by seven: one row a byte, top first, bit 4 leftmost. Small letters look like capitals, which
 * is what five by seven is good for; what there is no glyph for is blank.
 */
#define GLYPH_WIDTH  5
#define GLYPH_HEIGHT 7

const uint8_t *glyph_rows(char c);

#endif
