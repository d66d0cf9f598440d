/* Characters and attributes at B8000h (IBM VGA; the registers as in Intel's graphics manuals). */
#include <stdbool.h>
#include <stddef.h>
#include "vga_text.h"
#include "io.h"

#define MEMORY              0xb8000
#define COLUMNS_MAX         80
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
#define CRTC_RETRACE_END    0x11 /* bit 7: registers 0 to 7 cannot be written */
#define CRTC_LOCK           0x80

#define SEQUENCER_INDEX     0x3c4
#define SEQUENCER_DATA      0x3c5
#define SEQUENCER_RESET     0 /* 1: while the clock changes; 3: runs */
#define SEQUENCER_CLOCKING  1
#define CLOCKING_HALF       0x08 /* half the dot clock: letters twice as wide */

#define WHITE_ON_BLACK      0x0f
#define BLOCK               0xdb /* full, of code page 437 */

static volatile uint8_t *memory;
static unsigned columns = COLUMNS_MAX;

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
	       crtc_read(CRTC_COLUMNS) == COLUMNS_MAX - 1;
}

/* What sets the BIOS's mode 1, forty columns, apart from mode 3. */
static const struct {
	uint8_t index, of_eighty, of_forty;
} timing[] = {
    {0x00, 0x5f, 0x2d}, /* horizontal total */
    {0x01, 0x4f, 0x27}, /* columns */
    {0x02, 0x50, 0x28}, /* blanking, from */
    {0x03, 0x82, 0x90}, /* to */
    {0x04, 0x55, 0x2b}, /* retrace, from */
    {0x05, 0x81, 0xa0}, /* to */
    {0x13, 0x28, 0x14}, /* words of a row */
};

#define TIMINGS (sizeof(timing) / sizeof(timing[0]))

static void set_timing(bool forty)
{
	uint8_t retrace_end = crtc_read(CRTC_RETRACE_END), clocking;

	io_out8(SEQUENCER_INDEX, SEQUENCER_CLOCKING);
	clocking = io_in8(SEQUENCER_DATA) & (uint8_t)~CLOCKING_HALF;
	io_out8(SEQUENCER_INDEX, SEQUENCER_RESET);
	io_out8(SEQUENCER_DATA, 1);
	io_out8(SEQUENCER_INDEX, SEQUENCER_CLOCKING);
	io_out8(SEQUENCER_DATA, (uint8_t)(clocking | (forty ? CLOCKING_HALF : 0)));
	io_out8(SEQUENCER_INDEX, SEQUENCER_RESET);
	io_out8(SEQUENCER_DATA, 3);
	crtc_write(CRTC_RETRACE_END, retrace_end & (uint8_t)~CRTC_LOCK);
	for (unsigned i = 0; i < TIMINGS; i++)
		crtc_write(timing[i].index, forty ? timing[i].of_forty : timing[i].of_eighty);
	crtc_write(CRTC_RETRACE_END, retrace_end);
}

static bool has_timing(bool forty)
{
	for (unsigned i = 0; i < TIMINGS; i++)
		if (crtc_read(timing[i].index) !=
		    (forty ? timing[i].of_forty : timing[i].of_eighty))
			return false;
	io_out8(SEQUENCER_INDEX, SEQUENCER_CLOCKING);
	return !(io_in8(SEQUENCER_DATA) & CLOCKING_HALF) == !forty;
}

/*
 * Twice as wide, the letters can be read on a photograph. Only from the very timing that a BIOS
 * sets, and back to it where the registers do not hold the other one.
 */
static void widen(void)
{
	if (!has_timing(false))
		return;
	set_timing(true);
	if (has_timing(true))
		columns = COLUMNS_MAX / 2;
	else
		set_timing(false);
}

/* One letter of forty, left and right. */
static unsigned margin(void)
{
	return columns / 40;
}

static void put(unsigned row, unsigned column, uint8_t character)
{
	if (row < ROWS)
		io_mmio_write16(memory + (row * columns + column) * 2,
				(uint16_t)(WHITE_ON_BLACK << 8 | character));
}

static bool holds(uint16_t value)
{
	io_mmio_write16(memory, value);
	return io_mmio_read16(memory) == value;
}

static unsigned draw_text(const char *text, unsigned len, unsigned top)
{
	for (unsigned x = 0; x < columns; x++)
		put(top, x,
		    x >= margin() && x - margin() < len ? (uint8_t)text[x - margin()] : ' ');
	return top + 1;
}

/* A dot is as wide as one letter of forty and one high, which is about as high as it is wide. */
static unsigned draw_large(const char *text, unsigned len, unsigned top)
{
	for (unsigned y = 0; y <= GLYPH_HEIGHT; y++) {
		for (unsigned x = 0; x < columns; x++) {
			unsigned dot = (x - margin()) / (columns / 40),
				 at = dot / (GLYPH_WIDTH + 1);
			unsigned column = dot % (GLYPH_WIDTH + 1);
			bool ink = x >= margin() && at < len && y < GLYPH_HEIGHT &&
				   column < GLYPH_WIDTH &&
				   glyph_rows(text[at])[y] >> (GLYPH_WIDTH - 1 - column) & 1;

			put(top + y, x, ink ? BLOCK : ' ');
		}
	}
	return top + GLYPH_HEIGHT + 1;
}

static unsigned draw_line(const char *text, unsigned len, unsigned top, enum canvas_size size)
{
	return size == CANVAS_LARGE ? draw_large(text, len, top) : draw_text(text, len, top);
}

const struct canvas *vga_text_init(volatile uint8_t *(*map)(void *context, uint64_t physical,
							    uint64_t len),
				   void *context)
{
	static struct canvas canvas = {.rows = ROWS, .text_rows = 1, .line = draw_line};

	if (!in_text_mode())
		return NULL;
	memory = map(context, MEMORY, COLUMNS_MAX * ROWS * 2);
	if (!memory || !holds(0x0f55) || !holds(0x0faa))
		return NULL;
	widen();
	canvas.columns = columns - 2 * margin();
	crtc_write(CRTC_START_HIGH, 0);
	crtc_write(CRTC_START_LOW, 0);
	crtc_write(CRTC_CURSOR_START, crtc_read(CRTC_CURSOR_START) | 0x20);
	return &canvas;
}
