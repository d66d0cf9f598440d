/* The one decoder of base address registers (PCI 3.0, 6.2.5.1). */
#include "bar.h"
#include "check.h"

static const struct pci_function endpoint = {.at = {0, 0, 3 << 3}};
static const struct pci_function bridge = {.at = {0, 0, 4 << 3}, .header = 0x00010000};
static const struct pci_function cardbus = {.at = {0, 0, 5 << 3}, .header = 0x00020000};
static struct bar_registers raw;
static struct bar_set set;

static int setup(void **state)
{
	(void)state;
	raw = (struct bar_registers){0};
	heard_reset();
	return 0;
}

static void put(unsigned index, uint32_t value, uint32_t mask)
{
	raw.value[index] = value;
	raw.mask[index] = mask;
}

static void decode(const struct pci_function *fn, unsigned count)
{
	heard_reset();
	bar_decode(fn, &raw, &set, &heard);
	assert_int_equal(set.count, count);
}

static void check(unsigned n, unsigned index, unsigned space, bool prefetch, uint64_t size,
		  uint64_t address)
{
	const struct bar expected = {.index = (uint8_t)index,
				     .space = (uint8_t)space,
				     .prefetch = prefetch,
				     .size = size,
				     .address = address};

	assert_int_equal(set.bar[n].size, size);
	assert_int_equal(set.bar[n].address, address);
	assert_true(bar_equal(&set.bar[n], &expected));
}

static void test_registers_of_each_header_type(void **state)
{
	const struct pci_function multi = {.header = 0x00810000};

	(void)state;
	assert_int_equal(bar_registers_of(&endpoint), 6);
	assert_int_equal(bar_registers_of(&bridge), 2);
	assert_int_equal(bar_registers_of(&multi), 2);
	assert_int_equal(bar_registers_of(&cardbus), 0);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(bar_offset(&endpoint, i), 0x10 + 4 * i);
		assert_int_equal(bar_offset(&bridge, i), i < 2 ? 0x10 + 4 * i : 0);
		assert_int_equal(bar_offset(&cardbus, i), 0);
	}
	assert_int_equal(bar_offset(&endpoint, 6), 0x30);
	assert_int_equal(bar_offset(&bridge, 6), 0x38);
	assert_int_equal(bar_offset(&cardbus, 6), 0);
	assert_int_equal(bar_offset(&endpoint, 7), 0);
}

static void test_each_space(void **state)
{
	(void)state;
	put(0, 0xfebf1000, 0xfffff000);
	put(1, 0xf0000008, 0xff000008);
	put(2, 0xc001, 0xffffffe1);
	put(3, 0xc041, 0xffc1); /* upper 16 bits hard-wired */
	put(4, 0x0000000c, 0xc000000c);
	put(5, 0x00000008, 0xffffffff);
	put(6, 0xfeb00000, 0xfffc0000);
	decode(&endpoint, 6);
	assert_silent();
	check(0, 0, BAR_SPACE_MEM32, false, 0x1000, 0xfebf1000);
	check(1, 1, BAR_SPACE_MEM32, true, 0x1000000, 0xf0000000);
	check(2, 2, BAR_SPACE_IO, false, 32, 0xc000);
	check(3, 3, BAR_SPACE_IO, false, 64, 0xc040);
	check(4, 4, BAR_SPACE_MEM64, true, 0x40000000, 0x800000000);
	check(5, 6, BAR_SPACE_ROM, false, 0x40000, 0xfeb00000);
}

static void test_every_size(void **state)
{
	(void)state;
	for (unsigned bit = 4; bit < 64; bit++) {
		uint64_t mask = -1ull << bit;

		setup(NULL);
		put(0, 4, (uint32_t)mask | 4);
		put(1, 0, (uint32_t)(mask >> 32));
		decode(&endpoint, 1);
		check(0, 0, BAR_SPACE_MEM64, false, 1ull << bit, 0);
		assert_silent();
		if (bit > 31)
			continue;
		setup(NULL);
		put(5, 0, (uint32_t)mask);
		decode(&endpoint, 1);
		check(0, 5, BAR_SPACE_MEM32, false, 1ull << bit, 0);
		assert_silent();
	}
	for (unsigned bit = 2; bit < 16; bit++) {
		setup(NULL);
		put(0, 1, (uint32_t)(-1ull << bit) | 1);
		put(1, 1, ((uint32_t)(-1ull << bit) & 0xffff) | 1);
		decode(&endpoint, 2);
		check(0, 0, BAR_SPACE_IO, false, 1ull << bit, 0);
		check(1, 1, BAR_SPACE_IO, false, 1ull << bit, 0);
		assert_silent();
	}
	for (unsigned bit = 11; bit < 32; bit++) {
		setup(NULL);
		put(6, 0, (uint32_t)(-1ull << bit));
		decode(&endpoint, 1);
		check(0, 6, BAR_SPACE_ROM, false, 1ull << bit, 0);
		assert_silent();
	}
}

static void test_nothing_implemented(void **state)
{
	(void)state;
	decode(&endpoint, 0);
	put(0, 0x4, 0x4); /* type bits of a 64-bit BAR without an address bit */
	put(2, 0x1, 0x1);
	put(3, 0x8, 0x8);
	decode(&endpoint, 0);
	assert_silent();
}

/* The upper half is the lower one's; it must not be taken for a BAR of its own. */
static void test_upper_half_is_no_bar(void **state)
{
	(void)state;
	put(0, 0x4, 0xffff0004);
	put(1, 0x20, 0xffffffff);
	put(2, 0xfebf0000, 0xfffff000);
	decode(&endpoint, 2);
	check(0, 0, BAR_SPACE_MEM64, false, 0x10000, 0x2000000000);
	check(1, 2, BAR_SPACE_MEM32, false, 0x1000, 0xfebf0000);
}

static void test_64_bits_at_4_gib_and_more(void **state)
{
	(void)state;
	put(0, 0xc, 0xc);
	put(1, 0x80, 0xfffffffe);
	decode(&endpoint, 1);
	assert_silent();
	check(0, 0, BAR_SPACE_MEM64, true, 0x200000000, 0x8000000000);
}

static void test_64_bits_in_the_last_register(void **state)
{
	(void)state;
	put(5, 0x4, 0xfffff004);
	decode(&endpoint, 0);
	assert_heard(
	    "00:03.0 register 0x24 (was 0x4, reads 0xfffff004 after the probe) says 64 bits in the "
	    "last register");
	setup(NULL);
	put(1, 0x4, 0xfffff004);
	decode(&bridge, 0);
	assert_heard(
	    "00:04.0 register 0x14 (was 0x4, reads 0xfffff004 after the probe) says 64 bits in the "
	    "last register");
}

static void test_bridge_has_two_and_its_rom(void **state)
{
	(void)state;
	put(0, 0xfe000004, 0xffffff04);
	put(1, 0, 0xffffffff);
	put(6, 0xfeb00001, 0xfffff800);
	decode(&bridge, 2);
	assert_silent();
	check(0, 0, BAR_SPACE_MEM64, false, 256, 0xfe000000);
	check(1, 6, BAR_SPACE_ROM, false, 2048, 0xfeb00000);
	setup(NULL);
	decode(&cardbus, 0);
}

static void test_register_that_does_not_move(void **state)
{
	(void)state;
	put(0, 0xfee00000, 0xfee00000);
	put(1, 0xfebf0000, 0xffff0000);
	put(6, 0xfee00000, 0xfee00000);
	decode(&endpoint, 1);
	assert_heard(
	    "00:03.0 register 0x10 (was 0xfee00000, reads 0xfee00000 after the probe) does not "
	    "move: no BAR");
	check(0, 1, BAR_SPACE_MEM32, false, 0x10000, 0xfebf0000);
}

/* OVMF leaves ROMs that it does not assign with their own read-back in the register. */
static void test_bar_at_the_top_does_not_move_either(void **state)
{
	(void)state;
	put(0, 0xffff0000, 0xffff0000);
	put(2, 0xffffff01, 0xffffff01);
	put(6, 0xfffc0000, 0xfffc0000);
	decode(&endpoint, 3);
	check(0, 0, BAR_SPACE_MEM32, false, 0x10000, 0xffff0000);
	check(1, 2, BAR_SPACE_IO, false, 0x100, 0xffffff00);
	check(2, 6, BAR_SPACE_ROM, false, 0x40000, 0xfffc0000);
	assert_silent();
}

/* One half may stand still by chance while the other moves. */
static void test_64_bit_half_that_does_not_move(void **state)
{
	(void)state;
	put(0, 0xfff00004, 0xfff00004);
	put(1, 0, 0xffffffff);
	decode(&endpoint, 1);
	check(0, 0, BAR_SPACE_MEM64, false, 0x100000, 0xfff00000);
	assert_silent();
}

static void test_type_bits_that_change(void **state)
{
	(void)state;
	put(0, 0xfebf0008, 0xffff0000);
	put(1, 0xc001, 0xffffffe0);
	decode(&endpoint, 2);
	assert_heard(
	    "00:03.0 register 0x10 (was 0xfebf0008, reads 0xffff0000 after the probe) changes its "
	    "type bits");
	assert_heard(
	    "register 0x14 (was 0xc001, reads 0xffffffe0 after the probe) changes its type bits");
	check(0, 0, BAR_SPACE_MEM32, true, 0x10000, 0xfebf0000);
	check(1, 1, BAR_SPACE_IO, false, 32, 0xc000);
}

static void test_holes(void **state)
{
	(void)state;
	put(0, 0, 0xff0f0000);
	put(1, 1, 0xf0f1);
	put(2, 4, 0xfffff004);
	put(3, 0, 0x000000ff); /* a device of 40 address bits */
	put(4, 0, 0x7fff0000);
	decode(&endpoint, 4);
	assert_int_equal(heard_lines(), 4);
	assert_heard(
	    "register 0x10 (was 0x0, reads 0xff0f0000 after the probe) has a hole in its address "
	    "bits");
	assert_heard("register 0x14");
	assert_heard(
	    "register 0x18 (was 0x4, reads 0xfffffff004 after the probe) has a hole in its address "
	    "bits");
	assert_heard("register 0x20");
	check(0, 0, BAR_SPACE_MEM32, false, 0x10000, 0);
	check(1, 1, BAR_SPACE_IO, false, 16, 0);
	check(2, 2, BAR_SPACE_MEM64, false, 0x1000, 0);
	check(3, 4, BAR_SPACE_MEM32, false, 0x10000, 0);
}

static void test_address_below_its_alignment(void **state)
{
	(void)state;
	put(0, 0xfebf1000, 0xffff0000);
	decode(&endpoint, 1);
	assert_heard(
	    "register 0x10 (was 0xfebf1000, reads 0xffff0000 after the probe) holds an address "
	    "below its own");
}

static void test_rom_enable_is_no_address(void **state)
{
	(void)state;
	put(6, 0xfffe0001, 0xfffe0000);
	decode(&endpoint, 1);
	check(0, 6, BAR_SPACE_ROM, false, 0x20000, 0xfffe0000);
	put(6, 0x1, 0x1);
	decode(&endpoint, 0);
}

static void test_names_and_equality(void **state)
{
	struct bar a = {1, BAR_SPACE_IO, false, 32, 0xc000}, b = a;

	(void)state;
	assert_string_equal(bar_space_name(BAR_SPACE_IO), "io");
	assert_string_equal(bar_space_name(BAR_SPACE_MEM32), "mem32");
	assert_string_equal(bar_space_name(BAR_SPACE_MEM64), "mem64");
	assert_string_equal(bar_space_name(BAR_SPACE_ROM), "rom");
	assert_true(bar_equal(&a, &b));
	b.index = 2;
	assert_false(bar_equal(&a, &b));
	b = a, b.space = BAR_SPACE_ROM;
	assert_false(bar_equal(&a, &b));
	b = a, b.prefetch = true;
	assert_false(bar_equal(&a, &b));
	b = a, b.size = 64;
	assert_false(bar_equal(&a, &b));
	b = a, b.address = 0;
	assert_false(bar_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_registers_of_each_header_type, setup),
	    cmocka_unit_test_setup(test_each_space, setup),
	    cmocka_unit_test_setup(test_every_size, setup),
	    cmocka_unit_test_setup(test_nothing_implemented, setup),
	    cmocka_unit_test_setup(test_upper_half_is_no_bar, setup),
	    cmocka_unit_test_setup(test_64_bits_at_4_gib_and_more, setup),
	    cmocka_unit_test_setup(test_64_bits_in_the_last_register, setup),
	    cmocka_unit_test_setup(test_bridge_has_two_and_its_rom, setup),
	    cmocka_unit_test_setup(test_register_that_does_not_move, setup),
	    cmocka_unit_test_setup(test_64_bit_half_that_does_not_move, setup),
	    cmocka_unit_test_setup(test_type_bits_that_change, setup),
	    cmocka_unit_test_setup(test_holes, setup),
	    cmocka_unit_test_setup(test_bar_at_the_top_does_not_move_either, setup),
	    cmocka_unit_test_setup(test_address_below_its_alignment, setup),
	    cmocka_unit_test_setup(test_rom_enable_is_no_address, setup),
	    cmocka_unit_test_setup(test_names_and_equality, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
