/* What the first read of a function's identity gave. */
#include "check.h"
#include "first.h"
#include "sim.h"
#include "sim_build.h"

static const struct cfg_address present = {0, 0, 3 << 3}, absent = {0, 0, 4 << 3},
				behind = {0, 1, 0};
static struct first_function functions[FIRST_CAPACITY];
static struct first_reads first;
static struct sim_fn *device;
static struct cfg cfg;
static struct rig rig;

static int setup(void **state)
{
	(void)state;
	sim_reset();
	device = sim_add(sim_root(0, 0), 3, 0, 0x56781234, 0x020000);
	sim_ecam(0, 0, 255, 0xb0000000);
	rig_init(&rig);
	memset(functions, 0, sizeof(functions));
	first_init(&cfg, &first, &rig.ecam, functions);
	return 0;
}

static void assert_first(struct cfg_address at, unsigned reg, uint32_t want)
{
	uint32_t value;

	assert_true(first_of(&first, at, reg, &value));
	assert_int_equal(value, want);
}

static void assert_none(struct cfg_address at, unsigned reg)
{
	uint32_t value;

	assert_false(first_of(&first, at, reg, &value));
}

static void test_the_first_of_several_is_kept(void **state)
{
	(void)state;
	assert_none(present, PCI_ID);
	assert_int_equal(cfg_read32(&cfg, present, PCI_ID), 0x56781234);
	assert_int_equal(cfg_read32(&cfg, absent, PCI_ID), 0xffffffff);
	sim_set32(device, PCI_ID, 0x11111111);
	assert_int_equal(cfg_read32(&cfg, present, PCI_ID), 0x11111111);
	assert_first(present, PCI_ID, 0x56781234);
	assert_first(absent, PCI_ID, 0xffffffff);
	assert_none(present, PCI_CLASS_REVISION);
	cfg_read32(&cfg, present, PCI_CLASS_REVISION);
	assert_first(present, PCI_CLASS_REVISION, 0x02000001);
	assert_first(present, PCI_ID, 0x56781234);
}

/* Everything goes through and is counted as it would be without; parts and others are not kept. */
static void test_it_is_passed_on(void **state)
{
	(void)state;
	cfg_write(&cfg, present, 0x0c, 1, 0x10);
	assert_int_equal(cfg_read8(&cfg, present, 0x0c), 0x10);
	assert_int_equal(cfg_read16(&cfg, present, 0), 0x1234);
	assert_int_equal(cfg_read32(&cfg, present, 4), 7);
	assert_none(present, PCI_ID);
	assert_none(present, PCI_CACHE_LINE_HEADER);
	assert_none(present, PCI_COMMAND);
	assert_true(cfg.ops->reaches(&cfg, present, 0xfff));
	assert_false(cfg.ops->reaches(&cfg, (struct cfg_address){1, 0, 0}, 0));
	/* Nobody was asked there. */
	assert_int_equal(cfg_read32(&cfg, (struct cfg_address){1, 0, 0}, PCI_ID), 0xffffffff);
	assert_none((struct cfg_address){1, 0, 0}, PCI_ID);
	assert_int_equal(rig.ecam.reads, 3);
	assert_int_equal(rig.ecam.writes, 1);
	assert_counts(&rig);
}

/* A bus that no bridge led to yet may have functions later; a root bus has them at once. */
static void test_what_was_absent_is_forgotten(void **state)
{
	struct pci_roots roots;

	(void)state;
	sim_roots(&roots);
	cfg_read32(&cfg, present, PCI_ID);
	cfg_read32(&cfg, absent, PCI_ID);
	cfg_read32(&cfg, behind, PCI_ID);
	assert_first(behind, PCI_ID, 0xffffffff);
	first_forget_absent(&first, &roots);
	assert_first(present, PCI_ID, 0x56781234);
	assert_first(absent, PCI_ID, 0xffffffff);
	assert_none(behind, PCI_ID);
	cfg_read32(&cfg, behind, PCI_ID);
	assert_first(behind, PCI_ID, 0xffffffff);
}

static void test_more_than_there_is_room_for(void **state)
{
	unsigned kept = 0;
	uint32_t value;

	(void)state;
	for (unsigned i = 0; i < FIRST_CAPACITY + 100; i++)
		cfg_read32(&cfg, (struct cfg_address){0, (uint8_t)(i >> 8), (uint8_t)i}, PCI_ID);
	for (unsigned i = 0; i < FIRST_CAPACITY + 100; i++)
		kept += first_of(&first, (struct cfg_address){0, (uint8_t)(i >> 8), (uint8_t)i},
				 PCI_ID, &value);
	assert_int_equal(kept, FIRST_KEPT_MAX);
	assert_first(present, PCI_ID, 0x56781234);
}

static void test_without_memory(void **state)
{
	struct pci_roots roots;

	(void)state;
	sim_roots(&roots);
	first_init(&cfg, &first, &rig.ecam, NULL);
	assert_int_equal(cfg_read32(&cfg, present, PCI_ID), 0x56781234);
	assert_none(present, PCI_ID);
	first_forget_absent(&first, &roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_the_first_of_several_is_kept, setup),
	    cmocka_unit_test_setup(test_it_is_passed_on, setup),
	    cmocka_unit_test_setup(test_what_was_absent_is_forgotten, setup),
	    cmocka_unit_test_setup(test_more_than_there_is_room_for, setup),
	    cmocka_unit_test_setup(test_without_memory, setup),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
