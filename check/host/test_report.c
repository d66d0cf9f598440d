/* The output contract, byte for byte. */
#include "check.h"
#include "report.h"

static char out[1 << 14];
static size_t out_len;
static struct report report;

static void put(void *context, const char *text, size_t len)
{
	assert_ptr_equal(context, &report);
	assert_true(out_len + len < sizeof(out));
	memcpy(out + out_len, text, len);
	out_len += len;
	out[out_len] = '\0';
}

static int setup(void **state)
{
	(void)state;
	report = (struct report){.put = put, .context = &report};
	out_len = 0;
	out[0] = '\0';
	return 0;
}

static void wrote(const char *text)
{
	assert_string_equal(out, text);
	out_len = 0;
	out[0] = '\0';
}

static void test_ktap(void **state)
{
	(void)state;
	report_version(&report);
	report_plan(&report, 12);
	wrote("KTAP version 1\n1..12\n");
	report_result(&report, "boot", REPORT_PASS, NULL);
	report_result(&report, "acpi.mcfg", REPORT_SKIP, "no MCFG");
	report_result(&report, "agree", REPORT_FAIL, NULL);
	report_result(&report, "sizing", REPORT_ERROR, "out of memory");
	report_result(&report, "scan", REPORT_NONE, NULL);
	report_result(&report, "cf8.low-bits", REPORT_XFAIL, "QEMU decodes bits 1:0");
	wrote("ok 1 boot\n"
	      "ok 2 acpi.mcfg # SKIP no MCFG\n"
	      "not ok 3 agree\n"
	      "not ok 4 sizing # ERROR out of memory\n"
	      "not ok 5 scan # ERROR the test ended without a result\n"
	      "not ok 6 cf8.low-bits # XFAIL QEMU decodes bits 1:0\n");
	assert_int_equal(report.passed, 1);
	assert_int_equal(report.skipped, 1);
	assert_int_equal(report.failed, 1);
	assert_int_equal(report.errors, 2);
	assert_int_equal(report.xfailed, 1);
}

static void test_notes(void **state)
{
	char text[400];

	(void)state;
	report_note(&report, "%u functions on %u buses", 24u, 7u);
	wrote("# 24 functions on 7 buses\n");
	memset(text, 'x', 399);
	text[399] = '\0';
	report_note(&report, "%s", text);
	assert_int_equal(out_len, 2 + 240 + 1);
	assert_int_equal(out[out_len - 1], '\n');
}

static void test_objects(void **state)
{
	(void)state;
	report_open(&report, "function");
	report_number(&report, "segment", 0);
	report_string(&report, "bdf", "00:1f.2");
	report_hex(&report, "vendor", 0x8086, 4);
	report_hex(&report, "class", 0x10601, 6);
	report_bool(&report, "prefetch", false);
	report_bool(&report, "stable", true);
	report_array(&report, "seen_by");
	report_string(&report, NULL, "pio");
	report_string(&report, NULL, "ecam");
	report_array_end(&report);
	report_number(&report, "size", UINT64_MAX);
	report_close(&report);
	wrote(
	    "{\"kind\":\"function\",\"segment\":0,\"bdf\":\"00:1f.2\",\"vendor\":\"0x8086\",\"class\":"
	    "\"0x010601\","
	    "\"prefetch\":false,\"stable\":true,\"seen_by\":[\"pio\",\"ecam\"],\"size\":"
	    "18446744073709551615}\n");
}

static void test_nesting(void **state)
{
	(void)state;
	report_open(&report, "env");
	report_array(&report, "mcfg");
	for (unsigned i = 0; i < 2; i++) {
		report_object(&report, NULL);
		report_number(&report, "segment", i);
		report_hex(&report, "base", 0xb0000000 + i, 1);
		report_object_end(&report);
	}
	report_array_end(&report);
	report_array(&report, "none");
	report_array_end(&report);
	report_object(&report, "empty");
	report_object_end(&report);
	report_number(&report, "after", 1);
	report_close(&report);
	report_open(&report, "next"); /* starts afresh */
	report_close(&report);
	wrote(
	    "{\"kind\":\"env\",\"mcfg\":[{\"segment\":0,\"base\":\"0xb0000000\"},{\"segment\":1,\"base\":"
	    "\"0xb0000001\"}],"
	    "\"none\":[],\"empty\":{},\"after\":1}\n{\"kind\":\"next\"}\n");
}

static void test_escaping(void **state)
{
	(void)state;
	report_open(&report, "verdict");
	report_string(&report, "reason", "a\"b\\c/\n\t\x01\x7f\xff~ ");
	report_close(&report);
	wrote("{\"kind\":\"verdict\",\"reason\":\"a\\\"b\\\\c/\\u000a\\u0009\\u0001\\u007f\\u00ff~ "
	      "\"}\n");
}

static void test_long_strings_are_whole(void **state)
{
	char text[1001], expected[1100];

	(void)state;
	memset(text, 'y', 1000);
	text[1000] = '\0';
	report_open(&report, "x");
	report_string(&report, "reason", text);
	report_close(&report);
	snprintf(expected, sizeof(expected), "{\"kind\":\"x\",\"reason\":\"%s\"}\n", text);
	wrote(expected);
}

static void test_status(void **state)
{
	(void)state;
	assert_string_equal(report_status(&report), "skip");
	report.skipped = 3;
	assert_string_equal(report_status(&report), "skip");
	report.passed = 1;
	assert_string_equal(report_status(&report), "pass");
	report.failed = 1;
	assert_string_equal(report_status(&report), "fail");
	report.errors = 1;
	assert_string_equal(report_status(&report), "error");
}

static void test_done(void **state)
{
	const struct cfg_counts counts = {1, 2, 3, 4, 5, 6, 7};

	(void)state;
	report.passed = 8;
	report.skipped = 2;
	report.xfailed = 3;
	report_done(&report, &counts);
	wrote(
	    "{\"kind\":\"done\",\"status\":\"pass\",\"passed\":8,\"failed\":0,\"errors\":0,\"skipped\":2,"
	    "\"xfailed\":3,"
	    "\"accesses\":{"
	    "\"cf8_read\":1,\"cf8_write\":2,\"cfc_read\":3,\"cfc_write\":4,\"ecam_read\":5,\"ecam_write\":6,"
	    "\"calls\":7}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_ktap, setup),
	    cmocka_unit_test_setup(test_notes, setup),
	    cmocka_unit_test_setup(test_objects, setup),
	    cmocka_unit_test_setup(test_nesting, setup),
	    cmocka_unit_test_setup(test_escaping, setup),
	    cmocka_unit_test_setup(test_long_strings_are_whole, setup),
	    cmocka_unit_test_setup(test_status, setup),
	    cmocka_unit_test_setup(test_done, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
