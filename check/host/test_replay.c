/*
 * Playing records back: which writes are made and with what, what stands for what, what the mask
 * table answers; and that no record, whatever is in it, leaves a machine other than it was.
 */
#include <stdlib.h>
#include "check.h"
#include "replay.h"
#include "sim_bugs.h"
#include "sim_build.h"
#include "sim_rules.h"

#define HEAD    "barometer-record 1\n"
#define OPS_MAX (RECORD_ACCESSES_MAX + REPLAY_RESTORES(MAP_MAX))

static struct rig rig;
static struct walked walked;
static struct record record;
static uint8_t kind[RECORD_ADDRESSES], here[RECORD_ADDRESSES];
static uint16_t to[RECORD_ADDRESSES], number[RECORD_ADDRESSES], place[RECORD_FUNCTIONS_MAX];
static struct replay_place places[MAP_MAX];
static struct replay_map map;
static struct replay_op op[OPS_MAX];
static struct replay_state state[MAP_MAX];
static struct replay_sizing sizing[RECORD_FUNCTIONS_MAX];
static struct replay_plan plan;

static void map_onto_machine(const char *text)
{
	heard_reset();
	rig_init(&rig);
	walk_tree(&walked, &rig.ecam);
	map = (struct replay_map){.to = to, .number = number, .place = place, .places = places};
	for (unsigned i = 0; i < walked.map.count; i++)
		places[map.count++] = (struct replay_place){
		    .fn = walked.fn[i],
		    .kind = (uint8_t)replay_kind(&rig.ecam, &walked.fn[i], &heard)};
	assert_true(record_check(&record, text, strlen(text), kind, &heard));
	replay_map_make(&map, &record, here);
}

static void make(const char *text, bool listed)
{
	map_onto_machine(text);
	memset(state, 0, sizeof(state));
	memset(sizing, 0, sizeof(sizing));
	for (unsigned i = 0; i < map.count; i++)
		state[i].listed = listed;
	plan = (struct replay_plan){
	    .map = &map, .cfg = &rig.ecam, .op = op, .state = state, .sizing = sizing};
	replay_make(&plan, &record);
	assert_int_equal(plan.count, record.accesses + plan.restores);
}

/* What is played, in the notation of a record, without what the table answers. */
static const char *played(void)
{
	sim_log();
	for (unsigned i = 0; i < plan.count; i++) {
		struct cfg_address at = {0, (uint8_t)(op[i].to >> 8), (uint8_t)op[i].to};

		if (op[i].by_table)
			continue;
		if (op[i].write)
			cfg_write(&rig.ecam, at, op[i].reg, op[i].width, op[i].value);
		else
			cfg_read(&rig.ecam, at, op[i].reg, op[i].width);
	}
	sim.logging = false;
	assert_int_equal(sim.moved_decoding, 0);
	return sim.log;
}

static struct sim_fn *function(unsigned address)
{
	struct sim_fn *fn =
	    sim_route((struct cfg_address){0, (uint8_t)(address >> 8), (uint8_t)address});

	assert_non_null(fn);
	return fn;
}

/* 00:04.0 of the reference machine: an e1000e that decodes, with a ROM. */
#define CARD 0x0020

static void test_a_sizing_keeps_its_shape_and_takes_own_values(void **unused)
{
	char expected[200];
	uint32_t bar, command;

	(void)unused;
	sim_reference();
	bar = sim_get32(function(CARD), 0x10);
	command = sim_get32(function(CARD), 4) & 0xffff;
	assert_int_equal(command & 3, 3);
	make(HEAD "function 00:04.0 endpoint\n"
		  "00:04.0 r04.2 w04.2=100 r10 w10=ffffffff r10 w10=12340000 w04.2=503\n",
	     false);
	snprintf(expected, sizeof(expected), "r04.2 w04.2=%x r10 w10=ffffffff r10 w10=%x w04.2=%x ",
		 command & ~3u, bar, command);
	assert_string_equal(played(), expected);
	assert_int_equal(plan.restores, 0);
	assert_int_equal(plan.held, 0);
}

/* An address is never moved: what is not a probe, or comes while decoding is on, is the register's
 * own value. */
static void test_base_addresses_stay_where_they_are(void **unused)
{
	char expected[200];
	uint32_t bar, command, rom;

	(void)unused;
	sim_reference();
	bar = sim_get32(function(CARD), 0x10);
	rom = sim_get32(function(CARD), 0x30);
	command = sim_get32(function(CARD), 4) & 0xffff;
	make(HEAD
	     "function 00:04.0 endpoint\n"
	     "00:04.0 w10=ffffffff w10=fe000000 w12.2=1234 w04.2=0 w30=fffffffe w30=ffff0001\n",
	     false);
	snprintf(expected, sizeof(expected),
		 "w10=%x w10=%x w12.2=%x w04.2=%x w30=fffff800 w30=%x w04.2=%x ", bar, bar,
		 bar >> 16, command & ~3u, rom, command);
	assert_string_equal(played(), expected);
	assert_int_equal(plan.restores, 1);
}

/* Decoding does not come back over a base address that holds ones; both are put back at the end. */
static void test_a_probe_that_is_left_is_put_back(void **unused)
{
	char expected[200];
	uint32_t bar, command;

	(void)unused;
	sim_reference();
	bar = sim_get32(function(CARD), 0x14);
	command = sim_get32(function(CARD), 4) & 0xffff;
	make(HEAD "function 00:04.0 endpoint\n00:04.0 w04=fff00000 w14=ffffffff w04.1=7 r14\n",
	     false);
	snprintf(expected, sizeof(expected), "w04=%x w14=ffffffff w04.1=%x r14 w14=%x w04.2=%x ",
		 command & ~3u, command & 0xfc, bar, command);
	assert_string_equal(played(), expected);
	assert_int_equal(plan.restores, 2);
}

static void test_bits_that_ones_clear_are_left(void **unused)
{
	char expected[200];
	struct sim_fn *port;

	(void)unused;
	sim_reference();
	port = function(0x0040);
	sim_set16(port, 0x06, 0xf010);
	sim_set16(port, 0x1e, 0xf000);
	sim_set16(port, 0x3e, 0x0403);
	make(HEAD "function 00:08.0 port\n"
		  "00:08.0 w06.2=ffff w1c=ffffffff w1e.2=ffff w3e.2=ffff w18=0 w20=0 w0c.1=10 "
		  "w0c=0 w3c.1=b w40=1 w100=1 w00=1\n",
	     false);
	snprintf(expected, sizeof(expected),
		 "r06.2 w1c=%x r1e.2 w3e.2=3 w18=%x w20=%x w0c.1=%x r0c w3c.1=%x r40 r100 w00=%x ",
		 sim_get32(port, 0x1c) & 0xffff, sim_get32(port, 0x18), sim_get32(port, 0x20),
		 port->value[0x0c], port->value[0x3c], sim_get32(port, 0));
	assert_string_equal(played(), expected);
	assert_int_equal(plan.held, 5);
}

static void test_a_host_bridge_keeps_decoding(void **unused)
{
	char expected[100];
	uint32_t command;

	(void)unused;
	sim_reference();
	command = sim_get32(function(0), 4) & 0xffff;
	make(HEAD "function 00:00.0 host\n00:00.0 w04.2=0 w10=ffffffff\n", false);
	snprintf(expected, sizeof(expected), "w04.2=%x w10=%x ", command,
		 sim_get32(function(0), 0x10));
	assert_string_equal(played(), expected);
	assert_int_equal(plan.restores, 0);
}

static void test_nothing_is_written_to_absent_functions(void **unused)
{
	(void)unused;
	sim_reference();
	make(HEAD "00:0d.0 w04.2=0 w10=ffffffff r00\n", false);
	/* The ID of what is not there is the table's to answer. */
	assert_string_equal(played(), "r04.2 r10 ");
	assert_int_equal(plan.held, 2);
}

static unsigned stands_for(unsigned address)
{
	assert_int_not_equal(number[address], 0);
	return to[address];
}

static void test_who_stands_for_whom(void **unused)
{
	(void)unused;
	sim_reference();
	map_onto_machine(HEAD "function 00:00.0 host\nfunction 00:04.0 endpoint\n"
			      "function 00:0c.0 port\nfunction 10:00.0 express\n"
			      "function 10:01.0 express\nfunction 10:02.0 express\n"
			      "function 20:00.0 bridge\n00:00.0 r00\n");
	/* At its address, though it is an Express one here. */
	assert_int_equal(stands_for(0x0000), 0x0000);
	assert_int_equal(stands_for(CARD), CARD);
	assert_int_equal(stands_for(0x0060), 0x0040);
	/* Two express endpoints are here; one stands for the card already. */
	assert_int_equal(stands_for(0x1000), 0x0100);
	assert_int_equal(stands_for(0x1008), CARD);
	assert_int_equal(stands_for(0x1010), 0x0100);
	assert_int_equal(stands_for(0x2000), 0x0300);
	assert_int_equal(map.moved, 5);
	assert_int_equal(map.other, 0);
	/* Absent ones: the same address, else the next that is; a bus like the one it is for. */
	assert_int_equal(to[0x0068], 0x0068);
	assert_int_equal(to[0x0048], 0x0049);
	assert_int_equal(to[0x00f8], 0x00f9);
	assert_int_equal(to[0x1018], 0x0001);
	assert_int_equal(to[0x0108], 0x0600);
	assert_int_equal(to[0xffff], 0xffff);
}

static void test_a_machine_without_bridges_plays_them_on_what_it_has(void **unused)
{
	struct sim_bus *root;

	(void)unused;
	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	sim_add(root, 0, 0, 0x29c08086, 0x060000);
	sim_add(root, 1, 0, 0x00051b36, 0x00ff00);
	map_onto_machine(HEAD "function 00:01.0 port\nfunction 01:00.0 bridge\n00:01.0 r00\n");
	assert_int_equal(map.other, 2);
	make(HEAD "function 00:01.0 port\n00:01.0 w18=10100 w1c=0 w38=ffffffff w04.2=7\n", false);
	/* What a bridge has there is a base address here, but at 38h, which is nothing. */
	assert_string_equal(played(), "w18=0 w1c=0 r38 w04.2=7 ");
}

static void test_what_the_table_answers(void **unused)
{
	static const char text[] =
	    HEAD "function 00:04.0 endpoint\nfunction 00:08.0 port\n"
		 "00:04.0 r00.2 r02.2 r08 r0e.1 r0c r04.2 w04.2=100 r10 w10=ffffffff r10 "
		 "w10=fe000000 w30=fffff800 r30 w30=0 w04.2=103 w10=ff000000 r34.1 r100\n"
		 "00:08.0 r18 r1c r30 r38 r14\n00:0d.0 r00 r0a.2 r0e.1 r10\n";
	char expected[200];

	(void)unused;
	sim_reference();
	make(text, true);
	snprintf(expected, sizeof(expected), "r0c r04.2 w10=%x r34.1 r100 r18 r1c r30 r10 ",
		 sim_get32(function(CARD), 0x10));
	assert_string_equal(played(), expected);
	make(text, false);
	/* A table that lists none of them still says that an absent function is none. */
	assert_null(strstr(played(), "r0a.2"));
	assert_non_null(strstr(sim.log, "r00.2 r02.2 r08 r0e.1"));
}

/* Decode off and on stays where something else is done in between, or nothing is sized. */
static void test_windows_that_are_no_sizing_are_made(void **unused)
{
	char expected[100];
	uint32_t command;

	(void)unused;
	sim_reference();
	command = sim_get32(function(CARD), 4) & 0xffff;
	make(HEAD "function 00:04.0 endpoint\n"
		  "00:04.0 w04.2=0 w10=ffffffff w10=0 r40 w04.2=3 w04.2=0 r10 w04.2=3\n",
	     true);
	snprintf(expected, sizeof(expected), "w04.2=%x r40 w04.2=%x w04.2=%x w04.2=%x ",
		 command & ~3u, command, command & ~3u, command);
	assert_string_equal(played(), expected);
}

/* ---- whole runs ------------------------------------------------------------------------------ */

static uint8_t kept[SIM_FUNCTIONS_MAX][SIM_SPACE];

static void keep_machine(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		memcpy(kept[i], sim.fn[i]->value, SIM_SPACE);
	sim.moved_decoding = 0;
}

static void assert_as_kept(void)
{
	for (unsigned i = 0; i < sim.functions; i++)
		assert_memory_equal(kept[i], sim.fn[i]->value, SIM_SPACE);
	assert_int_equal(sim.moved_decoding, 0);
	assert_false(sim_rules_printed_in_window);
}

static const char *object(const char *log, const char *of, const char *path, const char *how)
{
	static char start[100];

	snprintf(start, sizeof(start),
		 "{\"kind\":\"replay\",\"record\":\"%s\",\"path\":\"%s\",\"sizing\":\"%s\",", of,
		 path, how);
	log = strstr(log, start);
	assert_non_null(log);
	return log;
}

static unsigned long member(const char *from, const char *name)
{
	char wanted[40];

	snprintf(wanted, sizeof(wanted), "\"%s\":", name);
	from = strstr(from, wanted);
	assert_non_null(from);
	return strtoul(from + strlen(wanted), NULL, 10);
}

static void test_own_records_change_nothing(void **unused)
{
	static const char *const names[] = {"linux", "seabios", "ovmf"};
	static const unsigned long accesses[] = {11932, 2137, 9336};
	const char *log;

	(void)unused;
	sim_rules_machine(&sim_no_bug);
	keep_machine();
	log = sim_rules_run("replay.linux.*,replay.seabios.*,replay.ovmf.*", "SimulatedVMM");
	assert_as_kept();
	assert_true(sim_rules_counts_agree());
	assert_string_equal(sim_rules_status(), "pass");
	for (unsigned i = 0; i < 3; i++) {
		const char *pio = object(log, names[i], "pio", "recorded"),
			   *ecam = object(log, names[i], "ecam", "recorded"),
			   *table = object(log, names[i], "ecam", "paravirtual");

		assert_int_equal(member(pio, "accesses"), accesses[i]);
		assert_int_equal(member(pio, "reads") + member(pio, "writes") +
				     member(pio, "unreached"),
				 accesses[i] + member(pio, "restores"));
		/* Its ECAM ends at bus 7Fh, ports do not. */
		assert_int_equal(member(ecam, "reads") + member(ecam, "writes") +
				     member(ecam, "unreached"),
				 accesses[i] + member(ecam, "restores"));
		assert_int_equal(member(table, "calls"), 1);
		assert_true(member(table, "spared") > accesses[i] / 3);
		assert_int_equal(member(table, "reads") + member(table, "writes") +
				     member(table, "spared") + member(table, "unreached"),
				 accesses[i] + member(table, "restores"));
	}
}

static void test_linux_is_in_the_default_set_and_no_other(void **unused)
{
	const char *log;

	(void)unused;
	sim_rules_machine(&sim_no_bug);
	log = sim_rules_run("", "SimulatedVMM");
	assert_true(sim_rules_result(log, "ok", "replay.linux.pio", NULL));
	assert_true(sim_rules_result(log, "ok", "replay.linux.ecam.paravirtual", NULL));
	assert_null(strstr(log, "replay.seabios"));
	assert_null(strstr(log, "replay.own"));
}

static const char *run_own(const char *text, size_t len)
{
	sim_fwcfg_item(RECORD_ITEM, (const uint8_t *)text, (uint32_t)len);
	return sim_rules_run("replay.own.*", "SimulatedVMM");
}

static void test_a_record_of_the_users(void **unused)
{
	static const char text[] = HEAD "function 00:02.0 express\n00:02.0 r00 w04.2=0 w04.2=3\n";
	const char *log;

	(void)unused;
	sim_rules_machine(&sim_no_bug);
	log = sim_rules_run("replay.own.pio", "SimulatedVMM");
	assert_true(sim_rules_result(log, "ok", "replay.own.pio",
				     "# SKIP fw_cfg has no file opt/org.barometer/pci-record"));
	keep_machine();
	log = run_own(text, sizeof(text) - 1);
	assert_as_kept();
	assert_true(sim_rules_counts_agree());
	assert_int_equal(member(object(log, "own", "pio", "recorded"), "exits"), 6);
	assert_int_equal(member(object(log, "own", "pio", "recorded"), "writes"), 2);
}

static void test_a_record_that_is_none_is_an_error(void **unused)
{
	static const char bad[] = HEAD "00:00.0 r00\n00:00.0 r01.2\n";
	static char big[300000];
	const char *log;

	(void)unused;
	sim_rules_machine(&sim_no_bug);
	log = run_own(bad, sizeof(bad) - 1);
	assert_true(sim_rules_result(log, "not ok", "replay.own.pio",
				     "# ERROR the record is not sound, see above"));
	assert_non_null(strstr(log, "record: line 3 has an access that is none"));
	sim_rules_machine(&sim_no_bug);
	log = run_own("", 0);
	assert_non_null(strstr(log, "record: line 1 is not 'barometer-record 1'"));
	sim_rules_machine(&sim_no_bug);
	log = run_own(big, sizeof(big));
	assert_true(sim_rules_result(log, "not ok", "replay.own.ecam",
				     "# ERROR the record is of 300000 bytes"));
}

static const char *const kinds[] = {"host", "port", "bridge", "express", "endpoint"};

/* Any function, any register, any value; those that matter more often than others. */
static size_t hostile_record(char *text, size_t size, uint64_t *seed)
{
	static const unsigned often[] = {0x04, 0x06, 0x10, 0x14, 0x18,
					 0x1c, 0x24, 0x30, 0x38, 0x3c};
	static const uint32_t values[] = {0, 0xffffffff, 0xfffff800, 3, 0x503, 0xfe000000};
	size_t len = (size_t)snprintf(text, size, HEAD);
	unsigned functions = 1 + (unsigned)(sim_next(seed) % 8), address[8];

	for (unsigned i = 0; i < functions; i++) {
		address[i] = (unsigned)sim_next(seed) % 0x400;
		for (unsigned k = 0; k < i; k++)
			if (address[k] == address[i])
				address[i]++, k = 0;
		if (sim_next(seed) % 4)
			len += (size_t)snprintf(
			    text + len, size - len, "function %02x:%02x.%x %s\n", address[i] >> 8,
			    address[i] >> 3 & 31, address[i] & 7, kinds[sim_next(seed) % 5]);
	}
	for (unsigned n = 0; n < 400; n++) {
		unsigned f = address[sim_next(seed) % functions];
		unsigned width = 1u << sim_next(seed) % 3;
		unsigned reg = sim_next(seed) % 3 ? often[sim_next(seed) % 10]
						  : (unsigned)sim_next(seed) % 0x120;
		uint32_t value =
		    sim_next(seed) % 3 ? values[sim_next(seed) % 6] : (uint32_t)sim_next(seed);

		reg &= ~(width - 1);
		len += (size_t)snprintf(text + len, size - len, "%02x:%02x.%x ", f >> 8,
					f >> 3 & 31, f & 7);
		if (sim_next(seed) % 3)
			len += (size_t)snprintf(text + len, size - len, "w%02x.%u=%x\n", reg, width,
						value & cfg_ones(width));
		else
			len += (size_t)snprintf(text + len, size - len, "r%02x.%u\n", reg, width);
	}
	return len;
}

static void test_hostile_records_change_nothing(void **unused)
{
	static char text[1 << 16];

	(void)unused;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		uint64_t next = seed;
		size_t len = hostile_record(text, sizeof(text), &next);
		const char *log;

		if (seed % 2)
			sim_rules_random(seed);
		else
			sim_rules_machine(&sim_no_bug);
		keep_machine();
		log = run_own(text, len);
		assert_as_kept();
		assert_true(sim_rules_counts_agree());
		assert_true(sim_rules_result(log, "ok", "replay.own.pio", NULL));
		assert_true(sim_rules_result(log, "ok", "replay.own.ecam", NULL));
		assert_true(sim_rules_result(log, "ok", "replay.own.ecam.paravirtual", NULL));
	}
}

/* A base address that does not take its value back. */
static bool stick(struct sim_fn *fn, struct sim_access *a)
{
	(void)fn;
	if (a->reg == 0x10 && a->width == 4 && a->value != 0xffffffff)
		a->value ^= 0x80000000;
	return false;
}

static void test_what_does_not_come_back_is_a_failure(void **unused)
{
	static const struct sim_bug bug = {.name = "sticks", .fn_write = stick};
	const char *log;

	(void)unused;
	sim_rules_machine(&bug);
	log = sim_rules_run("replay.linux.ecam", "SimulatedVMM");
	assert_true(sim_rules_result(log, "not ok", "replay.linux.ecam", NULL));
	assert_non_null(strstr(log, "# FAIL: a replay leaves what it found"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_sizing_keeps_its_shape_and_takes_own_values),
	    cmocka_unit_test(test_base_addresses_stay_where_they_are),
	    cmocka_unit_test(test_a_probe_that_is_left_is_put_back),
	    cmocka_unit_test(test_bits_that_ones_clear_are_left),
	    cmocka_unit_test(test_a_host_bridge_keeps_decoding),
	    cmocka_unit_test(test_nothing_is_written_to_absent_functions),
	    cmocka_unit_test(test_who_stands_for_whom),
	    cmocka_unit_test(test_a_machine_without_bridges_plays_them_on_what_it_has),
	    cmocka_unit_test(test_what_the_table_answers),
	    cmocka_unit_test(test_windows_that_are_no_sizing_are_made),
	    cmocka_unit_test(test_own_records_change_nothing),
	    cmocka_unit_test(test_linux_is_in_the_default_set_and_no_other),
	    cmocka_unit_test(test_a_record_of_the_users),
	    cmocka_unit_test(test_a_record_that_is_none_is_an_error),
	    cmocka_unit_test(test_hostile_records_change_nothing),
	    cmocka_unit_test(test_what_does_not_come_back_is_a_failure),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
