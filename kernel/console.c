/* A 16550 UART, polled. */
#include "console.h"
#include "io.h"

#define COM1                          0x3f8

#define DATA                          (COM1 + 0)
#define INTERRUPTS                    (COM1 + 1)
#define FIFO_CONTROL                  (COM1 + 2)
#define LINE_CONTROL                  (COM1 + 3)
#define MODEM_CONTROL                 (COM1 + 4)
#define LINE_STATUS                   (COM1 + 5)
#define SCRATCH                       (COM1 + 7)

#define LINE_STATUS_HOLDING_EMPTY     0x20
#define LINE_STATUS_TRANSMITTER_EMPTY 0x40

#define FIFO_SIZE                     16

/* At 115200 baud 16 bytes take 1.4 ms; a virtual UART whose reader is slow may take seconds. An IN
 * is 1 us at the very least. */
#define POLLS_MAX                     10000000

static bool alive;

bool console_init(void)
{
	io_out8(SCRATCH, 0x5a);
	alive = io_in8(SCRATCH) == 0x5a;
	io_out8(SCRATCH, 0xa5);
	alive = alive && io_in8(SCRATCH) == 0xa5;
	if (!alive)
		return false;
	io_out8(INTERRUPTS, 0);
	io_out8(LINE_CONTROL, 0x80); /* divisor latch */
	io_out8(DATA, 1);            /* 115200 */
	io_out8(INTERRUPTS, 0);
	io_out8(LINE_CONTROL, 0x03);  /* 8 bits, no parity, 1 stop bit */
	io_out8(FIFO_CONTROL, 0x07);  /* on, both cleared */
	io_out8(MODEM_CONTROL, 0x03); /* DTR, RTS */
	return true;
}

static void wait_for(unsigned char bits)
{
	for (unsigned polls = 0; alive; polls++) {
		if ((io_in8(LINE_STATUS) & bits) == bits)
			return;
		if (polls == POLLS_MAX)
			alive = false;
	}
}

/* An empty FIFO takes 16 bytes without asking again: each question is an exit. */
void console_put(const char *text, size_t len)
{
	static unsigned room;

	for (; alive && len; len--, room--) {
		if (room == 0) {
			wait_for(LINE_STATUS_HOLDING_EMPTY);
			room = FIFO_SIZE;
		}
		io_out8(DATA, (unsigned char)*text++);
	}
}

void console_drain(void)
{
	wait_for(LINE_STATUS_TRANSMITTER_EMPTY);
}
