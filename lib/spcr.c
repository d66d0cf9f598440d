/* SPCR: which UART, and how its registers are laid out. */
#include "spcr.h"
#include "mem.h"
#include "uart.h"

#define INTERFACE       36 /* byte */
#define BASE            40 /* Generic Address Structure (ACPI 6.4, 5.2.3.2) */
#define BASE_END        52

/* Interface types that are a 16550 (Microsoft, Debug Port Table 2, table 3). */
#define TYPE_16550      0x00
#define TYPE_16450      0x01 /* "must also accept writing to the FCR" */
#define TYPE_16550_GAS  0x12

#define SPACE_MEMORY    0
#define SPACE_IO        1

#define ACCESS_SIZE_MAX 3 /* dword; 1 is a byte, 0 is not said */

/* Revision 1 knows no access sizes; where they say more than the width does, registers are that far
 * apart. */
static void layout(const uint8_t *base, struct spcr_port *port)
{
	uint8_t bits = base[1], access = base[3];

	port->width = (uint8_t)(access ? 1 << (access - 1) : 1);
	port->stride = port->width;
	if ((bits == 16 || bits == 32) && bits / 8 > port->stride)
		port->stride = (uint8_t)(bits / 8);
}

static const char *fault(const uint8_t *table, const struct spcr_port *port)
{
	uint8_t type = table[INTERFACE], space = table[BASE], access = table[BASE + 3];

	if (type != TYPE_16550 && type != TYPE_16450 && type != TYPE_16550_GAS)
		return "is no 16550";
	if (space != SPACE_MEMORY && space != SPACE_IO)
		return "is neither in memory nor behind I/O ports";
	if (access > ACCESS_SIZE_MAX)
		return "has an access size that no UART has";
	if (space == SPACE_IO && port->address > 0x10000 - UART_REGISTERS)
		return "is beyond I/O space";
	if (space == SPACE_MEMORY && port->address % 4 != 0)
		return "is not aligned";
	return NULL;
}

bool spcr_read(const uint8_t *table, uint32_t len, struct spcr_port *port, const struct diag *diag)
{
	const char *wrong;

	if (len < BASE_END) {
		diag_say(diag, "acpi: SPCR length %u is below %u", len, BASE_END);
		return false;
	}
	*port = (struct spcr_port){.address = mem_le64(table + BASE + 4), .stride = 1, .width = 1};
	if (!port->address) /* redirection is off */
		return false;
	wrong = fault(table, port);
	if (wrong) {
		diag_say(diag, "acpi: the port that SPCR names (type 0x%x, space %u, at 0x%llx) %s",
			 table[INTERFACE], table[BASE], (unsigned long long)port->address, wrong);
		return false;
	}
	port->memory = table[BASE] == SPACE_MEMORY;
	if (port->memory)
		layout(table + BASE, port);
	return true;
}
