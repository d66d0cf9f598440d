/* The known deviations: who, which rule, why. */
#include "rules/deviations.h"
#include "mem.h"

static const struct deviation {
	enum vmm by;
	const char *id;
	const char *reason; /* with reference: where it can be looked up */
} deviations[] = {
    {VMM_QEMU, "CF8-04", "QEMU keeps CF8 as written (hw/pci/pci_host.c, pci_host_config_write)"},
    {VMM_QEMU, "CF8-05", "QEMU keeps CF8 as written (hw/pci/pci_host.c, pci_host_config_write)"},
    {VMM_QEMU, "CF8-07",
     "QEMU adds CF8 bits 1:0 to the register (hw/pci/pci_host.c, pci_host_data_read)"},
    {VMM_KVMTOOL, "CF8-03",
     "kvmtool copies smaller writes into CF8 (pci.c, pci_config_address_mmio)"},
    {VMM_KVMTOOL, "CF8-04", "kvmtool keeps CF8 as written (pci.c, pci_config_address_mmio)"},
    {VMM_KVMTOOL, "CF8-05", "kvmtool keeps CF8 as written (pci.c, pci_config_address_mmio)"},
    {VMM_BOCHS, "CF8-04", "Bochs keeps CF8 as written (iodev/pci.cc, write)"},
    {VMM_BOCHS, "CF8-05", "Bochs keeps CF8 as written (iodev/pci.cc, write)"},
    {VMM_BOCHS, "HDR-01", "Bochs's 440FX and PIIX3 take writes to register 34h (docs/atlas.md)"},
    {VMM_BOCHS, "CMD-02", "Bochs's 440FX and PIIX3 take Status as written (docs/atlas.md)"},
    {VMM_BOCHS, "CMD-03", "Bochs's PIIX3 takes Status as written (docs/atlas.md)"},
    {VMM_XEN, "CF8-04", "Xen keeps CF8 as written (xen/arch/x86/hvm/io.c, vpci_portio_write)"},
    {VMM_XEN, "CF8-05", "Xen keeps CF8 as written (xen/arch/x86/hvm/io.c, vpci_portio_write)"},
    {VMM_XEN, "HOLD-01",
     "Xen enables MSI only if it can bind it (xen/drivers/vpci/msi.c, control_write)"},
};

const char *deviation_reason(const struct session *s, const char *id)
{
	for (unsigned i = 0; i < sizeof(deviations) / sizeof(deviations[0]); i++)
		if (strcmp(deviations[i].id, id) == 0 && deviations[i].by == s->found.vmm)
			return deviations[i].reason;
	return NULL;
}
