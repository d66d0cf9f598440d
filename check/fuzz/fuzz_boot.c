/*
 * What loaders hand over: boot_params, whose bytes are the fuzzer's from offset 0 or from that of
 * the header on, and PVH's start info; what they point to is the rest of its bytes.
 */
#include <string.h>
#include "boot_params.h"
#include "fuzz.h"
#include "fuzz_memory.h"
#include "start_info.h"

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

/*
 * hvm_start_info is where all that it points to is, with its magic number; the fuzzer has the rest.
 */
static void by_pvh(struct fuzz_input *in, const struct loader *loader, struct handoff *handoff)
{
	static const uint8_t magic[] = {0x78, 0xc5, 0x6e, 0x33};
	static uint8_t memory[4096];
	size_t len = in->left < sizeof(memory) - 4 ? in->left : sizeof(memory) - 4;

	memcpy(memory, magic, 4);
	memcpy(memory + 4, in->at, len);
	fuzz_memory_set(memory, len + 4);
	start_info_take(FUZZ_MEMORY_BASE, loader, handoff);
}

static void by_linux(struct fuzz_input *in, size_t from, const struct loader *loader,
		     struct handoff *handoff)
{
	static uint8_t params[BOOT_PARAMS_LEN];
	size_t len = fuzz_number(in, 2);

	if (len > in->left)
		len = in->left;
	if (len > sizeof(params) - from)
		len = sizeof(params) - from;
	memset(params, 0, sizeof(params));
	memcpy(params + from, in->at, len);
	/* No fuzzer would find this by itself, nor needs to. */
	memcpy(params + 0x202, "HdrS", 4);
	fuzz_memory_set(in->at + len, in->left - len);
	boot_params_take(params, loader, handoff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct loader loader = {.map = fuzz_memory_map,
					     .image = {.start = 0x200000, .len = 0x60000, .ram = true}};
	static struct handoff handoff;
	struct fuzz_input in = {data, size};
	unsigned way = fuzz_byte(&in) % 3;

	memset(&handoff, 0, sizeof(handoff));
	if (way == 2)
		by_pvh(&in, &loader, &handoff);
	else
		by_linux(&in, way ? 0x1c0 : 0, &loader, &handoff);
	check(&handoff, &loader);
	fuzz_memory_free();
	return 0;
}
