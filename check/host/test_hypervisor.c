/* Signatures in CPUID: several interfaces, none, and what reads like one and is none. */
#include "check.h"
#include "hypervisor.h"

static struct {
	uint32_t base, highest;
	const char *name;
} offered[3];

/* Elsewhere as on real processors: the data of some basic leaf. */
static struct hypervisor_leaf cpuid(uint32_t leaf)
{
	struct hypervisor_leaf answer = {0x16, 0x00000340, 0x00000340, 0};

	for (unsigned i = 0; i < 3; i++) {
		if (!offered[i].name || offered[i].base != leaf)
			continue;
		answer.eax = offered[i].highest;
		memcpy(&answer.ebx, offered[i].name, 4);
		memcpy(&answer.ecx, offered[i].name + 4, 4);
		memcpy(&answer.edx, offered[i].name + 8, 4);
	}
	return answer;
}

static struct hypervisor found;

static void offer(unsigned i, uint32_t base, uint32_t highest, const char *name)
{
	memset(&offered[i], 0, sizeof(offered) - i * sizeof(offered[0]));
	offered[i].base = base;
	offered[i].highest = highest;
	offered[i].name = name;
	hypervisor_find(&found, cpuid);
}

static void test_one(void **state)
{
	(void)state;
	offer(0, 0x40000000, 0x40000001, "KVMKVMKVM\0\0\0");
	assert_int_equal(found.count, 1);
	assert_string_equal(hypervisor_name(&found), "KVMKVMKVM");
	assert_true(hypervisor_is(&found, "KVMKVMKVM"));
	assert_false(hypervisor_is(&found, "KVM"));
	assert_int_equal(found.by[0].highest, 0x40000001);
}

/* QEMU with -cpu host,hv-relaxed. */
static void test_one_behind_another(void **state)
{
	(void)state;
	offer(0, 0x40000000, 0x40000082, "Microsoft Hv");
	offer(1, 0x40000100, 0x40000101, "KVMKVMKVM\0\0\0");
	assert_int_equal(found.count, 2);
	assert_string_equal(hypervisor_name(&found), "Microsoft Hv");
	assert_true(hypervisor_is(&found, "KVMKVMKVM"));
	assert_int_equal(found.by[1].base, 0x40000100);
}

static void test_none(void **state)
{
	(void)state;
	offer(0, 0x40000000, 0x16, "\x40\x03\0\0\x40\x03\0\0\0\0\0\0");
	assert_int_equal(found.count, 0);
	assert_string_equal(hypervisor_name(&found), "");
	assert_false(hypervisor_is(&found, ""));
}

/* An old KVM gives 0 as its highest leaf; a range whose highest leaf lies elsewhere is no range. */
static void test_highest_leaf(void **state)
{
	(void)state;
	offer(0, 0x40000000, 0, "KVMKVMKVM\0\0\0");
	assert_int_equal(found.by[0].highest, 0x40000001);
	offer(1, 0x40000200, 0x40000101, "XenVMMXenVMM");
	assert_int_equal(found.count, 1);
}

/* The same range seen again and again, as where the upper bits of a leaf are ignored. */
static struct hypervisor_leaf everywhere(uint32_t leaf)
{
	struct hypervisor_leaf answer = cpuid(0x40000000);

	answer.eax = leaf + 1;
	return answer;
}

static void test_repeated(void **state)
{
	(void)state;
	offer(0, 0x40000000, 0x40000001, "TCGTCGTCGTCG");
	hypervisor_find(&found, everywhere);
	assert_int_equal(found.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),      cmocka_unit_test(test_one_behind_another),
	    cmocka_unit_test(test_none),     cmocka_unit_test(test_highest_leaf),
	    cmocka_unit_test(test_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
