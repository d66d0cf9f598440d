/* The sizing dance. */
#include "sizing.h"

/*
 * per-bar is what Linux did before 6.14 (drivers/pci/probe.c, __pci_read_base), batched what it
 * does since (__pci_size_stdbars and __pci_size_rom before __pci_read_base). lean leaves out every
 * access that changes nothing: the value is the one read before the probe, and what did not move
 * needs no restoring.
 */
const struct sizing_strategy sizing_strategies[SIZING_STRATEGIES] = {
    {.name = "per-bar", .window = SIZING_WINDOW_BAR, .rom_apart = true, .restore_unmoved = true},
    {.name = "batched",
     .window = SIZING_WINDOW_FUNCTION,
     .rom_apart = true,
     .read_again = true,
     .restore_unmoved = true},
    {.name = "lean", .window = SIZING_WINDOW_FUNCTION},
};

#define DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

/* COMMAND as found, and decode off if it was on. */
static uint16_t window_open(struct cfg *cfg, const struct pci_function *fn)
{
	uint16_t command;

	if (pci_is_host_bridge(fn))
		return 0;
	command = cfg_read16(cfg, fn->at, PCI_COMMAND);
	if (command & DECODE)
		cfg_write16(cfg, fn->at, PCI_COMMAND, (uint16_t)(command & ~DECODE));
	return command;
}

static void window_close(struct cfg *cfg, const struct pci_function *fn, uint16_t command)
{
	if (command & DECODE)
		cfg_write16(cfg, fn->at, PCI_COMMAND, command);
}

static void probe(struct cfg *cfg, const struct sizing_strategy *strategy,
		  const struct pci_function *fn, unsigned index, struct bar_registers *raw)
{
	unsigned reg = bar_offset(fn, index);
	uint32_t ones = index == BAR_ROM_INDEX ? BAR_PROBE_ROM : BAR_PROBE_ONES;

	raw->value[index] = cfg_read32(cfg, fn->at, reg);
	cfg_write32(cfg, fn->at, reg, ones);
	raw->mask[index] = cfg_read32(cfg, fn->at, reg);
	if (strategy->restore_unmoved || raw->mask[index] != raw->value[index])
		cfg_write32(cfg, fn->at, reg, raw->value[index]);
}

/*
 * Whether the register after `index` is still sized in the same window. *upper says that `index` is
 * the upper half of a 64-bit BAR, whose halves always share a window, and is updated for the next
 * one.
 */
static bool window_goes_on(const struct sizing_strategy *strategy, const struct bar_registers *raw,
			   unsigned index, unsigned next, bool *upper)
{
	bool lower = !*upper && index != BAR_ROM_INDEX && (raw->value[index] & 7) == 4;

	*upper = lower && next != BAR_ROM_INDEX;
	if (*upper)
		return true;
	if (strategy->window == SIZING_WINDOW_BAR)
		return false;
	return next != BAR_ROM_INDEX || !strategy->rom_apart;
}

void sizing_run(struct cfg *cfg, const struct sizing_strategy *strategy,
		const struct pci_function *fn, struct bar_registers *raw)
{
	unsigned order[BAR_COUNT], count = 0;
	bool upper = false;

	*raw = (struct bar_registers){0};
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (bar_offset(fn, i))
			order[count++] = i;
	for (unsigned i = 0; i < count;) {
		uint16_t command = window_open(cfg, fn);

		do
			probe(cfg, strategy, fn, order[i], raw);
		while (++i < count &&
		       window_goes_on(strategy, raw, order[i - 1], order[i], &upper));
		window_close(cfg, fn, command);
	}
	for (unsigned i = 0; strategy->read_again && i < count; i++)
		raw->value[order[i]] = cfg_read32(cfg, fn->at, bar_offset(fn, order[i]));
}

void sizing_snapshot(struct cfg *cfg, const struct pci_function *fn,
		     struct sizing_snapshot *snapshot)
{
	*snapshot = (struct sizing_snapshot){.command = cfg_read16(cfg, fn->at, PCI_COMMAND)};
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (bar_offset(fn, i))
			snapshot->value[i] = cfg_read32(cfg, fn->at, bar_offset(fn, i));
}

bool sizing_restored(const struct pci_function *fn, const struct sizing_snapshot *before,
		     const struct sizing_snapshot *after, const struct diag *diag)
{
	bool same = before->command == after->command;
	char name[16];

	pci_name(name, fn->at);
	if (!same)
		diag_say(diag, "%s COMMAND was 0x%04x before sizing and is 0x%04x after", name,
			 before->command, after->command);
	for (unsigned i = 0; i < BAR_COUNT; i++) {
		if (before->value[i] == after->value[i])
			continue;
		diag_say(diag, "%s register 0x%02x was 0x%08x before sizing and is 0x%08x after",
			 name, bar_offset(fn, i), before->value[i], after->value[i]);
		same = false;
	}
	return same;
}
