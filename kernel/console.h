/* The serial port that results leave through: a 16550 at COM1, 115200 8N1 (PC16550D data sheet). */
#ifndef BAROMETER_KERNEL_CONSOLE_H
#define BAROMETER_KERNEL_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/* False when no UART answers; console_put() then drops its text. */
bool console_init(void);

/* A UART that stops taking bytes is given up after a bounded wait, so that a run always ends. */
void console_put(const char *text, size_t len);

/* Waits, bounded, until the last byte has left. */
void console_drain(void);

#endif
