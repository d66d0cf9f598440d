/*
 * What loaders hand over without firmware's help, by PVH or the Linux boot protocol: a command line
 * and an E820 map. Pure logic; all of it is a stranger's word and is checked.
 */
#ifndef BAROMETER_BOOT_LOADER_H
#define BAROMETER_BOOT_LOADER_H

#include "handoff.h"

/* What head.asm maps, from 0 on: 4 GiB. */
#define LOADER_MAPPED (4ull << 30)

struct loader {
	/* len readable bytes at a physical address, or NULL. */
	const void *(*map)(void *context, uint64_t physical, uint64_t len);
	void *context;
	struct handoff_range image; /* where this image is, with all that it has when it runs */
};

/* As the map of PVH and boot_params say it, which is as ACPI 6.4, table 15.1, does. */
#define LOADER_RAM      1
#define LOADER_UNUSABLE 5

/*
 * One entry of the map; what makes no sense is left out. The arena becomes the
 * largest piece of RAM from 1 MiB on that is within reach and has nothing of the image. False when
 * there is no more room, after a note.
 */
bool loader_take_range(const struct loader *loader, struct handoff *handoff, uint64_t start,
		       uint64_t len, uint32_t type);

/*
 * NUL-terminated text at a physical address, 0 for none. What cannot be read to its end is lost,
 * with a note.
 */
void loader_take_command_line(const struct loader *loader, struct handoff *handoff,
			      uint64_t physical);

/* barometer.cfg as a file that the loader left in memory, len bytes; 0 for none. */
void loader_take_config(const struct loader *loader, struct handoff *handoff, uint64_t physical,
			uint64_t len);

/* The map function of an image that runs under head.asm's tables: context is not used. */
const void *loader_map_identity(void *context, uint64_t physical, uint64_t len);

/* From the linker's symbols and those tables. */
struct loader loader_here(void);

#endif
