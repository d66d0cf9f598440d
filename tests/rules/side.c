/* Side effects: what reading changes, and what a write to one place changes at another. */
#include "rules/plain.h"
#include "text.h"

#define SECTION "PCI Local Bus 3.0, 6.2"

/* All dwords, all words, all bytes; then the header again. Of capabilities all dwords twice. */
static void check_reads(const struct rule_target *t)
{
	uint32_t before[RULE_HEADER_DWORDS];
	struct rule_capabilities capabilities;

	rule_take_header(t->cfg, t->fn->at, before);
	for (unsigned width = 2; width; width--)
		for (unsigned reg = 0; reg < INVENTORY_HEADER_LEN; reg += width)
			cfg_read(t->cfg, t->fn->at, reg, width);
	rule_expect_header(t, before, "before all of the header was read");
	rule_take_capabilities(t, &capabilities);
	rule_expect_capabilities(t, &capabilities, 0, 0, "when it was read before");
}

#define NEIGHBOURS_MAX 3

/*
 * Those that a mistake in an address would reach: found just before or after, and of the same
 * model.
 */
static unsigned neighbours(const struct rule_target *t, const struct known **list)
{
	const struct inventory *all = &t->s->inventory;
	const struct known *self = inventory_find(t->s, t->fn->at);
	const struct index *models = &all->by_id;
	unsigned at = (unsigned)(self - all->known), count = 0;

	if (at)
		list[count++] = &all->known[at - 1];
	if (at + 1 < all->count)
		list[count++] = &all->known[at + 1];
	for (uint32_t n = index_from(models, t->fn->id); n < models->count; n++) {
		uint32_t i = index_place(models, n);

		if (index_key(models, n) != t->fn->id || count == NEIGHBOURS_MAX)
			break;
		if (i + 1 < at || i > at + 1)
			list[count++] = &all->known[i];
	}
	return count;
}

#define COMMAND_IDLE 0x0140u /* parity error response, SERR#: they do nothing by themselves */
#define BAR_PATTERN  0x5a5aa5a0u

/*
 * What was changed of a function: software's own bytes (6.2.4) of every one, a BAR with decode off,
 * and of what is no bridge COMMAND.
 */
struct disturbance {
	struct rule_target t; /* with its BARs */
	struct rule_window window;
	bool open, command;
	unsigned bar; /* index; BAR_COUNT: none */
	uint8_t line, cache_line;
};

static bool differs(const struct rule_target *t, unsigned reg, unsigned width, uint32_t before)
{
	return cfg_read(t->cfg, t->fn->at, reg, width) != before;
}

/* False when nothing of the function took what was written: then there is nothing to be seen. */
static bool disturb(const struct rule_target *t, const struct rule_bars *bars,
		    struct disturbance *d)
{
	bool changed;
	unsigned reg;

	*d = (struct disturbance){.t = *t, .bar = BAR_COUNT};
	d->t.bars = bars;
	d->line = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_LINE);
	d->cache_line = cfg_read8(t->cfg, t->fn->at, PCI_CACHE_LINE_HEADER);
	cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_LINE, 1, (uint8_t)~d->line);
	cfg_write(t->cfg, t->fn->at, PCI_CACHE_LINE_HEADER, 1, (uint8_t)~d->cache_line);
	changed = differs(t, PCI_INTERRUPT_LINE, 1, d->line) ||
		  differs(t, PCI_CACHE_LINE_HEADER, 1, d->cache_line);
	if (pci_is_host_bridge(t->fn) || pci_header_type(t->fn) > 1 ||
	    !rule_open(&d->t, &d->window))
		return changed;
	d->open = true;
	d->command = pci_class(t->fn) >> 16 != 0x06;
	if (d->command)
		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
			    (d->window.command ^ COMMAND_IDLE) &
				(uint16_t) ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	d->bar = rule_scratch(bars);
	if (d->bar == BAR_COUNT)
		return changed;
	reg = bar_offset(t->fn, d->bar);
	cfg_write32(t->cfg, t->fn->at, reg, d->window.value[d->bar] ^ BAR_PATTERN);
	return changed || differs(t, reg, 4, d->window.value[d->bar]);
}

static void settle(struct disturbance *d)
{
	const struct rule_target *t = &d->t;

	if (d->command)
		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND,
			    d->window.command & (uint16_t) ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	if (d->open)
		rule_close(t, &d->window);
	cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_LINE, 1, d->line);
	cfg_write(t->cfg, t->fn->at, PCI_CACHE_LINE_HEADER, 1, d->cache_line);
}

static void check_others(const struct rule_target *t)
{
	static uint32_t before[NEIGHBOURS_MAX][RULE_HEADER_DWORDS];
	const struct known *others[NEIGHBOURS_MAX], *known = t->s->inventory.known;
	unsigned count = neighbours(t, others);
	const struct rule_bars *bars =
	    rule_bars_of(t->s, (unsigned)(inventory_find(t->s, t->fn->at) - known));
	struct disturbance d;
	char name[16], since[40];

	if (!bars)
		return;
	for (unsigned i = 0; i < count; i++)
		rule_take_header(&t->s->found.path[known_path(others[i])], others[i]->fn.at,
				 before[i]);
	text_format(since, sizeof(since), "before %s was written to", pci_name(name, t->fn->at));
	if (!disturb(t, bars, &d))
		count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct rule_target other =
		    rule_target_of(t->s, t->test, (unsigned)(others[i] - known));

		rule_expect_header(&other, before[i], since);
	}
	settle(&d);
}

/*
 * Everything of the header but the BARs themselves, while one after the other holds something else.
 * The interrupt line, which shares no byte lane with them, holds a pattern of ours.
 */
static void check_bar(const struct rule_target *t, unsigned index, const struct rule_window *w)
{
	static const unsigned regs[] = {
	    PCI_ID, PCI_COMMAND, PCI_CLASS_REVISION, PCI_CACHE_LINE_HEADER,
	    0x28,   0x2c,        PCI_CAPABILITIES,   PCI_INTERRUPT_LINE};
	unsigned bar = bar_offset(t->fn, index);
	uint32_t before[sizeof(regs) / sizeof(regs[0])];
	bool wide = rule_is_wide(t->bars, index);
	uint8_t line = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_LINE);

	cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_LINE, 1, 0x5a);
	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		before[i] =
		    cfg_read32(t->cfg, t->fn->at, regs[i]) & rule_plain_bits(t->fn, regs[i]);
	rule_put(t, bar, index == BAR_ROM_INDEX ? BAR_PROBE_ROM : BAR_PROBE_ONES);
	if (wide)
		rule_put(t, bar + 4, BAR_PROBE_ONES);
	for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		uint32_t now =
		    cfg_read32(t->cfg, t->fn->at, regs[i]) & rule_plain_bits(t->fn, regs[i]);

		if (!rule_expect(t, now == before[i], regs[i],
				 "wrote ones to 0x%02x, this reads 0x%08x, should still be 0x%08x",
				 bar, now, before[i]))
			break;
	}
	cfg_write32(t->cfg, t->fn->at, bar, w->value[index]);
	if (wide)
		cfg_write32(t->cfg, t->fn->at, bar + 4, w->value[index + 1]);
	cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_LINE, 1, line);
}

/*
 * CF8 selects a register; then ECAM is used; then CF8 reads, and CFC is, what it would be without.
 */
static void check_latch(const struct rule_target *t)
{
	struct cfg *ports = &t->s->found.path[PATH_PIO], *ecam = &t->s->found.path[PATH_ECAM];
	uint32_t select = PIO_ENABLE | (uint32_t)t->fn->at.bus << 16 |
			  (uint32_t)t->fn->at.devfn << 8 | PCI_CLASS_REVISION;
	uint32_t found = pio_address_read(ports), without, latch, want, got;
	uint8_t line = cfg_read8(ecam, t->fn->at, PCI_INTERRUPT_LINE);

	want = cfg_read32(ports, t->fn->at, PCI_CLASS_REVISION);
	pio_address_write(ports, select);
	without = pio_address_read(ports);
	pio_address_write(ports, select);
	cfg_read32(ecam, t->fn->at, PCI_ID);
	cfg_write(ecam, t->fn->at, PCI_INTERRUPT_LINE, 1, line);
	latch = pio_address_read(ports);
	got = pio_data_read(ports, 0, 4);
	pio_address_write(ports, found);
	rule_expect(t, latch == without, PCI_ID,
		    "wrote CF8 0x%08x, used ECAM, CF8 read 0x%08x, should be 0x%08x", select, latch,
		    without);
	rule_expect(t, got == want, PCI_CLASS_REVISION,
		    "wrote CF8 0x%08x, used ECAM, CFC read 0x%08x, should be 0x%08x", select, got,
		    want);
}

TEST(.name = "rule.side.reads", .id = "SIDE-01", .check = check_reads, .filter = RULE_ONE_PATH,
     .reference = SECTION,
     .text =
	 "Reading a function's header, at any width, or the plain registers of its capabilities "
	 "changes nothing in it.");
TEST(.name = "rule.side.other-functions", .id = "SIDE-02", .check = check_others,
     .idle = "there is only one function, or none takes anything that is written",
     .reference = SECTION,
     .text = "A write to one function changes no other, next to it or of the same model.");
TEST(.name = "rule.side.bar-write", .id = "SIDE-03", .check_bar = check_bar,
     .reference = "PCI Local Bus 3.0, 6.2.5.1",
     .text = "A write to a BAR changes no other register of the header.");
TEST(.name = "rule.side.latch", .id = "SIDE-04", .check = check_latch, .filter = RULE_BOTH,
     .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM,
     .reference = "PCI Local Bus 3.0, 3.2.2.3.2; PCI Express Base 4.0, 7.2.2",
     .text = "An access through ECAM leaves CF8 alone.");
