/* A polled transmitter. */
#include "uart.h"
#include "io.h"

/* Registers; those of the divisor are where DATA and INTERRUPTS are while bit 7 of LINE_CONTROL is
 * set. */
#define DATA                          0
#define INTERRUPTS                    1
#define FIFO_CONTROL                  2 /* read: INTERRUPT_ID */
#define LINE_CONTROL                  3
#define MODEM_CONTROL                 4
#define LINE_STATUS                   5
#define SCRATCH                       7

#define FIFO_CLEAR_ON                 0x07
#define INTERRUPT_ID_FIFO             0xc0 /* both: a FIFO that works */
#define LINE_CONTROL_DIVISOR          0x80
#define LINE_CONTROL_8N1              0x03
#define MODEM_CONTROL_DTR_RTS         0x03
#define LINE_STATUS_HOLDING_EMPTY     0x20
#define LINE_STATUS_TRANSMITTER_EMPTY 0x40

#define FIFO_SIZE                     16

/* At 115200 baud 16 bytes take 1.4 ms; a virtual UART whose reader is slow may take seconds. An IN
 * is 1 us at the very least. */
#define POLLS_MAX                     10000000

static uint8_t get(const struct uart *u, unsigned reg)
{
	if (!u->memory)
		return io_in8((uint16_t)(u->port + reg * u->stride));
	if (u->width == 4)
		return (uint8_t)io_mmio_read32(u->memory + reg * u->stride);
	if (u->width == 2)
		return (uint8_t)io_mmio_read16(u->memory + reg * u->stride);
	return io_mmio_read8(u->memory + reg * u->stride);
}

static void set(const struct uart *u, unsigned reg, uint8_t value)
{
	if (!u->memory)
		io_out8((uint16_t)(u->port + reg * u->stride), value);
	else if (u->width == 4)
		io_mmio_write32(u->memory + reg * u->stride, value);
	else if (u->width == 2)
		io_mmio_write16(u->memory + reg * u->stride, value);
	else
		io_mmio_write8(u->memory + reg * u->stride, value);
}

static bool holds(const struct uart *u, uint8_t value)
{
	set(u, SCRATCH, value);
	return get(u, SCRATCH) == value;
}

bool uart_open(struct uart *u)
{
	u->alive = holds(u, 0x5a) && holds(u, 0xa5);
	if (!u->alive)
		return false;
	set(u, INTERRUPTS, 0);
	if (!u->keep_line) {
		set(u, LINE_CONTROL, LINE_CONTROL_DIVISOR);
		set(u, DATA, 1); /* 115200 */
		set(u, INTERRUPTS, 0);
		set(u, LINE_CONTROL, LINE_CONTROL_8N1);
	}
	set(u, FIFO_CONTROL, FIFO_CLEAR_ON);
	set(u, MODEM_CONTROL, MODEM_CONTROL_DTR_RTS);
	u->fifo = (get(u, FIFO_CONTROL) & INTERRUPT_ID_FIFO) == INTERRUPT_ID_FIFO ? FIFO_SIZE : 1;
	u->room = 0;
	return true;
}

static void wait_for(struct uart *u, unsigned char bits)
{
	for (unsigned polls = 0; u->alive; polls++) {
		if ((get(u, LINE_STATUS) & bits) == bits)
			return;
		if (polls == POLLS_MAX)
			u->alive = false;
	}
}

/* An empty FIFO takes all of its bytes without asking again: each question is an exit. */
void uart_put(struct uart *u, const char *text, size_t len)
{
	for (; u->alive && len; len--, u->room--) {
		if (u->room == 0) {
			wait_for(u, LINE_STATUS_HOLDING_EMPTY);
			u->room = u->fifo;
		}
		set(u, DATA, (uint8_t)*text++);
	}
}

void uart_drain(struct uart *u)
{
	wait_for(u, LINE_STATUS_TRANSMITTER_EMPTY);
}
