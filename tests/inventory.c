/* What was found: looking for it once, and one object each at the end. */
#include "scan.h"
#include "session.h"
#include "text.h"

/* What tests take whatever the number of functions, samples of measurements most of all. */
#define OTHER_MEMORY (8u << 20)

unsigned inventory_capacity(struct session *s)
{
	size_t left = s->arena->size - s->arena->used;

	if (!s->inventory.capacity) {
		left -= left / 2 < OTHER_MEMORY ? left / 2 : OTHER_MEMORY;
		left /= INVENTORY_FUNCTION_BYTES;
		s->inventory.capacity = left < 1            ? 1
					: left > UINT32_MAX ? UINT32_MAX
							    : (unsigned)left;
	}
	return s->inventory.capacity;
}

bool inventory_new_map(struct session *s, struct pci_map *map)
{
	*map = (struct pci_map){.capacity = inventory_capacity(s)};
	map->fn =
	    arena_room(s->arena, sizeof(*map->fn), map->capacity, _Alignof(struct pci_function));
	if (!map->fn)
		session_error(s, "no memory for a walk of %u functions", map->capacity);
	return map->fn;
}

bool inventory_new_table(struct session *s, struct pci_map *map, struct bar_registers **raw)
{
	if (!inventory_new_map(s, map))
		return false;
	*raw = arena_room(s->arena, sizeof(**raw), map->capacity, _Alignof(struct bar_registers));
	if (!*raw)
		session_error(s, "no memory for the registers of %u functions", map->capacity);
	return *raw;
}

unsigned inventory_left_out(const struct session *s)
{
	unsigned most = 0;

	for (unsigned p = 0; p < PATHS; p++)
		if (s->inventory.mapped[p] && s->inventory.map[p].left_out > most)
			most = s->inventory.map[p].left_out;
	return most;
}

bool inventory_needs_all(struct session *s)
{
	if (inventory_left_out(s))
		session_skip(s, "memory is short: %u functions are not known",
			     inventory_left_out(s));
	return !inventory_left_out(s);
}

void inventory_check_short(struct session *s)
{
	char first[16], last[16];

	for (unsigned p = 0; p < PATHS && !s->inventory.short_said; p++) {
		const struct pci_map *map = &s->inventory.map[p];

		if (!s->inventory.mapped[p] || !map->left_out)
			continue;
		s->inventory.short_said = true;
		session_error(s,
			      "memory is short: %u of %u functions are left out, %s and what the "
			      "walk over %s finds after it, up to %s",
			      map->left_out, pci_map_found(map),
			      pci_name(first, map->first_left_out), discovery_path_names[p],
			      pci_name(last, map->last_left_out));
	}
}

const struct pci_map *inventory_map(struct session *s, unsigned path)
{
	const struct scan scan = {
	    .cfg = &s->found.walk[path], .roots = &s->found.roots, .diag = &s->diag};
	struct pci_map *map = &s->inventory.map[path];
	unsigned before = s->diagnostics;

	if (!s->inventory.mapped[path]) {
		size_t mark = arena_mark(s->arena);

		if (!inventory_new_map(s, map))
			return NULL;
		scan_tree(&scan, map);
		/* The room that was not needed is the next one's. */
		arena_release(s->arena, mark);
		arena_room(s->arena, sizeof(*map->fn), map->count, _Alignof(struct pci_function));
		s->inventory.map_diagnostics[path] = s->diagnostics - before;
		s->inventory.mapped[path] = true;
	}
	return map;
}

static struct known *at_place(const struct session *s, uint32_t place)
{
	return place == INDEX_NONE ? NULL : &s->inventory.known[place];
}

struct known *inventory_find(const struct session *s, struct cfg_address at)
{
	return at_place(s, index_find(&s->inventory.by_address, cfg_key(at)));
}

struct known *inventory_bridge_to(const struct session *s, struct cfg_address at)
{
	const struct index *index = &s->inventory.by_bus_behind;
	uint32_t key = inventory_bus_key(at.segment, at.bus);

	for (uint32_t i = index_from(index, key); i < index->count && index_key(index, i) == key;
	     i++) {
		struct known *bridge = at_place(s, index_place(index, i));

		if (bridge->fn.at.bus < at.bus)
			return bridge;
	}
	return NULL;
}

const struct known *inventory_first_on(const struct session *s, uint16_t segment, uint8_t bus)
{
	const struct index *index = &s->inventory.by_address;
	const struct cfg_address first = {segment, bus, 0};
	uint32_t i = index_from(index, cfg_key(first));

	if (i == index->count || index_key(index, i) >> 8 != cfg_key(first) >> 8)
		return NULL;
	return at_place(s, index_place(index, i));
}

/* Adds the functions of a path; those that are there from another are the same ones. */
static void join(struct session *s, struct known *known, unsigned path)
{
	const struct pci_map *map = &s->inventory.map[path];

	for (unsigned i = 0; i < map->count; i++) {
		struct known *k = inventory_find(s, map->fn[i].at);

		if (!k) {
			k = &known[s->inventory.count++];
			k->fn = map->fn[i];
		}
		k->seen |= 1u << path;
		k->found[path] = &map->fn[i];
	}
}

static void index_all(struct inventory *all, uint64_t *scratch)
{
	all->by_address.count = all->by_id.count = all->by_bus_behind.count = 0;
	for (unsigned i = 0; i < all->count; i++) {
		const struct pci_function *fn = &all->known[i].fn;

		index_add(&all->by_address, cfg_key(fn->at), i);
		index_add(&all->by_id, fn->id, i);
		if (pci_is_bridge(fn) && pci_secondary(fn))
			index_add(&all->by_bus_behind,
				  inventory_bus_key(fn->at.segment, pci_secondary(fn)), i);
	}
	index_sort(&all->by_address, scratch);
	index_sort(&all->by_id, scratch);
	index_sort(&all->by_bus_behind, scratch);
}

bool inventory_know(struct session *s)
{
	struct inventory *all = &s->inventory;
	unsigned most = 1; /* none is no error */
	struct known *known;
	size_t mark, kept;
	uint64_t *pairs;

	if (all->known)
		return true;
	for (unsigned p = 0; p < PATHS; p++) {
		if (!s->found.usable[p])
			continue;
		if (!inventory_map(s, p))
			return false;
		most += all->map[p].count;
	}
	mark = arena_mark(s->arena);
	pairs = ARENA_TAKE(s->arena, uint64_t, 4 * (size_t)most);
	kept = arena_mark(s->arena);
	known = ARENA_TAKE(s->arena, struct known, most);
	if (!pairs || !known) {
		arena_release(s->arena, mark);
		session_error(s, "no memory to compare %u functions", most - 1);
		return false;
	}
	all->known = known;
	all->by_address.pair = pairs;
	all->by_id.pair = pairs + most;
	all->by_bus_behind.pair = pairs + 2 * most;
	for (unsigned p = 0; p < PATHS; p++) {
		if (!all->mapped[p])
			continue;
		join(s, known, p);
		index_all(all, pairs + 3 * most);
	}
	/* The paths found the same ones, as a rule. */
	arena_release(s->arena, kept);
	arena_room(s->arena, sizeof(*known), all->count, _Alignof(struct known));
	for (unsigned i = 0; i < all->count; i++)
		known[i].command =
		    cfg_read16(&s->found.path[known_path(&known[i])], known[i].fn.at, PCI_COMMAND);
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

void inventory_report_address(struct report *r, struct cfg_address at)
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
	inventory_report_address(r, k->fn.at);
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

const struct bar_set *inventory_bars(const struct known *k, unsigned by)
{
	for (const struct answer *a = &k->answer; a; a = a->next)
		if (a->by >> by & 1)
			return &a->bars;
	return NULL;
}

static bool sets_equal(const struct bar_set *a, const struct bar_set *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!bar_equal(&a->bar[i], &b->bar[i]))
			return false;
	return true;
}

void inventory_add_bars(struct session *s, struct known *k, unsigned by, const struct bar_set *bars)
{
	struct answer *a = &k->answer;
	char name[16], way[24];

	if (a->by)
		while (!sets_equal(&a->bars, bars) && a->next)
			a = a->next;
	if (a->by && !sets_equal(&a->bars, bars)) {
		a->next = ARENA_TAKE(s->arena, struct answer, 1);
		if (!a->next) {
			session_error(s, "no memory for the BARs of %s by %s, which are others",
				      pci_name(name, k->fn.at), inventory_sized_by(way, by));
			return;
		}
		a = a->next;
	}
	if (!a->by)
		a->bars = *bars;
	a->by |= 1u << by;
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
	inventory_report_address(r, k->fn.at);
	report_number(r, "index", bar->index);
	report_string(r, "space", bar_space_name(bar->space));
	report_bool(r, "prefetch", bar->prefetch);
	report_number(r, "size", bar->size);
	report_hex(r, "address", bar->address, 8);
	report_array(r, "sized_by");
	for (unsigned by = 0; by < SIZED_BYS; by++)
		if (inventory_bars(k, by) && find_equal(inventory_bars(k, by), bar))
			report_string(r, NULL, inventory_sized_by(name, by));
	report_array_end(r);
	report_close(r);
}

/* One object for each distinct answer: normally all agree. */
static void bars_report(struct report *r, const struct known *k)
{
	for (const struct answer *a = &k->answer; a; a = a->next)
		for (unsigned i = 0; i < a->bars.count; i++) {
			const struct bar *bar = &a->bars.bar[i];
			bool said = false;

			for (const struct answer *e = &k->answer; e != a; e = e->next)
				said |= find_equal(&e->bars, bar) != NULL;
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
