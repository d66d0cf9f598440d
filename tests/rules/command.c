/* COMMAND and STATUS. */
#include "rules/rule.h"

/* Write 1 to clear: parity, target and master abort, system error. */
#define STATUS_CLEARS    0xf900u
#define STATUS_READ_ONLY 0x06b0u /* capability list, 66 MHz, fast back-to-back, DEVSEL timing */

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

	if (!(before & bit) && !all_assigned(t))
		return;
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
	if (has_space(t, false))
		toggle(t, PCI_COMMAND_MEMORY);
	if (has_space(t, true))
		toggle(t, PCI_COMMAND_IO);
}

/* STATUS shares a dword with COMMAND: a write that lands there is undone, and is a failure. */
static uint16_t put_status(const struct rule_target *t, uint16_t value)
{
	uint16_t before = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND), after;

	cfg_write16(t->cfg, t->fn->at, PCI_STATUS, value);
	after = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	if (!rule_expect(t, after == before, PCI_COMMAND,
			 "wrote 0x%04x to STATUS, COMMAND reads 0x%04x, should be 0x%04x", value,
			 after, before))
		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, before);
	return cfg_read16(t->cfg, t->fn->at, PCI_STATUS);
}

/*
 * Error bits that are set stay cleared: that is what they are for, and kernels clear them as well.
 */
static void check_clears(const struct rule_target *t)
{
	uint16_t status = cfg_read16(t->cfg, t->fn->at, PCI_STATUS), got;
	uint16_t before = status & STATUS_CLEARS, rest = status & (uint16_t)~STATUS_CLEARS;

	got = put_status(t, rest) & STATUS_CLEARS;
	rule_expect(t, !(before & ~got), PCI_STATUS,
		    "wrote 0x%04x, error bits read 0x%04x, should be 0x%04x", rest, got, before);
	got = put_status(t, rest | STATUS_CLEARS) & STATUS_CLEARS;
	rule_expect(t, !got, PCI_STATUS, "wrote 0x%04x, error bits read 0x%04x, should be clear",
		    rest | STATUS_CLEARS, got);
}

static void check_read_only(const struct rule_target *t)
{
	uint16_t before = cfg_read16(t->cfg, t->fn->at, PCI_STATUS) & STATUS_READ_ONLY;
	uint16_t flipped = before ^ STATUS_READ_ONLY,
		 got = put_status(t, flipped) & STATUS_READ_ONLY;

	if (!rule_expect(t, got == before, PCI_STATUS,
			 "wrote 0x%04x, read-only bits read 0x%04x, should be 0x%04x", flipped, got,
			 before))
		put_status(t, before);
}

TEST(.name = "rule.command.decode", .id = "CMD-01",
     .idle = "no function decodes, and no BAR holds an address", .check = check_toggle,
     .filter = RULE_BARS | RULE_ENDPOINT, .reference = "PCI Local Bus 3.0, 6.2.2",
     .text =
	 "A function with memory or I/O BARs lets decoding of that space be turned off and on.");
TEST(.name = "rule.status.clears", .id = "CMD-02", .check = check_clears,
     .reference = "PCI Local Bus 3.0, 6.2.3",
     .text =
	 "Error bits of STATUS clear when written with 1, stay when written with 0, and are never "
	 "set by a write.");
TEST(.name = "rule.status.read-only", .id = "CMD-03", .check = check_read_only,
     .reference = "PCI Local Bus 3.0, 6.2.3",
     .text = "The bits of STATUS that say what a function can do take no writes.");
