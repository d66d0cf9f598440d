/* The known deviations: who, which rule, why. */
#include "rules/deviations.h"
#include "mem.h"

static const struct deviation {
	enum vmm by;
	const char *id;
	const char *reason; /* with reference: where it can be looked up */
} deviations[] = {
    {VMM_QEMU, "CF8-07",
     "QEMU adds CF8 bits 1:0 to the register (hw/pci/pci_host.c, pci_host_data_read)"},
    {VMM_KVMTOOL, "CF8-03",
     "kvmtool copies smaller writes into CF8 (pci.c, pci_config_address_mmio)"},
    {VMM_BOCHS, "HDR-01",
     "all of Bochs's chipset but IDE takes writes to 34h (iodev/pci.cc, pci_write_handler)"},
    {VMM_BOCHS, "CMD-02",
     "Bochs's IDE, UHCI and power management take the upper byte of Status as written, its 440FX "
     "loses the DEVSEL timing (iodev/pci_ide.cc and pci.cc, pci_write_handler)"},
    {VMM_BOCHS, "CMD-03",
     "Bochs's IDE, UHCI and power management take the upper byte of Status as written "
     "(iodev/pci_ide.cc, pci_write_handler)"},
    {VMM_BOCHS, "SIDE-05",
     "the DEVSEL timing that Bochs lost to CMD-02's and CMD-03's writes cannot be put back "
     "(iodev/pci.cc and pci_ide.cc, pci_write_handler)"},
    {VMM_XEN, "HOLD-01",
     "Xen enables MSI only if it can bind it (xen/drivers/vpci/msi.c, control_write)"},
    {VMM_XEN, "HOLD-04",
     "Xen keeps bits 1:0 of a message's address (xen/drivers/vpci/msi.c, address_write)"},
};

const char *deviation_reason(const struct session *s, const struct test *test)
{
	if (!test->id)
		return NULL;
	if (test->flags & TEST_INFORMATIVE)
		return "kept by no implementation that was run: information, not a failure";
	for (unsigned i = 0; i < sizeof(deviations) / sizeof(deviations[0]); i++)
		if (strcmp(deviations[i].id, test->id) == 0 && deviations[i].by == s->found.vmm)
			return deviations[i].reason;
	return NULL;
}
