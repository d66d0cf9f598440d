/* Signatures and OEM IDs. */
#include "vmm.h"
#include "mem.h"

static const char *const names[] = {
    [VMM_UNKNOWN] = "",
    [VMM_ACRN] = "acrn",
    [VMM_BHYVE] = "bhyve",
    [VMM_BOCHS] = "bochs",
    [VMM_CLOUD_HYPERVISOR] = "cloud-hypervisor",
    [VMM_CROSVM] = "crosvm",
    [VMM_FIRECRACKER] = "firecracker",
    [VMM_HYPERV] = "hyper-v",
    [VMM_KVMTOOL] = "kvmtool",
    [VMM_PARALLELS] = "parallels",
    [VMM_QEMU] = "qemu",
    [VMM_VIRTUALBOX] = "virtualbox",
    [VMM_VMWARE] = "vmware",
    [VMM_XEN] = "xen",
};

/* Signatures that only one program gives. */
static const struct {
	const char *name;
	enum vmm vmm;
} signatures[] = {
    {"TCGTCGTCGTCG", VMM_QEMU},      {"VMwareVMware", VMM_VMWARE},
    {"XenVMMXenVMM", VMM_XEN},       {"bhyve bhyve ", VMM_BHYVE},
    {"ACRNACRNACRN", VMM_ACRN},      {" lrpepyh vr", VMM_PARALLELS},
    {"prl hyperv  ", VMM_PARALLELS}, {"VBoxVBoxVBox", VMM_VIRTUALBOX},
};

/* OEM IDs of RSDPs, under KVM or whatever else. Bochs's BIOS has the same as QEMU's tables. */
static const struct {
	char oem[7];
	enum vmm vmm;
} oems[] = {
    {"BOCHS ", VMM_QEMU},   {"CLOUDH", VMM_CLOUD_HYPERVISOR},
    {"CROSVM", VMM_CROSVM}, {"FIRECK", VMM_FIRECRACKER},
    {"BHYVE ", VMM_BHYVE},  {"VBOX  ", VMM_VIRTUALBOX},
    {"VRTUAL", VMM_HYPERV}, {"ACRN  ", VMM_ACRN},
};

enum vmm vmm_identify(const struct hypervisor *hypervisor, const struct acpi *acpi, bool fwcfg)
{
	for (unsigned i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (hypervisor_is(hypervisor, signatures[i].name))
			return signatures[i].vmm;
	for (unsigned i = 0; i < sizeof(oems) / sizeof(oems[0]); i++)
		if (memcmp(acpi->oem, oems[i].oem, 6) == 0)
			return oems[i].vmm == VMM_QEMU && !hypervisor->count ? VMM_BOCHS
									     : oems[i].vmm;
	if (hypervisor_is(hypervisor, "KVMKVMKVM")) {
		if (fwcfg)
			return VMM_QEMU;
		return acpi->found ? VMM_UNKNOWN : VMM_KVMTOOL;
	}
	return hypervisor_is(hypervisor, "Microsoft Hv") ? VMM_HYPERV : VMM_UNKNOWN;
}

const char *vmm_name(enum vmm vmm)
{
	return names[vmm];
}
