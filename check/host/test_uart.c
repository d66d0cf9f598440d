/*
 * The UART's driver against a UART, behind ports and in memory. The machine here is this file:
 * ports and memory have nothing else.
 */
#include "check.h"
#include "io.h"
#include "uart.h"

#define PORT 0x2e8

static struct {
	bool absent, no_fifo, stuck;
	unsigned width, stride; /* that memory is to be accessed by */
	uint8_t reg[8], divisor;
	unsigned room;   /* bytes that the transmitter takes before somebody asks again */
	unsigned lost;   /* bytes that came when it had none */
	unsigned writes; /* of any register but the scratch */
	uint64_t asked;  /* reads of the line status */
	char said[128];
	size_t len;
} chip;

static uint8_t window[32];

static uint8_t chip_read(unsigned reg)
{
	if (chip.absent)
		return 0xff;
	if (reg == 2)
		return chip.no_fifo ? 0x01 : 0xc1;
	if (reg != 5)
		return chip.reg[reg];
	chip.asked++;
	chip.room = chip.no_fifo ? 1 : 16;
	return chip.stuck ? 0 : 0x60;
}

static void chip_write(unsigned reg, uint8_t value)
{
	chip.writes += reg != 7;
	if (chip.absent)
		return;
	if (reg == 0 && chip.reg[3] & 0x80) {
		chip.divisor = value;
	} else if (reg == 0) {
		chip.lost += chip.room == 0;
		chip.room -= chip.room != 0;
		chip.said[chip.len++] = (char)value;
	}
	chip.reg[reg] = value;
}

uint32_t sim_port_in(uint16_t port, unsigned width)
{
	assert_int_equal(width, 1);
	assert_in_range(port, PORT, PORT + 7);
	return chip_read(port - PORT);
}

void sim_port_out(uint16_t port, unsigned width, uint32_t value)
{
	assert_int_equal(width, 1);
	assert_in_range(port, PORT, PORT + 7);
	chip_write(port - PORT, (uint8_t)value);
}

static unsigned register_at(const volatile void *address, unsigned width)
{
	size_t at = (size_t)((const volatile uint8_t *)address - window);

	assert_int_equal(width, chip.width);
	assert_int_equal(at % chip.stride, 0);
	assert_in_range(at / chip.stride, 0, 7);
	return (unsigned)(at / chip.stride);
}

uint32_t sim_mmio_read(const volatile void *address, unsigned width)
{
	return chip_read(register_at(address, width));
}

void sim_mmio_write(volatile void *address, unsigned width, uint32_t value)
{
	chip_write(register_at(address, width), (uint8_t)value);
}

static int setup(void **state)
{
	(void)state;
	memset(&chip, 0, sizeof(chip));
	return 0;
}

static const struct uart by_port = {.port = PORT, .stride = 1};

static const char text[] = "forty-three bytes that no FIFO takes at once";

static void assert_says(struct uart *uart)
{
	uart_put(uart, text, sizeof(text));
	uart_drain(uart);
	assert_true(uart->alive);
	assert_int_equal(chip.lost, 0);
	assert_int_equal(chip.len, sizeof(text));
	assert_memory_equal(chip.said, text, sizeof(text));
}

static void test_by_port(void **state)
{
	struct uart uart = by_port;

	(void)state;
	assert_true(uart_open(&uart));
	assert_int_equal(chip.divisor, 1);
	assert_int_equal(chip.reg[3], 3);
	assert_int_equal(chip.reg[1], 0);
	assert_says(&uart);
	/* Once for each 16, and once at the end. */
	assert_int_equal(chip.asked, 4);
}

static void test_without_fifo(void **state)
{
	struct uart uart = by_port;

	(void)state;
	chip.no_fifo = true;
	assert_true(uart_open(&uart));
	assert_says(&uart);
	assert_int_equal(chip.asked, sizeof(text) + 1);
}

static void test_in_memory(void **state)
{
	static const uint8_t layout[][2] = {{1, 1}, {2, 1}, {2, 2}, {4, 1}, {4, 2}, {4, 4}};

	for (unsigned i = 0; i < sizeof(layout) / sizeof(layout[0]); i++) {
		struct uart uart = {
		    .memory = window, .stride = layout[i][0], .width = layout[i][1]};

		setup(state);
		chip.stride = layout[i][0];
		chip.width = layout[i][1];
		assert_true(uart_open(&uart));
		assert_says(&uart);
	}
}

static void test_firmware_s_line(void **state)
{
	struct uart uart = by_port;

	(void)state;
	uart.keep_line = true;
	chip.reg[3] = 0x1a; /* 7E1 */
	chip.divisor = 12;
	assert_true(uart_open(&uart));
	assert_says(&uart);
	assert_int_equal(chip.reg[3], 0x1a);
	assert_int_equal(chip.divisor, 12);
}

/* What is not there is not written to, but for the question whether it is. */
static void test_absent(void **state)
{
	struct uart uart = by_port;

	(void)state;
	chip.absent = true;
	assert_false(uart_open(&uart));
	uart_put(&uart, text, sizeof(text));
	uart_drain(&uart);
	assert_int_equal(chip.writes, 0);
	assert_int_equal(chip.asked, 0);
}

static void test_stuck(void **state)
{
	struct uart uart = by_port;

	(void)state;
	assert_true(uart_open(&uart));
	chip.stuck = true;
	uart_put(&uart, text, sizeof(text));
	assert_false(uart.alive);
	assert_in_range(chip.asked, 1, 10000001);
	chip.asked = 0;
	uart_put(&uart, text, sizeof(text));
	uart_drain(&uart);
	assert_int_equal(chip.asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_by_port, setup),
	    cmocka_unit_test_setup(test_without_fifo, setup),
	    cmocka_unit_test_setup(test_in_memory, setup),
	    cmocka_unit_test_setup(test_firmware_s_line, setup),
	    cmocka_unit_test_setup(test_absent, setup),
	    cmocka_unit_test_setup(test_stuck, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
