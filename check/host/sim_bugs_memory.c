/*
 * Seeded bugs of what is behind BARs: memory, ports, ROMs. sim_decode.c asks for them by name: they
 * are about where it looks.
 */
#include "sim_bugs.h"

static const struct sim_bug bugs[] = {
    {.name = "memory-stays",
     .fails = {{"DST-04",
		"00:02.0 register 0x10 over pio: moved, memory at 0xc1000008 reads 0x00f000c1"}}},
    {.name = "memory-at-both",
     .fails =
	 {{"DST-04",
	   "00:02.0 register 0x10 over pio: moved away, memory at 0xc0c00008 still reads 0x00000081"}}},
    {.name = "memory-ignores-command",
     .fails =
	 {{"DST-04",
	   "00:02.0 register 0x04 over pio: decode off, memory at 0xc1000008 still reads 0x00000081"}}},
    {.name = "memory-upper-half-ignored",
     .fails =
	 {{"DST-04",
	   "02:05.0 register 0x20 over pio: moved above 4 GiB, memory at 0x800301012 reads 0xffff"}}},
    {.name = "ports-stay",
     .fails = {{"DST-10",
		"00:04.0 register 0x14 over pio: moved, ports at 0xc704 reads 0xffffffff"}}},
    {.name = "ports-at-both",
     .fails =
	 {{"DST-10",
	   "00:04.0 register 0x14 over pio: moved away, ports at 0xc604 still reads 0x00000083"}}},
    {.name = "ports-nowhere",
     .fails =
	 {{"DST-10",
	   "00:04.0 register 0x14 over pio: wrote its address with decode on, ports at 0xc604 reads 0xffffffff"}}},
    {.name = "ports-ignore-command",
     .fails =
	 {{"DST-10",
	   "00:04.0 register 0x04 over pio: decode off, ports at 0xc704 still reads 0x00000083"}}},
    {.name = "rom-stays",
     .fails = {{"DST-11",
		"00:02.0 register 0x30 over pio: moved, ROM at 0xc1200000 reads 0xffff"}}},
    {.name = "rom-at-both",
     .fails =
	 {{"DST-11",
	   "00:02.0 register 0x30 over pio: moved away, ROM at 0xc0e00000 still reads 0xaa55"}}},
    {.name = "rom-ignores-command",
     .fails =
	 {{"DST-11",
	   "00:02.0 register 0x04 over pio: decode off, ROM at 0xc1200000 still reads 0xaa55"}}},
    {.name = "rom-ignores-enable",
     .fails =
	 {{"DST-11",
	   "00:02.0 register 0x30 over pio: its enable bit off, ROM at 0xc1200000 still reads 0xaa55"}}},
    /* No ROM need be behind its BAR (PCI 3.0, 6.3.2). */
    {.name = "no-rom"},
    /* What the chipset answers for nobody is its own matter. */
    {.name = "legal-nothing-reads-0"},
};

const struct sim_bug_table sim_bugs_memory = {bugs, sizeof(bugs) / sizeof(bugs[0])};
