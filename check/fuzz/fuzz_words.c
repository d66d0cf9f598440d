/* The guest's command line. */
#include <string.h>
#include "fuzz.h"
#include "text.h"
#include "words.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct words words;
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
	words_defaults(&words);
	words_parse(&words, text, &fuzz_diag);
	FUZZ_CHECK(memchr(words.tests, '\0', sizeof(words.tests)));
	FUZZ_CHECK(words.reads <= WORDS_READS_MAX && words.budget_ms >= 1 &&
		   words.budget_ms <= WORDS_BUDGET_MAX);
	/* Bounded in length: matching takes time that grows with the square. */
	for (at = words.tests; (glob = words_next_glob(&at, &len));)
		if (len <= 64)
			text_glob(glob, len, "rule.bar.high-half");
	free(text);
	return 0;
}
