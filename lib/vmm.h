/*
 * Who emulates the machine, as far as it says so: CPUID's signature is the kernel's part
 * ("KVMKVMKVM" for all of KVM's users), the OEM ID of the ACPI tables that of the program.
 */
#ifndef BAROMETER_LIB_VMM_H
#define BAROMETER_LIB_VMM_H

#include "acpi.h"
#include "hypervisor.h"

enum vmm {
	VMM_UNKNOWN,
	VMM_ACRN,
	VMM_BHYVE,
	VMM_BOCHS,
	VMM_CLOUD_HYPERVISOR,
	VMM_CROSVM,
	VMM_FIRECRACKER,
	VMM_HYPERV,
	VMM_KVMTOOL,
	VMM_PARALLELS,
	VMM_QEMU,
	VMM_VIRTUALBOX,
	VMM_VMWARE,
	VMM_XEN,
};

/*
 * What neither tells is told by what is missing: of KVM's users QEMU alone has fw_cfg without ACPI
 * tables, and kvmtool neither. fw_cfg says nothing where the tables do.
 */
enum vmm vmm_identify(const struct hypervisor *hypervisor, const struct acpi *acpi, bool fwcfg);

/* "qemu", "cloud-hypervisor", ...; "" for unknown. */
const char *vmm_name(enum vmm vmm);

#endif
