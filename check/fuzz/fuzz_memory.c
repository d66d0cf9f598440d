/* Copies, each of its own length. */
#include <string.h>
#include "fuzz.h"
#include "fuzz_memory.h"

#define COPIES_MAX 4096

static const uint8_t *memory;
static size_t memory_len;
static void *copies[COPIES_MAX];
static unsigned copy_count;

void fuzz_memory_set(const uint8_t *bytes, size_t len)
{
	memory = bytes;
	memory_len = len;
}

const void *fuzz_memory_map(void *context, uint64_t physical, size_t len)
{
	(void)context;
	if (physical < FUZZ_MEMORY_BASE || len > memory_len ||
	    physical - FUZZ_MEMORY_BASE > memory_len - len)
		return NULL;
	FUZZ_CHECK(copy_count < COPIES_MAX);
	copies[copy_count] = malloc(len ? len : 1);
	FUZZ_CHECK(copies[copy_count]);
	memcpy(copies[copy_count], memory + (physical - FUZZ_MEMORY_BASE), len);
	return copies[copy_count++];
}

void fuzz_memory_free(void)
{
	while (copy_count)
		free(copies[--copy_count]);
}
