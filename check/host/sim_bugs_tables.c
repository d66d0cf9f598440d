/* Seeded bugs of firmware's tables, of whole machines and of the BAR mask table. Machines are
 * sim_rules_machine()'s. */
#include <stdlib.h>
#include "sim_acpi.h"
#include "sim_bugs.h"
#include "sim_build.h"

/* The second MCFG entry, that of buses 40h to 7Fh. */
static uint8_t *second_entry(void)
{
	return sim_memory_at(SIM_MCFG) + 44 + 16;
}

static void bug_mcfg_length(void)
{
	sim_put(sim_memory_at(SIM_MCFG) + 4, 4, 44 + 2 * 16 - 4);
	sim_table_seal(SIM_MCFG);
}

static void bug_mcfg_backwards(void)
{
	second_entry()[10] = 0x7f;
	second_entry()[11] = 0x40;
	sim_table_seal(SIM_MCFG);
}

static void bug_mcfg_overlap(void)
{
	second_entry()[10] = 0x30;
	sim_table_seal(SIM_MCFG);
}

static void bug_mcfg_unaligned(void)
{
	sim_put(second_entry(), 8, 0xb0001000);
	sim_table_seal(SIM_MCFG);
}

static void bug_mcfg_in_ram(void)
{
	sim_put(second_entry(), 8, 0x10000000);
	sim_table_seal(SIM_MCFG);
}

static void bug_mcfg_old_and_high(void)
{
	sim_put(second_entry(), 8, 0x8000000000);
	sim_memory_at(SIM_MCFG)[8] = 0;
	sim_table_seal(SIM_MCFG);
}

static struct sim_fn *at(uint8_t bus, unsigned device, unsigned function)
{
	struct sim_fn *fn =
	    sim_route((struct cfg_address){0, bus, (uint8_t)(device << 3 | function)});

	if (!fn)
		abort();
	return fn;
}

static void bug_capability_loop(void)
{
	struct sim_fn *fn = at(0, 3, 0);

	fn->value[fn->cap_link] = fn->value[0x34];
}

static void bug_extended_capability_loop(void)
{
	struct sim_fn *fn = at(0, 2, 0);

	sim_set32(fn, fn->ecap_link, (sim_get32(fn, fn->ecap_link) & 0xfffff) | 0x100u << 20);
}

static void bug_header_type_wrong(void)
{
	struct sim_fn *fn = at(0, 3, 0);

	fn->value[0x0b] = 0x06;
	fn->value[0x0a] = 0x04;
}

static void bug_bridge_to_itself(void)
{
	sim_bridge_numbers(at(2, 3, 0), 2, 2, 2);
}

static void bug_bridges_overlap(void)
{
	uint8_t taken = at(2, 2, 0)->value[0x19];

	sim_bridge_numbers(at(2, 3, 0), 2, taken, taken);
}

/* The entry of 00:02.0: the second of the first bus, whose entries have paths of one byte. */
#define ENTRY(table) ((table) + 32 + 76)

static uint32_t bug_table_truncated(uint8_t *table, uint32_t len)
{
	(void)table;
	return len - 40;
}

static uint32_t bug_table_function_wrong(uint8_t *table, uint32_t len)
{
	ENTRY(table)[10] ^= 0x10; /* device ID */
	sim_mask_table_seal(table);
	return len;
}

static uint32_t bug_table_mask_bit(uint8_t *table, uint32_t len)
{
	ENTRY(table)[16 + 3] ^= 0x01; /* bit 24 of mask[0] */
	sim_mask_table_seal(table);
	return len;
}

static uint32_t bug_table_value_wrong(uint8_t *table, uint32_t len)
{
	ENTRY(table)[68 + 2] ^= 0x01; /* bit 16 of rom_value */
	sim_mask_table_seal(table);
	return len;
}

/* Where an entry says that its memory begins, its second bus does. */
static bool bug_mcfg_base_a_bus_late(struct sim_access *a)
{
	if (a->ecam && a->at.bus >= 0x40 && a->at.bus < 0x7f)
		a->at.bus++;
	return false;
}

static void bug_mcfg_segment_one(void)
{
	sim_put(sim_memory_at(SIM_MCFG) + 44 + 8, 2, 1);
	sim_table_seal(SIM_MCFG);
}

/* The first entry ends before the last bridge's buses. */
static void bug_mcfg_end_low(void)
{
	sim_memory_at(SIM_MCFG)[44 + 11] = 0x02;
	sim_table_seal(SIM_MCFG);
}

static void bug_mcfg_root_missing(void)
{
	second_entry()[10] = 0x41;
	sim_table_seal(SIM_MCFG);
}

static uint32_t bug_table_broken_while_decode_is_off(uint8_t *table, uint32_t len)
{
	if (sim_decode_is_off())
		table[len - 1] ^= 1;
	return len;
}

static const struct sim_bug bugs[] = {
    {.name = "mcfg-length",
     .tables = bug_mcfg_length,
     .fails = {{"MCFG-07", "MCFG for 40:02.0: names not all of the buses 65 to 65"},
	       {"MCFG-01", "MCFG length: is 72"}}},
    {.name = "mcfg-backwards",
     .tables = bug_mcfg_backwards,
     .fails = {{"MCFG-07", "MCFG for 40:02.0: names not all of the buses 65 to 65"},
	       {"MCFG-02", "MCFG entry 1 (segment 0, buses 127 to 64"}}},
    {.name = "mcfg-overlap",
     .tables = bug_mcfg_overlap,
     .fails = {{"MCFG-03", "MCFG entry 1 (segment 0, buses 48 to 127"}}},
    {.name = "mcfg-unaligned",
     .tables = bug_mcfg_unaligned,
     .fails = {{"MCFG-04", "MCFG entry 1 (segment 0, buses 64 to 127, base 0xb0001000)"}}},
    {.name = "mcfg-in-ram",
     .tables = bug_mcfg_in_ram,
     .fails = {{"MCFG-05", "MCFG entry 1 (segment 0, buses 64 to 127, base 0x10000000)"}}},
    {.name = "mcfg-old-and-high",
     .tables = bug_mcfg_old_and_high,
     .fails = {{"MCFG-06", "MCFG entry 1 (segment 0, buses 64 to 127, base 0x8000000000)"}}},
    {.name = "capability-loop",
     .machine = bug_capability_loop,
     .fails = {{"CAP-01", "00:03.0 register 0x49 over ecam: points at 0x40 after 48"}}},
    {.name = "extended-capability-loop",
     .machine = bug_extended_capability_loop,
     .fails =
	 {{"CAP-02",
	   "00:02.0 register 0x15c over ecam: points at 0x100 after 960 capabilities: does not end: it"}}},
    {.name = "header-type-wrong",
     .machine = bug_header_type_wrong,
     .fails = {{"HDR-02", "00:03.0 register 0x0e over ecam: header type 0 with class 0x0604"}}},
    {.name = "bridge-to-itself",
     .machine = bug_bridge_to_itself,
     .fails = {{"BRG-01", "02:03.0 register 0x18 over ecam: on bus 2 has secondary 2"}}},
    {.name = "bridges-overlap",
     .machine = bug_bridges_overlap,
     .fails = {{"BRG-02", "02:03.0 register 0x18 over ecam: buses 3 to 3"}}},
    {.name = "table-truncated",
     .mask_table = bug_table_truncated,
     .fails = {{"PV-01", "table: is offered as etc/pci-bar-masks but"}}},
    {.name = "table-function-wrong",
     .mask_table = bug_table_function_wrong,
     .fails = {{"PV-02", "00:02.0: the table has 0x10c38086"}}},
    {.name = "table-mask-bit",
     .mask_table = bug_table_mask_bit,
     .fails = {{"PV-03", "00:02.0 register 0x10 in the table: has mask 0xfefe0000"}}},
    {.name = "table-value-wrong",
     .mask_table = bug_table_value_wrong,
     .fails = {{"PV-04", "00:02.0 register 0x30 in the table: has value 0xc0030000"}}},
    {.name = "table-frozen",
     .fails = {{"PV-05", "00:02.0 register 0x14 in the table: has value 0x0000c001"}}},
    {.name = "mcfg-end-low",
     .tables = bug_mcfg_end_low,
     .fails = {{"MCFG-07", "MCFG for 00:06.0: names not all of the buses 2 to 4"}}},
    {.name = "mcfg-base-a-bus-late",
     .decoded = bug_mcfg_base_a_bus_late,
     .fails = {{"DST-01", "register 0x18"},
	       {"MCFG-08", "MCFG entry 1 (segment 0, buses 64 to 127"},
	       {"ID-01", "40:00.0 register 0x00 over pio"},
	       {"COH-01", "40:0"},
	       {"COH-02", "40:0"},
	       {"PV-03", "40:0"},
	       {"PV-04", "40:0"},
	       {"SMP-01", "40:0"},
	       {"DST-01", "40:0"}}},
    {.name = "mcfg-segment-one",
     .tables = bug_mcfg_segment_one,
     .fails = {{"MCFG-08", "MCFG entry 0 (segment 1, buses 0 to 63"},
	       {"MCFG-07", "MCFG for 00:06.0: names not all"}}},
    {.name = "mcfg-root-missing",
     .tables = bug_mcfg_root_missing,
     .fails = {{"MCFG-07", "MCFG: does not name root bus 64 of segment 0"}}},
    {.name = "table-broken-while-decode-is-off",
     .mask_table = bug_table_broken_while_decode_is_off,
     .fails = {{"PV-05", "table: was well-formed, should still be"}}},
};

const struct sim_bug_table sim_bugs_tables = {bugs, sizeof(bugs) / sizeof(bugs[0])};
