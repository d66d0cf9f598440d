/* The PCI BAR mask table (docs/paravirtual.md) says what the dance says. */
#include <stddef.h>
#include "rules/rule.h"
#include "text.h"

#define PAGE "docs/paravirtual.md"

static void well_formed(struct session *s, const struct test *test)
{
	if (!s->pv_item.key) {
		session_skip(s, "no PCI BAR mask table is offered");
		return;
	}
	if (s->pv == PV_NONE)
		rule_fail_at(
		    s, test, "table",
		    "is offered in fw_cfg item 0x%02x but is not well-formed (named at the start "
		    "of the log)",
		    s->pv_item.key);
	session_pass(s);
}

/* The table, read anew. Registers of functions that the bus does not have are left out; the arena
 * is the caller's. */
struct read_table {
	struct pci_map map;
	struct bar_registers *raw;
};

static bool read_table(struct session *s, const struct test *test, struct read_table *r)
{
	struct pv_table table;

	r->raw = ARENA_TAKE(s->arena, struct bar_registers, SESSION_FUNCTIONS_MAX);
	if (!r->raw) {
		session_error(s, "no memory for the table's functions");
		return false;
	}
	if (!session_new_map(s, &r->map))
		return false;
	if (!session_read_table(s, &table)) {
		rule_fail_at(s, test, "table", "was well-formed, should still be");
		return false;
	}
	pv_walk(&table, &s->numbering, &r->map, r->raw, &s->diag);
	return true;
}

static int known_index(const struct session *s, struct cfg_address at)
{
	for (unsigned i = 0; i < s->known_count; i++)
		if (cfg_key(s->known[i].fn.at) == cfg_key(at))
			return (int)i;
	return -1;
}

static void check_functions(struct session *s, const struct test *test, const struct read_table *r)
{
	char name[16];

	for (unsigned i = 0; i < r->map.count; i++) {
		const struct pci_function *fn = &r->map.fn[i];
		int k = known_index(s, fn->at);

		if (k < 0)
			rule_fail_at(s, test, pci_name(name, fn->at),
				     "the table has 0x%08x, the bus nothing", fn->id);
		else if (fn->id != s->known[k].fn.id ||
			 fn->class_revision != s->known[k].fn.class_revision ||
			 (fn->header ^ s->known[k].fn.header) & 0x00ff0000)
			rule_fail_at(
			    s, test, pci_name(name, fn->at),
			    "the table has 0x%08x 0x%08x type 0x%02x, should be 0x%08x 0x%08x type "
			    "0x%02x",
			    fn->id, fn->class_revision, fn->header >> 16 & 0xff, s->known[k].fn.id,
			    s->known[k].fn.class_revision, s->known[k].fn.header >> 16 & 0xff);
	}
	for (unsigned i = 0; i < s->known_count; i++)
		if (!pci_map_find(&r->map, s->known[i].fn.at))
			rule_fail_at(s, test, pci_name(name, s->known[i].fn.at),
				     "is on the bus, should be in the table");
}

static void check_masks(struct session *s, const struct test *test, const struct read_table *r)
{
	for (unsigned i = 0; i < r->map.count; i++) {
		int k = known_index(s, r->map.fn[i].at);
		const struct rule_bars *bars = k < 0 ? NULL : rule_bars_of(s, (unsigned)k);

		for (unsigned b = 0; bars && b < BAR_COUNT; b++) {
			unsigned reg = bar_offset(&s->known[k].fn, b);
			char where[64], name[16];

			if (!reg || r->raw[i].mask[b] == bars->raw.mask[b])
				continue;
			text_format(where, sizeof(where), "%s register 0x%02x in the table",
				    pci_name(name, r->map.fn[i].at), reg);
			rule_fail_at(s, test, where,
				     "has mask 0x%08x, should be 0x%08x as the dance read",
				     r->raw[i].mask[b], bars->raw.mask[b]);
		}
	}
}

/* False once a register differs, after saying so. */
static bool check_value(struct session *s, const struct test *test, const struct pci_function *fn,
			unsigned index, uint32_t in_table, uint32_t now)
{
	char where[64], name[16];

	if (in_table == now)
		return true;
	text_format(where, sizeof(where), "%s register 0x%02x in the table", pci_name(name, fn->at),
		    bar_offset(fn, index));
	rule_fail_at(s, test, where, "has value 0x%08x, should be 0x%08x as the register reads",
		     in_table, now);
	return false;
}

static void check_values(struct session *s, const struct test *test, const struct read_table *r)
{
	for (unsigned i = 0; i < r->map.count; i++) {
		int k = known_index(s, r->map.fn[i].at);

		for (unsigned b = 0; k >= 0 && b < BAR_COUNT; b++) {
			const struct pci_function *fn = &s->known[k].fn;
			unsigned reg = bar_offset(fn, b);

			if (reg)
				check_value(s, test, fn, b, r->raw[i].value[b],
					    cfg_read32(rule_path(s, (unsigned)k), fn->at, reg));
		}
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

#define CHANGED_MAX 4

static void change_some(const struct rule_target *t)
{
	if (t->s->failures == 0 && t->s->rule_targets++ < CHANGED_MAX)
		change_and_read(t);
}

static void live(struct session *s, const struct test *test)
{
	if (s->pv != PV_LIVE) {
		session_skip(s, "the table is a snapshot (" PV_ITEM_SNAPSHOT
				"), not generated when it is read");
		return;
	}
	s->rule_targets = 0;
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
	if (!session_know(s) || (s->known_count && !rule_bars_of(s, 0)))
		return;
	mark = arena_mark(s->arena);
	if (read_table(s, test, &r)) {
		checks[test->variant](s, test, &r);
		session_pass(s);
	}
	arena_release(s->arena, mark);
}

TEST(.name = "rule.paravirtual.well-formed", .id = "PV-01", .run = well_formed,
     .reference = PAGE ", What a reader must check",
     .text = "A mask table that is offered passes every check.");
TEST(.name = "rule.paravirtual.functions", .id = "PV-02", .run = with_table, .variant = 0,
     .flags = TEST_NEEDS_PV, .reference = PAGE ", Format",
     .text = "The table lists exactly the functions on the bus, each with its ID, class and header "
	     "type.");
TEST(.name = "rule.paravirtual.masks", .id = "PV-03", .run = with_table, .variant = 1,
     .flags = TEST_NEEDS_PV, .reference = PAGE ", Format",
     .text = "Every mask of the table is what the dance reads.");
TEST(.name = "rule.paravirtual.values", .id = "PV-04", .run = with_table, .variant = 2,
     .flags = TEST_NEEDS_PV, .reference = PAGE ", Format",
     .text = "Every current value of the table is what the register reads.");
TEST(.name = "rule.paravirtual.live", .id = "PV-05", .run = live, .flags = TEST_NEEDS_PV,
     .reference = PAGE ", Transport",
     .text =
	 "A table that is generated when it is read has the value that was written just before.");
