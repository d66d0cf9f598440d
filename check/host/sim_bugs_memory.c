/*
 * Seeded bugs of memory behind BARs. sim_decode.c asks for most by name: they are about where it
 * looks.
 */
#include "sim_bugs.h"

static const struct sim_bug bugs[] = {
    {.name = "memory-stays",
     .fails =
	 {{"DST-04",
	   "02:04.0 register 0x10 over pio: moved to 0xc0600000, memory there reads 0xffffffff"}}},
    {.name = "memory-at-both",
     .fails = {{"DST-04", "moved away, memory at 0xc0500000 still reads 0x010000ed"}}},
    {.name = "memory-ignores-command",
     .fails =
	 {{"DST-04",
	   "register 0x04 over pio: decode off, memory at 0xc0600000 still reads 0x010000ed"}}},
    {.name = "bridge-window-ignored",
     .fails =
	 {{"DST-04",
	   "closed the memory window of the bridge above, memory at 0xc0600000 still reads 0x010000ed"}}},
    {.name = "bridge-command-ignored",
     .fails =
	 {{"DST-04",
	   "decode off in COMMAND of the bridge above, memory at 0xc0600000 still reads 0x010000ed"}}},
};

const struct sim_bug_table sim_bugs_memory = {bugs, sizeof(bugs) / sizeof(bugs[0])};
