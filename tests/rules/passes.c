/*
 * What bridges really pass down. A device behind the bridge that can be told is the witness: it is
 * put inside a window, just above and just below it, and looked for.
 */
#include "rules/told.h"

/* Beyond what x86 can address as a port, or a BAR of 32 bits as memory. */
#define UPPER_HALF(kind) ((kind) == WINDOW_PORTS ? 1ull << 16 : 1ull << 32)

struct witness {
	const struct rule_target *bridge;
	struct rule_target t; /* the device */
	struct rule_place place;
	struct told told;
	unsigned nth; /* place.bridge[nth] is the bridge */
	char name[16];
};

/* Whether the bridge is above the function; one may be below another. */
static bool is_below(const struct rule_target *bridge, struct cfg_address at)
{
	const struct known *k;

	while ((k = inventory_bridge_to(bridge->s, at))) {
		at = k->fn.at;
		if (cfg_key(at) == cfg_key(bridge->fn->at))
			return true;
	}
	return false;
}

/* The first such device; of those with memory, one that can be above 4 GiB if there is any. */
static bool find_witness(const struct rule_target *bridge, bool ports, struct witness *w)
{
	struct session *s = bridge->s;
	bool found = false;

	for (unsigned i = 0; i < s->inventory.count; i++) {
		struct rule_target t = *bridge;
		struct told told;

		t.fn = &s->inventory.known[i].fn;
		if (pci_header_type(t.fn) != 0 || !(s->inventory.known[i].seen >> t.path & 1) ||
		    !is_below(bridge, t.fn->at))
			continue;
		t.bars = rule_bars_of(s, i);
		if (!t.bars || !told_by(&t, ports, &told))
			continue;
		if (found && !rule_is_wide(t.bars, told.bar))
			continue;
		w->t = t;
		w->told = told;
		found = true;
		if (ports || rule_is_wide(t.bars, told.bar))
			break;
	}
	if (found)
		pci_name(w->name, w->t.fn->at);
	return found;
}

static uint16_t decode_of(enum window_kind kind)
{
	return kind == WINDOW_PORTS ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
}

static void set(struct witness *w, enum window_kind kind, struct window to)
{
	window_set(w->t.cfg, w->bridge->fn->at, w->place.bridge[w->nth].windows, kind, to);
}

/* The units of a window that an address is in, and those count units from there. */
static struct window around(enum window_kind kind, uint64_t address, int64_t away)
{
	uint64_t step = WINDOW_STEP(kind), first = (address & ~(step - 1)) + (uint64_t)away * step;

	return (struct window){first, first + step - 1};
}

static uint64_t address(const struct witness *w, unsigned which)
{
	return rule_place_of(&w->t, &w->place, which, w->told.bar) + w->told.offset;
}

static void move(struct witness *w, enum window_kind kind, unsigned which)
{
	rule_place_in(&w->t, &w->place, which);
	rule_place_decode(&w->t, &w->place, decode_of(kind));
}

/* Looks for the device, with the window as it was set and COMMAND as it is. */
static bool expect(struct witness *w, enum window_kind kind, unsigned which, bool there,
		   unsigned reg, const char *how)
{
	uint32_t got = told_read(&w->t, &w->place, &w->told, which);

	return rule_expect(w->bridge, told_is_nothing(&w->told, got) != there, reg,
			   "%s, the %s of %s at 0x%llx reads 0x%0*x, should be %s", how,
			   kind == WINDOW_PORTS ? "ports" : "memory", w->name,
			   (unsigned long long)address(w, which), 2 * w->told.width, got,
			   there ? "the device" : "nothing");
}

static void expect_closed(struct witness *w, enum window_kind kind, unsigned which)
{
	struct cfg_address at = w->bridge->fn->at;
	uint16_t command = w->place.bridge[w->nth].command |
			   (PCI_COMMAND_IO | PCI_COMMAND_MEMORY); /* as rule_place() has it */
	unsigned reg = window_register(kind);

	set(w, kind, window_closed());
	expect(w, kind, which, false, reg, "window closed");
	set(w, kind, around(kind, address(w, which), 0));
	if (kind != WINDOW_PREFETCHABLE) {
		cfg_write16(w->t.cfg, at, PCI_COMMAND, command & (uint16_t)~decode_of(kind));
		expect(w, kind, which, false, PCI_COMMAND, "decode off in COMMAND");
		cfg_write16(w->t.cfg, at, PCI_COMMAND, command);
	}
	if (w->place.bridge[w->nth].windows->wide[kind]) {
		struct window above = around(kind, address(w, which), 0);

		above.first += UPPER_HALF(kind);
		above.last += UPPER_HALF(kind);
		set(w, kind, above);
		expect(w, kind, which, false, reg, "window moved by its upper half");
		set(w, kind, around(kind, address(w, which), 0));
	}
}

/* Once it answered in the first place, with a window of one unit around it. */
static void expect_edges(struct witness *w, enum window_kind kind)
{
	unsigned reg = window_register(kind);

	/* There are no ports from 10000h on: base and limit would be those of the lowest. */
	if (kind != WINDOW_PORTS || around(kind, address(w, 0), 1).last <= 0xffff) {
		set(w, kind, around(kind, address(w, 0), 1));
		expect(w, kind, 0, false, reg, "window just above");
	}
	move(w, kind, 1);
	set(w, kind, around(kind, address(w, 1), -1));
	expect(w, kind, 1, false, reg, "window just below");
	set(w, kind, around(kind, address(w, 1), 0));
	if (expect(w, kind, 1, true, reg, "window moved over it"))
		expect_closed(w, kind, 1);
}

/* Prefetchable memory may be above 4 GiB. */
static void expect_high(struct witness *w)
{
	enum window_kind kind = WINDOW_PREFETCHABLE;

	if (!rule_place_high(&w->t, &w->place, w->told.bar))
		return;
	rule_place_decode(&w->t, &w->place, decode_of(kind));
	set(w, kind, around(kind, address(w, PLACE_HIGH), 0));
	expect(w, kind, PLACE_HIGH, true, window_register(kind), "window above 4 GiB");
}

/* Of the windows for memory the other one is closed meanwhile. */
static void check_window(struct witness *w, enum window_kind kind)
{
	set(w, kind, around(kind, address(w, 0), 0));
	move(w, kind, 0);
	told_select(&w->t, &w->place, &w->told, 0, true);
	if (expect(w, kind, 0, true, window_register(kind), "window around it")) {
		expect_edges(w, kind);
		move(w, kind, 0);
		set(w, kind, around(kind, address(w, 0), 0));
		told_select(&w->t, &w->place, &w->told, 0, false);
		if (kind == WINDOW_PREFETCHABLE)
			expect_high(w);
	}
	set(w, kind, window_closed());
}

static bool prepare(struct witness *w, bool ports)
{
	if (!rule_place(&w->t, &w->place))
		return false;
	for (w->nth = 0; w->nth < w->place.bridges; w->nth++)
		if (cfg_key(w->place.bridge[w->nth].at) == cfg_key(w->bridge->fn->at))
			break;
	if (w->nth < w->place.bridges &&
	    (ports ? w->place.ports != 0 : rule_place_map(&w->t, &w->place)))
		return true;
	rule_unplace(&w->t, &w->place);
	return false;
}

static void check_memory(struct witness *w)
{
	const struct bridge_windows *windows = w->place.bridge[w->nth].windows;

	if (windows->there[WINDOW_PREFETCHABLE])
		set(w, WINDOW_PREFETCHABLE, window_closed());
	check_window(w, WINDOW_MEMORY);
	if (windows->there[WINDOW_PREFETCHABLE]) {
		check_window(w, WINDOW_PREFETCHABLE);
		window_restore(w->t.cfg, w->bridge->fn->at, windows, WINDOW_PREFETCHABLE);
	}
}

static void check_bridge(const struct rule_target *t)
{
	for (unsigned ports = 0; pci_is_bridge(t->fn) && ports < 2; ports++) {
		struct witness w = {.bridge = t};

		if (!find_witness(t, ports, &w) || !prepare(&w, ports))
			continue;
		if (ports)
			check_window(&w, WINDOW_PORTS);
		else
			check_memory(&w);
		rule_unplace(&w.t, &w.place);
	}
}

TEST(.name = "rule.destructive.windows", .id = "DST-12", .check = check_bridge,
     .flags = TEST_DESTRUCTIVE,
     .idle = "no bridge leads to a function whose memory or ports can be told",
     .reference = "PCI-to-PCI Bridge 1.2, 3.2.4.3, 3.2.5.6 and 3.2.5.8 to 3.2.5.10",
     .text = "A bridge passes down what lies inside one of its windows, to the edge, and nothing "
	     "else: not with the window elsewhere or closed, nor with decode off in its COMMAND.");
