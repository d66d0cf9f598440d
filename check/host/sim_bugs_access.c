/* Seeded bugs of the mechanisms: ports, lanes, ECAM, routing. */
#include <string.h>
#include "sim_bugs.h"

static bool is_data(const struct sim_port *p)
{
	return (p->port & ~3u) == 0xcfc;
}

static bool bug_cfc2_word_lands_low(struct sim_port *p)
{
	if (p->out && p->port == 0xcfe && p->width == 2)
		p->port = 0xcfc;
	return false;
}

static bool bug_cfc_read_lanes_swapped(struct sim_port *p)
{
	if (!p->out && is_data(p) && p->width == 1)
		p->port ^= 3;
	return false;
}

static bool bug_cf8_without_enable(struct sim_port *p)
{
	if (is_data(p))
		sim.cf8 |= 0x80000000;
	return false;
}

static bool bug_cf8_byte_is_address(struct sim_port *p)
{
	if (p->out && p->port == 0xcf8 && p->width == 1)
		sim.cf8 = (sim.cf8 & ~0xffu) | (p->value & 0xff);
	return false;
}

/* Legal, and must not be held against anyone: software writes CF8 before each access. */
static void bug_cf8_cleared_by_access(struct sim_access *a, const struct sim_fn *fn)
{
	(void)fn;
	if (!a->ecam)
		sim.cf8 = 0;
}

static void bug_cf8_loses_register(struct sim_port *p)
{
	if (!p->out && p->port == 0xcf8 && p->width == 4)
		p->value &= ~0xffu;
}

static bool latch_as_written(struct sim_port *p, uint32_t kept)
{
	if (p->port != 0xcf8 || p->width != 4)
		return false;
	if (p->out)
		sim.cf8 = p->value & kept;
	p->value = sim.cf8;
	return true;
}

static bool bug_cf8_reserved_kept(struct sim_port *p)
{
	return latch_as_written(p, ~3u);
}

static bool bug_cf8_low_bits_used(struct sim_port *p)
{
	if (is_data(p) && (p->port & 3) + (sim.cf8 & 3) + p->width <= 4)
		p->port = (uint16_t)(p->port + (sim.cf8 & 3));
	return latch_as_written(p, 0x80ffffff);
}

static void bug_absent_reads_zero(struct sim_access *a, const struct sim_fn *fn)
{
	if (!fn && !a->write)
		a->value = 0;
}

/* One register's worth of memory where nothing is. */
static void bug_absent_remembers(struct sim_access *a, const struct sim_fn *fn)
{
	uint64_t key = (uint64_t)cfg_key(a->at) << 16 | a->reg << 8 | 1;

	if (fn || a->reg >= 0x100 || a->width != 1)
		return;
	if (a->write)
		sim.bug_state = key << 24 | (a->value & 0xff);
	else if (sim.bug_state >> 24 == (key & 0xffffffffff))
		a->value = sim.bug_state & 0xff;
}

static bool bug_functions_alias(struct sim_access *a)
{
	struct cfg_address first = {a->at.segment, a->at.bus, (uint8_t)(a->at.devfn & ~7)};
	const struct sim_fn *fn = sim_route(first);

	if (fn && !(fn->value[0x0e] & 0x80))
		a->at = first;
	return false;
}

static bool bug_bus_bit_ignored(struct sim_access *a)
{
	a->at.bus &= 0x7f;
	return false;
}

/* Takes the base of an MCFG entry for its first bus instead of for bus 0. */
static bool bug_ecam_off_by_start_bus(struct sim_access *a)
{
	for (unsigned i = 0; i < sim.regions && a->ecam; i++) {
		const struct sim_region *region = &sim.region[i];

		if (region->segment == a->at.segment && a->at.bus >= region->start &&
		    a->at.bus <= region->end) {
			a->at.bus = (uint8_t)(a->at.bus + region->start);
			break;
		}
	}
	return false;
}

static bool bug_ecam_parts_from_lane_0(struct sim_access *a)
{
	if (a->ecam && !a->write && a->width < 4)
		a->reg &= ~3u;
	return false;
}

static bool bug_ecam_odd_byte_written_below(struct sim_access *a)
{
	if (a->ecam && a->write && a->width == 1)
		a->reg &= ~1u;
	return false;
}

static bool bug_extended_aliases_low(struct sim_access *a)
{
	a->reg &= 0xff;
	return false;
}

static void bug_extended_parts_zero(struct sim_access *a, const struct sim_fn *fn)
{
	if (fn && !a->write && a->reg >= 0x100 && a->width < 4)
		a->value = 0;
}

/* What reads like an extended capability of a function that has no room for one. */
static void bug_conventional_extended(struct sim_access *a, const struct sim_fn *fn)
{
	if (!fn && !a->write && a->reg >= 0x100 && sim_route(a->at))
		a->value = 0x00010002u >> 8 * (a->reg & 3) & cfg_ones(a->width);
}

/* Copies of all functions' registers, which one mechanism reads and only its own writes bring up to
 * date. */
static uint8_t copies[SIM_ORDINARY_MAX][SIM_SPACE];

static uint8_t *copy_of(const struct sim_fn *fn)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		if (!sim.bug_state)
			memcpy(copies[i], sim.fn[i]->value, SIM_SPACE);
		if (i + 1 == sim.functions)
			sim.bug_state = 1;
	}
	for (unsigned i = 0; i < sim.functions; i++)
		if (sim.fn[i] == fn)
			return copies[i];
	return copies[0];
}

static void stale(struct sim_access *a, const struct sim_fn *fn, bool ecam)
{
	uint8_t *copy;

	if (!fn)
		return;
	copy = copy_of(fn);
	if (a->ecam != ecam)
		return;
	if (a->write)
		memcpy(copy + (a->reg & ~3u), fn->value + (a->reg & ~3u), 4);
	a->value = 0;
	for (unsigned i = 0; i < a->width; i++)
		a->value |= (uint32_t)copy[a->reg + i] << 8 * i;
}

static void bug_ecam_stale(struct sim_access *a, const struct sim_fn *fn)
{
	stale(a, fn, true);
}

static void bug_port_stale(struct sim_access *a, const struct sim_fn *fn)
{
	stale(a, fn, false);
}

/* CF8 takes what is written and reads 0. */
static void bug_cf8_reads_zero(struct sim_port *p)
{
	if (!p->out && p->port == 0xcf8)
		p->value = 0;
}

/* The data port is wired to the host bridge. */
static bool bug_cfc_stuck(struct sim_port *p)
{
	if (is_data(p))
		sim.cf8 = 0x80000000;
	return false;
}

static void bug_cfc_stuck_latch(struct sim_port *p)
{
	if (!p->out && p->port == 0xcf8)
		p->value = 0xffffffff;
}

/* The latch is there and forgets, and nothing is behind the data port. */
static void bug_cf8_zero_cfc_ones(struct sim_port *p)
{
	if (!p->out && (p->port == 0xcf8 || is_data(p)))
		p->value = p->port == 0xcf8 ? 0 : 0xffffffff;
}

/* An address with reserved bits set reaches nothing. */
static bool bug_cf8_reserved_reaches_nothing(struct sim_port *p)
{
	if (p->out && p->port == 0xcf8 && p->width == 4 && p->value & 0x7f000000)
		p->value = 0;
	return false;
}

/* Only writes are lost that go to such an address. */
static bool bug_cf8_reserved_drops_writes(struct sim_port *p)
{
	if (p->out && p->port == 0xcf8 && p->width == 4)
		sim.bug_state = p->value >> 28 & 7;
	return p->out && is_data(p) && sim.bug_state;
}

/* Four bits more of a bus number. */
static bool bug_cf8_reserved_is_bus(struct sim_port *p)
{
	if (p->out && p->port == 0xcf8 && p->width == 4)
		p->value |= (p->value >> 24 & 0xf) << 16;
	return false;
}

/* Legal: AMD's extended registers. */
static bool legal_cf8_extended_write(struct sim_port *p)
{
	if (p->out && p->port == 0xcf8 && p->width == 4)
		sim.bug_state = p->value >> 24 & 0xf;
	return false;
}

static bool legal_cf8_extended(struct sim_access *a)
{
	if (!a->ecam)
		a->reg |= (unsigned)sim.bug_state << 8;
	return false;
}

static const struct sim_bug bugs[] = {
    {.name = "cf8-reserved-drops-writes",
     .port = bug_cf8_reserved_drops_writes,
     .fails = {{"CF8-06",
		"00:00.0 register 0x3c over pio: wrote 0xff with CF8 0xc000003c, read 0x00"}}},
    {.name = "cf8-reserved-is-bus",
     .port = bug_cf8_reserved_is_bus,
     .fails = {{"CF8-06",
		"00:02.0 register 0x00 over pio: wrote CF8 0x81001000, CFC read 0xffffffff"}}},
    {.name = "legal-cf8-extended", .port = legal_cf8_extended_write, .decoded = legal_cf8_extended},
    /* A write of STATUS that lands in COMMAND shows in both of STATUS's rules. */
    {.name = "cfc2-word-lands-low",
     .port = bug_cfc2_word_lands_low,
     .fails =
	 {{"CMD-07", "00:05.0 register 0x5a over pio: wrote 0x0008, events read 0x0008"},
	  {"LANE-09",
	   "00:05.0 register 0x22 over pio: wrote 0x5a30 over 0xa5c09650; the bits that can be written"},
	  {"LANE-07", "00:05.0 register 0x1a over pio: wrote 0x00fe, all numbers read 0x0100fe"},
	  {"LANE-05", "00:02.0 register 0x82 over pio: wrote 0x3c69 over"},
	  {"LANE-03", "00:02.0 register 0x16 over pio: wrote 0x3c69"},
	  {"CMD-02", "00:00.0 register 0x04 over pio: wrote 0x0000 to 0x06, this reads 0x0000"},
	  {"CMD-03", "00:00.0 register 0x04 over pio: wrote 0x06f7 to 0x06, this reads 0x0447"}}},
    {.name = "cfc-read-lanes-swapped",
     .port = bug_cfc_read_lanes_swapped,
     .fails = {{"LANE-01",
		"00:00.0 register 0x00 over pio: a read of 1 bytes gave 0x29, should be 0x86"}}},
    {.name = "cf8-without-enable",
     .port = bug_cf8_without_enable,
     .fails = {{"CF8-01", "register 0x00 over pio: wrote CF8 0x00000000, CFC read 0x29c08086"}}},
    {.name = "cf8-byte-is-address",
     .port = bug_cf8_byte_is_address,
     .fails = {{"CF8-03", "port CF8: wrote 0x80000000, then 1 bytes 0x54 at CF8h + 0"}}},
    /* Legal: software writes CF8 before each access. */
    {.name = "cf8-cleared-by-access", .answered = bug_cf8_cleared_by_access},
    {.name = "cf8-loses-register",
     .port_answered = bug_cf8_loses_register,
     .fails = {{"CF8-02", "port CF8: wrote 0x80fffffc, read 0x80ffff00"}}},
    {.name = "cf8-reserved-kept",
     .port = bug_cf8_reserved_kept,
     .fails = {{"CF8-04", "port CF8: wrote 0xff000000, read 0xff000000"}}},
    {.name = "cf8-low-bits-used",
     .port = bug_cf8_low_bits_used,
     .fails = {{"CF8-05", "port CF8: wrote 0x80000002, read 0x80000002"},
	       {"CF8-07", "wrote CF8 0x80000001; the word at CFC read 0xc080"}}},
    {.name = "absent-reads-zero",
     .answered = bug_absent_reads_zero,
     .fails = {{"ABS-07", "01:01.0 register 0x00 over pio: read 0x00000000"},
	       {"ABS-05", "05:00.0 register 0x00 over pio: no bridge leads to bus 5"},
	       {"ABS-01", "00:01.0 register 0x00 over pio: no function is there; 4 bytes read 0x0"},
	       {"ABS-03", "00:00.1 register 0x00 over pio"},
	       {"DST-01",
		"00:05.0 register 0x18 over pio: with secondary 63, bus 1 still read 0x00000000"},
	       {"DST-09", "with subordinate 2, bus 3 read 0x00000000"}}},
    {.name = "absent-remembers",
     .answered = bug_absent_remembers,
     .fails = {{"ABS-02", "00:01.0 register 0x3c over pio: no function is there; wrote 0x5a"}}},
    {.name = "functions-alias",
     .decoded = bug_functions_alias,
     .fails = {{"ABS-03", "00:02.1 register 0x00 over pio"}}},
    {.name = "bus-bit-ignored",
     .decoded = bug_bus_bit_ignored,
     .fails = {{"ABS-05", "80:00.0 register 0x00 over pio: no bridge leads to bus 128"},
	       {"ABS-04",
		"80:02.0 register 0x00 over pio: read 0x10d38086, the function of bus 0"}}},
    {.name = "ecam-off-by-start-bus",
     .decoded = bug_ecam_off_by_start_bus,
     .fails = {{"MCFG-08", "MCFG entry 1 (segment 0, buses 64 to 127, base 0xb0000000): ports"},
	       {"DST-01",
		"40:02.0 register 0x18 over ecam: with secondary 127, bus 127 read 0xffffffff"},
	       {"ID-01", "40:00.0 register 0x00 over pio: read 0x000b1b36"}}},
    /* Nothing that is found by its bytes is found, the Express capability for one. */
    {.name = "ecam-parts-from-lane-0",
     .decoded = bug_ecam_parts_from_lane_0,
     .fails = {{"LANE-02",
		"00:00.0 register 0x01 over ecam: a read of 1 bytes gave 0x86, should be 0x80"},
	       {"ID-02", "00:02.0 register 0x100 over ecam"},
	       {"CAP-04", "00:02.0 register 0x100 over ecam"}}},
    {.name = "ecam-odd-byte-written-below",
     .decoded = bug_ecam_odd_byte_written_below,
     .fails =
	 {{"LANE-09",
	   "00:05.0 register 0x1d over ecam: wrote 0x60 over 0x00009050; the bits that can be written read"},
	  {"DST-07", "00:05.0 register 0x04 over ecam: writes of 1 bytes changed bits 0x0002"},
	  {"CMD-06", "00:02.0 register 0x04 over ecam: writes of 1 bytes changed bits 0x0002"},
	  {"LANE-05", "00:02.0 register 0x81 over ecam: wrote 0xf0"},
	  {"LANE-06", "00:02.0 register 0x109 over ecam: wrote 0xf0"},
	  {"LANE-07", "00:05.0 register 0x19 over ecam: wrote 0xfe"},
	  {"SIDE-05", "00:00.0 register 0x3c over ecam: read 0x00000007"},
	  {"LANE-04", "00:02.0 register 0x15 over ecam: wrote 0xf0"}}},
    {.name = "extended-aliases-low",
     .decoded = bug_extended_aliases_low,
     .fails = {{"CAP-06",
		"00:00.0 register 0x100 over ecam: extended capability 0x8086 of version 0"},
	       {"CAP-02", "00:02.0 register 0x100 over ecam"},
	       {"CAP-03", "00:00.0 register 0x100 over ecam"},
	       {"CAP-04", "00:03.0 register 0x100 over ecam"}}},
    {.name = "extended-parts-zero",
     .answered = bug_extended_parts_zero,
     .fails = {{"ID-02", "00:02.0 register 0x100 over ecam: reads of 1 bytes gave 0x00000000"}}},
    {.name = "conventional-extended",
     .answered = bug_conventional_extended,
     .fails = {{"CAP-04", "00:03.0 register 0x100 over ecam"}}},
    /* An error bit that was cleared through ports is still there in ECAM. */
    {.name = "ecam-stale-after-port",
     .answered = bug_ecam_stale,
     .fails = {{"COH-01", "00:02.0 register 0x3c over pio: wrote 0x5a, read 0x0 over ecam"},
	       {"SMP-01", "over pio: one vCPU wrote 0x5a, the other read 0x00 over ecam"},
	       {"CMD-07", "00:05.0 register 0x5a over ecam: wrote 0, events read 0x0000"},
	       {"VIO-01",
		"00:07.0 register 0x60 over ecam: aimed at device_feature, read 0x00000000"},
	       {"CMD-02", "00:03.0 register 0x06 over ecam"}}},
    {.name = "port-stale-after-ecam",
     .answered = bug_port_stale,
     .fails = {{"COH-02", "00:02.0 register 0x3c over ecam: wrote 0x5a, read 0x0 over pio"},
	       {"SMP-01", "over ecam: one vCPU wrote 0x5a, the other read"},
	       /* Sizing through ports puts back what they read, which is old. */
	       {"SIDE-05", "00:02.0 register 0x14 over ecam: read 0xa5a5a5a1"},
	       {"VIO-01",
		"00:07.0 register 0x60 over pio: aimed at device_feature, read 0x00000000"}}},
    {.name = "cf8-reads-zero",
     .port_answered = bug_cf8_reads_zero,
     .fails = {{"CF8-02", "port CF8: wrote 0x80fffffc, read 0x00000000"},
	       {"CF8-03", "port CF8: wrote 0x80000000, then 1 bytes 0x54"}}},
    {.name = "cfc-stuck",
     .port = bug_cfc_stuck,
     .port_answered = bug_cfc_stuck_latch,
     .fails = {{"CF8-02", "port CFC: read 0x29c08086 for 00:00.0 and for ff:1f.7"}}},
    {.name = "cf8-zero-cfc-ones",
     .port_answered = bug_cf8_zero_cfc_ones,
     .fails = {{"CF8-02", "port CF8: wrote 0x80000000, read 0x00000000, and CFC 0xffffffff"}}},
    {.name = "cf8-reserved-reaches-nothing",
     .port = bug_cf8_reserved_reaches_nothing,
     .fails = {{"CF8-06", "wrote CF8 0xc0000000, CFC read 0xffffffff"}}},
};

const struct sim_bug_table sim_bugs_access = {bugs, sizeof(bugs) / sizeof(bugs[0])};
