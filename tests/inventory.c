/* What was found: looking for it once, and one object each at the end. */
#include "scan.h"
#include "session.h"
#include "text.h"

bool inventory_new_map(struct session *s, struct pci_map *map)
{
	*map = (struct pci_map){.capacity = INVENTORY_FUNCTIONS_MAX};
	map->fn = ARENA_TAKE(s->arena, struct pci_function, map->capacity);
	if (!map->fn)
		session_error(s, "no memory for a walk of %u functions", map->capacity);
	return map->fn;
}

const struct pci_map *inventory_map(struct session *s, unsigned path)
{
	const struct scan scan = {
	    .cfg = &s->found.walk[path], .roots = &s->found.roots, .diag = &s->diag};
	struct pci_map *map = &s->inventory.map[path];
	unsigned before = s->diagnostics;

	if (!s->inventory.mapped[path]) {
		if (!inventory_new_map(s, map))
			return NULL;
		scan_tree(&scan, map);
		s->inventory.map_diagnostics[path] = s->diagnostics - before;
		s->inventory.mapped[path] = true;
	}
	return map;
}

struct known *inventory_find(struct session *s, struct cfg_address at)
{
	for (unsigned i = 0; i < s->inventory.count; i++)
		if (cfg_key(s->inventory.known[i].fn.at) == cfg_key(at))
			return &s->inventory.known[i];
	return NULL;
}

struct known *inventory_bridge_to(struct session *s, struct cfg_address at)
{
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;

		if (pci_is_bridge(fn) && fn->at.segment == at.segment && fn->at.bus < at.bus &&
		    pci_secondary(fn) == at.bus)
			return &s->inventory.known[i];
	}
	return NULL;
}

bool inventory_know(struct session *s)
{
	unsigned total = 0;

	if (s->inventory.known)
		return true;
	for (unsigned p = 0; p < PATHS; p++) {
		if (!s->found.usable[p])
			continue;
		if (!inventory_map(s, p))
			return false;
		total += s->inventory.map[p].count;
	}
	s->inventory.known = ARENA_TAKE(s->arena, struct known, total + 1);
	if (!s->inventory.known) {
		session_error(s, "no memory to compare %u functions", total);
		return false;
	}
	for (unsigned p = 0; p < PATHS; p++)
		for (unsigned i = 0; s->found.usable[p] && i < s->inventory.map[p].count; i++) {
			struct known *k = inventory_find(s, s->inventory.map[p].fn[i].at);

			if (!k) {
				k = &s->inventory.known[s->inventory.count++];
				k->fn = s->inventory.map[p].fn[i];
			}
			k->seen |= 1u << p;
		}
	return true;
}

bool inventory_remember(struct session *s)
{
	if (!inventory_know(s))
		return false;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		struct known *k = &s->inventory.known[i];
		struct cfg *cfg = &s->found.path[known_path(k)];

		for (unsigned reg = 0; reg < INVENTORY_HEADER_LEN; reg += 4)
			k->start[reg / 4] = cfg_read32(cfg, k->fn.at, reg);
	}
	return true;
}

const char *inventory_sized_by(char *to, unsigned by)
{
	if (by == SIZED_BY_TABLE)
		text_format(to, 24, "paravirtual");
	else
		text_format(to, 24, "%s/%s", sizing_strategies[by / PATHS].name,
			    discovery_path_names[by % PATHS]);
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
			report_string(r, NULL, discovery_path_names[p]);
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
	for (unsigned i = 0; s->inventory.show_functions && i < s->inventory.count; i++)
		function_report(s->report, &s->inventory.known[i]);
	for (unsigned i = 0; s->inventory.show_bars && i < s->inventory.count; i++)
		bars_report(s->report, &s->inventory.known[i]);
}
