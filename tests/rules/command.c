/* COMMAND. */
#include "caps.h"
#include "rules/place.h"

/* Bits of COMMAND. */
#define COMMAND_MASTER   0x0004u
#define COMMAND_SERR     0x0100u
#define COMMAND_NO_INTX  0x0400u
#define COMMAND_RESERVED 0xf800u

static bool has_space(const struct rule_target *t, bool io)
{
	for (unsigned i = 0; i < BAR_ROM_INDEX; i++)
		if (rule_is_lower(t->bars, i) && (t->bars->raw.value[i] & 1) == io)
			return true;
	return false;
}

/* Decode never goes on with a register that holds no address. */
static bool all_assigned(const struct rule_target *t)
{
	for (unsigned i = 0; i < BAR_ROM_INDEX; i++)
		if (rule_is_lower(t->bars, i) &&
		    !(t->bars->raw.value[i] & rule_address_bits(t->bars, i)) &&
		    !(rule_is_wide(t->bars, i) && t->bars->raw.value[i + 1]))
			return false;
	return true;
}

static void toggle(const struct rule_target *t, uint16_t bit)
{
	uint16_t before = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND), flipped = before ^ bit, got,
		 back;

	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, flipped);
	got = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, before);
	back = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	if (rule_expect(t, got == flipped, PCI_COMMAND,
			"wrote 0x%04x, read 0x%04x, should be what was written", flipped, got))
		rule_expect(t, back == before, PCI_COMMAND,
			    "wrote back 0x%04x, read 0x%04x, should be what was written", before,
			    back);
}

static void check_toggle(const struct rule_target *t)
{
	uint16_t command = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);

	if (has_space(t, false) && (command & PCI_COMMAND_MEMORY || all_assigned(t)))
		toggle(t, PCI_COMMAND_MEMORY);
	if (has_space(t, true) && (command & PCI_COMMAND_IO || all_assigned(t)))
		toggle(t, PCI_COMMAND_IO);
}

/*
 * What decodes nothing and has no addresses gets some. Destructive: QEMU 7.2 under KVM was seen to
 * die of it, its memory regions being freed while they were in use.
 */
static void check_placed_toggle(const struct rule_target *t)
{
	uint16_t command = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	struct rule_place place;

	if (command & (PCI_COMMAND_MEMORY | PCI_COMMAND_IO) || all_assigned(t) ||
	    !rule_place(t, &place))
		return;
	if (place.memory && has_space(t, false))
		toggle(t, PCI_COMMAND_MEMORY);
	if (place.ports)
		toggle(t, PCI_COMMAND_IO);
	rule_unplace(t, &place);
}

static void check_reserved(const struct rule_target *t)
{
	uint16_t before = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND), got;

	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, before ^ COMMAND_RESERVED);
	got = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, before);
	rule_expect(t, got == before && !(got & COMMAND_RESERVED), PCI_COMMAND,
		    "wrote 0x%04x, read 0x%04x, should be 0x%04x with 0 in bits 15 to 11",
		    before ^ COMMAND_RESERVED, got, before & (uint16_t)~COMMAND_RESERVED);
}

/*
 * The bits that must be there to be set and cleared. A function that never masters may have Bus
 * Master at 0; one that sends messages masters (6.8.1). A conventional function may be older than
 * Interrupt Disable; an Express one with a pin has it, and SERR# Enable unless it is integrated
 * (PCIe 7.5.1.1.3). Bridges have both others (Bridge 1.2, 3.2.4.3).
 */
static uint16_t must_hold(const struct rule_target *t)
{
	uint8_t pin = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_PIN);
	uint16_t bits = pci_is_bridge(t->fn) ? COMMAND_MASTER | COMMAND_SERR : 0;
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		if (w.id == CAP_MSI || w.id == CAP_MSI_X)
			bits |= COMMAND_MASTER;
		if (w.id == CAP_EXPRESS && pin)
			bits |= COMMAND_NO_INTX;
		if (w.id == CAP_EXPRESS && CAP_EXPRESS_TYPE(w.header) < EXPRESS_INTEGRATED)
			bits |= COMMAND_SERR;
	}
	return bits;
}

static void check_holds(const struct rule_target *t)
{
	uint16_t bits = must_hold(t) & (uint16_t)t->test->variant;

	for (uint16_t bit = 1; bit && bit <= COMMAND_NO_INTX; bit = (uint16_t)(bit << 1))
		if (bits & bit)
			toggle(t, bit);
}

/*
 * Bits of COMMAND that do nothing by themselves: parity error response, SERR#, interrupt disable.
 */
#define COMMAND_IDLE 0x0540u

/* What a write of one width changes in COMMAND, STATUS being given zeros. COMMAND is put back. */
static uint16_t changed_by(const struct rule_target *t, uint16_t before, unsigned width)
{
	uint32_t flipped = before ^ COMMAND_IDLE;
	uint16_t got;

	for (unsigned lane = 0; lane < 2; lane += width)
		cfg_write(t->cfg, t->fn->at, PCI_COMMAND + lane, width,
			  flipped >> 8 * lane & cfg_ones(width));
	got = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, before);
	return got ^ before;
}

/* Each byte by itself, over either value of the other. */
static void expect_byte_alone(const struct rule_target *t, uint16_t base, uint16_t bits)
{
	for (unsigned lane = 0; lane < 2; lane++) {
		uint16_t want = base ^ (bits & (uint16_t)(0xff << 8 * lane)), got;

		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, base);
		cfg_write(t->cfg, t->fn->at, PCI_COMMAND + lane, 1, want >> 8 * lane & 0xff);
		got = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
		rule_expect(t, got == want, PCI_COMMAND + lane,
			    "wrote 0x%02x over 0x%04x, COMMAND reads 0x%04x, should be 0x%04x",
			    want >> 8 * lane & 0xff, base, got, want);
	}
}

/* Bytes, the word and the dword must all change the same bits; each byte only its own. */
static void check_widths(const struct rule_target *t)
{
	uint16_t before = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND), all = 0, changed[3];

	for (unsigned i = 0; i < 3; i++)
		all |= changed[i] = changed_by(t, before, 1u << i);
	for (unsigned i = 0; i < 3; i++)
		rule_expect(t, changed[i] == all && !(all & ~COMMAND_IDLE), PCI_COMMAND,
			    "writes of %u bytes changed bits 0x%04x, others 0x%04x; should be the "
			    "same, of 0x%04x",
			    1u << i, changed[i], all, COMMAND_IDLE);
	all &= COMMAND_IDLE;
	expect_byte_alone(t, before, all);
	expect_byte_alone(t, before ^ all, all);
	cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, before);
}

TEST(.name = "rule.command.decode", .id = "CMD-01",
     .idle = "no function decodes, and no BAR holds an address (DST-05 gives them some)",
     .check = check_toggle, .filter = RULE_BARS | RULE_ENDPOINT,
     .reference = "PCI Local Bus 3.0, 6.2.2",
     .text =
	 "A function with memory or I/O BARs lets decoding of that space be turned off and on.");
TEST(.name = "rule.command.reserved", .id = "CMD-04", .check = check_reserved,
     .filter = RULE_ENDPOINT, .reference = "PCI Local Bus 3.0, 6.2.2",
     .text = "Bits 15 to 11 of COMMAND read 0 and take no writes.");
TEST(.name = "rule.command.holds", .id = "CMD-05", .check = check_holds, .filter = RULE_ENDPOINT,
     .variant = COMMAND_SERR | COMMAND_NO_INTX, .idle = "no PCI Express function but bridges",
     .reference = "PCI Local Bus 3.0, 6.2.2; PCI Express Base 4.0, 7.5.1.1.3",
     .text = "SERR# Enable can be set and cleared on PCI Express functions, Interrupt Disable on "
	     "those with a pin.");
TEST(.name = "rule.command.widths", .id = "CMD-06", .check = check_widths, .filter = RULE_ENDPOINT,
     .reference = "PCI Local Bus 3.0, 6.1 and 6.2.2",
     .text =
	 "Writes of 1, 2 and 4 bytes change the same bits of COMMAND, each those in its bytes.");
TEST(.name = "rule.destructive.decode", .id = "DST-05", .check = check_placed_toggle,
     .filter = RULE_BARS | RULE_ENDPOINT, .flags = TEST_DESTRUCTIVE,
     .idle = "firmware assigned all BARs, or there is no room for addresses",
     .reference = "PCI Local Bus 3.0, 6.2.2",
     .text = "As CMD-01, for functions that firmware gave no addresses: they get some first.");
/* What CMD-04 to 06 ask of other functions. */
static void check_bridge(const struct rule_target *t)
{
	if (!pci_is_bridge(t->fn))
		return;
	check_reserved(t);
	check_holds(t);
	check_widths(t);
}

/* Not by default: QEMU 7.2 under KVM was seen to die of it (check/random-machines --seed 31). */
TEST(.name = "rule.destructive.bus-master", .id = "DST-06", .check = check_holds,
     .filter = RULE_ENDPOINT, .variant = COMMAND_MASTER, .flags = TEST_DESTRUCTIVE,
     .idle = "no function that sends messages", .reference = "PCI Local Bus 3.0, 6.2.2 and 6.8.1",
     .text = "Bus Master can be set and cleared on functions with MSI or MSI-X.");
TEST(.name = "rule.destructive.bridge-command", .id = "DST-07", .check = check_bridge,
     .variant = COMMAND_MASTER | COMMAND_SERR | COMMAND_NO_INTX, .flags = TEST_DESTRUCTIVE,
     .idle = "there is no bridge", .reference = "PCI-to-PCI Bridge 1.2, 3.2.4.3",
     .text = "CMD-04 to CMD-06 hold on bridges, whose Bus Master can be set and cleared as well.");
