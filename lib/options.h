/*
 * The guest's command line: options separated by white space, key=value or a bare flag. Later
 * options win over earlier ones.
 */
#ifndef BAROMETER_LIB_OPTIONS_H
#define BAROMETER_LIB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"

#define OPTIONS_LEN_MAX    2048
#define OPTIONS_READS_MAX  1000000
#define OPTIONS_BUDGET_MAX 86400000 /* a day, for a soak */
#define OPTIONS_MEM_MAX    4096     /* MiB */
#define OPTIONS_CPUS_MAX   256

enum options_exit {
	OPTIONS_EXIT_AUTO,
	OPTIONS_EXIT_DEBUG,
	OPTIONS_EXIT_RESET,
	OPTIONS_EXIT_HALT,
	OPTIONS_EXIT_OFF
};
enum options_log { OPTIONS_LOG_AUTO, OPTIONS_LOG_DISK, OPTIONS_LOG_CONSOLE };
enum options_cpl { OPTIONS_CPL_AUTO, OPTIONS_CPL_0, OPTIONS_CPL_3 };

struct options {
	char tests[OPTIONS_LEN_MAX]; /* comma-separated globs; empty: the default set */
	bool list;
	uint32_t reads;     /* 0: a time budget decides */
	uint32_t budget_ms; /* of one operation */
	uint64_t seed;      /* of the order in which operations are timed */
	uint32_t cpus;      /* vCPUs used at the most */
	enum options_cpl cpl;
	enum options_exit exit;
	enum options_log log;
	bool ports_off; /* CF8 and CFC are not touched */
	bool emulated; /* somebody knows that instructions are emulated, which CPUID may not show */
	uint32_t
	    mem; /* MiB of RAM from 0 on, for where no loader gives a memory map; 0: not said */
};

void options_defaults(struct options *options);

/*
 * Takes over what text says. Comments run from # to the end of the line. Each option that is not
 * understood, or whose value is not, is named in a diagnostic; the number of those is returned.
 *
 * Boot loaders add words that are an operating system's. Whatever comes before the word
 * OPTIONS_MARKER is theirs: it is listed in one diagnostic and ignored. Without that word,
 * with_foreign says whether unknown words are taken for the loader's in the same way; a bad value
 * never is.
 */
#define OPTIONS_MARKER "barometer"

unsigned options_parse(struct options *options, const char *text, bool with_foreign,
		       const struct diag *diag);

/* True when one of the comma-separated globs matches the name. */
bool options_match(const char *globs, const char *name);

/* The next glob of a comma-separated list from *at on, or NULL at its end; *len is its length.
 * Empty globs are passed over. */
const char *options_next_glob(const char **at, size_t *len);

#endif
