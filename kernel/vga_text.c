/* Characters and attributes at B8000h (IBM VGA; the registers as in Intel's graphics manuals). */
#include <stdbool.h>
#include <stddef.h>
#include "vga_text.h"
#include "io.h"
#include "mem.h"

#define MEMORY              0xb8000
#define COLUMNS             80
#define ROWS                25

#define MISC_OUTPUT         0x3cc /* bit 0: the CRTC is at 3D4h */
#define GRAPHICS_INDEX      0x3ce
#define GRAPHICS_DATA       0x3cf
#define GRAPHICS_MISC       6
#define GRAPHICS_MASK       0x0d /* bits 3 and 2: which memory is decoded; 0: graphics */
#define GRAPHICS_TEXT_B8000 0x0c

#define CRTC_INDEX          0x3d4
#define CRTC_DATA           0x3d5
#define CRTC_COLUMNS        1    /* less one */
#define CRTC_CURSOR_START   0x0a /* bit 5: off */
#define CRTC_START_HIGH     0x0c
#define CRTC_START_LOW      0x0d

#define WHITE_ON_BLACK      0x0f
#define BLOCK               0xdb /* full, of code page 437 */

#define MARGIN              2

static volatile uint8_t *memory;

static uint8_t crtc_read(uint8_t index)
{
	io_out8(CRTC_INDEX, index);
	return io_in8(CRTC_DATA);
}

static void crtc_write(uint8_t index, uint8_t value)
{
	io_out8(CRTC_INDEX, index);
	io_out8(CRTC_DATA, value);
}

static bool in_text_mode(void)
{
	uint8_t misc = io_in8(MISC_OUTPUT), index, graphics;

	if (misc == 0xff || !(misc & 1))
		return false;
	index = io_in8(GRAPHICS_INDEX);
	io_out8(GRAPHICS_INDEX, GRAPHICS_MISC);
	graphics = io_in8(GRAPHICS_DATA);
	io_out8(GRAPHICS_INDEX, index);
	return (graphics & GRAPHICS_MASK) == GRAPHICS_TEXT_B8000 &&
	       crtc_read(CRTC_COLUMNS) == COLUMNS - 1;
}

static void put(unsigned row, unsigned column, uint8_t character)
{
	if (row < ROWS && column < COLUMNS)
		io_mmio_write16(memory + (row * COLUMNS + column) * 2,
				(uint16_t)(WHITE_ON_BLACK << 8 | character));
}

static bool holds(uint16_t value)
{
	io_mmio_write16(memory, value);
	return io_mmio_read16(memory) == value;
}

static unsigned draw_text(const char *text, unsigned top)
{
	size_t len = strlen(text);

	for (unsigned x = 0; x < COLUMNS; x++)
		put(top, x, x >= MARGIN && x - MARGIN < len ? (uint8_t)text[x - MARGIN] : ' ');
	return top + 1;
}

/* A dot is two characters wide and one high, which is about as high as it is wide. */
static unsigned draw_large(const char *text, unsigned top)
{
	size_t len = strlen(text);

	for (unsigned y = 0; y <= GLYPH_HEIGHT; y++) {
		for (unsigned x = 0; x < COLUMNS; x++) {
			unsigned dot = (x - MARGIN) / 2, at = dot / (GLYPH_WIDTH + 1);
			unsigned column = dot % (GLYPH_WIDTH + 1);
			bool ink = x >= MARGIN && at < len && y < GLYPH_HEIGHT &&
				   column < GLYPH_WIDTH &&
				   glyph_rows(text[at])[y] >> (GLYPH_WIDTH - 1 - column) & 1;

			put(top + y, x, ink ? BLOCK : ' ');
		}
	}
	return top + GLYPH_HEIGHT + 1;
}

static unsigned draw_line(const char *text, unsigned top, enum canvas_size size)
{
	return size == CANVAS_LARGE ? draw_large(text, top) : draw_text(text, top);
}

const struct canvas *vga_text_init(volatile uint8_t *(*map)(void *context, uint64_t physical,
							    uint64_t len),
				   void *context)
{
	static const struct canvas canvas = {ROWS, draw_line};

	if (!in_text_mode())
		return NULL;
	memory = map(context, MEMORY, COLUMNS * ROWS * 2);
	if (!memory || !holds(0x0f55) || !holds(0x0faa))
		return NULL;
	crtc_write(CRTC_START_HIGH, 0);
	crtc_write(CRTC_START_LOW, 0);
	crtc_write(CRTC_CURSOR_START, crtc_read(CRTC_CURSOR_START) | 0x20);
	return &canvas;
}
