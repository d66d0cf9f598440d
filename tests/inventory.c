/* What was found, one object each. */
#include "inventory.h"
#include "text.h"

const char *inventory_sized_by(char *to, unsigned by)
{
	if (by == SIZED_BY_TABLE)
		text_format(to, 24, "paravirtual");
	else
		text_format(to, 24, "%s/%s", sizing_strategies[by / PATHS].name,
			    session_path_names[by % PATHS]);
	return to;
}

static void address_report(struct report *r, struct cfg_address at)
{
	char name[16];

	/* The segment has a member of its own. */
	report_number(r, "segment", at.segment);
	at.segment = 0;
	report_string(r, "bdf", pci_name(name, at));
}

static void function_report(struct report *r, const struct known *k)
{
	report_open(r, "function");
	address_report(r, k->fn.at);
	report_hex(r, "vendor", k->fn.id & 0xffff, 4);
	report_hex(r, "device", k->fn.id >> 16, 4);
	report_hex(r, "class", pci_class(&k->fn), 6);
	report_number(r, "header", pci_header_type(&k->fn));
	report_array(r, "seen_by");
	for (unsigned p = 0; p < PATHS; p++)
		if (k->seen >> p & 1)
			report_string(r, NULL, session_path_names[p]);
	report_array_end(r);
	report_close(r);
}

static const struct bar *find_equal(const struct bar_set *set, const struct bar *bar)
{
	for (unsigned i = 0; i < set->count; i++)
		if (bar_equal(&set->bar[i], bar))
			return &set->bar[i];
	return NULL;
}

static void bar_report(struct report *r, const struct known *k, const struct bar *bar)
{
	char name[24];

	report_open(r, "bar");
	address_report(r, k->fn.at);
	report_number(r, "index", bar->index);
	report_string(r, "space", bar_space_name(bar->space));
	report_bool(r, "prefetch", bar->prefetch);
	report_number(r, "size", bar->size);
	report_hex(r, "address", bar->address, 8);
	report_array(r, "sized_by");
	for (unsigned by = 0; by < SIZED_BYS; by++)
		if (k->sized[by] && find_equal(&k->bars[by], bar))
			report_string(r, NULL, inventory_sized_by(name, by));
	report_array_end(r);
	report_close(r);
}

/* One object for each distinct answer: normally all agree. */
static void bars_report(struct report *r, const struct known *k)
{
	for (unsigned by = 0; by < SIZED_BYS; by++)
		for (unsigned i = 0; k->sized[by] && i < k->bars[by].count; i++) {
			const struct bar *bar = &k->bars[by].bar[i];
			bool said = false;

			for (unsigned earlier = 0; earlier < by; earlier++)
				said |= k->sized[earlier] && find_equal(&k->bars[earlier], bar);
			if (!said)
				bar_report(r, k, bar);
		}
}

void inventory_report(struct session *s)
{
	for (unsigned i = 0; s->show_functions && i < s->known_count; i++)
		function_report(s->report, &s->known[i]);
	for (unsigned i = 0; s->show_bars && i < s->known_count; i++)
		bars_report(s->report, &s->known[i]);
}
