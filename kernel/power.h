/*
 * Ending the machine: each way that options_exit names. None returns; what cannot be done ends in a
 * halt. QEMU goes on running for a moment after it was told to exit (10.0 does).
 */
#ifndef BAROMETER_KERNEL_POWER_H
#define BAROMETER_KERNEL_POWER_H

#include "options.h"

/* Values written to QEMU's isa-debug-exit at port F4h; QEMU then exits with value * 2 + 1. */
#define POWER_PASS  0x10
#define POWER_FAIL  0x11
#define POWER_ERROR 0x12
#define POWER_SKIP  0x13

_Noreturn void power_off(enum options_exit how, unsigned value);

/* power_off() has begun: the last line is out, and no exception may add another. */
bool power_ended(void);
_Noreturn void power_halt(void);

#endif
