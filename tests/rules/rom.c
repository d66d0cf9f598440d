/*
 * Expansion ROM base address registers; always with decode off, so that enabling one shows nothing.
 */
#include "rules/rule.h"

#define SECTION     "PCI Local Bus 3.0, 6.2.5.2"
#define NO_ROM      "no expansion ROM BAR"

#define ROM_ENABLE  0x001u
#define ROM_BETWEEN 0x7feu /* neither address nor enable */

static uint32_t put_back(const struct rule_target *t, uint32_t pattern, const struct rule_window *w)
{
	unsigned reg = bar_offset(t->fn, BAR_ROM_INDEX);
	uint32_t got = rule_put(t, reg, pattern);

	cfg_write32(t->cfg, t->fn->at, reg, w->value[BAR_ROM_INDEX]);
	return got;
}

static void check_probe(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	static const uint32_t patterns[] = {BAR_PROBE_ROM, 0xfffffffe, 0};

	if (index != BAR_ROM_INDEX)
		return;
	for (unsigned i = 0; i < 3; i++) {
		uint32_t got = put_back(t, patterns[i], w);

		rule_expect(t, !(got & ROM_ENABLE), bar_offset(t->fn, index),
			    "wrote 0x%08x, read 0x%08x, should have bit 0 clear", patterns[i], got);
	}
}

/* They were reserved; PCI Express made a status of some (PCIe 7.5.1.2.4). Neither takes a write. */
static void check_between(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	uint32_t ones, zeros;

	if (index != BAR_ROM_INDEX)
		return;
	ones = put_back(t, ROM_BETWEEN, w) & ROM_BETWEEN;
	zeros = put_back(t, 0, w) & ROM_BETWEEN;
	rule_expect(t, ones == zeros, bar_offset(t->fn, index),
		    "bits 10 to 1 read 0x%x after ones, 0x%x after zeros, should be the same", ones,
		    zeros);
}

static void check_enable(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	uint32_t on, off;

	if (index != BAR_ROM_INDEX)
		return;
	on = put_back(t, (w->value[index] & BAR_PROBE_ROM) | ROM_ENABLE, w);
	off = put_back(t, w->value[index] & BAR_PROBE_ROM, w);
	rule_expect(t, on & ROM_ENABLE && !(off & ROM_ENABLE), bar_offset(t->fn, index),
		    "wrote bit 0 as 1 and as 0, read 0x%08x and 0x%08x, should be what was written",
		    on, off);
}

TEST(.name = "rule.bar.rom", .id = "BAR-08", .check_bar = check_probe, .idle = NO_ROM,
     .reference = SECTION, .text = "Probing an expansion ROM BAR does not enable the ROM.");
TEST(.name = "rule.bar.rom-bits", .id = "BAR-11", .check_bar = check_between, .idle = NO_ROM,
     .reference = SECTION, .text = "Bits 10 to 1 of an expansion ROM BAR take no writes.");
TEST(.name = "rule.bar.rom-enable", .id = "BAR-12", .check_bar = check_enable, .idle = NO_ROM,
     .reference = SECTION,
     .text = "The enable bit of an expansion ROM BAR can be set and cleared.");
