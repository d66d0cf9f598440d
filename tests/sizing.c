/* Sizing every BAR by each strategy over each path and by the paravirtual table; restored, timed,
 * compared. */
#include <stddef.h>
#include "repeat.h"
#include "session.h"
#include "test.h"

struct pass {
	struct session *s;
	struct cfg *cfg;
	unsigned path;
	const struct sizing_strategy *strategy;
};

/* What the cost is of: the dance alone, for every function that the path found. */
static bool dance(void *context)
{
	const struct pass *p = context;
	struct bar_registers raw;

	for (unsigned i = 0; i < p->s->inventory.count; i++)
		if (p->s->inventory.known[i].seen >> p->path & 1)
			sizing_run(p->cfg, p->strategy, &p->s->inventory.known[i].fn, &raw);
	return true;
}

static void report_sizing(struct session *s, const char *strategy, const char *path, unsigned by,
			  const struct cost *cost, const struct cost *off)
{
	unsigned functions = 0, bars = 0;

	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct bar_set *set = inventory_bars(&s->inventory.known[i], by);

		functions += set != NULL;
		bars += set ? set->count : 0;
	}
	report_open(s->report, "sizing");
	report_string(s->report, "strategy", strategy);
	report_string(s->report, "path", path);
	report_number(s->report, "functions", functions);
	report_number(s->report, "bars", bars);
	cost_report(s->report, cost);
	if (off)
		cost_report_without_decode(s, by % PATHS, off);
	report_close(s->report);
}

static void by_dance(struct session *s, const struct test *test)
{
	struct pass pass = {s, &s->found.path[test->path], test->path,
			    &sizing_strategies[test->variant]};
	unsigned by = sized_by(test->variant, test->path), diagnostics = s->diagnostics;
	struct cost cost = {0}, off = {0};

	if (!discovery_needs_path(s, test->path) || !inventory_know(s))
		return;
	s->inventory.show_bars = true;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		struct known *k = &s->inventory.known[i];
		struct sizing_snapshot before, after;
		struct bar_registers raw;
		struct bar_set set;

		if (!(k->seen >> test->path & 1))
			continue;
		sizing_snapshot(pass.cfg, &k->fn, &before);
		sizing_run(pass.cfg, pass.strategy, &k->fn, &raw);
		sizing_snapshot(pass.cfg, &k->fn, &after);
		if (!sizing_restored(&k->fn, &before, &after, &s->diag))
			session_fail(s, "%s over %s did not leave every register as it was",
				     pass.strategy->name, discovery_path_names[test->path]);
		bar_decode(&k->fn, &raw, &set, &s->diag);
		inventory_add_bars(s, k, by, &set);
	}
	if (s->outcome.worst < REPORT_FAIL && s->diagnostics != diagnostics)
		session_fail(s, "some registers are no well-formed BARs: see the lines above");
	if (repeat(s, pass.cfg, dance, &pass, &cost) &&
	    repeat_without_decode(s, test->path, dance, &pass, &off))
		report_sizing(s, pass.strategy->name, discovery_path_names[test->path], by, &cost,
			      &off);
	session_pass(s);
}

struct table_pass {
	struct session *s;
	struct pci_map map;
	struct bar_registers *raw;
};

static bool table_pass(void *context)
{
	struct table_pass *p = context;
	struct mask_table table;

	if (!discovery_read_table(p->s, &table)) {
		session_fail(p->s, "the mask table, sound at the start, is not any more");
		return false;
	}
	mask_table_walk(&table, &p->s->found.numbering, &p->map, p->raw, &p->s->diag);
	return true;
}

/*
 * The table's functions and those of the bus must be the same, as far as there is memory for both.
 */
static void take_table(struct session *s, const struct table_pass *pass)
{
	struct bar_set set;
	char name[16];

	for (unsigned i = 0; i < pass->map.count; i++) {
		const struct pci_function *fn = &pass->map.fn[i];
		struct known *k = inventory_find(s, fn->at);

		if (!k || k->fn.id != fn->id || k->fn.class_revision != fn->class_revision) {
			session_fail(
			    s, "the table's function %s (0x%08x) is not what the bus has there",
			    pci_name(name, fn->at), fn->id);
			continue;
		}
		bar_decode(fn, &pass->raw[i], &set, &s->diag);
		inventory_add_bars(s, k, SIZED_BY_TABLE, &set);
	}
	for (unsigned i = 0; !pass->map.left_out && i < s->inventory.count; i++)
		if (!inventory_bars(&s->inventory.known[i], SIZED_BY_TABLE))
			session_fail(s, "function %s is not in the table",
				     pci_name(name, s->inventory.known[i].fn.at));
}

static void by_table(struct session *s, const struct test *test)
{
	struct table_pass pass = {.s = s};
	struct cost cost = {0};
	size_t mark, used;

	(void)test;
	if (!discovery_needs_table(s) || !inventory_know(s))
		return;
	if (!s->found.usable[PATH_PIO] && !s->found.usable[PATH_ECAM]) {
		session_skip(s, "no configuration mechanism to hold the table against");
		return;
	}
	mark = arena_mark(s->arena);
	s->inventory.show_bars = true;
	if (!inventory_new_table(s, &pass.map, &pass.raw)) {
		arena_release(s->arena, mark);
		return;
	}
	used = arena_mark(s->arena);
	if (repeat(s, NULL, table_pass, &pass, &cost)) {
		take_table(s, &pass);
		report_sizing(s, "paravirtual", "paravirtual", SIZED_BY_TABLE, &cost, NULL);
		session_pass(s);
	}
	/* Answers that are not those of the dance are kept behind all this. */
	if (arena_mark(s->arena) == used)
		arena_release(s->arena, mark);
}

/* Compares each answer with the function's first one; returns how many there were. */
static unsigned compare(struct session *s, const struct known *k)
{
	unsigned first = SIZED_BYS, answers = 0;
	char fn[16], a[24], b[24];

	for (unsigned by = 0; by < SIZED_BYS; by++) {
		const struct bar_set *bars = inventory_bars(k, by);

		if (!bars)
			continue;
		answers++;
		if (first == SIZED_BYS)
			first = by;
		if (bars == &k->answer.bars)
			continue;
		session_fail(s, "%s: %s and %s find different BARs", pci_name(fn, k->fn.at),
			     inventory_sized_by(a, first), inventory_sized_by(b, by));
		s->inventory.bars_disagree = true;
	}
	return answers;
}

static void agree(struct session *s, const struct test *test)
{
	unsigned most = 0;

	(void)test;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		unsigned answers = compare(s, &s->inventory.known[i]);

		most = answers > most ? answers : most;
	}
	if (most < 2)
		session_skip(s, "fewer than two ways of sizing ran");
	else
		session_pass(s);
}

TEST(.name = "sizing.per-bar.pio", .flags = TEST_LONG, .run = by_dance, .path = PATH_PIO,
     .variant = 0);
TEST(.name = "sizing.per-bar.ecam", .flags = TEST_LONG, .run = by_dance, .path = PATH_ECAM,
     .variant = 0);
TEST(.name = "sizing.batched.pio", .flags = TEST_LONG, .run = by_dance, .path = PATH_PIO,
     .variant = 1);
TEST(.name = "sizing.batched.ecam", .flags = TEST_LONG, .run = by_dance, .path = PATH_ECAM,
     .variant = 1);
TEST(.name = "sizing.lean.pio", .flags = TEST_LONG, .run = by_dance, .path = PATH_PIO,
     .variant = 2);
TEST(.name = "sizing.lean.ecam", .flags = TEST_LONG, .run = by_dance, .path = PATH_ECAM,
     .variant = 2);
TEST(.name = "sizing.paravirtual", .run = by_table);
TEST(.name = "sizing.agree", .run = agree);
