/* A log as UEFI variables: there and back, and what comes back when somebody else wrote it. */
#include "check.h"
#include "crc32.h"
#include "efi_variables.h"
#include "options.h"
#include "power.h"

/* What firmware has: variables by name, the first of a name counts. */
static struct {
	char name[24];
	uint8_t data[20000];
	size_t len;
} variable[300];

static unsigned count, sets_left, removes;
static bool removable;

static const char *plain(const uint16_t *name)
{
	static char text[24];
	unsigned i;

	for (i = 0; name[i]; i++) {
		assert_in_range(i, 0, 13);
		assert_in_range(name[i], '0', 'z');
		text[i] = (char)name[i];
	}
	text[i] = '\0';
	return text;
}

static unsigned find(const char *name)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (strcmp(variable[i].name, name) == 0)
			break;
	return i;
}

static void put(const char *name, const void *data, size_t len)
{
	unsigned i = find(name);

	assert_in_range(i, 0, 299);
	assert_in_range(len, 1, sizeof(variable[i].data));
	count += i == count;
	strcpy(variable[i].name, name);
	memcpy(variable[i].data, data, len);
	variable[i].len = len;
}

static void drop(const char *name)
{
	unsigned i = find(name);

	if (i < count)
		variable[i] = variable[--count];
}

static size_t get(void *context, const uint16_t *name, void *to, size_t room)
{
	unsigned i = find(plain(name));

	(void)context;
	if (i == count)
		return 0;
	if (variable[i].len <= room)
		memcpy(to, variable[i].data, variable[i].len);
	return variable[i].len;
}

static bool set(void *context, const uint16_t *name, const void *data, size_t len)
{
	(void)context;
	if (sets_left == 0)
		return false;
	sets_left--;
	put(plain(name), data, len);
	return true;
}

static bool remove_one(void *context, const uint16_t *name)
{
	(void)context;
	removes++;
	if (removable)
		drop(plain(name));
	return removable;
}

static const struct efi_variables_store store = {get, set, remove_one, NULL};

/* A log whose every piece is another, of EFI_VARIABLES_LEN_MAX and some. */
static char text[EFI_VARIABLES_LEN_MAX + 1];
static uint8_t back[EFI_VARIABLES_LEN_MAX];
static struct efi_variables_log found;

static struct handoff_log log_of(size_t len)
{
	return (struct handoff_log){text, len, crc32_add(0, text, len), OPTIONS_EXIT_AUTO,
				    POWER_PASS};
}

static const char *keep(size_t len, uint32_t piece)
{
	struct handoff_log log = log_of(len);

	return efi_variables_put(&store, &log, piece);
}

static int setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (char)('!' + i / 1000 % 90);
	memset(back, 0, sizeof(back));
	count = removes = 0;
	sets_left = UINT32_MAX;
	removable = true;
	return 0;
}

/* 5000 bytes in five pieces, the last of 904. */
static int setup_log(void **state)
{
	setup(state);
	assert_null(keep(5000, 1024));
	return 0;
}

static bool read(void)
{
	return efi_variables_find(&store, &found) == EFI_VARIABLES_LOG &&
	       efi_variables_read(&store, &found, back);
}

static void test_there_and_back(void **state)
{
	static const struct {
		size_t len;
		uint32_t piece;
		unsigned variables;
	} shape[] = {
	    {1, 1024, 2},      {1024, 1024, 2},     {1025, 1024, 3},
	    {5000, 1500, 5},   {262144, 1024, 257}, {EFI_VARIABLES_LEN_MAX, 4096, 257},
	    {40000, 16384, 4},
	};

	for (unsigned i = 0; i < sizeof(shape) / sizeof(shape[0]); i++) {
		setup(state);
		assert_null(keep(shape[i].len, shape[i].piece));
		assert_int_equal(count, shape[i].variables);
		assert_string_equal(variable[count - 1].name, "BarometerLog");
		assert_true(read());
		assert_int_equal(found.len, shape[i].len);
		assert_int_equal(found.crc, crc32_add(0, text, shape[i].len));
		assert_int_equal(found.exit, OPTIONS_EXIT_AUTO);
		assert_int_equal(found.value, POWER_PASS);
		assert_memory_equal(back, text, shape[i].len);
		assert_true(efi_variables_remove(&store));
		assert_int_equal(count, 0);
		assert_int_equal(efi_variables_find(&store, &found), EFI_VARIABLES_NONE);
	}
}

/* As docs/iso.md and the header say it, because another commit's image may read it. */
static void test_format(void **state)
{
	static const uint8_t header[24] = {'B', 'L', 'O', 'G', 0x88, 0x13};

	setup_log(state);
	assert_int_equal(variable[find("BarometerLog")].len, 24);
	assert_memory_equal(variable[find("BarometerLog")].data, header, 8);
	assert_int_equal(variable[find("BarometerLog00")].len, 1024);
	assert_memory_equal(variable[find("BarometerLog04")].data, text + 4096, 904);
	assert_int_equal(variable[find("BarometerLog04")].len, 904);
	setup(state);
	assert_null(keep(0xab * 1024, 1024));
	assert_memory_equal(variable[find("BarometerLogAA")].data, text + 0xaa * 1024, 1024);
}

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(efi_variables_find(&store, &found), EFI_VARIABLES_NONE);
	put("BarometerLog7", "x", 1); /* nobody's */
	assert_int_equal(efi_variables_find(&store, &found), EFI_VARIABLES_NONE);
}

static void test_too_long(void **state)
{
	(void)state;
	assert_string_equal(keep(262145, 1024), "longer than UEFI variables take");
	assert_string_equal(keep(sizeof(text), 16384), "longer than UEFI variables take");
	assert_string_equal(keep(5000, 0), "no room for UEFI variables");
	assert_int_equal(count, 0);
}

/* Whichever of them firmware refuses, none stays. */
static void test_refused(void **state)
{
	for (unsigned taken = 0; taken < 6; taken++) {
		setup(state);
		sets_left = taken;
		assert_string_equal(keep(5000, 1024), "a UEFI variable cannot be set");
		assert_int_equal(count, 0);
	}
	sets_left = 6;
	assert_null(keep(5000, 1024));
}

/* Magic, bytes, sum, bytes of a piece, exit, value. */
static void put_header(size_t len, uint32_t magic, uint32_t bytes, uint32_t piece, uint32_t exit,
		       uint32_t value)
{
	const uint32_t header[7] = {magic, bytes, crc32_add(0, text, bytes), piece, exit, value};

	put("BarometerLog", header, len);
}

static void assert_header_refused(void)
{
	assert_int_equal(efi_variables_find(&store, &found), EFI_VARIABLES_DAMAGED);
}

static void test_header(void **state)
{
	const uint32_t magic = 0x474f4c42;

	(void)state;
	put_header(24, magic, 5000, 1024, OPTIONS_EXIT_OFF, POWER_SKIP);
	assert_true(read());
	put_header(24, magic, 5000, 1024, OPTIONS_EXIT_HALT, 0);
	assert_true(read());
	/* Truncated; longer; no header of ours. */
	put_header(23, magic, 5000, 1024, 0, 0);
	assert_header_refused();
	put_header(25, magic, 5000, 1024, 0, 0);
	assert_header_refused();
	put_header(1, magic, 5000, 1024, 0, 0);
	assert_header_refused();
	put_header(24, magic + 1, 5000, 1024, 0, 0);
	assert_header_refused();
	/* Sizes: none, more than a log has, pieces out of bounds, too many pieces. */
	put_header(24, magic, 0, 1024, 0, 0);
	assert_header_refused();
	put_header(24, magic, EFI_VARIABLES_LEN_MAX + 1, 16384, 0, 0);
	assert_header_refused();
	put_header(24, magic, 5000, 0, 0, 0);
	assert_header_refused();
	put_header(24, magic, 5000, 1023, 0, 0);
	assert_header_refused();
	put_header(24, magic, 5000, 16385, 0, 0);
	assert_header_refused();
	put_header(24, magic, 5000, UINT32_MAX, 0, 0);
	assert_header_refused();
	put_header(24, magic, 262145, 1024, 0, 0);
	assert_header_refused();
	/* An end that there is not, and values that no run tells. */
	put_header(24, magic, 5000, 1024, OPTIONS_EXIT_OFF + 1, 0);
	assert_header_refused();
	put_header(24, magic, 5000, 1024, 0, 1);
	assert_header_refused();
	put_header(24, magic, 5000, 1024, 0, POWER_SKIP + 1);
	assert_header_refused();
}

static void test_missing(void **state)
{
	char name[16];

	for (unsigned i = 0; i < 5; i++) {
		setup_log(state);
		snprintf(name, sizeof(name), "BarometerLog%02X", i);
		drop(name);
		assert_false(read());
	}
	/* Without a header it was cut short, and what there is takes up room. */
	setup_log(state);
	drop("BarometerLog");
	assert_int_equal(efi_variables_find(&store, &found), EFI_VARIABLES_DAMAGED);
	assert_true(efi_variables_remove(&store));
	assert_int_equal(count, 0);
}

static void test_sizes(void **state)
{
	(void)state;
	put("BarometerLog02", text + 2048, 1023);
	assert_false(read());
	put("BarometerLog02", text + 2048, 1025);
	assert_false(read());
	put("BarometerLog02", text + 2048, 1024);
	assert_true(read());
	put("BarometerLog04", text + 4096, 903);
	assert_false(read());
	put("BarometerLog04", text + 4096, 1024);
	assert_false(read());
}

static void test_sum(void **state)
{
	(void)state;
	variable[find("BarometerLog03")].data[1023] ^= 0x80;
	assert_false(read());
	variable[find("BarometerLog03")].data[1023] ^= 0x80;
	assert_true(read());
	variable[find("BarometerLog")].data[8] ^= 1;
	assert_false(read());
}

static void test_order(void **state)
{
	(void)state;
	/* In another order in the store is no other order of the log. */
	strcpy(variable[0].name, "BarometerLog01");
	strcpy(variable[1].name, "BarometerLog00");
	memcpy(variable[0].data, text + 1024, 1024);
	memcpy(variable[1].data, text, 1024);
	assert_true(read());
	assert_memory_equal(back, text, 5000);
	/* The second piece before the first; the same piece twice. */
	put("BarometerLog00", text + 1024, 1024);
	put("BarometerLog01", text, 1024);
	assert_false(read());
	put("BarometerLog01", text + 1024, 1024);
	assert_false(read());
}

/* More pieces than the header counts are another run's: not read, but removed. */
static void test_too_many(void **state)
{
	(void)state;
	put("BarometerLog05", "x", 1);
	put("BarometerLogFF", "x", 1);
	assert_true(read());
	assert_memory_equal(back, text, 5000);
	assert_int_equal(back[5000], 0);
	assert_true(efi_variables_remove(&store));
	assert_int_equal(count, 0);
}

/* All are tried, whatever became of the first. */
static void test_cannot_be_removed(void **state)
{
	(void)state;
	removable = false;
	assert_false(efi_variables_remove(&store));
	assert_int_equal(removes, 1 + EFI_VARIABLES_PIECES_MAX);
}

static void test_piece(void **state)
{
	(void)state;
	/* OVMF's store: 256 KiB, 33 KiB a variable. */
	assert_int_equal(efi_variables_piece(262044, 240000, 33732, 40000), 16384);
	assert_int_equal(efi_variables_piece(262044, 240000, 8192, 40000), 7936);
	assert_int_equal(efi_variables_piece(262044, 240000, 1280, 40000), 1024);
	assert_int_equal(efi_variables_piece(262044, 240000, 1279, 40000), 0);
	assert_int_equal(efi_variables_piece(262044, 240000, 0, 40000), 0);
	/* A quarter is left to others, and each variable takes more than its bytes. */
	assert_int_equal(efi_variables_piece(80000, 20000 + 40000 + 41 * 256, 1280, 40000), 1024);
	assert_int_equal(efi_variables_piece(80000, 20000 + 40000 + 41 * 256 - 1, 1280, 40000), 0);
	assert_int_equal(efi_variables_piece(80000, 19999, 1280, 1), 0);
	assert_int_equal(efi_variables_piece(UINT64_MAX, UINT64_MAX, UINT64_MAX, 40000), 16384);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test_setup(test_none, setup),
	    cmocka_unit_test_setup(test_too_long, setup),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test_setup(test_header, setup_log),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test_setup(test_sizes, setup_log),
	    cmocka_unit_test_setup(test_sum, setup_log),
	    cmocka_unit_test_setup(test_order, setup_log),
	    cmocka_unit_test_setup(test_too_many, setup_log),
	    cmocka_unit_test_setup(test_cannot_be_removed, setup_log),
	    cmocka_unit_test(test_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
