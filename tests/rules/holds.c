/*
 * Registers of capabilities and bridges that must take what is written: enable bits of messages,
 * masks of errors, windows.
 */
#include "rules/plain.h"

#define COMMAND_MASTER  0x0004u
#define MSI_CAPABLE_MAX 5 /* 32 messages (6.8.1.3) */

/*
 * Sets and clears some bits of a dword's upper half, the others there staying as they are; the
 * caller puts it back. A dword, so that lanes that are mixed up are the lane rules' business.
 */
static void set_and_clear(const struct rule_target *t, unsigned reg, uint32_t others, uint32_t bits)
{
	for (unsigned i = 0; i < 2; i++) {
		uint32_t want = (others & ~bits) | (i ? 0 : bits), got = rule_put(t, reg, want);

		if (!rule_expect(t, (got ^ want) >> 16 == 0, reg,
				 "wrote 0x%08x, read 0x%08x, should be what was written", want,
				 got))
			return;
	}
}

/*
 * No message is sent meanwhile: MSI-X is masked as a whole, MSI looked at only where the function
 * does not master.
 */
static void check_messages(const struct rule_target *t)
{
	bool masters = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND) & COMMAND_MASTER;
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		uint32_t before = w.header;

		if (w.id == CAP_MSI_X && !(before & MSI_X_ENABLE)) {
			set_and_clear(t, w.at, before, MSI_X_MASK_ALL);
			set_and_clear(t, w.at, before | MSI_X_MASK_ALL, MSI_X_ENABLE);
		} else if (w.id == CAP_MSI && !masters && !(before & MSI_ENABLE)) {
			set_and_clear(t, w.at, before, MSI_ENABLE);
		} else {
			continue;
		}
		cfg_write32(t->cfg, t->fn->at, w.at, before);
	}
}

#define MSI_ENABLED_SHIFT                                                                          \
	20 /* how many messages, as a power of two: bits 6 to 4 of the control word */

/* Patterns go into the bits; the rest of the dword reads as it did. */
static void expect_holds(const struct rule_target *t, unsigned reg, uint32_t bits)
{
	static const uint32_t patterns[] = {0x5a5aa5a5, 0xa5a55a5a};
	uint32_t before = cfg_read32(t->cfg, t->fn->at, reg);

	for (unsigned i = 0; bits && i < 2; i++) {
		uint32_t wrote = (patterns[i] & bits) | (before & ~bits),
			 got = rule_put(t, reg, wrote);

		if (!rule_expect(t, got == wrote, reg,
				 "wrote 0x%08x, read 0x%08x, should be what was written", wrote,
				 got))
			break;
	}
	cfg_write32(t->cfg, t->fn->at, reg, before);
}

/* As many messages as there are may be enabled; it tells nothing while MSI is off. */
static void expect_numbers(const struct rule_target *t, unsigned at, uint32_t header)
{
	for (unsigned n = 0; n <= MSI_CAPABLE(header) && n <= MSI_CAPABLE_MAX; n++) {
		uint32_t want = (header & ~(7u << MSI_ENABLED_SHIFT)) | n << MSI_ENABLED_SHIFT,
			 got = rule_put(t, at, want);

		if (!rule_expect(t, got == want, at,
				 "wrote 0x%08x, read 0x%08x, should be what was written", want,
				 got))
			break;
	}
	cfg_write32(t->cfg, t->fn->at, at, header);
}

/* Bits 1 and 0 of the address read 0 whatever is written (6.8.1.4). */
static void expect_aligned(const struct rule_target *t, unsigned reg)
{
	uint32_t before = cfg_read32(t->cfg, t->fn->at, reg), got = rule_put(t, reg, before | 3);

	cfg_write32(t->cfg, t->fn->at, reg, before);
	rule_expect(t, !(got & 3), reg, "wrote 0x%08x, read 0x%08x, should have 0 in bits 1 to 0",
		    before | 3, got);
}

static void check_msi_registers(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		unsigned messages = 1u << MSI_CAPABLE(w.header);

		if (w.id != CAP_MSI || w.header & MSI_ENABLE ||
		    w.at + rule_plain_length(t->fn, &w) > 0x100)
			continue;
		expect_numbers(t, w.at, w.header);
		expect_holds(t, w.at + MSI_ADDRESS, 0xfffffffc);
		expect_aligned(t, w.at + MSI_ADDRESS);
		if (MSI_IS_WIDE(w.header))
			expect_holds(t, w.at + MSI_ADDRESS_UPPER, 0xffffffff);
		expect_holds(t, w.at + MSI_DATA(w.header), 0x0000ffff);
		if (MSI_HAS_MASKS(w.header) && messages <= 32)
			expect_holds(t, w.at + MSI_MASKS(w.header), 0xffffffff >> (32 - messages));
	}
}

/*
 * Errors that a function cannot do without (PCIe 6.2.7): uncorrectable a malformed TLP and an
 * unsupported request; correctable a bad TLP, a bad DLLP and the two of the replay timer, which are
 * those of a link.
 */
#define AER_SEVERITY_BITS    0x00140000u
#define AER_CORRECTABLE_BITS 0x000011c0u

static bool has_link(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w))
		if (w.id == CAP_EXPRESS)
			return CAP_EXPRESS_TYPE(w.header) < EXPRESS_INTEGRATED;
	return false;
}

static void expect_bits(const struct rule_target *t, unsigned reg, unsigned width, uint32_t bits)
{
	uint32_t before = cfg_read(t->cfg, t->fn->at, reg, width), set, clear;

	cfg_write(t->cfg, t->fn->at, reg, width, before | bits);
	set = cfg_read(t->cfg, t->fn->at, reg, width);
	cfg_write(t->cfg, t->fn->at, reg, width, before & ~bits);
	clear = cfg_read(t->cfg, t->fn->at, reg, width);
	cfg_write(t->cfg, t->fn->at, reg, width, before);
	rule_expect(t, (set & bits) == bits && !(clear & bits), reg,
		    "of bits 0x%08x 0x%08x can be set and 0x%08x be cleared, should be all", bits,
		    set & bits, ~clear & bits);
}

/* How errors are reported; nothing here makes any. */
static void check_errors(const struct rule_target *t)
{
	struct caps_walk w;

	if (!has_link(t))
		return;
	caps_begin_extended(&w, t->cfg, t->fn);
	while (caps_next(&w))
		if (w.id == ECAP_AER && w.at + AER_CORRECTABLE_MASK < 0x1000) {
			expect_bits(t, w.at + AER_SEVERITY, 4, AER_SEVERITY_BITS);
			expect_bits(t, w.at + AER_CORRECTABLE_MASK, 4, AER_CORRECTABLE_BITS);
		}
}

/*
 * Of the PCI Express capability (7.5.3): Device Control's reports of errors, Root Control's, and
 * ARI Forwarding where it is supported. Words: the upper halves are status registers. Asked of
 * ports alone; endpoints that are integrated, or say so, may do without.
 */
#define DEVICE_CONTROL     0x08
#define ROOT_CONTROL       0x1c
#define DEVICE_ABILITIES_2 0x24
#define DEVICE_CONTROL_2   0x28
#define REPORTS            0x000fu
#define ROOT_REPORTS       0x0007u
#define ARI_FORWARDING     0x0020u /* in both of the second ones */
#define VERSION_2          2

static void check_port(const struct rule_target *t)
{
	struct caps_walk w;

	if (!pci_is_bridge(t->fn))
		return;
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		unsigned type = CAP_EXPRESS_TYPE(w.header);

		if (w.id != CAP_EXPRESS || type < EXPRESS_ROOT_PORT ||
		    type > EXPRESS_DOWNSTREAM_PORT || w.at + rule_plain_length(t->fn, &w) > 0x100)
			continue;
		expect_bits(t, w.at + DEVICE_CONTROL, 2, REPORTS);
		if (CAP_EXPRESS_VERSION(w.header) < VERSION_2)
			continue;
		if (type == EXPRESS_ROOT_PORT)
			expect_bits(t, w.at + ROOT_CONTROL, 2, ROOT_REPORTS);
		if (type != EXPRESS_UPSTREAM_PORT &&
		    cfg_read32(t->cfg, t->fn->at, w.at + DEVICE_ABILITIES_2) & ARI_FORWARDING)
			expect_bits(t, w.at + DEVICE_CONTROL_2, 2, ARI_FORWARDING);
	}
}

/*
 * Of a type 1 header (Bridge 1.2, 3.2.5). Of a window base and limit, each in half of the register.
 */
#define BRIDGE_CONTROL          0x3c /* upper half; interrupt line and pin are the lower one */
#define BRIDGE_CONTROL_RESERVED 0xf0000000u
#define BRIDGE_CONTROL_BITS     0x00030000u /* parity error response, SERR# enable */
#define PREFETCH_UPPER          0x28        /* of the base; of the limit in the next dword */
#define PREFETCH_IS_WIDE        0x00010001u

static const struct window {
	unsigned reg, width;
	uint32_t address; /* the other bits say of what kind it is */
	bool optional;
} ports = {0x1c, 2, 0xf0f0, true}, memory = {0x20, 4, 0xfff0fff0, false},
  prefetchable = {0x24, 4, 0xfff0fff0, true};

static uint32_t put(const struct rule_target *t, const struct window *w, uint32_t value)
{
	cfg_write(t->cfg, t->fn->at, w->reg, w->width, value & cfg_ones(w->width));
	return cfg_read(t->cfg, t->fn->at, w->reg, w->width);
}

/* A window takes any address and keeps its kind. One that is missing takes nothing. */
static void expect_window(const struct rule_target *t, const struct window *w)
{
	static const uint32_t patterns[] = {0xffffffff, 0x5a5aa5a5, 0xa5a55a5a, 0x0000ffff,
					    0xffff0000};
	uint32_t before = cfg_read(t->cfg, t->fn->at, w->reg, w->width);
	bool there = !w->optional || put(t, w, 0xffffffff) != put(t, w, 0);

	for (unsigned i = 0; there && i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		uint32_t wrote = patterns[i] & cfg_ones(w->width), got = put(t, w, wrote),
			 want = (wrote & w->address) | (before & ~w->address);

		if (!rule_expect(t, got == want, w->reg, "wrote 0x%x, read 0x%x, should be 0x%x",
				 wrote, got, want))
			break;
	}
	put(t, w, before);
}

/* The upper halves of a window that says it has them. */
static void expect_upper(const struct rule_target *t, unsigned reg)
{
	static const uint32_t patterns[] = {0x5a5aa5a5, 0xa5a55a5a};
	uint32_t before = cfg_read32(t->cfg, t->fn->at, reg);

	for (unsigned i = 0; i < 2; i++) {
		uint32_t got = rule_put(t, reg, patterns[i]);

		if (!rule_expect(t, got == patterns[i], reg,
				 "wrote 0x%08x, read 0x%08x, should be what was written",
				 patterns[i], got))
			break;
	}
	cfg_write32(t->cfg, t->fn->at, reg, before);
}

static void check_bridge(const struct rule_target *t)
{
	uint32_t control, kind;
	uint16_t command;

	if (!pci_is_bridge(t->fn))
		return;
	command = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	control = cfg_read32(t->cfg, t->fn->at, BRIDGE_CONTROL);
	set_and_clear(t, BRIDGE_CONTROL, control, BRIDGE_CONTROL_BITS);
	cfg_write32(t->cfg, t->fn->at, BRIDGE_CONTROL, control);
	rule_expect_read_only(t, BRIDGE_CONTROL, 4, BRIDGE_CONTROL_RESERVED);

	/* So that nothing is passed on while the windows lie about. */
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
		    command & (uint16_t) ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	expect_window(t, &ports);
	expect_window(t, &memory);
	expect_window(t, &prefetchable);
	kind = cfg_read32(t->cfg, t->fn->at, prefetchable.reg) & ~prefetchable.address;
	for (unsigned i = 0; kind == PREFETCH_IS_WIDE && i < 2; i++)
		expect_upper(t, PREFETCH_UPPER + 4 * i);
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, command);
}

TEST(.name = "rule.holds.messages", .id = "HOLD-01", .check = check_messages,
     .idle = "no function has messages that are off",
     .reference = "PCI Local Bus 3.0, 6.8.1.3 and 6.8.2.3",
     .text = "MSI Enable, and MSI-X Enable while Function Mask is set, can be set and cleared; so "
	     "can Function Mask.");
TEST(.name = "rule.holds.error-masks", .id = "HOLD-02", .check = check_errors,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .idle = "no function with a link reports errors",
     .reference = "PCI Express Base 4.0, 6.2.7, 7.8.4.4 and 7.8.4.6",
     .text = "A function with a link lets every error that it must know be masked, if "
	     "correctable, or be made fatal or not, if uncorrectable.");
TEST(.name = "rule.holds.ports", .id = "HOLD-03", .check = check_port,
     .idle = "there is no PCI Express port",
     .reference = "PCI Express Base 4.0, 7.5.3.4, 7.5.3.12 and 7.5.3.16",
     .text = "A PCI Express port's error reports, a root port's as well, and ARI Forwarding where "
	     "it is supported can be set and cleared.");
TEST(.name = "rule.holds.msi", .id = "HOLD-04", .check = check_msi_registers,
     .idle = "no function has MSI that is off",
     .reference = "PCI Local Bus 3.0, 6.8.1.3 to 6.8.1.7",
     .text = "While MSI is off, the address of its messages, their data, their masks and their "
	     "number, up to what there is, hold what is written.");
TEST(.name = "rule.destructive.bridge-registers", .id = "DST-08", .check = check_bridge,
     .flags = TEST_DESTRUCTIVE, .idle = "there is no bridge",
     .reference = "PCI-to-PCI Bridge 1.2, 3.2.5.6, 3.2.5.8 to 3.2.5.10 and 3.2.5.18",
     .text = "A bridge's windows take any address and keep what they say of their kind (those for "
	     "ports and for prefetchable memory may be missing); Bridge Control takes its error "
	     "bits, and nothing where it is reserved.");
