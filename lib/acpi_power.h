/*
 * The registers that end a machine, as the FADT names them, and what to write (ACPI 6.4, 4.8.3.2,
 * 4.8.3.6, 4.8.3.7 and 5.2.9). Only what can be used as it stands: addresses within I/O space, or
 * memory.
 */
#ifndef BAROMETER_LIB_ACPI_POWER_H
#define BAROMETER_LIB_ACPI_POWER_H

#include "acpi.h"

struct acpi_register {
	uint64_t address; /* 0: there is none */
	bool is_port;     /* an I/O port, else physical memory */
};

/* PM1 control, 16 bits wide; SLEEP_CONTROL, 8. */
#define ACPI_PM1_TYPE(t)   ((unsigned)(t) << 10)
#define ACPI_PM1_TYPE_MASK ACPI_PM1_TYPE(7)
#define ACPI_PM1_ENABLE    0x2000u
#define ACPI_SLEEP(t)      ((uint8_t)((t) << 2 | 0x20))

struct acpi_power {
	struct acpi_register reset; /* 8 bits wide */
	uint8_t reset_value;
	struct acpi_register sleep_control; /* of hardware-reduced ACPI */
	uint16_t pm1_control[2];            /* ports of PM1a_CNT and PM1b_CNT; 0: there is none */
	uint16_t smi_command; /* port that takes acpi_enable; 0: always in ACPI mode */
	uint8_t acpi_enable;
	bool soft_off; /* the DSDT has a constant \_S5 */
	uint8_t type
	    [2]; /* its sleep types, 0 to 7, for PM1a_CNT and PM1b_CNT; SLEEP_CONTROL takes the first */
};

/*
 * map and context as for acpi_parse(), which must have been called. All zero where there is no
 * FADT.
 */
void acpi_power_find(struct acpi_power *power, const struct acpi *acpi, acpi_map_fn map,
		     void *context);

#endif
