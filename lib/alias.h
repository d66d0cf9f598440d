/*
 * One function under many addresses: kvmtool's CF8 does not look at the bus number, so that its bus
 * 0 answers as each of 256 buses.
 */
#ifndef BAROMETER_LIB_ALIAS_H
#define BAROMETER_LIB_ALIAS_H

#include "pci.h"

/*
 * Whether what answers on two buses of a segment are the same functions: something that a function
 * of the one is told is seen on the other. Written is a byte that only software reads, the
 * interrupt line or the cache line size of a function that looks the same on both, and it is put
 * back. False also where none of those bytes takes a write: nothing is known then.
 */
bool alias_bus(struct cfg *cfg, uint16_t segment, uint8_t bus, uint8_t other);

#endif
