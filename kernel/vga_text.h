/* The VGA's text mode, 80 by 25, as a BIOS leaves it. */
#ifndef BAROMETER_KERNEL_VGA_TEXT_H
#define BAROMETER_KERNEL_VGA_TEXT_H

#include <stdint.h>
#include "canvas.h"

/*
 * NULL where no VGA answers, where it is in another mode, or where B8000h holds nothing that is
 * written there. map gives device memory, or NULL after saying why.
 */
const struct canvas *vga_text_init(volatile uint8_t *(*map)(void *context, uint64_t physical,
							    uint64_t len),
				   void *context);

#endif
