/*
 * boot_params: the first bytes are the fuzzer's, from offset 0 or from that of the header on; what it
 * points to is the rest of them.
 */
#include <string.h>
#include "boot_params.h"
#include "fuzz.h"
#include "fuzz_memory.h"

static void check(const struct handoff *h, const struct loader *loader)
{
	uint64_t end = h->arena.start + h->arena.len,
		 image_end = loader->image.start + loader->image.len;

	FUZZ_CHECK(h->note_count <= HANDOFF_NOTES_MAX && h->range_count <= HANDOFF_RANGES_MAX);
	FUZZ_CHECK(memchr(h->options[1], '\0', HANDOFF_OPTIONS_MAX));
	for (unsigned i = 0; i < h->range_count; i++)
		FUZZ_CHECK(h->range[i].len &&
			   h->range[i].start + h->range[i].len > h->range[i].start);
	FUZZ_CHECK(h->screen.width <= h->screen.stride);
	if (h->arena.len)
		FUZZ_CHECK(h->arena.start >= 1u << 20 && end <= LOADER_MAPPED &&
			   (end <= loader->image.start || h->arena.start >= image_end));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct loader loader = {.map = fuzz_memory_map,
					     .image = {0x200000, 0x60000, true}};
	static uint8_t params[BOOT_PARAMS_LEN];
	static struct handoff handoff;
	struct fuzz_input in = {data, size};
	size_t from = fuzz_byte(&in) & 1 ? 0 : 0x1c0, len = fuzz_number(&in, 2);

	if (len > in.left)
		len = in.left;
	if (len > sizeof(params) - from)
		len = sizeof(params) - from;
	memset(params, 0, sizeof(params));
	memcpy(params + from, in.at, len);
	/* No fuzzer would find this by itself, nor needs to. */
	memcpy(params + 0x202, "HdrS", 4);
	fuzz_memory_set(in.at + len, in.left - len);
	memset(&handoff, 0, sizeof(handoff));
	boot_params_take(params, &loader, &handoff);
	check(&handoff, &loader);
	fuzz_memory_free();
	return 0;
}
