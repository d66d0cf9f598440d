/* hvm_start_info to the handoff, believing nothing. */
#include "start_info.h"
#include "mem.h"

#define MAGIC        0x336ec578u

/* Offsets. */
#define VERSION      4
#define COMMAND_LINE 24
#define RSDP         32
#define MAP          40 /* from version 1 on */
#define MAP_ENTRIES  48
#define LEN          56

/* An entry of the map: address, length, type as E820's, reserved. */
#define ENTRY_LEN    24

static bool take_memory_map(const uint8_t *info, const struct loader *loader,
			    struct handoff *handoff)
{
	uint32_t count = mem_le32(info + MAP_ENTRIES);
	const uint8_t *entry;

	if (mem_le32(info + VERSION) < 1 || !count)
		return false;
	entry = loader->map(loader->context, mem_le64(info + MAP), (uint64_t)count * ENTRY_LEN);
	if (!entry)
		return false;
	for (; count; count--, entry += ENTRY_LEN)
		if (!loader_take_range(loader, handoff, mem_le64(entry), mem_le64(entry + 8),
				       mem_le32(entry + 16)))
			break;
	return handoff->range_count;
}

bool start_info_take(uint64_t physical, const struct loader *loader, struct handoff *handoff)
{
	const uint8_t *info = loader->map(loader->context, physical, LEN);

	if (!info) {
		handoff_options_lost(handoff, "PVH start info is not in the first 4 GiB");
		return false;
	}
	if (mem_le32(info) != MAGIC) {
		handoff_options_lost(handoff, "PVH start info has no magic number");
		return false;
	}
	handoff->rsdp = mem_le64(info + RSDP);
	loader_take_command_line(loader, handoff, mem_le64(info + COMMAND_LINE));
	return take_memory_map(info, loader, handoff);
}
