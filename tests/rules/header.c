/* The header: what never changes, and what it says of itself. */
#include "rules/rule.h"

#define HEADER_TYPE_REG 0x0e
#define CIS_POINTER_REG 0x28
#define SUBSYSTEM_REG   0x2c
#define RESERVED_REG    0x38
#define GRANT_LATENCY   0xffff0000u /* minimum grant, maximum latency: of the dword at 3Ch */

/*
 * The programming interface may be written on some (IDE controllers in native mode): bits 15 to 8
 * of 08h. What is reserved is read-only as well (6.1): the rest of 34h, and of type 0 the dword
 * after it.
 */
static void check_read_only(const struct rule_target *t)
{
	rule_expect_read_only(t, PCI_ID, 4, 0xffffffff);
	rule_expect_read_only(t, PCI_CLASS_REVISION, 4, 0xffff00ff);
	rule_expect_read_only(t, HEADER_TYPE_REG, 1, 0xff);
	if (pci_header_type(t->fn) <= 1)
		rule_expect_read_only(t, PCI_CAPABILITIES, 4, 0xffffffff);
	if (pci_header_type(t->fn) == 0) {
		rule_expect_read_only(t, CIS_POINTER_REG, 4, 0xffffffff);
		rule_expect_read_only(t, SUBSYSTEM_REG, 4, 0xffffffff);
		rule_expect_read_only(t, RESERVED_REG, 4, 0xffffffff);
		/* In a dword, as lanes are others' business. */
		rule_expect_read_only(t, PCI_INTERRUPT_LINE, 4, GRANT_LATENCY);
	}
}

/* Class 06h 04h is a PCI-to-PCI bridge, 06h 09h a semi-transparent one; 06h 07h is a CardBus
 * bridge. */
static void check_type(const struct rule_target *t)
{
	unsigned type = pci_header_type(t->fn), class = pci_class(t->fn) >> 8;
	unsigned want = class == 0x0604 || class == 0x0609 ? 1 : class == 0x0607 ? 2 : 0;

	rule_expect(t, type == want || (type != 1 && want != 1 && type <= 2), HEADER_TYPE_REG,
		    "header type %u with class 0x%04x, should be type %u", type, class, want);
}

static void check_line(const struct rule_target *t)
{
	uint8_t pin = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_PIN), before;

	if (pin < 1 || pin > 4 || pci_header_type(t->fn) > 1)
		return;
	before = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_LINE);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t value = i ? 0xaa : 0x55, got;

		cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_LINE, 1, value);
		got = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_LINE);
		rule_expect(t, got == value, PCI_INTERRUPT_LINE,
			    "wrote 0x%02x, read 0x%02x, should be 0x%02x", value, got, value);
	}
	cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_LINE, 1, before);
}

/* Pin 1 to 4 is INTA# to INTD#, 0 is none (6.2.4). */
static void check_pin(const struct rule_target *t)
{
	uint8_t pin = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_PIN), got;

	if (pci_header_type(t->fn) > 1)
		return;
	rule_expect(t, pin <= 4, PCI_INTERRUPT_PIN, "read 0x%02x, should be 0 to 4", pin);
	cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_PIN, 1, pin ^ 7u);
	got = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_PIN);
	if (!rule_expect(t, got == pin, PCI_INTERRUPT_PIN,
			 "wrote 0x%02x, read 0x%02x, should still be 0x%02x", pin ^ 7u, got, pin))
		cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_PIN, 1, pin);
}

TEST(.name = "rule.header.read-only", .id = "HDR-01", .check = check_read_only,
     .reference = "PCI Local Bus 3.0, 6.1, 6.2.1 and 6.2.4",
     .text =
	 "Vendor, device, revision, class, header type, subsystem, CIS and capabilities pointer, grant "
	 "and latency, and what is reserved do not take writes.");
TEST(.name = "rule.header.type", .id = "HDR-02", .check = check_type, .filter = RULE_ONE_PATH,
     .reference = "PCI Local Bus 3.0, 6.2.1 and appendix D; PCI-to-PCI Bridge 1.2, 3.2.4.7",
     .text = "Functions of a PCI-to-PCI bridge class, and no others, have a type 1 header.");
TEST(.name = "rule.header.interrupt-line", .id = "HDR-03",
     .idle = "no function has an interrupt pin", .check = check_line,
     .reference = "PCI Local Bus 3.0, 6.2.4",
     .text =
	 "The interrupt line register of a function with an interrupt pin holds any byte that is "
	 "written.");
TEST(.name = "rule.header.interrupt-pin", .id = "HDR-04", .check = check_pin,
     .reference = "PCI Local Bus 3.0, 6.2.4",
     .text = "The interrupt pin is 0 to 4 and takes no writes.");
