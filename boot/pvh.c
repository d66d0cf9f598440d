/* PVH: from pvh.asm, hvm_start_info at hand. */
#include "start_info.h"
#include "xen.h"

static struct handoff handoff;

/* A dom0 of Xen is handed no memory map, and version 0. */
static void ask_xen(const struct loader *loader)
{
	static struct xen_memory entry[HANDOFF_RANGES_MAX];
	unsigned count = xen_init() ? xen_memory_map(entry, HANDOFF_RANGES_MAX) : 0;

	if (!count)
		handoff_note(&handoff, "PVH start info has no memory map");
	for (unsigned i = 0; i < count; i++)
		loader_take_range(loader, &handoff, entry[i].start, entry[i].len, entry[i].type);
}

_Noreturn void pvh_main(uint64_t start_info);

_Noreturn void pvh_main(uint64_t start_info)
{
	const struct loader loader = loader_here();

	handoff.boot = "pvh";
	if (!start_info_take(start_info, &loader, &handoff))
		ask_xen(&loader);
	kernel_enter(&handoff);
}
