/* Both mechanisms show the same registers, and one mechanism shows itself the same. */
#include "caps.h"
#include "rules/rule.h"

static bool is_volatile(const struct rule_target *t, unsigned reg, uint32_t pio, uint32_t ecam)
{
	return cfg_read32(t->cfg, t->fn->at, reg) != pio ||
	       cfg_read32(rule_other(t), t->fn->at, reg) != ecam;
}

/* One failure a function: where the mechanisms reach different things, all registers differ. */
static void compare_low(const struct rule_target *t)
{
	for (unsigned reg = 0; reg < 0x100; reg += 4) {
		uint32_t pio = cfg_read32(t->cfg, t->fn->at, reg);
		uint32_t ecam = cfg_read32(rule_other(t), t->fn->at, reg);

		if (!rule_expect(
			t, pio == ecam || is_volatile(t, reg, pio, ecam), reg,
			"read 0x%08x, should be 0x%08x as over ecam, or the other way round", pio,
			ecam))
			return;
	}
}

/* At most so many dwords of a function are read in parts; most are zero and are not. */
#define PARTS_MAX 64

static uint32_t read_in_parts(const struct rule_target *t, unsigned reg, unsigned width)
{
	uint32_t value = 0;

	for (unsigned lane = 0; lane < 4; lane += width)
		value |= cfg_read(t->cfg, t->fn->at, reg + lane, width) << 8 * lane;
	return value;
}

/* Most of the space is empty: this far beyond the last dword that holds something every dword is
 * looked at, then one in eight. */
#define NEAR   0x100
#define STRIDE (8 * 4)

static void compare_extended(const struct rule_target *t)
{
	unsigned parts = 0, last = 0x100;

	/* A conventional function has no such space: all-ones. */
	if (cfg_read32(t->cfg, t->fn->at, 0x100) == 0xffffffff)
		return;
	for (unsigned reg = 0x100; reg < 0x1000; reg += 4) {
		uint32_t value;

		/* The last dword of the space whatever it holds. */
		if (reg > last + NEAR && reg % STRIDE && reg != 0xffc)
			continue;
		value = cfg_read32(t->cfg, t->fn->at, reg);
		if (value != 0 && value != 0xffffffff)
			last = reg;
		else if (reg != 0xffc)
			continue;
		if (reg != 0xffc && parts++ >= PARTS_MAX)
			continue;
		for (unsigned width = 1; width <= 2; width++) {
			uint32_t sum = read_in_parts(t, reg, width);

			if (!rule_expect(
				t, sum == value || cfg_read32(t->cfg, t->fn->at, reg) != value, reg,
				"reads of %u bytes gave 0x%08x together, should be 0x%08x", width,
				sum, value))
				return;
		}
	}
}

#define RETRY         0xffff0001u /* Configuration Request Retry Status, as it is read */
#define ROOT_CONTROL  0x1c
#define RETRY_VISIBLE 0x0010u

static bool shows_retry(struct cfg *cfg, const struct pci_function *bridge)
{
	struct caps_walk w;

	caps_begin(&w, cfg, bridge);
	while (caps_next(&w))
		if (w.id == CAP_EXPRESS && CAP_EXPRESS_TYPE(w.header) == EXPRESS_ROOT_PORT)
			return cfg_read16(cfg, bridge->at, w.at + ROOT_CONTROL) & RETRY_VISIBLE;
	return false;
}

/*
 * In the first second after a reset a function may answer that it is not ready. A read of its
 * vendor ID shows that where software asked the root port to show it (PCIe 2.3.2 and 7.5.3.12).
 */
static bool may_show_retry(const struct rule_target *t)
{
	struct cfg_address at = t->fn->at;
	const struct known *bridge;

	for (; (bridge = inventory_bridge_to(t->s, at)); at = bridge->fn.at)
		if (shows_retry(t->cfg, &bridge->fn))
			return true;
	return false;
}

/* The very first answers of a function through this path, to whoever asked. */
static void check_first(const struct rule_target *t)
{
	static const unsigned regs[] = {PCI_ID, PCI_CLASS_REVISION, PCI_CACHE_LINE_HEADER};
	const struct pci_function *found = inventory_find(t->s, t->fn->at)->found[t->path];
	uint32_t first, now;

	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		if (!first_of(&t->s->found.first[t->path], t->fn->at, regs[i], &first))
			continue;
		now = cfg_read32(t->cfg, t->fn->at, regs[i]);
		if (!rule_expect(t,
				 !((now ^ first) & rule_plain_bits(t->fn, regs[i])) ||
				     (regs[i] == PCI_ID && first == RETRY && may_show_retry(t)),
				 regs[i], "first read 0x%08x, now 0x%08x", first, now))
			return;
	}
	if (!found)
		return;
	now = pci_is_bridge(found) ? cfg_read32(t->cfg, t->fn->at, PCI_BUS_NUMBERS) : 0;
	rule_expect(t, now == found->buses, PCI_BUS_NUMBERS, "first read 0x%08x, now 0x%08x",
		    found->buses, now);
}

TEST(.name = "rule.identity.low", .id = "ID-01", .check = compare_low,
     .filter = RULE_BOTH | RULE_REACHED, .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.1",
     .text =
	 "Each of the first 256 bytes of a function reads the same through ports and through ECAM, "
	 "unless it changes by itself.");
TEST(.name = "rule.identity.extended", .id = "ID-02",
     .idle = "no function has anything from 100h on", .check = compare_extended,
     .filter = RULE_BY_TEST, .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .reference = "PCI Express Base 4.0, 7.2.2",
     .text = "From 100h to FFFh, dwords, words and bytes read through ECAM give the same.");
TEST(.name = "rule.identity.first", .id = "ID-03", .check = check_first, .filter = RULE_REACHED,
     .reference = "PCI Local Bus 3.0, 6.2.1; PCI Express Base 4.0, 2.3.2",
     .text = "What is read of a function for the first time is what it reads later.");
