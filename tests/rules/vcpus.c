/*
 * What one vCPU cannot show: that a mechanism is the same for all of them, and stays itself when
 * two use it at once. Two vCPUs; what they say to each other goes through memory, and ends before
 * it is judged, on the first.
 */
#include "rules/buses.h"
#include "rules/rule.h"
#include "team.h"

/* The first and the other. */
#define MEMBERS 2

/*
 * Before anything is taken of the arena that is to be given back: what is known of the machine
 * stays.
 */
static struct team *team_of_two(struct session *s)
{
	return inventory_know(s) ? team_new(s, MEMBERS) : NULL;
}

/*
 * The second vCPU writes, the first reads meanwhile, round by round: a reader begins when the write
 * is about to be made, and the next write waits for it. On a busy host one of two that run freely
 * is done before the other wakes up, and nothing is disturbed.
 */
static void begin_write(struct team *team, unsigned vcpu, unsigned round)
{
	team_await(team, vcpu, 2 * round);
	team_turn(team, 2 * round + 1);
}

static void begin_reads(struct team *team, unsigned vcpu, unsigned round)
{
	team_await(team, vcpu, 2 * round + 1);
}

static void end_reads(struct team *team, unsigned round)
{
	team_turn(team, 2 * round + 2);
}

/*
 * ---- SMP-01 -----------------------------------------------------------------------------------
 */

#define VALUES 2

static const uint8_t patterns[VALUES] = {0x5a, 0xa5};

/*
 * One register of a function, written through one path on one vCPU, read through another on the
 * other.
 */
struct crossing {
	unsigned known, from, to; /* paths */
	uint8_t before;
	uint8_t got[VALUES], kept[VALUES]; /* by the other; by the writer, afterwards */
};

struct crossings {
	struct crossing *list;
	unsigned count;
};

static uint8_t read_line(const struct team *team, unsigned vcpu, unsigned path, unsigned known)
{
	/* The dword, as every path carries it. */
	return (uint8_t)cfg_read32(&team->member[vcpu].path[path],
				   team->s->inventory.known[known].fn.at, PCI_INTERRUPT_LINE);
}

static void write_line(const struct team *team, unsigned vcpu, unsigned path, unsigned known,
		       uint8_t value)
{
	cfg_write(&team->member[vcpu].path[path], team->s->inventory.known[known].fn.at,
		  PCI_INTERRUPT_LINE, 1, value);
}

/* Each writes every second time. A value takes three turns: written, read, read by its writer. */
static void cross_all(struct team *team, unsigned vcpu)
{
	const struct crossings *all = team->context;
	uint32_t turn = 0;

	for (unsigned i = 0; i < all->count; i++) {
		struct crossing *c = &all->list[i];

		for (unsigned v = 0; v < VALUES; v++, turn += 3) {
			if (i % MEMBERS == vcpu) {
				team_await(team, vcpu, turn);
				write_line(team, vcpu, c->from, c->known, patterns[v]);
				team_turn(team, turn + 1);
				team_await(team, vcpu, turn + 2);
				c->kept[v] = read_line(team, vcpu, c->from, c->known);
				team_turn(team, turn + 3);
			} else {
				team_await(team, vcpu, turn + 1);
				c->got[v] = read_line(team, vcpu, c->to, c->known);
				team_turn(team, turn + 2);
			}
		}
	}
}

static void judge_crossing(struct session *s, const struct test *test, const struct crossing *c)
{
	struct rule_target t = rule_target_of(s, test, c->known);

	t.path = c->from;
	for (unsigned v = 0; v < VALUES; v++)
		/* A register that did not take the value is another rule's matter. */
		rule_expect(&t, c->got[v] == patterns[v] || c->kept[v] != patterns[v],
			    PCI_INTERRUPT_LINE,
			    "one vCPU wrote 0x%02x, the other read 0x%02x over %s, should be what "
			    "was written",
			    patterns[v], c->got[v], discovery_path_names[c->to]);
}

static void list_crossings(struct session *s, struct crossings *all)
{
	for (unsigned i = 0; i < s->inventory.count; i++)
		for (unsigned pair = 0; pair < PATHS * PATHS; pair++) {
			struct crossing c = {.known = i, .from = pair / PATHS, .to = pair % PATHS};

			if (s->inventory.known[i].seen >> c.from & 1 &&
			    s->inventory.known[i].seen >> c.to & 1)
				all->list[all->count++] = c;
		}
}

static void visible(struct session *s, const struct test *test)
{
	struct team *team = team_of_two(s);
	size_t mark = arena_mark(s->arena);
	struct crossings all = {0};

	if (!team)
		return;
	all.list = ARENA_TAKE(s->arena, struct crossing, s->inventory.count * PATHS * PATHS + 1);
	if (!all.list) {
		session_error(s, "no memory for %u functions", s->inventory.count);
		return;
	}
	list_crossings(s, &all);
	for (unsigned i = 0; i < all.count; i++)
		all.list[i].before =
		    cfg_read8(rule_path(s, all.list[i].known),
			      s->inventory.known[all.list[i].known].fn.at, PCI_INTERRUPT_LINE);
	if (team_run(team, cross_all, &all)) {
		for (unsigned i = 0; i < all.count; i++)
			cfg_write(rule_path(s, all.list[i].known),
				  s->inventory.known[all.list[i].known].fn.at, PCI_INTERRUPT_LINE,
				  1, all.list[i].before);
		for (unsigned i = 0; i < all.count; i++)
			judge_crossing(s, test, &all.list[i]);
	}
	arena_release(s->arena, mark);
}

/*
 * ---- SMP-02 -----------------------------------------------------------------------------------
 */

#define TORN_WRITES    64
#define TORN_READS     4 /* for each write: before it, during it and after it */
#define TORN_FUNCTIONS 4

/* No byte of one is the same in the other, as far as they can be written. */
static const uint32_t halves[2] = {0x5a5a5a50, 0xa5a5a5a0};

struct tearing {
	struct cfg_address at;
	unsigned reg, from, to; /* paths of the writer, the other vCPU, and of the reader */
	uint32_t mask;
	bool torn;
	uint32_t value; /* the first that was neither */
};

static void read_torn(struct tearing *x, struct cfg *cfg)
{
	uint32_t value = cfg_read32(cfg, x->at, x->reg) & x->mask;

	if (!x->torn && value != (halves[0] & x->mask) && value != (halves[1] & x->mask)) {
		x->torn = true;
		x->value = value;
	}
}

static void tear(struct team *team, unsigned vcpu)
{
	struct tearing *x = team->context;
	struct cfg *cfg = &team->member[vcpu].path[vcpu ? x->from : x->to];

	for (unsigned i = 0; i < TORN_WRITES; i++) {
		if (vcpu) {
			begin_write(team, vcpu, i);
			cfg_write32(cfg, x->at, x->reg, halves[i % 2]);
			continue;
		}
		begin_reads(team, vcpu, i);
		for (unsigned read = 0; read < TORN_READS; read++)
			read_torn(x, cfg);
		end_reads(team, i);
	}
}

static void tear_over(struct team *team, const struct rule_target *t, unsigned index)
{
	struct rule_target writer;
	struct tearing x = {.at = t->fn->at,
			    .reg = bar_offset(t->fn, index),
			    .mask = t->bars->raw.mask[index] & rule_address_bits(t->bars, index)};

	for (unsigned pair = 0; pair < PATHS * PATHS; pair++) {
		x.from = pair / PATHS;
		x.to = pair % PATHS;
		x.torn = false;
		writer = rule_over(t, x.from);
		/* Two that use the ports at once need a lock, and then nothing can tear. */
		if (pair == PATH_PIO * PATHS + PATH_PIO ||
		    !writer.cfg->ops->reaches(writer.cfg, x.at, 0) ||
		    !t->s->found.path[x.to].ops->reaches(&t->s->found.path[x.to], x.at, 0) ||
		    !t->s->found.usable[x.from] || !t->s->found.usable[x.to])
			continue;
		cfg_write32(t->cfg, x.at, x.reg, halves[0]);
		if (!team_run(team, tear, &x))
			return;
		rule_expect(&writer, !x.torn, x.reg,
			    "one vCPU wrote 0x%08x and 0x%08x in turn, the other read 0x%08x over "
			    "%s, should be one of them",
			    halves[0] & x.mask, halves[1] & x.mask, x.value,
			    discovery_path_names[x.to]);
	}
}

static void torn(struct session *s, const struct test *test)
{
	struct team *team = team_of_two(s);
	unsigned done = 0;

	for (unsigned i = 0; team && i < s->inventory.count && done < TORN_FUNCTIONS; i++) {
		struct rule_target t = rule_target_of(s, test, i);
		struct rule_window w;
		unsigned index;

		if (pci_is_host_bridge(t.fn))
			continue;
		t.bars = rule_bars_of(s, i);
		if (!t.bars)
			return;
		index = rule_scratch(t.bars);
		if (index == BAR_COUNT || !rule_open(&t, &w))
			continue;
		tear_over(team, &t, index);
		rule_close(&t, &w);
		done++;
	}
}

/*
 * ---- SMP-03 -----------------------------------------------------------------------------------
 */

/*
 * Two functions that read differently, and what the second vCPU reads at CFC after the first
 * selected one; before that it selected the other itself.
 */
struct selecting {
	const struct pci_function *first, *other;
	uint32_t got[MEMBERS]; /* by who read */
};

static void select_and_read(struct team *team, unsigned vcpu)
{
	struct selecting *x = team->context;
	struct cfg *cfg = &team->member[vcpu].path[PATH_PIO];
	uint32_t turn = 0;

	for (unsigned reader = 0; reader < MEMBERS; reader++, turn += 3) {
		if (vcpu == reader) {
			team_await(team, vcpu, turn);
			pio_select(cfg, x->other->at, PCI_ID);
			team_turn(team, turn + 1);
			team_await(team, vcpu, turn + 2);
			x->got[vcpu] = pio_data_read(cfg, 0, 4);
			team_turn(team, turn + 3);
		} else {
			team_await(team, vcpu, turn + 1);
			pio_select(cfg, x->first->at, PCI_ID);
			team_turn(team, turn + 2);
		}
	}
}

static bool find_two(const struct session *s, struct selecting *x)
{
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct known *k = &s->inventory.known[i];

		if (!(k->seen >> PATH_PIO & 1))
			continue;
		if (!x->first)
			x->first = &k->fn;
		else if (k->fn.id != x->first->id) {
			x->other = &k->fn;
			return true;
		}
	}
	return false;
}

static void cf8_of_all(struct session *s, const struct test *test)
{
	struct team *team = team_of_two(s);
	struct selecting x = {0};
	struct rule_target t;
	uint32_t found;
	bool own = true;

	if (!team || !find_two(s, &x))
		return;
	t = (struct rule_target){s, test, x.first, &s->found.path[PATH_PIO], PATH_PIO, NULL};
	found = pio_address_read(t.cfg);
	if (!team_run(team, select_and_read, &x))
		return;
	pio_address_write(t.cfg, found);
	for (unsigned reader = 0; reader < MEMBERS; reader++) {
		own &= x.got[reader] == x.other->id;
		rule_expect(&t, x.got[reader] == x.first->id, PCI_ID,
			    "one vCPU selected it in CF8, CFC read 0x%08x on the other, should be "
			    "0x%08x",
			    x.got[reader], x.first->id);
	}
	report_note(s->report, "%s: CF8 is %s", test->id,
		    own                                 ? "each vCPU's own"
		    : s->outcome.failures /* neither */ ? "neither the machine's nor the vCPU's"
							: "one for all vCPUs");
}

/*
 * ---- SMP-04 -----------------------------------------------------------------------------------
 */

#define SIZING_ROUNDS 2

struct sized_alone {
	unsigned known;
	struct bar_registers alone,
	    together; /* together: the first that is not the same, else the last */
	bool differs;
};

struct together {
	struct sized_alone *list;
	unsigned count, path;
};

static bool same_registers(const struct bar_registers *a, const struct bar_registers *b,
			   unsigned *which)
{
	for (*which = 0; *which < BAR_COUNT; ++*which)
		if (a->value[*which] != b->value[*which] || a->mask[*which] != b->mask[*which])
			return false;
	return true;
}

static void size_with(struct cfg *cfg, const struct pci_function *fn, struct bar_registers *raw)
{
	sizing_run(cfg, &sizing_strategies[SIZING_STRATEGIES - 1], fn, raw);
}

/*
 * One takes every second function, the other the rest; both go on until all were sized a few times.
 */
static void size_together(struct team *team, unsigned vcpu)
{
	struct together *x = team->context;
	struct team_member *m = &team->member[vcpu];
	struct cfg *cfg = x->path == PATH_PIO ? &m->locked : &m->path[PATH_ECAM];

	for (unsigned round = 0; round < SIZING_ROUNDS; round++)
		for (unsigned i = vcpu; i < x->count; i += MEMBERS) {
			struct sized_alone *one = &x->list[i];
			struct bar_registers raw;
			unsigned which;

			size_with(cfg, &team->s->inventory.known[one->known].fn, &raw);
			if (one->differs || same_registers(&raw, &one->alone, &which))
				continue;
			one->differs = true;
			one->together = raw;
		}
}

static void judge_sizing(struct session *s, const struct test *test, const struct together *x,
			 const struct sized_alone *one)
{
	struct rule_target t = rule_target_of(s, test, one->known);
	unsigned which;

	t.path = x->path;
	if (!one->differs || same_registers(&one->together, &one->alone, &which))
		which = 0;
	rule_expect(&t, !one->differs, bar_offset(t.fn, which),
		    "sized while the other vCPU sized another function: value 0x%08x, mask 0x%08x, "
		    "should be 0x%08x and 0x%08x",
		    one->together.value[which], one->together.mask[which], one->alone.value[which],
		    one->alone.mask[which]);
}

static void size_over(struct session *s, const struct test *test, struct team *team,
		      struct together *x)
{
	bool ran;

	x->count = 0;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct known *k = &s->inventory.known[i];

		if (!(k->seen >> x->path & 1) || pci_is_host_bridge(&k->fn) ||
		    !bar_registers_of(&k->fn))
			continue;
		x->list[x->count] = (struct sized_alone){.known = i};
		size_with(&s->found.path[x->path], &k->fn, &x->list[x->count++].alone);
	}
	if (x->count < MEMBERS)
		return;
	/* The console may be behind one of them. */
	outcome_hold(s);
	ran = team_run(team, size_together, x);
	outcome_release(s);
	for (unsigned i = 0; ran && i < x->count; i++)
		judge_sizing(s, test, x, &x->list[i]);
}

static void sizing_at_once(struct session *s, const struct test *test)
{
	struct team *team = team_of_two(s);
	size_t mark = arena_mark(s->arena);
	struct together x = {0};

	if (!team)
		return;
	x.list = ARENA_TAKE(s->arena, struct sized_alone, s->inventory.count + 1);
	if (!x.list)
		session_error(s, "no memory for %u functions", s->inventory.count);
	for (x.path = 0; x.list && x.path < PATHS; x.path++)
		if (s->found.usable[x.path])
			size_over(s, test, team, &x);
	arena_release(s->arena, mark);
}

/*
 * ---- SMP-05 -----------------------------------------------------------------------------------
 */

#define RENUMBERINGS 64

struct renumbering {
	struct cfg_address bridge, at[2]; /* what is behind it, under the old and the new number */
	uint32_t numbers[2], id;
	bool third[2]; /* neither it nor nothing was read there */
	uint32_t got[2];
};

static void read_behind(struct renumbering *x, struct cfg *cfg, unsigned number)
{
	uint32_t got = cfg_read32(cfg, x->at[number], PCI_ID);

	if (got != x->id && pci_id_present(got) && !x->third[number]) {
		x->third[number] = true;
		x->got[number] = got;
	}
}

static void renumber(struct team *team, unsigned vcpu)
{
	struct renumbering *x = team->context;
	struct cfg *cfg = &team->member[vcpu].path[PATH_ECAM];

	for (unsigned i = 0; i < RENUMBERINGS; i++) {
		if (vcpu) {
			begin_write(team, vcpu, i);
			cfg_write32(cfg, x->bridge, PCI_BUS_NUMBERS, x->numbers[(i + 1) % 2]);
			continue;
		}
		begin_reads(team, vcpu, i);
		for (unsigned number = 0; number < 2; number++)
			read_behind(x, cfg, number);
		end_reads(team, i);
	}
}

static void race_bridge(struct team *team, const struct rule_target *t)
{
	const struct pci_root *root = rule_root_of(t->s, t->fn->at);
	uint8_t moved = root ? rule_free_bus(t->s, root) : 0;
	struct pci_function there;
	struct renumbering x;

	if (!pci_is_bridge(t->fn) || !pci_secondary(t->fn) || !moved)
		return;
	there = rule_occupant(t->s, t->fn->at.segment, pci_secondary(t->fn));
	x = (struct renumbering){
	    .bridge = t->fn->at,
	    .at = {there.at, there.at},
	    .numbers = {t->fn->buses,
			(t->fn->buses & 0xff0000ff) | (uint32_t)moved << 16 | (uint32_t)moved << 8},
	    .id = there.id,
	};
	x.at[1].bus = moved;
	if (!t->cfg->ops->reaches(t->cfg, x.at[1], 0) || !team_run(team, renumber, &x))
		return;
	cfg_write32(t->cfg, x.bridge, PCI_BUS_NUMBERS, x.numbers[0]);
	for (unsigned i = 0; i < 2; i++)
		rule_expect(
		    t, !x.third[i], PCI_BUS_NUMBERS,
		    "one vCPU moved bus %u to %u and back, the other read 0x%08x on bus %u, "
		    "should be 0x%08x or all-ones",
		    pci_secondary(t->fn), moved, x.got[i], x.at[i].bus, x.id);
}

static void renumbered(struct session *s, const struct test *test)
{
	struct team *team = team_of_two(s);

	for (unsigned i = 0; team && i < s->inventory.count; i++) {
		struct rule_target t = rule_target_of(s, test, i);

		if (t.path == PATH_ECAM)
			race_bridge(team, &t);
	}
}

TEST(.name = "rule.smp.visible", .id = "SMP-01", .run = visible, .flags = TEST_NEEDS_VCPUS,
     .idle = "no function", .reference = "PCI Express Base 4.0, 7.2.1",
     .text = "What one vCPU writes, another reads at once, each through any path.");
TEST(.name = "rule.smp.torn", .id = "SMP-02", .run = torn,
     .flags = TEST_NEEDS_ECAM | TEST_NEEDS_VCPUS, .idle = "no function has a BAR to write to",
     .reference = "PCI Express Base 4.0, 7.2.2",
     .text = "A dword never reads torn while another vCPU writes it.");
TEST(.name = "rule.smp.cf8", .id = "SMP-03", .run = cf8_of_all,
     .flags = TEST_NEEDS_PIO | TEST_NEEDS_VCPUS, .idle = "no two functions that differ",
     .reference = "PCI Local Bus 3.0, 3.2.2.3.2",
     .text = "CF8 is one register for all vCPUs: what one selects, another reads at CFC.");
TEST(.name = "rule.smp.sizing", .id = "SMP-04", .run = sizing_at_once, .flags = TEST_NEEDS_VCPUS,
     .idle = "no two functions with BARs", .reference = "PCI Local Bus 3.0, 6.2.5.1",
     .text = "Two vCPUs that size different functions at once get what each gets alone.");
TEST(.name = "rule.destructive.renumber-at-once", .id = "SMP-05", .run = renumbered,
     .idle = "no bridge on a root bus with a number to spare",
     .flags = TEST_DESTRUCTIVE | TEST_NEEDS_ECAM | TEST_NEEDS_VCPUS,
     .reference = "PCI-to-PCI Bridge 1.2, 3.2.5.3; PCI Local Bus 3.0, 3.2.2.3.2",
     .text =
	 "While one vCPU renumbers a bridge, another reads behind it what is there or nothing.");
