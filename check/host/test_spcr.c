/* SPCR: the port that it names, and what it may not name. */
#include "check.h"
#include "spcr.h"

static uint8_t table[80];
static struct spcr_port port;

/* type, space, bits, access size, address */
static bool read(uint8_t type, uint8_t space, uint8_t bits, uint8_t access, uint64_t address)
{
	memset(table, 0, sizeof(table));
	table[36] = type;
	table[40] = space;
	table[41] = bits;
	table[43] = access;
	for (unsigned i = 0; i < 8; i++)
		table[44 + i] = (uint8_t)(address >> 8 * i);
	heard_reset();
	return spcr_read(table, sizeof(table), &port, &heard);
}

static void test_ports(void **state)
{
	(void)state;
	assert_true(read(0, 1, 8, 1, 0x2f8));
	assert_silent();
	assert_false(port.memory);
	assert_int_equal(port.address, 0x2f8);
	assert_int_equal(port.stride, 1);
	/* Ports are next to each other, whatever else is said. */
	assert_true(read(1, 1, 32, 3, 0xfff8));
	assert_int_equal(port.stride, 1);
	assert_int_equal(port.width, 1);
}

static void assert_layout(uint8_t bits, uint8_t access, uint8_t stride, uint8_t width)
{
	assert_true(read(0x12, 0, bits, access, 0xfe034000));
	assert_true(port.memory);
	assert_int_equal(port.stride, stride);
	assert_int_equal(port.width, width);
}

static void test_memory(void **state)
{
	(void)state;
	assert_layout(8, 1, 1, 1);
	assert_layout(8, 0, 1, 1);
	assert_layout(32, 3, 4, 4);
	assert_layout(32, 1, 4, 1);
	assert_layout(32, 0, 4, 1);
	assert_layout(8, 3, 4, 4);
	assert_layout(16, 2, 2, 2);
	assert_layout(16, 1, 2, 1);
	assert_layout(255, 1, 1, 1);
}

static void test_redirection_is_off(void **state)
{
	(void)state;
	assert_false(read(0, 1, 8, 1, 0));
	assert_silent();
}

static void assert_refused(bool named, const char *why)
{
	assert_false(named);
	assert_heard(why);
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused(read(3, 0, 8, 1, 0x9000000), "is no 16550");
	assert_refused(read(0, 2, 8, 1, 0x3f8), "neither in memory nor behind I/O ports");
	assert_refused(read(0, 1, 8, 1, 0xfff9), "beyond I/O space");
	assert_refused(read(0, 1, 8, 1, UINT64_MAX), "beyond I/O space");
	assert_refused(read(0, 0, 32, 3, 0xfe034001), "is not aligned");
	assert_refused(read(0, 0, 64, 4, 0xfe034000), "an access size that no UART has");
	assert_refused(spcr_read(table, 51, &port, &heard), "SPCR length 51 is below 52");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_redirection_is_off),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
