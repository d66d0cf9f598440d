/*
 * Seeded bugs of what is behind BARs: memory, ports, ROMs; and of what bridges pass on to it.
 * sim_decode.c asks for most by name: they are about where it looks.
 */
#include "sim_bugs.h"

static bool is_bridge(const struct sim_fn *fn)
{
	return fn->behind != NULL;
}

static void set_all(unsigned reg, uint32_t value, uint32_t writable)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (is_bridge(sim.fn[i])) {
			sim_set32(sim.fn[i], reg, value);
			sim_writable32(sim.fn[i], reg, writable);
		}
}

static void no_prefetchable_window(void)
{
	set_all(0x24, 0, 0);
	set_all(0x28, 0, 0);
	set_all(0x2c, 0, 0);
}

static void no_ports_window(void)
{
	set_all(0x1c, 0, 0);
	set_all(0x30, 0, 0);
}

static void wide_ports_window(void)
{
	set_all(0x1c, 0x000001f1, 0x0000f0f0);
}

/* Prefetchable memory of a neighbour's, just where there would be room. */
static void prefetchable_window_in_the_way(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (is_bridge(sim.fn[i]) && !sim.fn[i]->on->bridge) {
			sim_set32(sim.fn[i], 0x24, 0xcff1c001);
			sim_set32(sim.fn[i], 0x28, 0);
			sim_set32(sim.fn[i], 0x2c, 0);
			return;
		}
}

static const struct sim_bug bugs[] = {
    {.name = "memory-stays",
     .fails = {{"DST-04",
		"00:02.0 register 0x10 over pio: moved, memory at 0xc1000008 reads 0x00f000c1"},
	       {"DST-12",
		"00:05.0 register 0x20 over pio: window moved over it, the memory of 01:00.0"}}},
    {.name = "memory-at-both",
     .fails =
	 {{"DST-04",
	   "00:02.0 register 0x10 over pio: moved away, memory at 0xc0c00008 still reads 0x00000081"},
	  {"DST-12",
	   "00:05.0 register 0x20 over pio: window just above, the memory of 01:00.0 at 0xc0c00008 reads 0x00000081"}}},
    {.name = "memory-ignores-command",
     .fails =
	 {{"DST-04",
	   "00:02.0 register 0x04 over pio: decode off, memory at 0xc1000008 still reads 0x00000081"}}},
    {.name = "memory-upper-half-ignored",
     .fails =
	 {{"DST-04",
	   "02:05.0 register 0x20 over pio: moved above 4 GiB, memory at 0x800301012 reads 0xffff"},
	  {"DST-12", "00:06.0 register 0x24 over pio: window above 4 GiB, the memory of 02:05.0"}}},
    {.name = "ports-stay",
     .fails = {{"DST-10",
		"00:04.0 register 0x14 over pio: moved, ports at 0xc704 reads 0xffffffff"},
	       {"DST-12",
		"00:06.0 register 0x1c over pio: window moved over it, the ports of 03:01.0"}}},
    {.name = "ports-at-both",
     .fails =
	 {{"DST-10",
	   "00:04.0 register 0x14 over pio: moved away, ports at 0xc604 still reads 0x00000083"}}},
    {.name = "ports-nowhere",
     .fails =
	 {{"DST-10",
	   "00:04.0 register 0x14 over pio: wrote its address with decode on, ports at 0xc604 reads 0xffffffff"},
	  {"DST-12", "00:06.0 register 0x1c over pio: window around it, the ports of 03:01.0"}}},
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
    {.name = "bridge-window-ignored",
     .fails =
	 {{"DST-12",
	   "00:05.0 register 0x20 over pio: window just above, the memory of 01:00.0 at 0xc0c00008 reads 0x00000081"}}},
    {.name = "bridge-command-ignored",
     .fails =
	 {{"DST-12",
	   "00:05.0 register 0x04 over pio: decode off in COMMAND, the memory of 01:00.0 at 0xc1000008 reads 0x00000081"}}},
    {.name = "bridge-memory-missing",
     .fails =
	 {{"DST-12",
	   "00:05.0 register 0x20 over pio: window around it, the memory of 01:00.0 at 0xc0c00008 reads 0x00f000c1"}}},
    {.name = "bridge-limit-cut",
     .fails = {{"DST-12",
		"00:05.0 register 0x20 over pio: window around it, the memory of 01:00.0"},
	       {"DST-04", "03:01.0 register 0x10 over pio: moved, memory at"},
	       {"DST-11", "02:01.0 register 0x30 over pio: moved, ROM at"}}},
    {.name = "bridge-limit-late",
     .fails =
	 {{"DST-12",
	   "00:05.0 register 0x20 over pio: window just below, the memory of 01:00.0 at 0xc1000008 reads 0x00000081"}}},
    {.name = "bridge-base-early",
     .fails =
	 {{"DST-12",
	   "00:05.0 register 0x20 over pio: window just above, the memory of 01:00.0 at 0xc0c00008 reads 0x00000081"}}},
    {.name = "bridge-prefetchable-missing",
     .fails = {{"DST-12",
		"00:05.0 register 0x24 over pio: window around it, the memory of 01:00.0"},
	       {"DST-04", "02:05.0 register 0x20 over pio: moved above 4 GiB"}}},
    {.name = "bridge-base-upper-ignored",
     .fails =
	 {{"DST-12",
	   "00:05.0 register 0x24 over pio: window moved by its upper half, the memory of 01:00.0"},
	  {"DST-04", "02:05.0 register 0x20 over pio: moved above 4 GiB"}}},
    {.name = "bridge-ports-window-ignored",
     .fails =
	 {{"DST-12",
	   "00:06.0 register 0x1c over pio: window just above, the ports of 03:01.0 at 0xc604 reads 0x00000083"}}},
    {.name = "bridge-ports-command-ignored",
     .fails =
	 {{"DST-12",
	   "00:06.0 register 0x04 over pio: decode off in COMMAND, the ports of 03:01.0 at 0xc704 reads 0x00000083"}}},
    {.name = "bridge-ports-missing",
     .fails =
	 {{"DST-12",
	   "00:06.0 register 0x1c over pio: window around it, the ports of 03:01.0 at 0xc604 reads 0xffffffff"}}},
    {.name = "bridge-ports-limit-cut",
     .fails =
	 {{"DST-12",
	   "00:06.0 register 0x1c over pio: window around it, the ports of 03:01.0 at 0xc604 reads 0xffffffff"}}},
    {.name = "bridge-ports-base-early",
     .fails =
	 {{"DST-12",
	   "00:06.0 register 0x1c over pio: window just above, the ports of 03:01.0 at 0xc604 reads 0x00000083"}}},
    {.name = "bridge-ports-upper-ignored",
     .machine = wide_ports_window,
     .fails =
	 {{"DST-12",
	   "00:06.0 register 0x1c over pio: window moved by its upper half, the ports of 03:01.0"}}},
    /* Two may be missing, that for ports may have 32 bits (Bridge 1.2, 3.2.5.6, 3.2.5.9). */
    {.name = "legal-no-prefetchable-window", .machine = no_prefetchable_window},
    {.name = "legal-no-ports-window", .machine = no_ports_window},
    {.name = "legal-wide-ports-window", .machine = wide_ports_window},
    {.name = "legal-prefetchable-window-in-the-way", .machine = prefetchable_window_in_the_way},
    /* No ROM need be behind its BAR (PCI 3.0, 6.3.2). */
    {.name = "no-rom"},
    /* What the chipset answers for nobody is its own matter. */
    {.name = "legal-nothing-reads-0"},
};

const struct sim_bug_table sim_bugs_memory = {bugs, sizeof(bugs) / sizeof(bugs[0])};
