/* Seeded bugs that show somewhere else: side effects, and buses that nothing leads to. */
#include "sim_bugs.h"

static bool covers(const struct sim_access *a, unsigned reg)
{
	return reg >= a->reg && reg < a->reg + a->width;
}

static bool writes_ones_to_bar(const struct sim_access *a)
{
	return a->reg >= 0x10 && a->reg < 0x18 && a->width == 4 && a->value == 0xffffffff;
}

/* One address register behind both mechanisms. */
static bool bug_ecam_clobbers_cf8(struct sim_access *a)
{
	if (a->ecam)
		sim.cf8 = 0x80000000 | (uint32_t)a->at.bus << 16 | (uint32_t)a->at.devfn << 8 |
			  (a->reg & 0xfc);
	return false;
}

/* Only the writes. */
static bool bug_ecam_write_clobbers_cf8(struct sim_access *a)
{
	return a->write && bug_ecam_clobbers_cf8(a);
}

static void bug_read_counts(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 0x2e))
		fn->value[0x2e]++;
}

/* Reading a byte of the dword at 2Ch in place of the dword. */
static void bug_part_read_changes(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 0x2d) && a->width == 1)
		fn->value[0x2d] ^= 0x80;
}

static bool bug_write_hits_twin(struct sim_fn *fn, struct sim_access *a)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i] != fn && sim_get32(sim.fn[i], 0) == sim_get32(fn, 0) &&
		    a->reg == 0x3c)
			sim.fn[i]->value[0x3c] = (uint8_t)a->value;
	return false;
}

static bool bug_write_hits_next(struct sim_fn *fn, struct sim_access *a)
{
	for (unsigned i = 0; i + 1 < sim.functions; i++)
		if (sim.fn[i] == fn && a->reg == 0x0c && a->width == 1)
			sim.fn[i + 1]->value[0x0c] = (uint8_t)a->value;
	return false;
}

static bool bug_bar_write_changes_line(struct sim_fn *fn, struct sim_access *a)
{
	if (writes_ones_to_bar(a))
		fn->value[0x3c] = 0xff;
	return false;
}

static bool bug_bar_write_clears_pin(struct sim_fn *fn, struct sim_access *a)
{
	if (writes_ones_to_bar(a))
		fn->value[0x3d] = 0;
	return false;
}

/* Lost with the first write of COMMAND, and for good. */
static bool bug_command_write_loses_subsystem(struct sim_fn *fn, struct sim_access *a)
{
	if (covers(a, 4))
		fn->value[0x2f] = 0;
	return false;
}

static bool empty_bus(const struct sim_access *a, const struct sim_fn *fn)
{
	if (fn)
		return false;
	for (unsigned i = 0; i < sim.functions; i++) {
		uint8_t bus = sim_address(sim.fn[i]).bus;

		if (bus == a->at.bus || (sim.fn[i]->behind && a->at.bus >= sim.fn[i]->value[0x19] &&
					 a->at.bus <= sim.fn[i]->value[0x1a]))
			return false;
	}
	return true;
}

static void bug_empty_bus_reads_zero(struct sim_access *a, const struct sim_fn *fn)
{
	if (!a->write && empty_bus(a, fn))
		a->value = 0;
}

static void bug_empty_bus_parts_read_zero(struct sim_access *a, const struct sim_fn *fn)
{
	if (a->width < 4)
		bug_empty_bus_reads_zero(a, fn);
}

/* ECAM is shorter than MCFG says, and RAM that reads zero follows it. */
static void bug_ecam_short(struct sim_access *a, const struct sim_fn *fn)
{
	(void)fn;
	if (!a->write && a->ecam && a->at.bus >= 0x70)
		a->value = 0;
}

static void bug_ecam_edge(struct sim_access *a, const struct sim_fn *fn)
{
	(void)fn;
	if (!a->write && a->ecam && a->at.bus == 0x7f && a->at.devfn == 0xff && a->reg >= 0xffc)
		a->value = 0;
}

/* The last function of every bus that nothing leads to is a device that is not there. */
static void bug_phantom_on_empty_bus(struct sim_access *a, const struct sim_fn *fn)
{
	if (!a->write && a->at.devfn == 0 && empty_bus(a, fn) && a->reg < 4)
		a->value = 0xffff0001u >> 8 * (a->reg & 3) & cfg_ones(a->width);
}

/* On the buses behind bridges every device is there, by its ID alone. */
static void bug_phantoms_behind_bridges(struct sim_access *a, const struct sim_fn *fn)
{
	if (!fn && !a->write && a->at.bus >= 1 && a->at.bus <= 4 && (a->at.devfn & 7) == 0 &&
	    a->reg < 4)
		a->value = 0xffff0001u >> 8 * (a->reg & 3) & cfg_ones(a->width);
}

/* The upper byte of COMMAND is written to the next function as well. */
static bool bug_command_hits_next(struct sim_fn *fn, struct sim_access *a)
{
	for (unsigned i = 0; i + 1 < sim.functions; i++)
		if (sim.fn[i] == fn && a->reg == 4 && a->width == 2)
			sim.fn[i + 1]->value[5] = (uint8_t)(a->value >> 8 & 0x05);
	return false;
}

/* All devices of a model have one BAR. */
static bool bug_bar_hits_twin(struct sim_fn *fn, struct sim_access *a)
{
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i] != fn && !fn->behind && a->reg == 0x10 && a->width == 4 &&
		    sim_get32(sim.fn[i], 0) == sim_get32(fn, 0))
			sim_set32(sim.fn[i], 0x10, a->value & 0xfff00000);
	return false;
}

/* Reading the second dword of Power Management changes it. */
static void bug_capability_read_counts(struct sim_fn *fn, struct sim_access *a)
{
	if (sim_get32(fn, 0) == 0x100e8086 && covers(a, 0x44))
		fn->value[0x45] ^= 0x02;
}

/* Some buses are another one's, but for device 0. */
static bool bug_empty_bus_aliases(struct sim_access *a)
{
	if ((a->at.bus & 0x98) == 0x18 && a->at.devfn)
		a->at.bus = 0;
	return false;
}

/* A link is looked behind as a bus is: all devices are the one. */
static bool bug_port_passes_all_devices(struct sim_access *a)
{
	if (a->at.bus == 1)
		a->at.devfn &= 7;
	return false;
}

/* What ports reach behind a bridge is kept, until its numbers are written through ports. */
static bool bug_port_route_kept_write(struct sim_fn *fn, struct sim_access *a)
{
	uint8_t old = fn->value[0x19], new = (uint8_t)(a->value >> 8);

	if (!fn->behind || a->reg != 0x18 || a->width != 4)
		return false;
	sim.bug_state =
	    a->ecam && new != old &&sim.bug_state >> 8 != new ? (uint64_t)old << 8 | new : 0;
	return false;
}

static bool bug_port_route_kept(struct sim_access *a)
{
	uint8_t old = (uint8_t)(sim.bug_state >> 8), new = (uint8_t)sim.bug_state;

	if (a->ecam || !sim.bug_state)
		return false;
	if (a->at.bus == old)
		a->at.bus = new;
	else if (a->at.bus == new)
		a->at.bus = old;
	return false;
}

static const struct sim_bug bugs[] = {
    {.name = "command-write-hits-next",
     .fn_write = bug_command_hits_next,
     .fails = {{"SIDE-02", "00:03.0 register 0x04 over ecam: read 0x00100103"}}},
    {.name = "bar-write-hits-twin",
     .fn_write = bug_bar_hits_twin,
     .fails = {{"SIDE-05", "00:04.0 register 0x10 over ecam"},
	       {"SMP-04", "register 0x10 over pio: sized while"},
	       {"SIDE-02", "00:0e.0 register 0x10 over ecam: read 0x9a300000"},
	       {"DST-04", "register 0x04 over pio: decode off"},
	       {"DST-12", "over pio: window just above"}}},
    {.name = "capability-read-counts",
     .fn_read = bug_capability_read_counts,
     .fails = {{"COH-03",
		"00:03.0 register 0x44 over pio: after decode off and on read 0x00000000"},
	       {"LANE-05", "00:03.0 register 0x44 over pio: read 0x00000200"},
	       {"LANE-02", "00:03.0 register 0x44 over ecam: a read of 4 bytes gave 0x00000000"},
	       {"ID-01", "00:03.0 register 0x44 over pio: read 0x00000000"},
	       {"SIDE-01", "00:03.0 register 0x44 over ecam: read 0x00000200"}}},
    {.name = "empty-bus-aliases",
     .decoded = bug_empty_bus_aliases,
     .fails =
	 {{"DST-01", "00:06.0 register 0x18 over pio: with secondary 63, bus 63 read 0xffffffff"},
	  {"ABS-05",
	   "19:02.0 register 0x00 over pio: no bridge leads to bus 25; 4 bytes read 0x10d38086"}}},
    {.name = "port-passes-all-devices",
     .decoded = bug_port_passes_all_devices,
     .fails = {{"SIDE-02", "01:01.0 register 0x04 over ecam: read 0x00100144"},
	       {"PV-02", "01:01.0: is on the bus"},
	       {"SMP-04", "01:0"},
	       {"SIDE-05", "01:0"},
	       {"ABS-07", "01:01.0 register 0x00 over pio: read 0x10d38086"}}},
    {.name = "port-route-kept",
     .fn_write = bug_port_route_kept_write,
     .decoded = bug_port_route_kept,
     .fails = {{"DST-01",
		"00:05.0 register 0x18 over pio: with secondary 63, bus 63 read 0xffffffff"}}},
    {.name = "ecam-clobbers-cf8",
     .decoded = bug_ecam_clobbers_cf8,
     .fails = {{"SIDE-04", "wrote CF8 0x80000008, used ECAM, CF8 read 0x8000003c"}}},
    {.name = "ecam-write-clobbers-cf8",
     .decoded = bug_ecam_write_clobbers_cf8,
     .fails = {{"SIDE-04", "wrote CF8 0x80000008, used ECAM, CF8 read 0x8000003c"}}},
    {.name = "read-counts",
     .fn_read = bug_read_counts,
     .fails =
	 {{"LANE-09", "00:05.0 register 0x2c over pio: read 0x00140000 once 0x28 was written to"},
	  {"LANE-05", "00:02.0 register 0x2c over pio"},
	  {"LANE-06", "00:02.0 register 0x2c over ecam"},
	  {"HDR-01", "00:00.0 register 0x2c over pio"},
	  {"SIDE-01", "00:00.0 register 0x2c over ecam"},
	  {"SIDE-02", "00:02.0 register 0x2c over ecam"},
	  {"SIDE-03", "00:02.0 register 0x2c over pio"},
	  {"SIDE-05", "00:00.0 register 0x2c over ecam"},
	  /* The byte is also one of a bridge's prefetchable limit. */
	  {"DST-04", "00:07.0 register 0x20 over pio: moved above 4 GiB"},
	  {"DST-12",
	   "00:06.0 register 0x24 over pio: window above 4 GiB, the memory of 02:05.0 at 0x800301012 reads 0xffff"}}},
    {.name = "part-read-changes",
     .fn_read = bug_part_read_changes,
     .fails =
	 {{"SIDE-05", "00:00.0 register 0x2c over ecam"},
	  {"SIDE-01", "00:00.0 register 0x2c over ecam: read 0x00008000, should be 0x00000000"},
	  /* The byte is also one of a bridge's prefetchable limit. */
	  {"DST-04", "00:07.0 register 0x20 over pio: moved above 4 GiB"},
	  {"DST-12",
	   "00:06.0 register 0x24 over pio: window above 4 GiB, the memory of 02:05.0 at 0x800301012 reads 0xffff"}}},
    {.name = "write-hits-twin",
     .fn_write = bug_write_hits_twin,
     .fails = {{"SIDE-02",
		"01:00.0 register 0x3c over ecam: read 0x000001ff, should be 0x00000100"}}},
    {.name = "write-hits-next",
     .fn_write = bug_write_hits_next,
     .fails = {{"SIDE-02",
		"00:02.0 register 0x0c over ecam: read 0x000000ff, should be 0x00000000"}}},
    {.name = "bar-write-changes-line",
     .fn_write = bug_bar_write_changes_line,
     .fails = {{"SIDE-03",
		"00:02.0 register 0x3c over pio: wrote ones to 0x10, this reads 0x000001ff"},
	       {"SIDE-05", "register 0x3c over ecam: read 0x000000ff"}}},
    {.name = "bar-write-clears-pin",
     .fn_write = bug_bar_write_clears_pin,
     .fails = {{"SIDE-05",
		"00:02.0 register 0x3c over ecam: read 0x00000000, should be 0x00000100"}}},
    {.name = "command-write-loses-subsystem",
     .fn_write = bug_command_write_loses_subsystem,
     .fails = {{"SIDE-05",
		"00:02.0 register 0x2c over ecam: read 0x00001af4, should be 0x11001af4"}}},
    {.name = "empty-bus-reads-zero",
     .answered = bug_empty_bus_reads_zero,
     .fails = {{"ABS-05",
		"05:00.0 register 0x00 over pio: no bridge leads to bus 5; 1 bytes read 0x0"},
	       {"DST-01", "with secondary 63, bus 1 still read 0x00000000"}}},
    {.name = "empty-bus-parts-read-zero",
     .answered = bug_empty_bus_parts_read_zero,
     .fails = {{"ABS-05",
		"05:00.0 register 0x00 over pio: no bridge leads to bus 5; 1 bytes read 0x0"}}},
    {.name = "ecam-short",
     .answered = bug_ecam_short,
     .fails = {{"ABS-05",
		"70:00.0 register 0x00 over ecam: no bridge leads to bus 112; 1 bytes read 0x0"},
	       {"DST-01",
		"40:02.0 register 0x18 over ecam: with secondary 127, bus 127 read 0x00000000"}}},
    {.name = "ecam-edge",
     .answered = bug_ecam_edge,
     .fails = {{"ABS-05",
		"7f:1f.7 register 0xffc over ecam: no bridge leads to bus 127; 1 bytes read 0x0"}}},
    {.name = "phantom-on-empty-bus",
     .answered = bug_phantom_on_empty_bus,
     .fails = {{"ABS-05",
		"05:00.0 register 0x00 over pio: no bridge leads to bus 5; 1 bytes read 0x1"},
	       {"DST-01", "with secondary 63, bus 1 still read 0xffff0001"},
	       {"SMP-05", "the other read 0xffff0001 on bus 1"}}},
    {.name = "phantoms-behind-bridges",
     .answered = bug_phantoms_behind_bridges,
     .fails = {{"ABS-07", "01:01.0 register 0x00 over pio: read 0xffff0001"},
	       {"ABS-06", "01:01.0 register 0x00 over ecam: reads as 0xffff0001"},
	       {"HDR-02", "01:01.0 register 0x0e over ecam: header type 127"},
	       {"PV-02", "01:01.0: is on the bus"},
	       {"CMD-02", "01:01.0 register 0x06 over pio"},
	       {"DST-01", "with secondary 63, bus 1 still read 0xffff0001"},
	       {"DST-09", "with subordinate 2, bus 3 read 0xffff0001"},
	       {"SMP-05", "the other read 0xffff0001 on bus 1"}}},
};

const struct sim_bug_table sim_bugs_distance = {bugs, sizeof(bugs) / sizeof(bugs[0])};
