/*
 * Where results leave while the run goes on: the first of COM1 to COM4 that answers. Where none
 * does: the UART that ACPI's SPCR names, and port E9h if something takes bytes there.
 */
#ifndef BAROMETER_KERNEL_CONSOLE_H
#define BAROMETER_KERNEL_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include "acpi.h"
#include "diag.h"

/*
 * Looks for what can be found without ACPI. Where there is nothing, console_put() drops its text.
 */
void console_init(void);

/*
 * Tries SPCR's port where no COM port was found; text that was printed before is printed there
 * first. map gives device memory, or NULL after saying why.
 */
void console_take_spcr(const struct acpi *acpi,
		       volatile uint8_t *(*map)(void *context, uint64_t physical, uint64_t len),
		       void *context, const struct diag *diag);

/* A serial port that stops taking bytes is given up after a bounded wait, so that a run always
 * ends. */
void console_put(const char *text, size_t len);

/* Waits, bounded, until the last byte has left. */
void console_drain(void);

bool console_is_there(void);

/* "com1" to "com4", "spcr", "port-e9" or "none". */
const char *console_name(void);

#endif
