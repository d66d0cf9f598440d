/* The guest's command line. */
#include <string.h>
#include "fuzz.h"
#include "text.h"
#include "options.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	char *text;
	const char *at, *glob;
	size_t len;

	if (size > TEXT_MAX)
		return 0;
	/* A copy of its own length, so that a read beyond the terminator is seen. */
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	options_defaults(&options);
	options_parse(&options, text, size & 1, &fuzz_diag);
	FUZZ_CHECK(memchr(options.tests, '\0', sizeof(options.tests)));
	FUZZ_CHECK(options.reads <= OPTIONS_READS_MAX && options.budget_ms >= 1 &&
		   options.budget_ms <= OPTIONS_BUDGET_MAX);
	/* Bounded in length: matching takes time that grows with the square. */
	for (at = options.tests; (glob = options_next_glob(&at, &len));)
		if (len <= 64)
			text_glob(glob, len, "rule.bar.high-half");
	free(text);
	return 0;
}
