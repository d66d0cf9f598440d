/* What a whole scan costs: finding every function, and sizing every BAR on the way. */
#include "caps.h"
#include "repeat.h"
#include "scan.h"
#include "session.h"
#include "test.h"

/* How BARs are sized during the scan. The first three are indices into sizing_strategies. */
enum { SIZING_TABLE = SIZING_STRATEGIES, SIZING_NONE };

static const char *sizing_name(unsigned sizing)
{
	if (sizing == SIZING_NONE)
		return "none";
	return sizing == SIZING_TABLE ? "paravirtual" : sizing_strategies[sizing].name;
}

struct pass {
	struct session *s;
	struct cfg *cfg;
	unsigned path, sizing;
	bool only_one_child;
	/* As the walk finds it; without room where all that counts is how many. */
	struct pci_map map;
	struct pci_map table_map; /* as the table has it */
	struct bar_registers *raw;
	struct index by_address; /* of map */
	unsigned bars;
	struct cost off; /* with decode turned off beforehand; only where BARs are sized */
};

static void size_visit(void *context, struct cfg *cfg, const struct pci_function *fn)
{
	struct pass *p = context;
	struct bar_registers raw;
	struct bar_set set;

	sizing_run(cfg, &sizing_strategies[p->sizing], fn, &raw);
	bar_decode(fn, &raw, &set, &diag_silent);
	p->bars += set.count;
}

static bool read_and_decode_table(struct pass *p)
{
	struct mask_table table;
	struct bar_set set;

	if (!discovery_read_table(p->s, &table)) {
		session_fail(p->s, "the mask table, sound at the start, is not any more");
		return false;
	}
	mask_table_walk(&table, &p->s->found.numbering, &p->table_map, p->raw, &diag_silent);
	for (unsigned i = 0; i < p->table_map.count; i++) {
		bar_decode(&p->table_map.fn[i], &p->raw[i], &set, &diag_silent);
		p->bars += set.count;
	}
	return true;
}

/* What it would complain of, enumerate.* and sizing.* have said. */
static bool tree_pass(void *context)
{
	struct pass *p = context;
	const struct scan scan = {.cfg = p->cfg,
				  .roots = &p->s->found.roots,
				  .visit = p->sizing < SIZING_TABLE ? size_visit : NULL,
				  .context = p,
				  .diag = &diag_silent,
				  .only_one_child = p->only_one_child};

	p->bars = 0;
	scan_tree(&scan, &p->map);
	return p->sizing != SIZING_TABLE || read_and_decode_table(p);
}

/* A segment may have several MCFG entries and is swept once; segment 0 also without any, through
 * the ports. */
static bool sweep_pass(void *context)
{
	struct pass *p = context;
	const struct acpi *acpi = p->s->platform->acpi;
	uint16_t swept[ACPI_MCFG_MAX + 1] = {0};
	unsigned count = 1;

	pci_map_clear(&p->map);
	for (unsigned i = 0; i < acpi->mcfg_count; i++) {
		bool again = false;

		for (unsigned j = 0; j < count; j++)
			again |= swept[j] == acpi->mcfg[i].segment;
		if (!again)
			swept[count++] = acpi->mcfg[i].segment;
	}
	for (unsigned i = 0; i < count; i++)
		scan_sweep(p->cfg, swept[i], swept[i] ? NULL : &p->s->found.roots.aliases, &p->map);
	return true;
}

static bool table_pass(void *context)
{
	struct pass *p = context;

	p->bars = 0;
	return read_and_decode_table(p);
}

static void report_scan(struct pass *p, const char *path, const char *walk,
			const struct pci_map *map, const struct cost *cost)
{
	struct report *r = p->s->report;

	report_open(r, "scan");
	report_string(r, "path", path);
	report_string(r, "walk", walk);
	report_string(r, "sizing", sizing_name(p->sizing));
	report_number(r, "functions", pci_map_found(map));
	report_number(r, "buses", map->buses);
	report_number(r, "bars", p->bars);
	cost_report(r, cost);
	if (p->sizing < SIZING_STRATEGIES)
		cost_report_without_decode(p->s, p->path, &p->off);
	report_close(r);
}

static void prepare(struct session *s, struct pass *p)
{
	p->s = s;
	p->cfg = &s->found.path[p->path];
}

/* A walk, and where it sizes BARs the same again without decode. */
static bool measure(struct pass *p, bool (*pass)(void *context), struct cost *cost)
{
	return repeat(p->s, p->cfg, pass, p, cost) &&
	       (p->sizing >= SIZING_STRATEGIES ||
		repeat_without_decode(p->s, p->path, pass, p, &p->off));
}

static bool prepare_table(struct session *s, struct pass *p)
{
	return p->sizing != SIZING_TABLE || inventory_new_table(s, &p->table_map, &p->raw);
}

/* A map that is kept, to be looked into afterwards. */
static bool prepare_map(struct session *s, struct pass *p)
{
	if (!inventory_new_map(s, &p->map))
		return false;
	p->by_address.pair =
	    arena_room(s->arena, 2 * sizeof(uint64_t), p->map.capacity, _Alignof(uint64_t));
	if (!p->by_address.pair)
		session_error(s, "no memory for an index of %u functions", p->map.capacity);
	return p->by_address.pair;
}

static bool was_found(const struct pass *p, struct cfg_address at)
{
	return index_find(&p->by_address, cfg_key(at)) != INDEX_NONE;
}

static struct scan_cost cost_of(const struct session *s, unsigned path, const struct cost *cost)
{
	return (struct scan_cost){
	    cost->cycles, discovery_exits(s, path, cost->reads, cost->writes) + cost->calls};
}

static void tree(struct session *s, const struct test *test)
{
	struct pass p = {.path = test->path, .sizing = test->variant};
	struct cost cost = {0};
	size_t mark;

	if (!discovery_needs_path(s, test->path) ||
	    (p.sizing == SIZING_TABLE && !discovery_needs_table(s)) ||
	    (p.sizing < SIZING_STRATEGIES && !inventory_know(s)))
		return;
	mark = arena_mark(s->arena);
	prepare(s, &p);
	if (prepare_table(s, &p) && measure(&p, tree_pass, &cost)) {
		report_scan(&p, discovery_path_names[test->path], "tree", &p.map, &cost);
		if (p.sizing < SIZING_STRATEGIES)
			s->costs.scan[test->path][p.sizing] = cost_of(s, test->path, &cost);
		if (p.sizing == SIZING_TABLE &&
		    pci_map_found(&p.table_map) != pci_map_found(&p.map))
			session_fail(s, "the walk finds %u functions, the table has %u",
				     pci_map_found(&p.map), pci_map_found(&p.table_map));
		session_pass(s);
	}
	arena_release(s->arena, mark);
}

/* What answers on no bus that a bridge or root bus leads to was missed by every tree walk: that
 * must not go unnoticed. */
static void compare_sweep(struct pass *p, unsigned path)
{
	const struct pci_map *tree = &p->s->inventory.map[path];
	char name[16];

	for (unsigned i = 0; i < p->map.count; i++) {
		const struct known *k = inventory_find(p->s, p->map.fn[i].at);

		if (!k || !k->found[path])
			session_fail(p->s, "%s answers, but no bridge or root bus leads to it",
				     pci_name(name, p->map.fn[i].at));
	}
	for (unsigned i = 0; i < tree->count; i++)
		if (!was_found(p, tree->fn[i].at))
			session_fail(p->s, "%s was found through its bridges, but not in the sweep",
				     pci_name(name, tree->fn[i].at));
}

#define DEVICE_CONTROL_2 0x28 /* of the Express capability (7.5.3.16) */
#define ARI_FORWARDING   0x0020u

/*
 * Behind a port that forwards ARI, functions 8 to 255 of the one device answer where devices 1 to
 * 31 would (PCI Express 4.0, 6.13). Linux gets to them from function 0, through its ARI capability.
 */
static bool forwards_ari(const struct pass *p, const struct pci_function *port)
{
	unsigned express = caps_find(p->cfg, port, CAP_EXPRESS, &diag_silent);

	return express && cfg_read16(p->cfg, port->at, express + DEVICE_CONTROL_2) & ARI_FORWARDING;
}

static void compare_only_one_child(struct pass *p, unsigned path)
{
	const struct pci_map *tree = &p->s->inventory.map[path];
	char name[16];

	for (unsigned i = 0; i < tree->count; i++) {
		const struct known *port = inventory_bridge_to(p->s, tree->fn[i].at);

		if (!was_found(p, tree->fn[i].at) && !(port && forwards_ari(p, &port->fn)))
			session_fail(p->s,
				     "%s answers, but below a PCI Express port there is only "
				     "device 0",
				     pci_name(name, tree->fn[i].at));
	}
}

/*
 * A walk that is held against the tree, which there must be memory for; the walk and its comparison
 * are the caller's.
 */
static void against_tree(struct session *s, const struct test *test, struct pass *p,
			 const char *walk, bool (*pass)(void *context),
			 void (*compare)(struct pass *p, unsigned path))
{
	struct cost cost = {0};
	size_t mark;

	if (!discovery_needs_path(s, test->path) || !inventory_know(s))
		return;
	mark = arena_mark(s->arena);
	prepare(s, p);
	if (prepare_map(s, p) && measure(p, pass, &cost)) {
		report_scan(p, discovery_path_names[test->path], walk, &p->map, &cost);
		pci_map_index(&p->map, &p->by_address);
		if (!inventory_needs_all(s)) {
			/* Said already. */
		} else if (p->map.left_out) {
			session_error(s,
				      "memory is short: the %s finds %u functions, which are %u "
				      "more than can be compared",
				      walk, pci_map_found(&p->map), p->map.left_out);
		} else {
			compare(p, test->path);
			session_pass(s);
		}
	}
	arena_release(s->arena, mark);
}

static void only_one_child(struct session *s, const struct test *test)
{
	struct pass p = {.path = test->path, .sizing = test->variant, .only_one_child = true};

	against_tree(s, test, &p, "only-one-child", tree_pass, compare_only_one_child);
}

static void sweep(struct session *s, const struct test *test)
{
	struct pass p = {.path = test->path, .sizing = SIZING_NONE};

	against_tree(s, test, &p, "sweep", sweep_pass, compare_sweep);
}

static void from_table(struct session *s, const struct test *test)
{
	struct pass p = {.sizing = SIZING_TABLE};
	size_t mark = arena_mark(s->arena);
	struct cost cost = {0};

	(void)test;
	if (!discovery_needs_table(s))
		return;
	prepare(s, &p);
	if (prepare_table(s, &p) && repeat(s, NULL, table_pass, &p, &cost)) {
		report_scan(&p, "paravirtual", "paravirtual", &p.table_map, &cost);
		s->costs.scan_table = (struct scan_cost){cost.cycles, cost.calls};
		session_pass(s);
	}
	arena_release(s->arena, mark);
}

TEST(.name = "scan.tree.pio.none", .run = tree, .path = PATH_PIO, .variant = SIZING_NONE);
TEST(.name = "scan.tree.pio.per-bar", .run = tree, .path = PATH_PIO, .variant = 0);
TEST(.name = "scan.tree.pio.batched", .run = tree, .path = PATH_PIO, .variant = 1);
TEST(.name = "scan.tree.pio.lean", .run = tree, .path = PATH_PIO, .variant = 2);
TEST(.name = "scan.tree.pio.paravirtual", .run = tree, .path = PATH_PIO, .variant = SIZING_TABLE);
TEST(.name = "scan.tree.ecam.none", .run = tree, .path = PATH_ECAM, .variant = SIZING_NONE);
TEST(.name = "scan.tree.ecam.per-bar", .run = tree, .path = PATH_ECAM, .variant = 0);
TEST(.name = "scan.tree.ecam.batched", .run = tree, .path = PATH_ECAM, .variant = 1);
TEST(.name = "scan.tree.ecam.lean", .run = tree, .path = PATH_ECAM, .variant = 2);
TEST(.name = "scan.tree.ecam.paravirtual", .run = tree, .path = PATH_ECAM, .variant = SIZING_TABLE);
TEST(.name = "scan.only-one-child.pio.none", .run = only_one_child, .path = PATH_PIO,
     .variant = SIZING_NONE);
TEST(.name = "scan.only-one-child.pio.per-bar", .run = only_one_child, .path = PATH_PIO,
     .variant = 0);
TEST(.name = "scan.only-one-child.pio.batched", .run = only_one_child, .path = PATH_PIO,
     .variant = 1);
TEST(.name = "scan.only-one-child.ecam.none", .run = only_one_child, .path = PATH_ECAM,
     .variant = SIZING_NONE);
TEST(.name = "scan.only-one-child.ecam.per-bar", .run = only_one_child, .path = PATH_ECAM,
     .variant = 0);
TEST(.name = "scan.only-one-child.ecam.batched", .run = only_one_child, .path = PATH_ECAM,
     .variant = 1);
TEST(.name = "scan.paravirtual", .run = from_table);
TEST(.name = "scan.sweep.pio", .flags = TEST_LONG, .run = sweep, .path = PATH_PIO);
TEST(.name = "scan.sweep.ecam", .flags = TEST_LONG, .run = sweep, .path = PATH_ECAM);
