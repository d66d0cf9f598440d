/* The diagnostic sink of the fuzz targets. */
#include <string.h>
#include "fuzz.h"

static void line(void *context, const char *text)
{
	(void)context;
	FUZZ_CHECK(strlen(text) <= 240);
}

const struct diag fuzz_diag = {line, NULL};
