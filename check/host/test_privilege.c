/*
 * What an iteration of the empty loop costs is told apart from what reading the counter around it
 * costs.
 */
#include "check.h"
#include "privilege.h"
#include "traps.h"

bool trap_raise; /* of kernel/traps.c, which nothing here gets to */

/* A processor: what both readings, an iteration and an interrupt of the host take, no two of which
 * take the same, and how many of the loops no interrupt falls into. */
static struct {
	uint64_t readings, iteration, interrupt;
	unsigned quiet_every; /* of so many loops one */
	unsigned loops;
} cpu;

static uint64_t timed(uint64_t iterations)
{
	uint64_t cycles = cpu.readings + iterations * cpu.iteration;

	return ++cpu.loops % cpu.quiet_every ? cycles + cpu.loops * cpu.interrupt : cycles;
}

static uint64_t iteration(uint64_t readings, uint64_t each)
{
	memset(&cpu, 0, sizeof(cpu));
	cpu.readings = readings;
	cpu.iteration = each;
	cpu.quiet_every = 1;
	return privilege_iteration(timed);
}

/* As under Xen, where RDTSC exits: 64 iterations of one cycle took 125,000. */
static void a_counter_whose_reading_exits_is_no_emulation(void **state)
{
	(void)state;
	assert_int_equal(iteration(125000, 1), 1);
	assert_in_range(iteration(10000000, 2), 0, PRIVILEGE_NATIVE_MAX);
}

static void ring_0_that_is_emulated_is_found(void **state)
{
	(void)state;
	assert_int_equal(iteration(8000, 3988), 3988);
	assert_int_equal(iteration(125000, 3988), 3988);
	/* Where the counter is read natively and only the loop is emulated. */
	assert_int_equal(iteration(40, PRIVILEGE_NATIVE_MAX + 1), PRIVILEGE_NATIVE_MAX + 1);
}

static void a_native_loop_is_native(void **state)
{
	(void)state;
	assert_int_equal(iteration(40, 1), 1);
	assert_int_equal(iteration(0, 0), 0);
}

/* Most loops have an interrupt of the host in them, short and long ones alike. */
static void interrupts_of_the_host_are_left_out(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	cpu.readings = 40;
	cpu.iteration = 1;
	cpu.interrupt = 5000000;
	cpu.quiet_every = 5;
	assert_int_equal(privilege_iteration(timed), 1);
}

/* A long loop that took no longer than a short one is no negative number. */
static uint64_t backwards(uint64_t iterations)
{
	return 1000000 - iterations;
}

static void a_counter_that_makes_no_sense_is_no_emulation(void **state)
{
	(void)state;
	assert_int_equal(privilege_iteration(backwards), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_counter_whose_reading_exits_is_no_emulation),
	    cmocka_unit_test(ring_0_that_is_emulated_is_found),
	    cmocka_unit_test(a_native_loop_is_native),
	    cmocka_unit_test(interrupts_of_the_host_are_left_out),
	    cmocka_unit_test(a_counter_that_makes_no_sense_is_no_emulation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
