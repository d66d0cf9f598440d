/*
 * That no rule passes whatever it reads: on the very machine where it passes, each must fail once
 * one thing is another: an answer, a register, an address bit, MCFG, the mask table.
 */
#include "check.h"
#include "sim_acpi.h"
#include "sim_bugs.h"
#include "sim_rules.h"
#include "test.h"

#define SOMEONE   "SimulatedVMM"
#define TRIES_MAX 4000

/* Changes one thing about the machine that is there; false when there is no such thing any more. */
typedef bool (*mutator)(unsigned try);

static uint64_t answers; /* in the rule's run on the sound machine */

/* Backwards: the reads that are a rule's own come last, those that find functions first. */
static bool flip_an_answer(unsigned try)
{
	static const uint32_t flips[] = {0xffffffff, 0x01010101, 0x00000100, 0x80000000};
	uint64_t back = try / 4;

	if (back * back / 8 >= answers)
		return false;
	sim.flip_at = answers - (back < 8 ? back : back * back / 8);
	sim.flip = flips[try % 4];
	return true;
}

/* A register of the header that takes no writes, then one that holds something else. */
static bool change_a_register(unsigned try)
{
	static const uint32_t flips[] = {0, 0x00000001, 0x00000f00, 0x00ff0000};
	unsigned reg = try / 4 % 16 * 4, index = try / 64;

	if (index >= sim.functions)
		return false;
	if (try % 4 == 0)
		sim_writable32(sim.fn[index], reg, 0);
	else
		sim_set32(sim.fn[index], reg, sim_get32(sim.fn[index], reg) ^ flips[try % 4]);
	return true;
}

static unsigned address_bit;

/* Bit 0 to 7 of the device and function, then of the bus. */
static bool ignore_address_bit(struct sim_access *a)
{
	if (address_bit < 8)
		a->at.devfn &= (uint8_t) ~(1u << address_bit);
	else
		a->at.bus &= (uint8_t) ~(1u << (address_bit - 8));
	return false;
}

static bool drop_an_address_bit(unsigned try)
{
	static const struct sim_bug bug = {.name = "an address bit is ignored",
					   .decoded = ignore_address_bit};

	address_bit = try;
	if (try < 16)
		sim_rules_machine(&bug);
	return try < 16;
}

#define MCFG_BITS ((44 + 2 * 16 - 8) * 8)

/* Everything from the revision on, first by itself, then in a table of revision 0. */
static bool flip_in_mcfg(unsigned try)
{
	uint8_t *mcfg = sim_memory_at(SIM_MCFG), bit = (uint8_t)(1u << try % 8);
	unsigned at = 8 + try % MCFG_BITS / 8;

	if (try >= 2 * MCFG_BITS)
		return false;
	if (try >= MCFG_BITS)
		mcfg[8] = 0;
	/* In place of the checksum, which sealing sets, the length; it can only be made smaller. */
	if (at == 9)
		at = 4;
	if (at != 4 || mcfg[at] & bit)
		mcfg[at] ^= bit;
	sim_table_seal(SIM_MCFG);
	return true;
}

static unsigned space;

static void end_the_space(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	if (a->reg >= space)
		a->value = cfg_ones(a->width);
}

/* Every function's registers from some offset on are as if it were not there. */
static bool cut_the_space(unsigned try)
{
	static const struct sim_bug bug = {.name = "the space ends early",
					   .fn_read = end_the_space};

	space = 0xf00 - 0x200 * try;
	if (try < 8)
		sim_rules_machine(&bug);
	return try < 8;
}

static unsigned table_byte;

static uint32_t flip_table_byte(uint8_t *table, uint32_t len)
{
	if (table_byte < len)
		table[table_byte] ^= 0x40;
	return len;
}

static bool flip_in_mask_table(unsigned try)
{
	static struct sim_bug bug = {.name = "one byte of the mask table",
				     .mask_table = flip_table_byte};

	table_byte = try * 4;
	sim_rules_machine(&bug);
	return true;
}

static bool fails(const struct test *t)
{
	return sim_rules_broken(sim_rules_run(t->name, SOMEONE), t);
}

static bool some_mutation_fails(const struct test *t)
{
	static const mutator mutators[] = {flip_an_answer, change_a_register, drop_an_address_bit,
					   cut_the_space,  flip_in_mcfg,      flip_in_mask_table};

	for (unsigned m = 0; m < sizeof(mutators) / sizeof(mutators[0]); m++)
		for (unsigned try = 0; try < TRIES_MAX; try++) {
			sim_rules_machine(&sim_no_bug);
			if (!mutators[m](try))
				break;
			if (fails(t))
				return true;
		}
	return false;
}

static void test_no_rule_passes_whatever_it_reads(void **state)
{
	bool bad = false;

	(void)state;
	for (const struct test *t = tests_start; t < tests_end; t++) {
		sim_rules_machine(&sim_no_bug);
		if (!sim_rules_result(sim_rules_run(t->name, SOMEONE), "ok", t->name, NULL))
			fail_msg("%s does not pass on the sound machine", t->id);
		answers = sim.answers;
		if (some_mutation_fails(t))
			continue;
		print_error("%s passes whatever it reads\n", t->id);
		bad = true;
	}
	assert_false(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_rule_passes_whatever_it_reads),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	sim_memory_reset();
	return failed;
}
