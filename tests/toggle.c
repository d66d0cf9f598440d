/*
 * What it costs to turn the memory decode of a function off and on, against the memory that it
 * decodes: what every window of the sizing dance costs where firmware left decode on.
 */
#include "session.h"
#include "stats.h"
#include "test.h"
#include "tsc.h"

#define TIMES_MAX 9

struct toggled {
	const struct known *known;
	struct cfg *cfg;
	uint16_t command;
	unsigned bars;           /* memory BARs with an address */
	uint64_t bytes, largest; /* of them all, and of one */
	uint64_t off[TIMES_MAX], on[TIMES_MAX];
	unsigned times;
};

/* An endpoint that decodes memory; what is behind a bridge's decode is not its own. */
static bool take(struct session *s, const struct known *k, struct toggled *t)
{
	struct bar_registers raw;
	struct bar_set set;

	*t = (struct toggled){.known = k, .cfg = &s->found.path[known_path(k)]};
	if (pci_is_host_bridge(&k->fn) || pci_header_type(&k->fn) != 0)
		return false;
	t->command = cfg_read16(t->cfg, k->fn.at, PCI_COMMAND);
	if (!(t->command & PCI_COMMAND_MEMORY))
		return false;
	sizing_run(t->cfg, &sizing_strategies[SIZING_STRATEGIES - 1], &k->fn, &raw);
	bar_decode(&k->fn, &raw, &set, &diag_silent);
	for (unsigned i = 0; i < set.count; i++) {
		const struct bar *bar = &set.bar[i];

		if ((bar->space != BAR_SPACE_MEM32 && bar->space != BAR_SPACE_MEM64) ||
		    !bar->address)
			continue;
		t->bars++;
		t->bytes += bar->size;
		if (bar->size > t->largest)
			t->largest = bar->size;
	}
	return t->bars;
}

static uint64_t time_write(const struct toggled *t, uint16_t command)
{
	uint64_t start = tsc_read();

	cfg_write16(t->cfg, t->known->fn.at, PCI_COMMAND, command);
	tsc_wait_for_stores();
	return tsc_read() - start;
}

/*
 * In rounds, so that what the host does meanwhile hits all alike. No line is printed before the
 * last is done, nor while any decode is off.
 */
static void toggle_all(struct session *s, struct toggled *t, unsigned count)
{
	uint64_t begin = tsc_read(), budget = count * session_budget_cycles(s);

	outcome_hold(s);
	for (unsigned n = 0; n < TIMES_MAX && (!n || tsc_read() - begin < budget); n++)
		for (unsigned i = 0; i < count; i++) {
			t[i].off[n] =
			    time_write(&t[i], t[i].command & (uint16_t)~PCI_COMMAND_MEMORY);
			t[i].on[n] = time_write(&t[i], t[i].command);
			t[i].times = n + 1;
		}
	outcome_release(s);
}

static uint64_t least(const uint64_t *samples, unsigned n)
{
	uint64_t least = samples[0];

	for (unsigned i = 1; i < n; i++)
		if (samples[i] < least)
			least = samples[i];
	return least;
}

static void report_toggle(struct session *s, struct toggled *t)
{
	struct report *r = s->report;

	report_open(r, "toggle");
	inventory_report_address(r, t->known->fn.at);
	report_string(r, "path", discovery_path_names[known_path(t->known)]);
	report_number(r, "bars", t->bars);
	report_number(r, "bytes", t->bytes);
	report_number(r, "largest", t->largest);
	report_number(r, "n", t->times);
	report_number(r, "off", stats_median64(t->off, t->times));
	report_number(r, "on", stats_median64(t->on, t->times));
	report_number(r, "off_min", least(t->off, t->times));
	report_number(r, "on_min", least(t->on, t->times));
	report_close(r);
}

/* COMMAND is what it was. */
static void compare(struct session *s, const struct toggled *t)
{
	uint16_t now = cfg_read16(t->cfg, t->known->fn.at, PCI_COMMAND);
	char name[16];

	if (now != t->command)
		session_fail(s,
			     "%s COMMAND was 0x%04x before its decode was toggled, and is 0x%04x "
			     "after",
			     pci_name(name, t->known->fn.at), t->command, now);
}

static void toggles(struct session *s, const struct test *test)
{
	struct toggled *t;
	unsigned count = 0;
	size_t mark;

	(void)test;
	if (!inventory_know(s))
		return;
	mark = arena_mark(s->arena);
	t = ARENA_TAKE(s->arena, struct toggled, s->inventory.count);
	if (!t) {
		session_error(s, "no memory for what toggles of %u functions cost",
			      s->inventory.count);
		return;
	}
	for (unsigned i = 0; i < s->inventory.count; i++)
		count += take(s, &s->inventory.known[i], &t[count]);
	if (count) {
		toggle_all(s, t, count);
		session_pass(s);
	} else {
		session_skip(s, "no endpoint decodes memory: firmware gave none an address");
	}
	for (unsigned i = 0; i < count; i++) {
		report_toggle(s, &t[i]);
		compare(s, &t[i]);
	}
	arena_release(s->arena, mark);
}

TEST(.name = "sizing.toggle", .flags = TEST_LONG, .run = toggles);
