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

void bug_mcfg_length(void)
{
	sim_put(sim_memory_at(SIM_MCFG) + 4, 4, 44 + 2 * 16 - 4);
	sim_table_seal(SIM_MCFG);
}

void bug_mcfg_backwards(void)
{
	second_entry()[10] = 0x7f;
	second_entry()[11] = 0x40;
	sim_table_seal(SIM_MCFG);
}

void bug_mcfg_overlap(void)
{
	second_entry()[10] = 0x30;
	sim_table_seal(SIM_MCFG);
}

void bug_mcfg_unaligned(void)
{
	sim_put(second_entry(), 8, 0xb0001000);
	sim_table_seal(SIM_MCFG);
}

void bug_mcfg_in_ram(void)
{
	sim_put(second_entry(), 8, 0x10000000);
	sim_table_seal(SIM_MCFG);
}

void bug_mcfg_old_and_high(void)
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

void bug_capability_loop(void)
{
	struct sim_fn *fn = at(0, 3, 0);

	fn->value[fn->cap_link] = fn->value[0x34];
}

void bug_extended_capability_loop(void)
{
	struct sim_fn *fn = at(0, 2, 0);

	sim_set32(fn, fn->ecap_link, (sim_get32(fn, fn->ecap_link) & 0xfffff) | 0x100u << 20);
}

void bug_header_type_wrong(void)
{
	struct sim_fn *fn = at(0, 3, 0);

	fn->value[0x0b] = 0x06;
	fn->value[0x0a] = 0x04;
}

void bug_bridge_to_itself(void)
{
	sim_bridge_numbers(at(2, 3, 0), 2, 2, 2);
}

void bug_bridges_overlap(void)
{
	uint8_t taken = at(2, 2, 0)->value[0x19];

	sim_bridge_numbers(at(2, 3, 0), 2, taken, taken);
}

/* The entry of 00:02.0: the second of the first bus, whose entries have paths of one byte. */
#define ENTRY(table) ((table) + 32 + 76)

uint32_t bug_table_truncated(uint8_t *table, uint32_t len)
{
	(void)table;
	return len - 40;
}

uint32_t bug_table_function_wrong(uint8_t *table, uint32_t len)
{
	ENTRY(table)[10] ^= 0x10; /* device ID */
	sim_mask_table_seal(table);
	return len;
}

uint32_t bug_table_mask_bit(uint8_t *table, uint32_t len)
{
	ENTRY(table)[16 + 3] ^= 0x01; /* bit 24 of mask[0] */
	sim_mask_table_seal(table);
	return len;
}

uint32_t bug_table_value_wrong(uint8_t *table, uint32_t len)
{
	ENTRY(table)[68 + 2] ^= 0x01; /* bit 16 of rom_value */
	sim_mask_table_seal(table);
	return len;
}
