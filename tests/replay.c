/*
 * What the configuration accesses of a whole boot cost here: a record of them is played back
 * (lib/record.h, lib/replay.h), through each mechanism, and with the mask table answering what it
 * can.
 */
#include "mem.h"
#include "records.h"
#include "repeat.h"
#include "replay.h"
#include "session.h"
#include "test.h"
#include "text.h"

struct player {
	struct session *s;
	const char *name; /* of the record */
	unsigned path;
	bool by_table;
	struct record record;
	struct replay_map map;
	struct replay_plan plan;
	struct sizing_snapshot *before; /* of each place */
	/* What one pass takes. */
	uint64_t reads[PATHS], writes[PATHS];
	unsigned spared, unreached;
};

/* Below 100h the path itself; above it ports end, and ECAM goes on, as under Linux. NULL: out of
 * reach. */
static struct cfg *way(const struct player *p, const struct replay_op *op, unsigned *path)
{
	struct cfg_address at = {p->map.places[0].fn.at.segment, (uint8_t)(op->to >> 8),
				 (uint8_t)op->to};
	struct cfg *cfg;

	*path = op->reg < 0x100 ? p->path : PATH_ECAM;
	cfg = &p->s->found.path[*path];
	return p->s->found.usable[*path] && cfg->ops->reaches(cfg, at, op->reg) ? cfg : NULL;
}

static bool counts_are(const struct player *p, const uint64_t reads[PATHS],
		       const uint64_t writes[PATHS])
{
	for (unsigned path = 0; path < PATHS; path++) {
		const struct cfg *cfg = &p->s->found.path[path];

		if (cfg->reads - reads[path] == p->reads[path] &&
		    cfg->writes - writes[path] == p->writes[path])
			continue;
		session_fail(
		    p->s, "%s: a pass took %llu reads and %llu writes, planned were %llu and %llu",
		    discovery_path_names[path], (unsigned long long)(cfg->reads - reads[path]),
		    (unsigned long long)(cfg->writes - writes[path]),
		    (unsigned long long)p->reads[path], (unsigned long long)p->writes[path]);
		return false;
	}
	return true;
}

static bool play(void *context)
{
	struct player *p = context;
	struct cfg *path = p->s->found.path;
	uint64_t reads[PATHS] = {path[0].reads, path[1].reads},
		 writes[PATHS] = {path[0].writes, path[1].writes};
	struct cfg_address at = {.segment = p->map.places[0].fn.at.segment};
	struct mask_table table;

	if (p->by_table && !discovery_read_table(p->s, &table)) {
		session_fail(p->s, "the mask table, sound at the start, is not any more");
		return false;
	}
	for (unsigned i = 0; i < p->plan.count; i++) {
		const struct replay_op *op = &p->plan.op[i];
		unsigned which;
		struct cfg *cfg;

		if (p->by_table && op->by_table)
			continue;
		cfg = way(p, op, &which);
		if (!cfg)
			continue;
		at.bus = (uint8_t)(op->to >> 8);
		at.devfn = (uint8_t)op->to;
		if (op->write)
			cfg_write(cfg, at, op->reg, op->width, op->value);
		else
			cfg_read(cfg, at, op->reg, op->width);
	}
	return counts_are(p, reads, writes);
}

static void count(struct player *p)
{
	for (unsigned i = 0; i < p->plan.count; i++) {
		const struct replay_op *op = &p->plan.op[i];
		unsigned path;

		if (p->by_table && op->by_table)
			p->spared++;
		else if (!way(p, op, &path))
			p->unreached++;
		else if (op->write)
			p->writes[path]++;
		else
			p->reads[path]++;
	}
}

/* ---- preparation --------------------------------------------------------------------------- */

static bool no_memory(struct session *s)
{
	session_error(s, "no memory for a replay");
	return false;
}

/* The user's own, copied: fw_cfg's buffer is needed for the mask table. */
static bool fetch_own(struct player *p, const char **text, size_t *len)
{
	struct session *s = p->s;
	const uint8_t *bytes;
	char *copy;

	*len = s->found.record_item.size;
	if (!s->found.record_item.key) {
		session_skip(s, "fw_cfg has no file " RECORD_ITEM);
		return false;
	}
	if (*len > fwcfg_capacity(&s->found.fwcfg)) {
		session_error(s, "the record is of %zu bytes, more than the %zu that can be read",
			      *len, fwcfg_capacity(&s->found.fwcfg));
		return false;
	}
	bytes = fwcfg_read(&s->found.fwcfg, s->found.record_item.key, *len);
	if (!bytes) {
		session_error(s, "fw_cfg reports an error for the record");
		return false;
	}
	copy = ARENA_TAKE(s->arena, char, *len + 1);
	if (!copy)
		return no_memory(s);
	memcpy(copy, bytes, *len);
	*text = copy;
	return true;
}

static bool take_record(struct player *p, unsigned which)
{
	uint8_t *kind = ARENA_TAKE(p->s->arena, uint8_t, RECORD_ADDRESSES);
	const char *text;
	size_t len;

	if (!kind)
		return no_memory(p->s);
	if (which == RECORDS_OWN) {
		if (!fetch_own(p, &text, &len))
			return false;
	} else {
		text = records[which].text;
		len = (size_t)(records[which].end - text);
	}
	if (record_check(&p->record, text, len, kind, &p->s->diag))
		return true;
	session_error(p->s, "the record is not sound, see above");
	return false;
}

/* The functions of the first segment that the path sees: ports reach no other, and ECAM is to play
 * on the same ones. */
static bool take_places(struct player *p)
{
	struct session *s = p->s;
	const struct pci_map *found = inventory_map(s, p->path);

	if (!found)
		return false;
	p->map.places = ARENA_TAKE(s->arena, struct replay_place, found->count + 1);
	if (!p->map.places)
		return no_memory(s);
	for (unsigned i = 0; i < found->count; i++) {
		struct replay_place *place = &p->map.places[p->map.count];

		if (found->fn[i].at.segment != found->fn[0].at.segment)
			continue;
		place->fn = found->fn[i];
		place->kind = (uint8_t)replay_kind(&s->found.path[p->path], &place->fn, &s->diag);
		p->map.count++;
	}
	if (!p->map.count)
		session_skip(s, "no function to play on");
	return p->map.count;
}

/* Which places the mask table lists. */
static bool take_table(struct player *p)
{
	struct session *s = p->s;
	struct bar_registers *raw;
	struct mask_table table;
	struct pci_map map;
	struct index listed;

	if (!inventory_new_table(s, &map, &raw))
		return false;
	if (!discovery_read_table(s, &table)) {
		session_fail(s, "the mask table, sound at the start, is not any more");
		return false;
	}
	mask_table_walk(&table, &s->found.numbering, &map, raw, &s->diag);
	listed.pair = ARENA_TAKE(s->arena, uint64_t, 2 * map.count + 1);
	if (!listed.pair)
		return no_memory(s);
	pci_map_index(&map, &listed);
	for (unsigned i = 0; i < p->map.count; i++)
		p->plan.state[i].listed =
		    index_find(&listed, cfg_key(p->map.places[i].fn.at)) != INDEX_NONE;
	return true;
}

static bool make_plan(struct player *p)
{
	struct session *s = p->s;
	uint8_t *here = ARENA_TAKE(s->arena, uint8_t, RECORD_ADDRESSES);

	p->map.to = ARENA_TAKE(s->arena, uint16_t, RECORD_ADDRESSES);
	p->map.number = ARENA_TAKE(s->arena, uint16_t, RECORD_ADDRESSES);
	p->map.place = ARENA_TAKE(s->arena, uint16_t, RECORD_FUNCTIONS_MAX);
	p->plan.op = ARENA_TAKE(s->arena, struct replay_op,
				p->record.accesses + REPLAY_RESTORES(p->map.count));
	p->plan.state = ARENA_TAKE(s->arena, struct replay_state, p->map.count);
	p->plan.sizing = ARENA_TAKE(s->arena, struct replay_sizing, RECORD_FUNCTIONS_MAX);
	p->before = ARENA_TAKE(s->arena, struct sizing_snapshot, p->map.count);
	if (!here || !p->map.to || !p->map.number || !p->map.place || !p->plan.op ||
	    !p->plan.state || !p->plan.sizing || !p->before)
		return no_memory(s);
	replay_map_make(&p->map, &p->record, here);
	if (p->by_table && !take_table(p))
		return false;
	p->plan.map = &p->map;
	p->plan.cfg = &s->found.path[p->path];
	replay_make(&p->plan, &p->record);
	return true;
}

/* ---- what came of it ----------------------------------------------------------------------- */

static void say_map(const struct player *p)
{
	char from[16], to[16];

	report_note(p->s->report, "replay of %s: %u functions onto %u, %u of them moved%s", p->name,
		    p->record.functions, p->map.count, p->map.moved,
		    p->map.other ? "; some onto others than their kind" : "");
	for (unsigned address = 0; address < RECORD_ADDRESSES; address++) {
		unsigned number = p->map.number[address], kind = p->record.kind[address];
		const struct replay_place *place;

		if (!number || p->map.to[address] == address)
			continue;
		place = &p->map.places[p->map.place[number - 1]];
		pci_name(from, (struct cfg_address){0, (uint8_t)(address >> 8), (uint8_t)address});
		report_note(p->s->report, "  %s (%s) is played on %s (%s)", from,
			    record_kind_names[kind], pci_name(to, place->fn.at),
			    record_kind_names[place->kind]);
	}
}

static void report_replay(const struct player *p, struct cost *cost)
{
	struct session *s = p->s;
	uint64_t khz = s->platform->tsc_khz, exits = cost->calls, made,
		 microseconds =
		     khz ? cost->cycles / khz * 1000 + cost->cycles % khz * 1000 / khz : 0;
	char counted[40] = "", taken[40];
	bool known = discovery_exits_known(s, p->reads[PATH_ECAM]);

	cost->reads = p->reads[PATH_PIO] + p->reads[PATH_ECAM];
	cost->writes = p->writes[PATH_PIO] + p->writes[PATH_ECAM];
	made = cost->reads + cost->writes;
	for (unsigned path = 0; path < PATHS; path++)
		exits += discovery_exits(s, path, p->reads[path], p->writes[path]);
	report_open(s->report, "replay");
	report_string(s->report, "record", p->name);
	report_string(s->report, "path", discovery_path_names[p->path]);
	report_string(s->report, "sizing", p->by_table ? "paravirtual" : "recorded");
	report_number(s->report, "accesses", p->record.accesses);
	report_number(s->report, "functions", p->record.functions);
	report_number(s->report, "moved", p->map.moved);
	report_number(s->report, "held", p->plan.held);
	report_number(s->report, "spared", p->spared);
	report_number(s->report, "unreached", p->unreached);
	report_number(s->report, "restores", p->plan.restores);
	if (known)
		report_number(s->report, "exits", exits);
	cost_report(s->report, cost);
	report_number(s->report, "microseconds", microseconds);
	report_close(s->report);
	if (known)
		text_format(counted, sizeof(counted), ", %llu exits", (unsigned long long)exits);
	if (khz)
		text_format(taken, sizeof(taken), "%llu.%06llu s",
			    (unsigned long long)(microseconds / 1000000),
			    (unsigned long long)(microseconds % 1000000));
	else
		text_format(taken, sizeof(taken), "%llu cycles", (unsigned long long)cost->cycles);
	report_note(s->report, "replay of %s over %s%s: %llu accesses%s, %s", p->name,
		    discovery_path_names[p->path], p->by_table ? " and the mask table" : "",
		    (unsigned long long)made, counted, taken);
}

static void compare(struct player *p)
{
	struct sizing_snapshot after;

	for (unsigned i = 0; i < p->map.count; i++) {
		const struct pci_function *fn = &p->map.places[i].fn;

		sizing_snapshot(&p->s->found.path[p->path], fn, &after);
		if (!sizing_restored(fn, &p->before[i], &after, &p->s->diag))
			session_fail(p->s, "a replay leaves what it found, see above");
	}
}

static void replay(struct session *s, const struct test *test)
{
	struct player p = {.s = s,
			   .name =
			       test->variant == RECORDS_OWN ? "own" : records[test->variant].name,
			   .path = test->path & 1,
			   .by_table = test->path >> 1};
	struct cost cost = {0};
	size_t mark;

	if (!discovery_needs_path(s, p.path) || (p.by_table && !discovery_needs_table(s)) ||
	    !inventory_map(s, p.path))
		return;
	mark = arena_mark(s->arena);
	if (take_record(&p, test->variant) && take_places(&p) && make_plan(&p)) {
		for (unsigned i = 0; i < p.map.count; i++)
			sizing_snapshot(&s->found.path[p.path], &p.map.places[i].fn, &p.before[i]);
		count(&p);
		if (!p.by_table)
			say_map(&p);
		if (repeat(s, NULL, play, &p, &cost)) {
			report_replay(&p, &cost);
			session_pass(s);
		}
		compare(&p);
	}
	arena_release(s->arena, mark);
}

/* A path, and whether the table is asked. */
#define BY_TABLE 2u

TEST(.name = "replay.linux.pio", .flags = TEST_LONG, .run = replay, .path = PATH_PIO,
     .variant = RECORDS_LINUX);
TEST(.name = "replay.linux.ecam", .flags = TEST_LONG, .run = replay, .path = PATH_ECAM,
     .variant = RECORDS_LINUX);
TEST(.name = "replay.linux.pio.paravirtual", .flags = TEST_LONG, .run = replay,
     .path = PATH_PIO | BY_TABLE, .variant = RECORDS_LINUX);
TEST(.name = "replay.linux.ecam.paravirtual", .flags = TEST_LONG, .run = replay,
     .path = PATH_ECAM | BY_TABLE, .variant = RECORDS_LINUX);
TEST(.name = "replay.seabios.pio", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_PIO, .variant = RECORDS_SEABIOS);
TEST(.name = "replay.seabios.ecam", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_ECAM, .variant = RECORDS_SEABIOS);
TEST(.name = "replay.seabios.pio.paravirtual", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_PIO | BY_TABLE, .variant = RECORDS_SEABIOS);
TEST(.name = "replay.seabios.ecam.paravirtual", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_ECAM | BY_TABLE, .variant = RECORDS_SEABIOS);
TEST(.name = "replay.ovmf.pio", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_PIO, .variant = RECORDS_OVMF);
TEST(.name = "replay.ovmf.ecam", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_ECAM, .variant = RECORDS_OVMF);
TEST(.name = "replay.ovmf.pio.paravirtual", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_PIO | BY_TABLE, .variant = RECORDS_OVMF);
TEST(.name = "replay.ovmf.ecam.paravirtual", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_ECAM | BY_TABLE, .variant = RECORDS_OVMF);
TEST(.name = "replay.own.pio", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_PIO, .variant = RECORDS_OWN);
TEST(.name = "replay.own.ecam", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_ECAM, .variant = RECORDS_OWN);
TEST(.name = "replay.own.pio.paravirtual", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_PIO | BY_TABLE, .variant = RECORDS_OWN);
TEST(.name = "replay.own.ecam.paravirtual", .flags = TEST_LONG | TEST_ON_REQUEST, .run = replay,
     .path = PATH_ECAM | BY_TABLE, .variant = RECORDS_OWN);
