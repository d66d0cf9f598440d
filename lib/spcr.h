/*
 * The serial port that firmware's console is on, as ACPI's SPCR names it (Microsoft, Serial Port
 * Console Redirection Table, revisions 1 to 4).
 */
#ifndef BAROMETER_LIB_SPCR_H
#define BAROMETER_LIB_SPCR_H

#include <stdbool.h>
#include <stdint.h>
#include "diag.h"

/* Registers of a 16550, eight of them. */
struct spcr_port {
	uint64_t address; /* of the first: physical, or a port with all eight in I/O space */
	bool memory;
	uint8_t stride, width; /* bytes, as in struct uart */
};

/*
 * table is a whole table whose checksum is right, of len bytes. False when it names no port, which
 * is no fault, or none that is a 16550, which is told.
 */
bool spcr_read(const uint8_t *table, uint32_t len, struct spcr_port *port, const struct diag *diag);

#endif
