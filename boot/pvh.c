/*
 * PVH: what a VMM that loads the ELF image directly tells (Xen, public/arch-x86/hvm/start_info.h).
 */
#include <stddef.h>
#include "handoff.h"
#include "image.h"
#include "mem.h"

#define MAGIC 0x336ec578u

struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, command_line, rsdp;
	uint64_t memory_map; /* version 1 and later */
	uint32_t memory_map_entries, reserved;
};

struct memory_map_entry {
	uint64_t start, len;
	uint32_t type, reserved; /* types as E820's: 1 RAM */
};

#define TYPE_RAM      1
#define TYPE_UNUSABLE 5

/* What pvh.asm maps. */
#define BOOT_MAPPED   (1ull << 30)

#define ARENA_MAX     (256ull << 20)

static struct handoff handoff;

static bool mapped(uint64_t start, uint64_t len)
{
	return start < BOOT_MAPPED && len <= BOOT_MAPPED - start;
}

/* The largest piece of RAM behind the image that the boot page tables reach. */
static void consider_for_arena(uint64_t start, uint64_t len)
{
	uint64_t end = start + len, low = (uint64_t)image_end;

	if (end > BOOT_MAPPED)
		end = BOOT_MAPPED;
	if (start < low)
		start = low;
	if (end <= start)
		return;
	len = end - start < ARENA_MAX ? end - start : ARENA_MAX;
	if (len > handoff.arena.len)
		handoff.arena = (struct handoff_range){start, len, true};
}

static void take_memory_map(const struct start_info *info)
{
	const struct memory_map_entry *map = (const void *)info->memory_map;

	if (info->version < 1 || info->memory_map_entries == 0 ||
	    !mapped(info->memory_map, (uint64_t)info->memory_map_entries * sizeof(*map))) {
		handoff_note(&handoff, "PVH start info has no memory map");
		return;
	}
	for (uint32_t i = 0; i < info->memory_map_entries; i++) {
		if (map[i].type == TYPE_UNUSABLE || map[i].len == 0 ||
		    map[i].len > UINT64_MAX - map[i].start)
			continue;
		if (handoff.range_count == HANDOFF_RANGES_MAX) {
			handoff_note(&handoff, "PVH memory map is longer than 512 entries");
			return;
		}
		handoff.range[handoff.range_count++] =
		    (struct handoff_range){map[i].start, map[i].len, map[i].type == TYPE_RAM};
		if (map[i].type == TYPE_RAM)
			consider_for_arena(map[i].start, map[i].len);
	}
}

static void take_command_line(uint64_t physical)
{
	const char *text = (const char *)physical;
	size_t len = 0;

	if (!physical)
		return;
	if (!mapped(physical, HANDOFF_OPTIONS_MAX)) {
		handoff_options_lost(&handoff, "PVH command line is above 1 GiB and was not read");
		return;
	}
	while (len < HANDOFF_OPTIONS_MAX && text[len])
		len++;
	if (len == HANDOFF_OPTIONS_MAX) {
		handoff_options_lost(&handoff, "command line is longer than 2047 characters");
		return;
	}
	memcpy(handoff.options[1], text, len);
}

_Noreturn void pvh_main(const struct start_info *info);

_Noreturn void pvh_main(const struct start_info *info)
{
	handoff.boot = "pvh";
	/* The loader's word for where it is; not to be read before it is known to be mapped. */
	if (!mapped((uint64_t)info, sizeof(*info)) || (uint64_t)info % 4 != 0) {
		handoff_options_lost(&handoff, "PVH start info is not in the first GiB");
	} else if (info->magic != MAGIC) {
		handoff_options_lost(&handoff, "PVH start info has no magic number");
	} else {
		handoff.rsdp = info->rsdp;
		take_command_line(info->command_line);
		take_memory_map(info);
	}
	kernel_enter(&handoff);
}
