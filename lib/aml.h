/*
 * The ECAM window of a host bridge without an MCFG entry: the _CBA object in its namespace (PCI
 * Firmware 3.3 section 4.1.3), as QEMU's microvm has it.
 *
 * This is no AML interpreter. It knows the constant forms that table generators emit, Name(_CBA, n)
 * and Method(_CBA) { Return (n) }, with the segment and the bus range that stand in the same
 * Device: _SEG, and the WordBusNumber descriptor (ACPI 6.4, 6.4.3.5.3).
 */
#ifndef BAROMETER_LIB_AML_H
#define BAROMETER_LIB_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aml_window {
	uint64_t base; /* where bus 0 would be */
	uint16_t segment;
	uint16_t first, last; /* bus numbers, as the descriptor has them: not checked */
};

/*
 * The windows of all Devices with a _CBA in the len bytes of a definition block, in one pass,
 * whatever the bytes are: stores up to max of them, in the order in which the Devices end, and
 * returns how many there are.
 */
unsigned aml_windows(const uint8_t *aml, size_t len, struct aml_window *windows, unsigned max);

/*
 * Name(\_S5, Package() {...}): what the sleep types of PM1a_CNT and PM1b_CNT are for soft off (ACPI
 * 6.4, 7.4.2.6), not checked. False where it is not there in this form.
 */
bool aml_soft_off(const uint8_t *aml, size_t len, uint8_t type[2]);

#endif
