/*
 * The log as it was printed: its size, its CRC-32, and its text in memory, for whatever is done
 * with it at the end and for a console that is found late.
 */
#ifndef BAROMETER_KERNEL_LOG_H
#define BAROMETER_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "handoff.h"

struct log {
	char *text;
	size_t room; /* bytes that text has */
	size_t len;  /* bytes printed; more than room: the rest was not kept */
	uint32_t crc;
};

/*
 * From here on the log is at the end of the kernel's RAM. Returns the bytes that it has there: a
 * MiB, or an eighth where there is less; 0 when some of it is lost already.
 */
size_t log_init(struct handoff_range ram);

void log_put(const char *text, size_t len);

const struct log *log_now(void);

#endif
