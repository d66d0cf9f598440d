/*
 * The guest's command line: words separated by white space, key=value or a bare flag. Later words
 * win over earlier ones.
 */
#ifndef BAROMETER_LIB_WORDS_H
#define BAROMETER_LIB_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"

#define WORDS_LEN_MAX    2048
#define WORDS_READS_MAX  1000000
#define WORDS_BUDGET_MAX 86400000 /* a day, for a soak */

enum words_exit { WORDS_EXIT_AUTO, WORDS_EXIT_DEBUG, WORDS_EXIT_RESET, WORDS_EXIT_HALT };
enum words_cpl { WORDS_CPL_AUTO, WORDS_CPL_0, WORDS_CPL_3 };

struct words {
	char tests[WORDS_LEN_MAX]; /* comma-separated globs; empty: the default set */
	bool list;
	uint32_t reads;     /* 0: a time budget decides */
	uint32_t budget_ms; /* of one operation */
	uint64_t seed;      /* of the order in which operations are timed */
	enum words_cpl cpl;
	enum words_exit exit;
};

void words_defaults(struct words *words);

/*
 * Takes over what text says. Comments run from # to the end of the line. Each word that is not
 * understood, or whose value is not, is named in a diagnostic; the number of those is returned.
 */
unsigned words_parse(struct words *words, const char *text, const struct diag *diag);

/* True when one of the comma-separated globs matches the name. */
bool words_match(const char *globs, const char *name);

/* The next glob of a comma-separated list from *at on, or NULL at its end; *len is its length.
 * Empty globs are passed over. */
const char *words_next_glob(const char **at, size_t *len);

#endif
