/* Bytes, and where they are. */
#include "loader_memory.h"

uint8_t memory[8192];

static const void *map(void *context, uint64_t physical, uint64_t len)
{
	(void)context;
	if (physical < BASE || physical - BASE > sizeof(memory) ||
	    len > sizeof(memory) - (physical - BASE))
		return NULL;
	return memory + (physical - BASE);
}

const struct loader loader = {.map = map, .image = {IMAGE, 0x60000, true}};

void put(uint8_t *to, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}
