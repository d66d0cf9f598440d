/* The PCI BAR mask table: every check of docs/paravirtual.md, each with the diagnostic that names
 * it. */
#include <stdlib.h>
#include "check.h"
#include "mask_table.h"
#include "sim.h"
#include "sim_build.h"

static struct rig rig;
static uint8_t bytes[SIM_MASK_TABLE_MAX];
static uint32_t len;
static const struct sim_fn *order[SIM_FUNCTIONS_MAX];
static unsigned count;
static struct mask_table table;
static struct walked walked;
static struct bar_registers raw[MAP_MAX];

static void encode(void)
{
	len = sim_mask_table_encode(bytes, order, &count);
	rig_init(&rig);
}

/* Checks a copy of exactly `given` bytes, so that a read beyond them is caught. */
static bool check_copy(size_t given, size_t *needed)
{
	static uint8_t *copy;
	bool good;

	free(copy);
	copy = malloc(given ? given : 1);
	memcpy(copy, bytes, given);
	heard_reset();
	good = mask_table_check(&table, copy, given, needed, &heard);
	assert_int_equal(heard_lines(), !good);
	assert_int_equal(table.bytes != NULL, good);
	return good;
}

static void refused(const char *what)
{
	size_t needed;

	assert_false(check_copy(len, &needed));
	assert_heard(what);
	assert_int_equal(needed, 0);
}

static void walk(const struct numbering *given)
{
	walked_init(&walked);
	heard_reset();
	mask_table_walk(&table, given, &walked.map, raw, &heard);
}

static void put(uint32_t at, unsigned width, uint32_t value)
{
	for (unsigned i = 0; i < width; i++)
		bytes[at + i] = (uint8_t)(value >> 8 * i);
	sim_mask_table_seal(bytes);
}

static int setup(void **state)
{
	(void)state;
	sim_reference();
	encode();
	return 0;
}

static int teardown(void **state)
{
	size_t needed;

	(void)state;
	check_copy(0, &needed); /* lets the last copy go */
	return 0;
}

static void test_sound_table(void **state)
{
	const struct numbering none = {.capacity = 0};
	size_t needed;

	(void)state;
	assert_true(check_copy(len, &needed));
	assert_int_equal(table.entries, 24);
	assert_int_equal(table.len, len);
	walk(&none);
	assert_silent();
	assert_found_all(&walked, 1);
	assert_int_equal(walked.map.buses, 7);
	assert_int_equal(sim.counts.ecam_read + sim.counts.cfc_read, 0);
}

/* fw_cfg pads with zeros whatever is asked for beyond the item. */
static void test_bytes_after_the_table_do_not_matter(void **state)
{
	size_t needed;

	(void)state;
	memset(bytes + len, 0xa5, 4096);
	assert_true(check_copy(len + 4096, &needed));
	assert_int_equal(table.len, len);
}

/* Check 1. */
static void test_magic(void **state)
{
	size_t needed;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		encode();
		bytes[i] ^= 0x20;
		sim_mask_table_seal(bytes);
		refused("has no PCIBMASK signature");
	}
	encode();
	for (size_t given = 0; given < 32; given++) {
		assert_false(check_copy(given, &needed));
		assert_heard("bytes read) is shorter than its header");
		assert_int_equal(needed, 0);
	}
}

/* Check 2. */
static void test_version(void **state)
{
	(void)state;
	put(8, 2, 2);
	refused("is not of version 1");
	put(8, 2, 0);
	refused("is not of version 1");
}

/* Check 3. */
static void test_header_length(void **state)
{
	static const uint32_t bad[] = {0, 28, 31, 33, 34, 0xfffc};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		encode();
		put(10, 2, bad[i]);
		refused("has a bad header length");
	}
}

static void test_longer_header_is_skipped(void **state)
{
	const struct numbering none = {.capacity = 0};
	size_t needed;

	(void)state;
	memmove(bytes + 48, bytes + 32, len - 32);
	memset(bytes + 32, 0x5a, 16);
	len += 16;
	put(12, 4, len);
	put(10, 2, 48);
	assert_true(check_copy(len, &needed));
	walk(&none);
	assert_found_all(&walked, 1);
}

/* Check 4. */
static void test_total_length(void **state)
{
	size_t needed;
	char text[64];

	(void)state;
	bytes[12]++; /* not a multiple of 4 */
	refused("has a length that is not a multiple of 4");
	encode();
	for (size_t given = 32; given < len; given++) {
		assert_false(check_copy(given, &needed));
		snprintf(text, sizeof(text), "mask table (%zu bytes read) is truncated", given);
		assert_heard(text);
		assert_int_equal(needed, len);
	}
}

/* Check 5. */
static void test_checksum(void **state)
{
	(void)state;
	for (uint32_t at = 20; at < len; at += 7) {
		encode();
		bytes[at] ^= 0x10;
		refused("has a bad checksum");
	}
}

/* Check 6. */
static void test_entries(void **state)
{
	(void)state;
	put(32 + 5, 1, 0);
	refused("entry 0, at offset 32, has an empty path");
	encode();
	put(32, 2, 74);
	refused("entry 0, at offset 32, has a bad length");
	encode();
	put(32, 2, 72);
	refused("has a bad length");
	encode();
	put(32, 2, 0);
	refused("has a bad length");
	encode();
	put(32, 2, len);
	refused("entry 0, at offset 32, runs over the end of the table");
	encode();
	put(32 + 5, 1, 5); /* a path that the length has no room for */
	refused("has a bad length");
	encode();
	put(16, 4, count + 1);
	refused("runs over the end of the table");
	encode();
	put(16, 4, 0xffffffff);
	refused("runs over the end of the table");
}

static void test_longer_entries_are_skipped_over(void **state)
{
	const struct numbering none = {.capacity = 0};
	uint32_t second = 32 + bytes[32];
	size_t needed;

	(void)state;
	memmove(bytes + second + 8, bytes + second, len - second);
	memset(bytes + second, 0x5a, 8);
	len += 8;
	put(32, 2, bytes[32] + 8u);
	put(12, 4, len);
	assert_true(check_copy(len, &needed));
	walk(&none);
	assert_found_all(&walked, 1);
}

/* Check 7. */
static void test_entries_end_at_the_end(void **state)
{
	char text[96];

	(void)state;
	put(16, 4, count - 1);
	snprintf(text, sizeof(text), "its 23 entries end at offset %u, the table at %u", len - 76,
		 len);
	refused(text);
	put(16, 4, 0);
	refused("its 0 entries end at offset 32");
}

static void test_table_without_entries(void **state)
{
	const struct numbering none = {.capacity = 0};
	size_t needed;

	(void)state;
	sim_reset();
	encode();
	assert_int_equal(len, 32);
	assert_true(check_copy(len, &needed));
	walk(&none);
	assert_int_equal(walked.map.count, 0);
	assert_int_equal(walked.map.buses, 0);
}

/* Offset of the n-th entry. */
static uint32_t entry(unsigned n)
{
	uint32_t at = 32;

	while (n--)
		at += bytes[at];
	return at;
}

static unsigned first_behind(unsigned depth)
{
	for (unsigned i = 0; i < count; i++)
		if (bytes[entry(i) + 5] == depth)
			return i;
	abort();
}

/* Check 8. */
static void test_bridge_comes_first(void **state)
{
	unsigned i = first_behind(2);
	char text[96];

	(void)state;
	snprintf(text, sizeof(text), "entry %u, at offset %u, is not preceded by the bridge", i,
		 entry(i));
	put(entry(i - 1) + 6, 1, 0); /* the bridge is no bridge */
	refused(text);
	encode();
	put(entry(i) + 72, 1, 0x1f << 3); /* runs through what is no bridge */
	refused(text);
	encode();
	put(entry(i) + 4, 1, 1); /* the bridge of another root */
	refused(text);
	encode();
	put(entry(i) + 2, 2, 1); /* of another segment */
	refused(text);
	encode();
	put(entry(0) + 5, 1, 2); /* nothing came before */
	refused("entry 0, at offset 32, is not preceded by the bridge that it is behind");
}

/* Anything else that is wrong anywhere: refused or read, never a wild access. */
static void test_every_bit_flipped(void **state)
{
	const struct numbering none = {.capacity = 0};
	size_t needed;

	(void)state;
	for (uint32_t at = 0; at < len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes[at] ^= (uint8_t)(1u << bit);
			assert_false(check_copy(len, &needed));
			if (at < 12 || at >= 16) {
				sim_mask_table_seal(bytes);
				if (check_copy(len, &needed))
					walk(&none);
			}
			bytes[at] ^= (uint8_t)(1u << bit);
			sim_mask_table_seal(bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_sound_table, setup),
	    cmocka_unit_test_setup(test_bytes_after_the_table_do_not_matter, setup),
	    cmocka_unit_test_setup(test_magic, setup),
	    cmocka_unit_test_setup(test_version, setup),
	    cmocka_unit_test_setup(test_header_length, setup),
	    cmocka_unit_test_setup(test_longer_header_is_skipped, setup),
	    cmocka_unit_test_setup(test_total_length, setup),
	    cmocka_unit_test_setup(test_checksum, setup),
	    cmocka_unit_test_setup(test_entries, setup),
	    cmocka_unit_test_setup(test_longer_entries_are_skipped_over, setup),
	    cmocka_unit_test_setup(test_entries_end_at_the_end, setup),
	    cmocka_unit_test_setup(test_table_without_entries, setup),
	    cmocka_unit_test_setup(test_bridge_comes_first, setup),
	    cmocka_unit_test_setup(test_every_bit_flipped, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, teardown);

	sim_reset();
	return failed;
}
