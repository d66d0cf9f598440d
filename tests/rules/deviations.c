/* The known deviations: who, which rule, why. */
#include "rules/deviations.h"
#include "mem.h"

#define SIGNATURE_TCG "TCGTCGTCGTCG"
#define SIGNATURE_KVM "KVMKVMKVM"

/* By what it offers: under KVM the signature is that of the kernel, whoever drives it. */
static bool is_qemu(const struct session *s)
{
	const struct hypervisor *by = &s->platform->hypervisor;

	return hypervisor_is(by, SIGNATURE_TCG) ||
	       (hypervisor_is(by, SIGNATURE_KVM) && s->found.fwcfg.present);
}

/* The one user of KVM that has CF8 but neither fw_cfg nor any ACPI table. */
static bool is_kvmtool(const struct session *s)
{
	return hypervisor_is(&s->platform->hypervisor, SIGNATURE_KVM) && !s->found.fwcfg.present &&
	       !s->platform->acpi->found;
}

static const struct deviation {
	bool (*applies)(const struct session *session);
	const char *id;
	const char *reason; /* with reference: where it can be looked up */
} deviations[] = {
    {is_qemu, "CF8-04", "QEMU keeps CF8 as written (hw/pci/pci_host.c, pci_host_config_write)"},
    {is_qemu, "CF8-05", "QEMU keeps CF8 as written (hw/pci/pci_host.c, pci_host_config_write)"},
    {is_qemu, "CF8-07",
     "QEMU adds CF8 bits 1:0 to the register (hw/pci/pci_host.c, pci_host_data_read)"},
    {is_kvmtool, "CF8-03",
     "kvmtool copies smaller writes into CF8 (pci.c, pci_config_address_mmio)"},
    {is_kvmtool, "CF8-04", "kvmtool keeps CF8 as written (pci.c, pci_config_address_mmio)"},
    {is_kvmtool, "CF8-05", "kvmtool keeps CF8 as written (pci.c, pci_config_address_mmio)"},
};

const char *deviation_reason(const struct session *s, const char *id)
{
	for (unsigned i = 0; i < sizeof(deviations) / sizeof(deviations[0]); i++)
		if (strcmp(deviations[i].id, id) == 0 && deviations[i].applies(s))
			return deviations[i].reason;
	return NULL;
}
