/* Who emulates the machine: by CPUID, by OEM ID, by what is missing. */
#include "check.h"
#include "vmm.h"

static enum vmm identify(const char *signature, const char *second, const char *oem, bool fwcfg)
{
	struct hypervisor by = {0};
	static struct acpi acpi;

	if (signature)
		strcpy(by.by[by.count++].name, signature);
	if (second)
		strcpy(by.by[by.count++].name, second);
	acpi = (struct acpi){.found = oem[0] != '\0'};
	strcpy(acpi.oem, oem);
	return vmm_identify(&by, &acpi, fwcfg);
}

#define KVM "KVMKVMKVM"

static void test_signatures(void **state)
{
	(void)state;
	assert_int_equal(identify("TCGTCGTCGTCG", NULL, "", false), VMM_QEMU);
	assert_int_equal(identify("VMwareVMware", NULL, "PTLTD ", false), VMM_VMWARE);
	assert_int_equal(identify("Microsoft Hv", NULL, "", false), VMM_HYPERV);
	assert_int_equal(identify("Microsoft Hv", "XenVMMXenVMM", "Xen   ", false), VMM_XEN);
	assert_int_equal(identify("SomebodyElse", NULL, "", true), VMM_UNKNOWN);
}

static void test_oem_ids(void **state)
{
	(void)state;
	assert_int_equal(identify(KVM, NULL, "BOCHS ", true), VMM_QEMU);
	assert_int_equal(identify("Microsoft Hv", KVM, "BOCHS ", true), VMM_QEMU);
	/* fw_cfg says nothing where the tables do. */
	assert_int_equal(identify(KVM, NULL, "CLOUDH", true), VMM_CLOUD_HYPERVISOR);
	assert_int_equal(identify("Microsoft Hv", NULL, "CLOUDH", false), VMM_CLOUD_HYPERVISOR);
	assert_int_equal(identify(KVM, NULL, "FIRECK", false), VMM_FIRECRACKER);
	assert_int_equal(identify(KVM, NULL, "CROSVM", false), VMM_CROSVM);
	assert_int_equal(identify(NULL, NULL, "BOCHS ", false), VMM_BOCHS);
	assert_int_equal(identify(NULL, NULL, "ALASKA", false), VMM_UNKNOWN);
}

static void test_what_is_missing(void **state)
{
	(void)state;
	assert_int_equal(identify(KVM, NULL, "", true), VMM_QEMU);
	assert_int_equal(identify(KVM, NULL, "", false), VMM_KVMTOOL);
	assert_int_equal(identify(KVM, NULL, "OTHERS", false), VMM_UNKNOWN);
	assert_int_equal(identify(KVM, NULL, "OTHERS", true), VMM_QEMU);
	assert_int_equal(identify(NULL, NULL, "", false), VMM_UNKNOWN);
	assert_string_equal(vmm_name(VMM_UNKNOWN), "");
	assert_string_equal(vmm_name(VMM_XEN), "xen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_oem_ids),
	    cmocka_unit_test(test_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
