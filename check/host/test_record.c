/* Records of boots: what is read of them, and what is refused, by line. */
#include <stdlib.h>
#include "check.h"
#include "record.h"
#include "sim_build.h"

#define HEAD "barometer-record 1\n"

static uint8_t kind[RECORD_ADDRESSES];
static struct record record;
static char *copy;

/* A copy of its own length, without a terminator, so that a read beyond it is seen. */
static bool check_bytes(const char *text, size_t len)
{
	bool good;

	free(copy);
	copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	heard_reset();
	good = record_check(&record, copy, len, kind, &heard);
	assert_int_equal(heard_lines(), !good);
	return good;
}

static bool check(const char *text)
{
	return check_bytes(text, strlen(text));
}

static void refused(const char *text, const char *what)
{
	assert_false(check(text));
	assert_heard(what);
}

/* The accesses, in the notation of a record, each at its own function. */
static const char *accesses(void)
{
	static char text[4096];
	struct record_access a;
	struct record_walk walk;
	size_t len = 0;

	text[0] = 0;
	record_begin(&walk, &record);
	while (record_next(&walk, &a))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%04x%c%02x.%u=%x ",
					a.function, a.write ? 'w' : 'r', a.reg, a.width, a.value);
	assert_null(walk.fault);
	return text;
}

static void test_accesses_in_order(void **state)
{
	(void)state;
	assert_true(check(HEAD "# two\nfunction 00:00.0 host\n# more\nfunction 1f:1e.7 port\n"
			       "00:00.0 r00 w04.2=103\n\n# and on\n1f:1e.7 rffc w3d.1=ff\n"
			       "00:00.0 w10=ffffffff"));
	assert_int_equal(record.accesses, 5);
	assert_int_equal(record.functions, 2);
	assert_int_equal(kind[0], RECORD_HOST);
	assert_int_equal(kind[0x1ff7], RECORD_PORT);
	assert_int_equal(kind[1], RECORD_ABSENT);
	assert_string_equal(accesses(), "0000r00.4=0 0000w04.2=103 1ff7rffc.4=0 1ff7w3d.1=ff "
					"0000w10.4=ffffffff ");
}

static void test_a_sweep_is_one_line(void **state)
{
	(void)state;
	assert_true(check(HEAD "07:1e.0-08:00.0/8 r00.2 r0e.1\n00:00.0-00:00.5/2 r08\n"));
	assert_int_equal(record.accesses, 6 + 3);
	assert_string_equal(accesses(), "07f0r00.2=0 07f0r0e.1=0 07f8r00.2=0 07f8r0e.1=0 "
					"0800r00.2=0 0800r0e.1=0 0000r08.4=0 0002r08.4=0 "
					"0004r08.4=0 ");
	assert_true(check(HEAD "ff:1f.6-ff:1f.7/ffff r00\n"));
	assert_int_equal(record.accesses, 1);
}

static void test_what_is_none_is_named_by_line(void **state)
{
	static const char *const bad_access[] = {
	    "r0",          "r1000",         "r02",       "r01.2", "r00.3", "r00.",  "r00.0",
	    "w00",         "w00=",          "w00.1=100", "x00",   "r00=1", "r00 ",  " r00",
	    "w00.2=10000", "w00=100000000", "R00",       "r0A",   "r00\t", "r00\r", "r00.12"};
	char text[100];

	(void)state;
	refused("", "line 1 is not");
	refused("barometer-record 2\n00:00.0 r00\n", "line 1 is not 'barometer-record 1'");
	refused("barometer-record 1", "line 1 is not");
	refused(HEAD, "19 bytes without an access");
	refused(HEAD "function 00:00.0 host\n# nothing\n\n", "without an access");
	refused(HEAD "function 00:20.0 host\n", "line 2 names no function");
	refused(HEAD "function 00:00.8 host\n", "line 2 names no function");
	refused(HEAD "function 0:00.0 host\n", "line 2 names no function");
	refused(HEAD "function 00:00.0 hostport\n", "line 2 is of no kind");
	refused(HEAD "function 00:00.0 absent\n", "line 2 is of no kind");
	refused(HEAD "function 00:00.0 host \n", "line 2 is of no kind");
	refused(HEAD "#\nfunction 00:00.0 host\nfunction 00:00.0 port\n",
		"line 4 names a function that is named above");
	refused(HEAD "00:00.0 r00\nfunction 00:00.0 host\n", "line 3 begins with no function");
	refused(HEAD "00:00.0 r00\n\n#\nx", "line 5 begins with no function");
	refused(HEAD "00:00.0\n", "line 2 has no access");
	refused(HEAD "00:00.0", "line 2 has no access");
	refused(HEAD "00:00.0-00:01.0 r00\n", "line 2 has a range");
	refused(HEAD "00:00.0-00:01.0/0 r00\n", "line 2 has a range");
	refused(HEAD "00:01.0-00:00.0/8 r00\n", "line 2 has a range");
	refused(HEAD "00:01.0-00:01.0/12345 r00\n", "line 2 has no access");
	for (unsigned i = 0; i < sizeof(bad_access) / sizeof(bad_access[0]); i++) {
		snprintf(text, sizeof(text), HEAD "00:00.0 r00\n00:00.0 %s\n", bad_access[i]);
		refused(text, "line 3 has an access that is none");
	}
}

static void test_length_is_bounded(void **state)
{
	(void)state;
	assert_true(check(HEAD "00:00.0-ff:1f.7/1 r00\n"));
	assert_int_equal(record.accesses, RECORD_ACCESSES_MAX);
	refused(HEAD "00:00.0-ff:1f.7/1 r00\n00:00.0 r00\n", "line 3 goes beyond 65536 accesses");
	refused(HEAD "00:00.0-ff:1f.7/1 r00 r04\n", "line 2 goes beyond 65536 accesses");
}

/* Any change of a byte, and any cut, is refused or read as some record: nothing else happens. */
static void test_damage(void **state)
{
	static const char sound[] =
	    HEAD "# c\nfunction 00:00.0 host\nfunction 01:00.0 express\n"
		 "00:00.0-01:00.0/8 r00.2 w04.2=103\n01:00.0 w10=ffffffff\n";
	uint64_t seed = 13;
	char text[sizeof(sound)];
	unsigned refusals = 0;

	(void)state;
	assert_true(check(sound));
	for (unsigned i = 0; i < 20000; i++) {
		size_t len = sizeof(sound) - 1;

		memcpy(text, sound, sizeof(sound));
		for (uint64_t n = 1 + sim_next(&seed) % 3; n; n--)
			text[sim_next(&seed) % len] = (char)sim_next(&seed);
		if (sim_next(&seed) % 4 == 0)
			len = sim_next(&seed) % len;
		refusals += !check_bytes(text, len);
	}
	assert_in_range(refusals, 10000, 19999);
}

/* Those of the tree, as they go into the image. */
static void test_own_records(void **state)
{
	static const struct {
		const char *path;
		unsigned accesses, writes;
	} own[] = {{"tests/records/seabios.rec", 2137, 559},
		   {"tests/records/ovmf.rec", 9336, 1942},
		   {"tests/records/linux.rec", 11932, 804}};
	static char text[1 << 18];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		FILE *file = fopen(own[i].path, "r");
		struct record_access access;
		struct record_walk walk;
		unsigned writes = 0;

		assert_non_null(file);
		assert_true(check_bytes(text, fread(text, 1, sizeof(text), file)));
		fclose(file);
		assert_int_equal(record.accesses, own[i].accesses);
		assert_int_equal(record.functions, 24);
		record_begin(&walk, &record);
		while (record_next(&walk, &access))
			writes += access.write;
		assert_int_equal(writes, own[i].writes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_accesses_in_order),
	    cmocka_unit_test(test_a_sweep_is_one_line),
	    cmocka_unit_test(test_what_is_none_is_named_by_line),
	    cmocka_unit_test(test_length_is_bounded),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_own_records),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(copy);
	return failed;
}
