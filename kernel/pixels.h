/* Large plain text in a linear frame buffer of 32 bits a pixel. */
#ifndef BAROMETER_KERNEL_PIXELS_H
#define BAROMETER_KERNEL_PIXELS_H

#include "canvas.h"
#include "handoff.h"

/* Maps the frame buffer; NULL where firmware left none, or it cannot be mapped. */
const struct canvas *pixels_init(const struct handoff_screen *screen);

#endif
