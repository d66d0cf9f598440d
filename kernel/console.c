/* Serial ports, and the debug port that needs no driver. */
#include "console.h"
#include "cpu.h"
#include "io.h"
#include "log.h"
#include "spcr.h"
#include "uart.h"

/* QEMU's debugcon and Bochs: a byte written is a byte on the host's console, and a read tells its
 * own number. */
#define DEBUG_PORT 0xe9

static struct uart uart;
static bool debug_port;
static const char *name = "none";

/* Xen's takes bytes, but a read of it says nothing. */
static bool has_debug_port(void)
{
	struct hypervisor hypervisor;

	cpu_hypervisor(&hypervisor);
	return io_in8(DEBUG_PORT) == DEBUG_PORT || hypervisor_is(&hypervisor, "XenVMMXenVMM");
}

void console_init(void)
{
	static const struct {
		const char *name;
		uint16_t port;
	} com[] = {{"com1", 0x3f8}, {"com2", 0x2f8}, {"com3", 0x3e8}, {"com4", 0x2e8}};

	for (unsigned i = 0; i < 4; i++) {
		uart = (struct uart){.port = com[i].port, .stride = 1};
		if (uart_open(&uart)) {
			name = com[i].name;
			return;
		}
	}
	debug_port = has_debug_port();
	if (debug_port)
		name = "port-e9";
}

void console_take_spcr(const struct acpi *acpi,
		       volatile uint8_t *(*map)(void *context, uint64_t physical, uint64_t len),
		       void *context, const struct diag *diag)
{
	const struct log *log = log_now();
	struct spcr_port port;

	if (uart.alive || !acpi->spcr || !spcr_read(acpi->spcr, acpi->spcr_len, &port, diag))
		return;
	uart = (struct uart){
	    .port = port.memory ? 0 : (uint16_t)port.address,
	    .stride = port.stride,
	    .width = port.width,
	    .keep_line = true,
	};
	if (port.memory)
		uart.memory = map(context, port.address, UART_REGISTERS * port.stride);
	if ((port.memory && !uart.memory) || !uart_open(&uart)) {
		diag_say(diag, "acpi: no UART answers where SPCR names one, at 0x%llx",
			 (unsigned long long)port.address);
		return;
	}
	name = "spcr";
	uart_put(&uart, log->text, log->len < log->room ? log->len : log->room);
}

void console_put(const char *text, size_t len)
{
	uart_put(&uart, text, len);
	for (size_t i = 0; debug_port && i < len; i++)
		io_out8(DEBUG_PORT, (uint8_t)text[i]);
}

void console_drain(void)
{
	uart_drain(&uart);
}

bool console_is_there(void)
{
	return uart.alive || debug_port;
}

const char *console_name(void)
{
	return name;
}
