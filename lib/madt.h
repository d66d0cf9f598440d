/*
 * The processors of a machine, from the Multiple APIC Description Table (ACPI 6.4, 5.2.12): what
 * firmware enabled, and what it says may be brought online.
 */
#ifndef BAROMETER_LIB_MADT_H
#define BAROMETER_LIB_MADT_H

#include <stdbool.h>
#include <stdint.h>
#include "diag.h"

/* Processors that are kept; of more only the number. */
#define MADT_PROCESSORS_MAX 256

struct madt {
	bool found;
	uint32_t apic_id[MADT_PROCESSORS_MAX]; /* in the table's order, each once */
	unsigned count;
	unsigned more; /* processors beyond those */
};

/*
 * table: all of it, its checksum right, len bytes. Entries that make no sense are named in a
 * diagnostic and passed over; their number is returned.
 */
unsigned madt_parse(struct madt *madt, const uint8_t *table, uint32_t len, const struct diag *diag);

#endif
