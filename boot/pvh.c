/*
 * PVH: what a VMM that loads the ELF image directly tells (Xen, public/arch-x86/hvm/start_info.h).
 */
#include <stddef.h>
#include "loader.h"
#include "xen.h"

#define MAGIC 0x336ec578u

struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, command_line, rsdp;
	uint64_t memory_map; /* version 1 and later */
	uint32_t memory_map_entries, reserved;
};

struct memory_map_entry {
	uint64_t start, len;
	uint32_t type, reserved;
};

static struct handoff handoff;

/* A dom0 of Xen is handed none, and version 0. */
static void ask_xen(const struct loader *loader)
{
	static struct xen_memory entry[HANDOFF_RANGES_MAX];
	unsigned count = xen_init() ? xen_memory_map(entry, HANDOFF_RANGES_MAX) : 0;

	if (!count)
		handoff_note(&handoff, "PVH start info has no memory map");
	for (unsigned i = 0; i < count; i++)
		loader_take_range(loader, &handoff, entry[i].start, entry[i].len, entry[i].type);
}

static void take_memory_map(const struct loader *loader, const struct start_info *info)
{
	const struct memory_map_entry *map = NULL;

	if (info->version >= 1 && info->memory_map_entries)
		map = loader->map(loader->context, info->memory_map,
				  (uint64_t)info->memory_map_entries * sizeof(*map));
	if (!map) {
		ask_xen(loader);
		return;
	}
	for (uint32_t i = 0; i < info->memory_map_entries; i++)
		if (!loader_take_range(loader, &handoff, map[i].start, map[i].len, map[i].type))
			return;
}

_Noreturn void pvh_main(uint64_t start_info);

_Noreturn void pvh_main(uint64_t start_info)
{
	const struct loader loader = loader_here();
	const struct start_info *info =
	    start_info % 4 == 0 ? loader.map(NULL, start_info, sizeof(*info)) : NULL;

	handoff.boot = "pvh";
	/* The loader's word for where it is; not to be read before it is known to be mapped. */
	if (!info) {
		handoff_options_lost(&handoff, "PVH start info is not in the first 4 GiB");
	} else if (info->magic != MAGIC) {
		handoff_options_lost(&handoff, "PVH start info has no magic number");
	} else {
		handoff.rsdp = info->rsdp;
		loader_take_command_line(&loader, &handoff, info->command_line);
		take_memory_map(&loader, info);
	}
	kernel_enter(&handoff);
}
