/* The PCI BAR mask table (docs/paravirtual.md) says what the dance says. */
#include <stddef.h>
#include "rules/rule.h"
#include "text.h"

#define PAGE "docs/paravirtual.md"

static void well_formed(struct session *s, const struct test *test)
{
	if (s->found.table != MASK_TABLE_NONE || s->found.table_unsound)
		rule_expect_at(s, test, !s->found.table_unsound, "table",
			       "is offered as %s but is not well-formed (named at the start of the "
			       "log)",
			       s->found.table_unsound);
}

/* The table, read anew. Registers of functions that the bus does not have are left out; the arena
 * is the caller's. */
struct read_table {
	struct pci_map map;
	struct bar_registers *raw;
};

static bool read_table(struct session *s, const struct test *test, struct read_table *r)
{
	struct mask_table table;

	if (!inventory_new_table(s, &r->map, &r->raw))
		return false;
	if (!rule_expect_at(s, test, discovery_read_table(s, &table), "table",
			    "was well-formed, should still be"))
		return false;
	mask_table_walk(&table, &s->found.numbering, &r->map, r->raw, &s->diag);
	return true;
}

/* Of a function of the table, the one that is known; NULL: the bus has nothing there. */
static const struct known *on_the_bus(struct session *s, const struct read_table *r, unsigned i)
{
	return inventory_find(s, r->map.fn[i].at);
}

static void check_functions(struct session *s, const struct test *test, const struct read_table *r)
{
	char name[16];

	bool *listed = ARENA_TAKE(s->arena, bool, s->inventory.count + 1);

	if (!listed) {
		session_error(s, "no memory for %u functions", s->inventory.count);
		return;
	}
	for (unsigned i = 0; i < r->map.count; i++) {
		const struct pci_function *fn = &r->map.fn[i];
		const struct known *k = on_the_bus(s, r, i);

		rule_expect_at(s, test, k != NULL, pci_name(name, fn->at),
			       "the table has 0x%08x, the bus nothing", fn->id);
		if (!k)
			continue;
		listed[k - s->inventory.known] = true;
		rule_expect_at(
		    s, test,
		    fn->id == k->fn.id && fn->class_revision == k->fn.class_revision &&
			!((fn->header ^ k->fn.header) & 0x00ff0000),
		    name,
		    "the table has 0x%08x 0x%08x type 0x%02x, should be 0x%08x 0x%08x type "
		    "0x%02x",
		    fn->id, fn->class_revision, fn->header >> 16 & 0xff, k->fn.id,
		    k->fn.class_revision, k->fn.header >> 16 & 0xff);
	}
	for (unsigned i = 0; i < s->inventory.count; i++) {
		struct cfg_address at = s->inventory.known[i].fn.at;

		rule_expect_at(s, test, listed[i], pci_name(name, at),
			       "is on the bus, should be in the table");
	}
}

static void check_register(struct session *s, const struct test *test,
			   const struct pci_function *fn, unsigned index, const char *what,
			   uint32_t in_table, uint32_t now, const char *as)
{
	char where[64] = "", name[16];

	if (in_table != now)
		text_format(where, sizeof(where), "%s register 0x%02x in the table",
			    pci_name(name, fn->at), bar_offset(fn, index));
	rule_expect_at(s, test, in_table == now, where, "has %s 0x%08x, should be 0x%08x as %s",
		       what, in_table, now, as);
}

static void check_masks(struct session *s, const struct test *test, const struct read_table *r)
{
	for (unsigned i = 0; i < r->map.count; i++) {
		const struct known *k = on_the_bus(s, r, i);
		const struct rule_bars *bars =
		    k ? rule_bars_of(s, (unsigned)(k - s->inventory.known)) : NULL;

		for (unsigned b = 0; bars && b < BAR_COUNT; b++)
			if (bar_offset(&k->fn, b))
				check_register(s, test, &k->fn, b, "mask", r->raw[i].mask[b],
					       bars->raw.mask[b], "the dance read");
	}
}

static void check_value(struct session *s, const struct test *test, const struct pci_function *fn,
			unsigned index, uint32_t in_table, uint32_t now)
{
	check_register(s, test, fn, index, "value", in_table, now, "the register reads");
}

static void check_values(struct session *s, const struct test *test, const struct read_table *r)
{
	for (unsigned i = 0; i < r->map.count; i++) {
		const struct known *k = on_the_bus(s, r, i);
		struct cfg *cfg = k ? rule_path(s, (unsigned)(k - s->inventory.known)) : NULL;

		for (unsigned b = 0; k && b < BAR_COUNT; b++)
			if (bar_offset(&k->fn, b))
				check_value(s, test, &k->fn, b, r->raw[i].value[b],
					    cfg_read32(cfg, k->fn.at, bar_offset(&k->fn, b)));
	}
}

/* Changes one register, reads the table, puts it back, reads it again: two calls a function. */
static void change_and_read(const struct rule_target *t)
{
	unsigned index = rule_scratch(t->bars);
	struct session *s = t->s;
	struct rule_window w;
	size_t mark = arena_mark(s->arena);
	struct read_table changed, after;
	uint32_t now;
	bool good;

	if (index == BAR_COUNT || !rule_open(t, &w))
		return;
	now = rule_put(t, bar_offset(t->fn, index), w.value[index] ^ 0x5a5a0000);
	good = read_table(s, t->test, &changed);
	rule_close(t, &w);
	if (good && read_table(s, t->test, &after)) {
		for (unsigned i = 0; i < changed.map.count; i++)
			if (cfg_key(changed.map.fn[i].at) == cfg_key(t->fn->at))
				check_value(s, t->test, t->fn, index, changed.raw[i].value[index],
					    now);
		for (unsigned i = 0; i < after.map.count; i++)
			if (cfg_key(after.map.fn[i].at) == cfg_key(t->fn->at))
				check_value(s, t->test, t->fn, index, after.raw[i].value[index],
					    w.value[index]);
	}
	arena_release(s->arena, mark);
}

#define CHANGED_MAX 4 /* functions; each takes two checks */

static void change_some(const struct rule_target *t)
{
	if (t->s->outcome.failures == 0 && t->s->outcome.checks < 2 * CHANGED_MAX)
		change_and_read(t);
}

static void live(struct session *s, const struct test *test)
{
	if (s->found.table == MASK_TABLE_LIVE)
		rule_each(s, test, RULE_ONE_PATH | RULE_BARS, change_some);
}

static void with_table(struct session *s, const struct test *test)
{
	static void (*const checks[])(struct session *, const struct test *,
				      const struct read_table *) = {check_functions, check_masks,
								    check_values};
	struct read_table r;
	size_t mark;

	/* What is kept for good is taken before the mark. */
	if (!inventory_know(s) || !inventory_needs_all(s) ||
	    (s->inventory.count && !rule_bars_of(s, 0)))
		return;
	mark = arena_mark(s->arena);
	if (read_table(s, test, &r)) {
		checks[test->variant](s, test, &r);
	}
	arena_release(s->arena, mark);
}

TEST(.name = "rule.paravirtual.well-formed", .id = "PV-01",
     .idle = "no PCI BAR mask table is offered", .run = well_formed,
     .reference = PAGE ", What a reader must check",
     .text = "A mask table that is offered passes every check.");
TEST(.name = "rule.paravirtual.functions", .id = "PV-02", .run = with_table, .variant = 0,
     .flags = TEST_NEEDS_TABLE, .reference = PAGE ", Format",
     .text = "The table lists exactly the functions on the bus, each with its ID, class and header "
	     "type.");
TEST(.name = "rule.paravirtual.masks", .id = "PV-03", .run = with_table, .variant = 1,
     .flags = TEST_NEEDS_TABLE, .reference = PAGE ", Format",
     .text = "Every mask of the table is what the dance reads.");
TEST(.name = "rule.paravirtual.values", .id = "PV-04", .run = with_table, .variant = 2,
     .flags = TEST_NEEDS_TABLE, .reference = PAGE ", Format",
     .text = "Every current value of the table is what the register reads.");
TEST(.name = "rule.paravirtual.live", .id = "PV-05",
     .idle = "the table is a snapshot, not generated when it is read", .run = live,
     .flags = TEST_NEEDS_TABLE, .reference = PAGE ", Transport",
     .text =
	 "A table that is generated when it is read has the value that was written just before.");
