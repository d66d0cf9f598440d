/*
 * A 16550 UART, polled (PC16550D data sheet), behind I/O ports or in memory.
 */
#ifndef BAROMETER_LIB_UART_H
#define BAROMETER_LIB_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_REGISTERS 8

struct uart {
	volatile uint8_t *memory; /* its first register; NULL: it is behind ports */
	uint16_t port;            /* of its first register */
	uint8_t stride;           /* bytes from one register to the next: 1, 2 or 4 */
	uint8_t width;            /* of an access in memory, bytes: 1, 2 or 4, at most stride */
	bool keep_line;           /* leave rate and format as firmware set them */
	/* uart_open()'s. */
	bool alive;
	unsigned fifo, room; /* bytes that an empty transmitter takes, and still takes now */
};

/*
 * Finds out whether a UART answers, by its scratch register, and gets it ready: no interrupts,
 * FIFO on, 115200 8N1 unless keep_line. False when there is none: then nothing else is done to it.
 */
bool uart_open(struct uart *uart);

/* Drops its text when the UART is not open. One that stops taking bytes is given up after a bounded
 * wait, so that a run always ends. */
void uart_put(struct uart *uart, const char *text, size_t len);

/* Waits, bounded, until the last byte has left. */
void uart_drain(struct uart *uart);

#endif
