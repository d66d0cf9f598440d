/*
 * Memory and I/O decode of all functions at once: off, and as firmware left it again. What sizing
 * costs depends on it: where decode is on, each window turns it off and on, which makes a
 * hypervisor take BARs out of its memory map and put them back.
 *
 * Host bridges are left alone, as they are when they are sized (sizing.h).
 */
#ifndef BAROMETER_TESTS_DECODE_H
#define BAROMETER_TESTS_DECODE_H

#include "session.h"

/* Functions over a path that decoded when they became known; inventory_know() came before. */
unsigned decode_count(const struct session *session, unsigned path);

/* Turns these off. From here to decode_on() nothing is printed: the console may be behind one. */
void decode_off(struct session *session, unsigned path);

/* Gives each its COMMAND back; session_fail() for one that is not as it was then. */
void decode_on(struct session *session, unsigned path);

#endif
