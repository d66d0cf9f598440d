/* The handoff's memory and options, from a loader's. */
#include <stddef.h>
#include "loader.h"
#include "mem.h"

#define ARENA_MAX   (256ull << 20)
#define ARENA_FIRST (1ull << 20) /* what is below is full of what firmware and loaders left there */

static void consider_for_arena(struct handoff *handoff, uint64_t start, uint64_t end)
{
	uint64_t len;

	if (end > LOADER_MAPPED)
		end = LOADER_MAPPED;
	if (start < ARENA_FIRST)
		start = ARENA_FIRST;
	if (end <= start)
		return;
	len = end - start < ARENA_MAX ? end - start : ARENA_MAX;
	if (len > handoff->arena.len)
		handoff->arena = (struct handoff_range){.start = start, .len = len, .ram = true};
}

/* RAM without the image is up to two pieces. */
static void consider_around(struct handoff *handoff, uint64_t start, uint64_t end,
			    const struct handoff_range *image)
{
	uint64_t image_last = image->start + image->len;

	if (end <= image->start || start >= image_last) {
		consider_for_arena(handoff, start, end);
		return;
	}
	if (start < image->start)
		consider_for_arena(handoff, start, image->start);
	if (end > image_last)
		consider_for_arena(handoff, image_last, end);
}

bool loader_take_range(const struct loader *loader, struct handoff *handoff, uint64_t start,
		       uint64_t len, uint32_t type)
{
	const struct handoff_range range = {
	    .start = start,
	    .len = len,
	    .ram = type == LOADER_RAM,
	    .unreadable = type == LOADER_UNUSABLE,
	};

	if (len == 0 || len > UINT64_MAX - start)
		return true;
	if (!handoff_add_range(handoff, range))
		return false;
	if (type == LOADER_RAM)
		consider_around(handoff, start, start + len, &loader->image);
	return true;
}

void loader_take_command_line(const struct loader *loader, struct handoff *handoff,
			      uint64_t physical)
{
	char *to = handoff->options[1];
	size_t len = 0;

	if (!physical)
		return;
	/* Byte by byte, because it may end at the end of what can be read. */
	for (; len < HANDOFF_OPTIONS_MAX; len++) {
		const char *at = physical > UINT64_MAX - len
				     ? NULL
				     : loader->map(loader->context, physical + len, 1);

		if (!at) {
			handoff_options_lost(handoff, "the command line is not in the first 4 GiB");
			break;
		}
		to[len] = *at;
		if (!*at)
			return;
	}
	if (len == HANDOFF_OPTIONS_MAX)
		handoff_options_lost(handoff, "command line is longer than 2047 characters");
	memset(to, 0, HANDOFF_OPTIONS_MAX);
}

void loader_take_config(const struct loader *loader, struct handoff *handoff, uint64_t physical,
			uint64_t len)
{
	const void *from;

	if (!len)
		return;
	if (len >= HANDOFF_OPTIONS_MAX) {
		handoff_options_lost(handoff,
				     "barometer.cfg (the initrd) is longer than 2047 bytes");
		return;
	}
	from = loader->map(loader->context, physical, len);
	if (from)
		memcpy(handoff->options[0], from, len);
	else
		handoff_options_lost(handoff,
				     "barometer.cfg (the initrd) is not in the first 4 GiB");
}
