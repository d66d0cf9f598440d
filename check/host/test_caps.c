/* Capability lists that end and that do not, and the address ranges that capabilities define. */
#include "caps.h"
#include "check.h"
#include "sim.h"
#include "sim_build.h"

static struct rig rig;
static struct sim_fn *device;
static struct pci_function fn;
static struct caps_resource found[CAPS_RESOURCES_MAX];

static void look(void)
{
	rig_init(&rig);
	assert_true(pci_read_function(&rig.ecam, sim_address(device), &fn));
}

static int setup(void **state)
{
	struct sim_bus *root;

	(void)state;
	sim_reset();
	root = sim_root(0, 0);
	sim_ecam(0, 0, 255, 0xb0000000);
	device = sim_add(root, 3, 0, 0x56781234, 0x020000);
	look();
	return 0;
}

static unsigned find(uint8_t id)
{
	heard_reset();
	return caps_find(&rig.ecam, &fn, id, &heard);
}

static unsigned find_extended(uint16_t id)
{
	heard_reset();
	return caps_find_extended(&rig.ecam, &fn, id, &heard);
}

static void test_list(void **state)
{
	unsigned a, b;

	(void)state;
	assert_int_equal(find(0x05), 0);
	a = sim_cap(device, 0x05, 14);
	b = sim_cap(device, 0x11, 12);
	assert_int_equal(find(0x05), a);
	assert_int_equal(find(0x11), b);
	assert_int_equal(find(CAP_EXPRESS), 0);
	assert_int_equal(caps_find(&rig.pio, &fn, 0x11, &heard), b);
	assert_silent();
	device->value[6] = 0; /* STATUS says that there is no list */
	assert_int_equal(find(0x05), 0);
	device->value[6] = 0x10;
	device->value[0x0e] = 2;
	look();
	assert_int_equal(find(0x05), 0);
	assert_silent();
}

static void test_reserved_bits_of_pointers(void **state)
{
	unsigned a, b;

	(void)state;
	a = sim_cap(device, 0x05, 16);
	b = sim_cap(device, 0x11, 16);
	device->value[0x34] |= 3;
	device->value[a + 1] |= 3;
	assert_int_equal(find(0x05), a);
	assert_int_equal(find(0x11), b);
}

static void test_lists_that_go_wrong(void **state)
{
	unsigned a;

	(void)state;
	a = sim_cap(device, 0x05, 16);
	device->value[a + 1] = (uint8_t)a;
	assert_int_equal(find(0x11), 0);
	assert_heard("00:03.0 capability list at 0x040 does not end: it loops");
	assert_int_equal(find(0x05), a); /* what comes before the loop is good */
	assert_silent();
	device->value[a + 1] = 0x10;
	assert_int_equal(find(0x11), 0);
	assert_heard("00:03.0 capability list at 0x010 points into the header");
	device->value[a + 1] = 0x80;
	device->value[0x80] = device->value[0x81] = 0xff;
	assert_int_equal(find(0x11), 0);
	assert_heard("00:03.0 capability list at 0x080 reads all-ones");
	assert_int_equal(heard_lines(), 1);
}

static void test_longest_lists_are_walked_to_their_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 48; i++)
		sim_cap(device, i == 47 ? 0x11 : 0x09, 4);
	assert_int_equal(find(0x11), 0xfc);
	assert_int_equal(find(0x05), 0);
	assert_silent();
	setup(NULL);
	for (unsigned i = 0; i < 960; i++)
		sim_ecap(device, i == 959 ? 0x19 : 0x0b, 4);
	assert_int_equal(find_extended(0x19), 0xffc);
	assert_int_equal(find_extended(0x10), 0);
	assert_silent();
}

static void test_extended_list(void **state)
{
	unsigned a, b;

	(void)state;
	assert_int_equal(find_extended(1), 0); /* a conventional function reads all-ones there */
	a = sim_ecap(device, 0x0001, 0x48);
	b = sim_ecap(device, 0x0010, 0x40);
	assert_int_equal(find_extended(1), a);
	assert_int_equal(find_extended(0x10), b);
	assert_int_equal(find_extended(0x15), 0);
	assert_silent();
	heard_reset();
	assert_int_equal(caps_find_extended(&rig.pio, &fn, 1, &heard), 0); /* out of reach */
	assert_int_equal(rig.pio.reads, 0);
	assert_silent();
	sim_set32(device, 0x100, 0);
	assert_int_equal(find_extended(1), 0);
	assert_silent();
}

static void test_extended_lists_that_go_wrong(void **state)
{
	unsigned a;

	(void)state;
	a = sim_ecap(device, 0x0001, 0x10);
	sim_set32(device, a, 0x1001 << 16 | 1);
	sim_set32(device, a, (uint32_t)a << 20 | 1 << 16 | 1);
	assert_int_equal(find_extended(0x15), 0);
	assert_heard("00:03.0 extended capability list at 0x100 does not end: it loops");
	sim_set32(device, a, 0x0801 << 16 | 1);
	assert_int_equal(find_extended(0x15), 0);
	assert_heard("00:03.0 extended capability list at 0x080 points below 0x100");
	sim_set32(device, a, 0x2001u << 16 | 1);
	assert_int_equal(find_extended(0x15), 0);
	assert_heard("00:03.0 extended capability list at 0x200 points at nothing");
}

static unsigned resources(unsigned count)
{
	uint8_t before[SIM_SPACE];

	look();
	memcpy(before, device->value, sizeof(before));
	assert_int_equal(caps_resources(&rig.ecam, &fn, found, &heard), count);
	assert_memory_equal(device->value, before, sizeof(before));
	assert_int_equal(sim.moved_decoding, 0);
	assert_counts(&rig);
	return count;
}

static void check(unsigned i, unsigned kind, unsigned index, unsigned space, bool prefetch,
		  uint64_t address, uint64_t size)
{
	assert_int_equal(found[i].kind, kind);
	assert_int_equal(found[i].index, index);
	assert_int_equal(found[i].space, space);
	assert_int_equal(found[i].prefetch, prefetch);
	assert_int_equal(found[i].address, address);
	assert_int_equal(found[i].size, size);
}

static void test_nothing_to_list(void **state)
{
	(void)state;
	resources(0);
	sim_express(device);
	resources(0);
	assert_silent();
}

static void test_vf_bars(void **state)
{
	uint64_t at0, at3;

	(void)state;
	sim_sriov(device);
	at0 = sim_vf_bar(device, 0, SIM_MEM64_PREFETCH, 0x4000);
	at3 = sim_vf_bar(device, 3, SIM_MEM32, 0x1000);
	resources(2);
	assert_silent();
	check(0, CAPS_VF_BAR, 0, BAR_SPACE_MEM64, true, at0, 0x4000);
	check(1, CAPS_VF_BAR, 3, BAR_SPACE_MEM32, false, at3, 0x1000);
	sim_set16(device, device->sriov + 8, 0); /* memory space is off already: left alone */
	sim_log();
	resources(2);
	assert_null(strstr(sim.log, "w108.2"));
}

/* A person who reads it looks for the register where it says. */
static void test_vf_bar_diagnostic_names_the_register(void **state)
{
	(void)state;
	sim_sriov(device);
	sim_vf_bar(device, 1, SIM_MEM32, 0x1000);
	sim_writable32(device, device->sriov + 0x28, 0xff0f0000);
	sim_set32(device, device->sriov + 0x28, 0);
	resources(1);
	assert_heard("has a hole in its address bits");
	assert_heard("register 0x128");
}

static void test_resizable_bars(void **state)
{
	unsigned cap;

	(void)state;
	cap = sim_ecap(device, ECAP_REBAR, 0x14);
	sim_set32(device, cap + 4, 0x7ff0);              /* 1 MiB to 1 GiB */
	sim_set32(device, cap + 8, 8 << 8 | 2 << 5 | 0); /* BAR 0 is 256 MiB; two entries */
	sim_set32(device, cap + 12, 0xfffffff0);
	sim_set32(device, cap + 16, 0x0001u << 16 | 43 << 8 | 2);
	resources(2);
	assert_silent();
	check(0, CAPS_REBAR, 0, 0, false, 0, 256 << 20);
	assert_int_equal(found[0].sizes, 0x7ff);
	check(1, CAPS_REBAR, 2, 0, false, 0, 1ull << 63);
	assert_int_equal(found[1].sizes, 0x1fffffff);
	sim_set32(device, cap + 16, 63 << 8 | 2); /* no such size */
	resources(2);
	assert_int_equal(found[1].size, 0);
}

static void ea_entry(unsigned *at, uint32_t header, unsigned dwords, const uint32_t *body)
{
	sim_set32(device, *at, header | dwords);
	for (unsigned i = 0; i < dwords; i++)
		sim_set32(device, *at + 4 + 4 * i, body[i]);
	*at += 4 + 4 * dwords;
}

#define EA_ENABLED 0x80000000u

static void test_enhanced_allocation(void **state)
{
	unsigned cap = sim_cap(device, CAP_EA, 0x60), at = cap + 4;

	(void)state;
	device->value[cap + 2] = 5;
	ea_entry(&at, EA_ENABLED | 0 << 8 | 0 << 4, 2, (const uint32_t[]){0xfe000000, 0x00000ffc});
	ea_entry(&at, EA_ENABLED | 1 << 8 | 2 << 4, 4,
		 (const uint32_t[]){0x00000002, 0xfffffffe, 0x80, 0x1});
	ea_entry(&at, EA_ENABLED | 2 << 8 | 4 << 4, 2, (const uint32_t[]){0xc000, 0x3c});
	ea_entry(&at, 0 << 8 | 5 << 4, 2, (const uint32_t[]){0xfd000000, 0xffc}); /* not enabled */
	ea_entry(&at, EA_ENABLED | 3 << 8 | 9 << 4, 3,
		 (const uint32_t[]){0x00000002, 0x0000fffc, 0x40});
	resources(4);
	assert_silent();
	check(0, CAPS_EA, 0, BAR_SPACE_MEM64, false, 0xfe000000, 0x1000);
	check(1, CAPS_EA, 2, BAR_SPACE_MEM64, true, 0x8000000000, 0x200000000);
	check(2, CAPS_EA, 4, BAR_SPACE_IO, false, 0xc000, 0x40);
	check(3, CAPS_EA, 9, BAR_SPACE_MEM64, true, 0x4000000000, 0x10000);
}

/* 4 is memory of virtual functions, 6 prefetchable memory and 7 I/O behind a bridge (PCIe 4.0,
 * 7.8.5). */
static void test_enhanced_allocation_properties(void **state)
{
	static const struct {
		uint8_t space;
		bool prefetch;
	} expected[] = {{BAR_SPACE_MEM64, false}, {BAR_SPACE_MEM64, true},
			{BAR_SPACE_IO, false},    {BAR_SPACE_MEM64, true},
			{BAR_SPACE_MEM64, false}, {BAR_SPACE_MEM64, false},
			{BAR_SPACE_MEM64, true},  {BAR_SPACE_IO, false}};
	unsigned cap = sim_cap(device, CAP_EA, 0xa0), at = cap + 4;

	(void)state;
	device->value[cap + 2] = 8;
	for (uint32_t p = 0; p < 8; p++)
		ea_entry(&at, EA_ENABLED | p << 8, 2, (const uint32_t[]){0x1000, 0xffc});
	resources(8);
	for (unsigned p = 0; p < 8; p++)
		check(p, CAPS_EA, 0, expected[p].space, expected[p].prefetch, 0x1000, 0x1000);
}

/* The entry size may be larger than its fields: what follows a 32-bit maximum offset is not its
 * upper half. */
static void test_enhanced_allocation_entry_with_room_left(void **state)
{
	unsigned cap = sim_cap(device, CAP_EA, 0x40), at = cap + 4;

	(void)state;
	device->value[cap + 2] = 2;
	ea_entry(&at, EA_ENABLED, 3, (const uint32_t[]){0xfe000000, 0xffc, 0x12345678});
	ea_entry(&at, EA_ENABLED, 4, (const uint32_t[]){0xfe000002, 0xffc, 0x80, 0x12345678});
	resources(2);
	check(0, CAPS_EA, 0, BAR_SPACE_MEM64, false, 0xfe000000, 0x1000);
	check(1, CAPS_EA, 0, BAR_SPACE_MEM64, false, 0x80fe000000, 0x1000);
}

static void test_enhanced_allocation_that_does_not_fit(void **state)
{
	unsigned cap = sim_cap(device, CAP_EA, 0x20), at = cap + 4;

	(void)state;
	device->value[cap + 2] = 63;
	ea_entry(&at, EA_ENABLED, 2, (const uint32_t[]){0xfe000000, 0xffc});
	ea_entry(&at, EA_ENABLED, 1, (const uint32_t[]){0xfe000000});
	resources(1);
	assert_heard("00:03.0 Enhanced Allocation list at 0x050 has an entry that does not fit");
	assert_int_equal(heard_lines(), 1);
	setup(NULL);
	device->cap_end = 0xf8;
	cap = sim_cap(device, CAP_EA, 8);
	device->value[cap + 2] = 1;
	sim_set32(device, cap + 4, EA_ENABLED | 2);
	resources(0);
	assert_heard("Enhanced Allocation list at 0x0fc has an entry that does not fit");
}

static void test_enhanced_allocation_of_a_bridge(void **state)
{
	unsigned cap, at;

	(void)state;
	device = sim_add_bridge(sim.root[0], 4, 0, 0x000c1b36);
	cap = sim_cap(device, CAP_EA, 0x20);
	at = cap + 8; /* fixed bus numbers come first */
	device->value[cap + 2] = 1;
	sim_set32(device, cap + 4, 0x0201);
	ea_entry(&at, EA_ENABLED, 2, (const uint32_t[]){0xfe000000, 0xffc});
	resources(1);
	check(0, CAPS_EA, 0, BAR_SPACE_MEM64, false, 0xfe000000, 0x1000);
}

static void test_the_most_that_a_function_can_define(void **state)
{
	unsigned cap = sim_cap(device, CAP_EA, 4 + 15 * 12), at = cap + 4;

	(void)state;
	device->value[cap + 2] = 15;
	for (unsigned i = 0; i < 15; i++)
		ea_entry(&at, EA_ENABLED, 2, (const uint32_t[]){0x1000, 0xffc});
	sim_sriov(device);
	for (unsigned i = 0; i < 6; i++)
		sim_vf_bar(device, i, SIM_MEM32, 0x1000);
	cap = sim_ecap(device, ECAP_REBAR, 4 + 8 * 7);
	for (unsigned i = 0; i < 7; i++)
		sim_set32(device, cap + 8 + 8 * i, 7 << 5);
	assert_true(resources(15 + 6 + 6) <= CAPS_RESOURCES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_list, setup),
	    cmocka_unit_test_setup(test_reserved_bits_of_pointers, setup),
	    cmocka_unit_test_setup(test_lists_that_go_wrong, setup),
	    cmocka_unit_test_setup(test_longest_lists_are_walked_to_their_ends, setup),
	    cmocka_unit_test_setup(test_extended_list, setup),
	    cmocka_unit_test_setup(test_extended_lists_that_go_wrong, setup),
	    cmocka_unit_test_setup(test_nothing_to_list, setup),
	    cmocka_unit_test_setup(test_vf_bars, setup),
	    cmocka_unit_test_setup(test_vf_bar_diagnostic_names_the_register, setup),
	    cmocka_unit_test_setup(test_resizable_bars, setup),
	    cmocka_unit_test_setup(test_enhanced_allocation, setup),
	    cmocka_unit_test_setup(test_enhanced_allocation_properties, setup),
	    cmocka_unit_test_setup(test_enhanced_allocation_entry_with_room_left, setup),
	    cmocka_unit_test_setup(test_enhanced_allocation_that_does_not_fit, setup),
	    cmocka_unit_test_setup(test_enhanced_allocation_of_a_bridge, setup),
	    cmocka_unit_test_setup(test_the_most_that_a_function_can_define, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	sim_reset();
	return failed;
}
