/* The dance: exact accesses of every strategy, decode off meanwhile, everything as it was
 * afterwards. */
#include "check.h"
#include "scan.h"
#include "sim.h"
#include "sim_bugs.h"
#include "sim_build.h"
#include "sizing.h"

static struct rig rig;
static struct sim_bus *root;
static struct sim_fn *device;
static const struct sizing_strategy *per_bar, *batched, *lean;

static int setup(void **state)
{
	(void)state;
	per_bar = &sizing_strategies[0];
	batched = &sizing_strategies[1];
	lean = &sizing_strategies[2];
	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	device = sim_add(root, 3, 0, 0x56781234, 0x020000);
	return 0;
}

static struct pci_function function_of(const struct sim_fn *fn)
{
	struct pci_function found;

	assert_true(pci_read_function(&rig.ecam, sim_address(fn), &found));
	return found;
}

/* Sizes over ECAM, and gives the accesses as text. */
static const char *sizing_log(const struct sizing_strategy *strategy, struct bar_registers *raw)
{
	struct pci_function fn;

	rig_init(&rig);
	fn = function_of(device);
	sim_log();
	sizing_run(&rig.ecam, strategy, &fn, raw);
	return sim.log;
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(per_bar->name, "per-bar");
	assert_string_equal(batched->name, "batched");
	assert_string_equal(lean->name, "lean");
}

/* A 64-bit BAR at 10h, I/O at 18h, nothing at 1ch to 24h, a ROM: each kind of register once. */
static void add_one_of_each(void)
{
	sim_bar(device, 0, SIM_MEM64, 0x1000);
	sim_bar(device, 2, SIM_IO, 0x20);
	sim_rom(device, 0x10000);
	sim_set32(device, 0x10, 0xc0000004);
	sim_set32(device, 0x14, 0);
	sim_set32(device, 0x18, 0xc001);
	sim_set32(device, 0x30, 0xc0010001);
}

static void test_lean_sequence(void **state)
{
	struct bar_registers raw;

	(void)state;
	add_one_of_each();
	assert_string_equal(
	    sizing_log(lean, &raw),
	    "r04.2 w04.2=4 r10 w10=ffffffff r10 w10=c0000004 r14 w14=ffffffff r14 w14=0 r18 "
	    "w18=ffffffff r18 w18=c001 r1c w1c=ffffffff r1c r20 w20=ffffffff r20 r24 w24=ffffffff "
	    "r24 r30 w30=fffff800 r30 w30=c0010001 w04.2=7 ");
	assert_int_equal(raw.value[0], 0xc0000004);
	assert_int_equal(raw.mask[0], 0xfffff004);
	assert_int_equal(raw.mask[1], 0xffffffff);
	assert_int_equal(raw.mask[2], 0xffffffe1);
	assert_int_equal(raw.mask[3], 0);
	assert_int_equal(raw.value[6], 0xc0010001);
	assert_int_equal(raw.mask[6], 0xffff0000);
	assert_int_equal(rig.ecam.reads - 3, 15); /* three of the header */
	assert_int_equal(rig.ecam.writes, 13);
	assert_counts(&rig);
}

static void test_batched_sequence(void **state)
{
	struct bar_registers raw;

	(void)state;
	add_one_of_each();
	assert_string_equal(
	    sizing_log(batched, &raw),
	    "r04.2 w04.2=4 r10 w10=ffffffff r10 w10=c0000004 r14 w14=ffffffff r14 w14=0 r18 "
	    "w18=ffffffff r18 w18=c001 r1c w1c=ffffffff r1c w1c=0 r20 w20=ffffffff r20 w20=0 r24 "
	    "w24=ffffffff r24 w24=0 w04.2=7 r04.2 w04.2=4 r30 w30=fffff800 r30 w30=c0010001 "
	    "w04.2=7 r10 r14 r18 r1c r20 r24 r30 ");
	assert_counts(&rig);
}

/* Both halves of a 64-bit BAR share a window; every other register has its own. */
static void test_per_bar_sequence(void **state)
{
	struct bar_registers raw;

	(void)state;
	add_one_of_each();
	assert_string_equal(
	    sizing_log(per_bar, &raw),
	    "r04.2 w04.2=4 r10 w10=ffffffff r10 w10=c0000004 r14 w14=ffffffff r14 w14=0 w04.2=7 "
	    "r04.2 w04.2=4 r18 w18=ffffffff r18 w18=c001 w04.2=7 r04.2 w04.2=4 r1c w1c=ffffffff "
	    "r1c w1c=0 w04.2=7 r04.2 w04.2=4 r20 w20=ffffffff r20 w20=0 w04.2=7 r04.2 w04.2=4 r24 "
	    "w24=ffffffff r24 w24=0 w04.2=7 r04.2 w04.2=4 r30 w30=fffff800 r30 w30=c0010001 "
	    "w04.2=7 ");
	assert_counts(&rig);
}

static void test_decode_that_is_off_stays_off(void **state)
{
	struct bar_registers raw;

	(void)state;
	add_one_of_each();
	sim_set16(device, 4, 0x0404);
	assert_null(strstr(sizing_log(per_bar, &raw), "w04"));
	assert_null(strstr(sizing_log(batched, &raw), "w04"));
	assert_null(strstr(sizing_log(lean, &raw), "w04"));
	assert_int_equal(sim_get32(device, 4) & 0xffff, 0x0404);
}

/* Memory may be behind a host bridge: its decode is neither read nor touched. */
static void test_host_bridge_is_exempt(void **state)
{
	(void)state;
	sim_set32(device, 8, 0x06000000);
	sim_bar(device, 0, SIM_MEM32, 0x1000);
	for (unsigned s = 0; s < SIZING_STRATEGIES; s++) {
		struct bar_registers raw;

		assert_null(strstr(sizing_log(&sizing_strategies[s], &raw), "04.2"));
		assert_int_equal(raw.mask[0], 0xfffff000);
	}
	assert_int_equal(sim.moved_decoding, 0);
}

static void test_bridge_has_two_registers_and_a_rom(void **state)
{
	struct bar_registers raw;

	(void)state;
	device = sim_add_bridge(root, 4, 0, 0x000c1b36);
	sim_bar(device, 0, SIM_MEM64, 0x100);
	sim_set32(device, 0x10, 0xc0000004);
	sim_rom(device, 0x800);
	sim_set32(device, 0x38, 0xc0010000);
	assert_string_equal(
	    sizing_log(lean, &raw),
	    "r04.2 w04.2=4 r10 w10=ffffffff r10 w10=c0000004 r14 w14=ffffffff r14 w14=0 r38 "
	    "w38=fffff800 r38 w38=c0010000 w04.2=7 ");
	assert_int_equal(raw.mask[6], 0xfffff800);
}

static void test_other_header_types_have_none(void **state)
{
	struct bar_registers raw, none = {0};

	(void)state;
	device->value[0x0e] = 2;
	for (unsigned s = 0; s < SIZING_STRATEGIES; s++) {
		assert_string_equal(sizing_log(&sizing_strategies[s], &raw), "");
		assert_memory_equal(&raw, &none, sizeof(raw));
	}
}

/* Every strategy over every path gives the registers that the simulator itself computes, and leaves
 * no trace. */
static void check_machine(struct cfg *cfg, const struct sizing_strategy *strategy,
			  unsigned segments_below)
{
	for (unsigned i = 0; i < sim.functions; i++) {
		struct sim_fn *it = sim.fn[i];
		struct sizing_snapshot before, after;
		struct bar_registers raw;
		struct pci_function fn;
		uint8_t bytes[SIM_SPACE];

		if (it->on->segment >= segments_below)
			continue;
		fn = function_of(it);
		memcpy(bytes, it->value, sizeof(bytes));
		sizing_snapshot(cfg, &fn, &before);
		sizing_run(cfg, strategy, &fn, &raw);
		sizing_snapshot(cfg, &fn, &after);
		assert_true(sizing_restored(&fn, &before, &after, &heard));
		assert_memory_equal(bytes, it->value, sizeof(bytes));
		for (unsigned b = 0; b < BAR_COUNT; b++) {
			unsigned reg = bar_offset(&fn, b);
			uint32_t pattern = b == BAR_ROM_INDEX ? 0xfffff800 : 0xffffffff, mask = 0;

			for (unsigned j = 0; reg && j < 4; j++) {
				uint8_t writable = it->writable[reg + j], old = it->value[reg + j];

				mask |=
				    (uint32_t)((old & ~writable) | (pattern >> 8 * j & writable))
				    << 8 * j;
			}
			assert_int_equal(raw.mask[b], reg ? mask : 0);
			assert_int_equal(raw.value[b], reg ? sim_get32(it, reg) : 0);
		}
	}
}

static void test_all_strategies_and_paths_agree(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed <= 12; seed++) {
		if (seed)
			sim_random(seed, true);
		else
			sim_reference();
		rig_init(&rig);
		for (unsigned s = 0; s < SIZING_STRATEGIES; s++) {
			check_machine(&rig.ecam, &sizing_strategies[s], 3);
			check_machine(&rig.pio, &sizing_strategies[s], 1);
		}
		assert_silent();
		assert_int_equal(sim.moved_decoding, 0);
		assert_counts(&rig);
	}
}

struct sized {
	const struct sizing_strategy *strategy;
	unsigned bars;
};

static void size_one(void *context, struct cfg *cfg, const struct pci_function *fn)
{
	struct sized *sized = context;
	struct bar_registers raw;
	struct bar_set set;

	sizing_run(cfg, sized->strategy, fn, &raw);
	bar_decode(fn, &raw, &set, &heard);
	sized->bars += set.count;
}

/* The bound that the project states for this machine; the order of the strategies is what makes
 * lean lean. */
static void test_scan_of_the_reference_machine(void **state)
{
	static struct walked walked;
	uint64_t accesses[SIZING_STRATEGIES];
	struct pci_roots roots;

	(void)state;
	sim_reference();
	sim_roots(&roots);
	for (unsigned s = 0; s < SIZING_STRATEGIES; s++) {
		struct sized sized = {.strategy = &sizing_strategies[s]};

		rig_init(&rig);
		walked_init(&walked);
		scan_tree(&(struct scan){.cfg = &rig.ecam,
					 .roots = &roots,
					 .visit = size_one,
					 .context = &sized,
					 .diag = &heard},
			  &walked.map);
		accesses[s] = rig.ecam.reads + rig.ecam.writes;
		assert_int_equal(walked.map.count, 24);
		assert_int_equal(sized.bars, 44);
		assert_silent();
		assert_counts(&rig);
	}
	assert_true(accesses[2] <= 1000);
	assert_true(accesses[2] < accesses[1] && accesses[1] < accesses[0]);
}

static void test_what_is_not_restored_is_said(void **state)
{
	struct sizing_snapshot before, after;
	struct bar_registers raw;
	struct pci_function fn;

	(void)state;
	add_one_of_each();
	rig_init(&rig);
	fn = function_of(device);
	sizing_snapshot(&rig.ecam, &fn, &before);
	sim.bug = sim_bug_named("bar-not-restored");
	sizing_run(&rig.ecam, lean, &fn, &raw);
	sim.bug = &sim_no_bug;
	sim_set16(device, 4, 0x0005);
	sizing_snapshot(&rig.ecam, &fn, &after);
	assert_false(sizing_restored(&fn, &before, &after, &heard));
	assert_heard("00:03.0 COMMAND was 0x0007 before sizing and is 0x0005 after");
	assert_heard("00:03.0 register 0x10 was 0xc0000004 before sizing and is 0xfffff004 after");
	assert_heard("00:03.0 register 0x18 was 0x0000c001 before sizing and is 0xffffffe1 after");
}

/* The simulator itself must notice what the strategies are trusted to avoid. */
static void test_simulator_sees_probes_with_decode_on(void **state)
{
	struct bar_registers raw;

	(void)state;
	add_one_of_each();
	sim.bug = sim_bug_named("command-write-dropped");
	sizing_log(lean, &raw);
	assert_true(sim.moved_decoding > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_names, setup),
	    cmocka_unit_test_setup(test_lean_sequence, setup),
	    cmocka_unit_test_setup(test_batched_sequence, setup),
	    cmocka_unit_test_setup(test_per_bar_sequence, setup),
	    cmocka_unit_test_setup(test_decode_that_is_off_stays_off, setup),
	    cmocka_unit_test_setup(test_host_bridge_is_exempt, setup),
	    cmocka_unit_test_setup(test_bridge_has_two_registers_and_a_rom, setup),
	    cmocka_unit_test_setup(test_other_header_types_have_none, setup),
	    cmocka_unit_test_setup(test_all_strategies_and_paths_agree, setup),
	    cmocka_unit_test_setup(test_scan_of_the_reference_machine, setup),
	    cmocka_unit_test_setup(test_what_is_not_restored_is_said, setup),
	    cmocka_unit_test_setup(test_simulator_sees_probes_with_decode_on, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
