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

static void toggle(struct session *s, struct toggled *t)
{
	uint64_t begin = tsc_read(), budget = session_budget_cycles(s);

	outcome_hold(s);
	do {
		t->off[t->times] = time_write(t, t->command & (uint16_t)~PCI_COMMAND_MEMORY);
		t->on[t->times++] = time_write(t, t->command);
	} while (t->times < TIMES_MAX && tsc_read() - begin < budget);
	outcome_release(s);
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
	report_close(r);
}

static void toggles(struct session *s, const struct test *test)
{
	unsigned count = 0;
	char name[16];

	(void)test;
	if (!inventory_know(s))
		return;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		struct toggled t;
		uint16_t now;

		if (!take(s, &s->inventory.known[i], &t))
			continue;
		toggle(s, &t);
		report_toggle(s, &t);
		count++;
		now = cfg_read16(t.cfg, t.known->fn.at, PCI_COMMAND);
		if (now != t.command)
			session_fail(s,
				     "%s COMMAND was 0x%04x before its decode was toggled, and "
				     "is 0x%04x after",
				     pci_name(name, t.known->fn.at), t.command, now);
	}
	if (count)
		session_pass(s);
	else
		session_skip(s, "no endpoint decodes memory: firmware gave none an address");
}

TEST(.name = "sizing.toggle", .flags = TEST_LONG, .run = toggles);
