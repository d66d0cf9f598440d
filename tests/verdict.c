/*
 * Which mechanism an operating system should choose here, and why; and what Linux does by itself.
 */
#include "mem.h"
#include "session.h"
#include "test.h"
#include "text.h"

/*
 * Linux reads registers below 100h of segment 0 through type 1 ports whenever those work, and uses
 * ECAM only for the rest (arch/x86/pci/common.c, raw_pci_read).
 */
static const char *linux_choice(const struct session *s)
{
	/* It takes the ports only where CF8 reads back (arch/x86/pci/direct.c, pci_check_type1). */
	if (s->found.pio.kind != PIO_SOUND)
		return s->found.usable[PATH_ECAM] ? "ecam" : "none";
	return s->found.usable[PATH_ECAM] ? "pio below 0x100, ecam from 0x100" : "pio";
}

/* Beside it what a kernel with the series of guest/linux does, where that was estimated. */
static void report_linux(struct session *s)
{
	const struct boot_cost *now = &s->costs.linux_now, *series = &s->costs.linux_series;

	report_string(s->report, "linux", linux_choice(s));
	if (!series->sizing)
		return;
	report_string(s->report, "linux_series", discovery_path_names[series->path]);
	report_string(s->report, "linux_series_sizing", series->sizing);
	if (now->known) {
		report_number(s->report, "linux_exits", now->exits);
		report_number(s->report, "linux_exits_advertised", now->buses_exits);
	}
	if (series->known)
		report_number(s->report, "linux_series_exits", series->exits);
}

static void say_linux(struct session *s)
{
	const struct boot_cost *now = &s->costs.linux_now, *series = &s->costs.linux_series;
	char now_exits[120] = "", exits[48] = "", caused[64] = "";

	if (now->known && now->buses_exits)
		text_format(caused, sizeof(caused), ", %llu for buses that only MCFG names",
			    (unsigned long long)now->buses_exits);
	if (now->known)
		text_format(now_exits, sizeof(now_exits), "; about %llu exits a boot%s",
			    (unsigned long long)now->exits, caused);
	report_note(s->report, "  Linux by itself would use: %s%s", linux_choice(s), now_exits);
	if (!series->sizing)
		return;
	if (series->known)
		text_format(exits, sizeof(exits), "; about %llu exits a boot",
			    (unsigned long long)series->exits);
	report_note(s->report, "  Linux with the series for it would use: %s, sizing %s%s",
		    discovery_path_names[series->path], series->sizing, exits);
}

/* What a choice rests on. */
enum decided_by { BY_NOTHING, BY_AVAILABILITY, BY_AGREEMENT, BY_CYCLES, BY_ACCESSES };
static const char *const by_names[] = {"nothing", "availability", "agreement", "cycles",
				       "accesses"};

struct choice {
	unsigned access;
	enum decided_by access_by;
	const char *sizing;
	struct scan_cost cost; /* of a scan with it */
	enum decided_by sizing_by;
};

/* Two boots of one host may differ by less than a tenth for no reason. */
static bool less_by_a_tenth(uint64_t a, uint64_t b)
{
	return a * 10 <= b * 9;
}

/*
 * Cycles of an emulated CPU are the emulator's, so they decide nothing; elsewhere a difference
 * counts that is greater than the scatter: nine in ten of one's reads cost less than half of the
 * other's do.
 */
static bool clearly_cheaper(const struct session *s, unsigned path, unsigned than)
{
	const struct read_cost *a = &s->costs.read[path], *b = &s->costs.read[than];

	return !s->platform->emulated && less_by_a_tenth(a->p50, b->p50) && a->p90 < b->p50;
}

static bool disagree(const struct session *s)
{
	return s->inventory.functions_disagree || s->inventory.bars_disagree;
}

static void choose_access(const struct session *s, struct choice *c)
{
	if (!s->found.usable[PATH_ECAM] || !s->found.usable[PATH_PIO]) {
		c->access = s->found.usable[PATH_ECAM] ? PATH_ECAM : PATH_PIO;
		c->access_by = BY_AVAILABILITY;
	} else if (disagree(s)) {
		/* Settled for the mechanism that every system already relies on. */
		c->access = PATH_PIO;
		c->access_by = BY_AGREEMENT;
	} else if (clearly_cheaper(s, PATH_PIO, PATH_ECAM)) {
		c->access = PATH_PIO;
		c->access_by = BY_CYCLES;
	} else {
		/* Where cycles do not tell, one access is less than two. */
		c->access = PATH_ECAM;
		c->access_by = clearly_cheaper(s, PATH_ECAM, PATH_PIO) ? BY_CYCLES : BY_ACCESSES;
	}
}

struct candidate {
	const char *name;
	struct scan_cost cost;
};

/*
 * The sizings that were measured: those over the path, and the table when it agrees with the dance.
 */
static unsigned sizing_candidates(const struct session *s, unsigned path, struct candidate *to)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SIZING_STRATEGIES; i++)
		if (s->costs.scan[path][i].cycles)
			to[count++] =
			    (struct candidate){sizing_strategies[i].name, s->costs.scan[path][i]};
	if (s->found.table != MASK_TABLE_NONE && s->costs.scan_table.cycles &&
	    !s->inventory.bars_disagree)
		to[count++] = (struct candidate){"paravirtual", s->costs.scan_table};
	return count;
}

/*
 * The cheapest whole scan. Those that are not clearly dearer than the least are as good as it, and
 * all are where the CPU is emulated; of them the one with the fewest exits.
 */
static void choose_sizing(const struct session *s, struct choice *c)
{
	struct candidate candidate[SIZING_STRATEGIES + 1];
	unsigned count = sizing_candidates(s, c->access, candidate), good = 0;
	uint64_t least = UINT64_MAX;

	c->sizing = "lean";
	c->sizing_by = BY_NOTHING;
	for (unsigned i = 0; i < count; i++)
		if (candidate[i].cost.cycles < least)
			least = candidate[i].cost.cycles;
	for (unsigned i = 0; i < count; i++) {
		const struct scan_cost *cost = &candidate[i].cost;

		if (!s->platform->emulated && less_by_a_tenth(least, cost->cycles))
			continue;
		if (!good++ || cost->exits < c->cost.exits) {
			c->sizing = candidate[i].name;
			c->cost = *cost;
		}
	}
	if (count)
		c->sizing_by = good == 1 && !s->platform->emulated ? BY_CYCLES : BY_ACCESSES;
}

/* a / b with two decimals, or as one over a whole number where that would say little. */
static void ratio(char *to, size_t size, uint64_t a, uint64_t b)
{
	uint64_t hundredths = b ? a * 100 / b : 0;

	if (a && hundredths < 10)
		text_format(to, size, "1/%llu", (unsigned long long)(b / a));
	else
		text_format(to, size, "%llu.%02llu", (unsigned long long)(hundredths / 100),
			    (unsigned long long)(hundredths % 100));
}

static void explain_access(const struct session *s, const struct choice *c, char *to, size_t size)
{
	const char *direct = s->found.ecam_reads[0] == 'd' ? " and does not exit" : "";
	char r[32];

	if (c->access_by == BY_AVAILABILITY) {
		text_format(to, size, "only %s works here", discovery_path_names[c->access]);
	} else if (c->access_by == BY_AGREEMENT) {
		text_format(to, size,
			    "ecam and pio disagree, see enumerate.agree and sizing.agree");
	} else if (c->access_by == BY_ACCESSES) {
		text_format(to, size, "an ecam read is one access%s, a pio read is two", direct);
	} else {
		ratio(r, sizeof(r), s->costs.read[PATH_ECAM].p50, s->costs.read[PATH_PIO].p50);
		text_format(to, size,
			    "an ecam read costs %s of a pio read (%llu against %llu cycles)%s", r,
			    (unsigned long long)s->costs.read[PATH_ECAM].p50,
			    (unsigned long long)s->costs.read[PATH_PIO].p50, direct);
	}
}

static void explain_sizing(const struct session *s, const struct choice *c, char *to, size_t size)
{
	unsigned path = s->found.usable[PATH_PIO] ? PATH_PIO : PATH_ECAM;
	const struct scan_cost *worst = &s->costs.scan[path][0];
	char r[32];

	if (c->sizing_by == BY_NOTHING || !worst->cycles) {
		text_format(to, size, "scans were not measured");
	} else if (c->sizing_by == BY_ACCESSES) {
		text_format(to, size,
			    "a whole scan with it takes %llu exit%s, per-bar over %s %llu",
			    (unsigned long long)c->cost.exits, c->cost.exits == 1 ? "" : "s",
			    discovery_path_names[path], (unsigned long long)worst->exits);
	} else {
		ratio(r, sizeof(r), c->cost.cycles, worst->cycles);
		text_format(to, size, "a whole scan with it costs %s of per-bar over %s", r,
			    discovery_path_names[path]);
	}
}

/* Why the choice is not to be relied on; empty: it is. */
static void explain_doubt(const struct session *s, const struct choice *c, char *to, size_t size)
{
	to[0] = 0;
	if (c->access_by != BY_ACCESSES && c->sizing_by != BY_ACCESSES)
		return;
	if (s->platform->emulated)
		text_format(to, size, "the CPU is emulated, so cycles decide nothing");
	else if (c->access_by == BY_ACCESSES)
		text_format(to, size,
			    "cycles do not tell them apart: %llu for an ecam read, %llu for pio",
			    (unsigned long long)s->costs.read[PATH_ECAM].p50,
			    (unsigned long long)s->costs.read[PATH_PIO].p50);
	else
		text_format(to, size, "cycles do not tell the cheapest ways of sizing apart");
}

static void explain_agreement(const struct session *s, char *to, size_t size)
{
	unsigned bars = 0, ways = 0;

	for (unsigned by = 0; by < SIZED_BYS; by++) {
		unsigned found = 0, functions = 0;

		for (unsigned i = 0; i < s->inventory.count; i++) {
			const struct bar_set *set = inventory_bars(&s->inventory.known[i], by);

			functions += set != NULL;
			found += set ? set->count : 0;
		}
		ways += functions != 0;
		bars = found > bars ? found : bars;
	}
	if (ways < 2)
		text_format(to, size, "agreement of sizings was not checked");
	else
		text_format(to, size, "%u ways of sizing %s on %u BARs of %u functions", ways,
			    s->inventory.bars_disagree ? "disagree" : "agree", bars,
			    s->inventory.count);
}

/* Of the tree scan with the sizing that takes the fewest; 0: none was measured. */
static uint64_t least_exits(const struct session *s, unsigned path)
{
	uint64_t least = 0;

	for (unsigned i = 0; i < SIZING_STRATEGIES; i++) {
		uint64_t exits = s->costs.scan[path][i].exits;

		if (exits && (!least || exits < least))
			least = exits;
	}
	return least;
}

static void fill_figures(struct session *s)
{
	static const char *const name[] = {[PATH_PIO] = "port", [PATH_ECAM] = "ecam"};
	char r[32], *to;

	for (unsigned p = 0; p < PATHS; p++) {
		uint64_t cycles = s->costs.read[p].p50, exits = least_exits(s, p);

		if (cycles)
			text_format(s->figure[p], sizeof(s->figure[p]), "%s read %9llu cycles",
				    name[p], (unsigned long long)cycles);
		if (exits)
			text_format(s->figure[PATHS + p], sizeof(s->figure[0]),
				    "scan by %s %6llu exits", name[p], (unsigned long long)exits);
	}
	if (s->costs.read[PATH_PIO].p50 && s->costs.read[PATH_ECAM].p50) {
		ratio(r, sizeof(r), s->costs.read[PATH_ECAM].p50, s->costs.read[PATH_PIO].p50);
		to = s->figure[PATH_ECAM];
		text_format(to + strlen(to), sizeof(s->figure[0]) - strlen(to), ", ratio %s", r);
	}
}

static void verdict(struct session *s, const struct test *test)
{
	char why[120], sizing_why[120], agreement[100], doubt[120], reason[500];
	struct choice c = {0};
	const char *confidence;

	(void)test;
	if (!s->found.usable[PATH_PIO] && !s->found.usable[PATH_ECAM]) {
		session_skip(s, "no configuration mechanism");
		return;
	}
	if (s->found.usable[PATH_PIO] && s->found.usable[PATH_ECAM] &&
	    !(s->costs.read[PATH_PIO].p50 && s->costs.read[PATH_ECAM].p50)) {
		session_skip(s, "needs access.cost");
		return;
	}
	choose_access(s, &c);
	choose_sizing(s, &c);
	explain_access(s, &c, why, sizeof(why));
	explain_sizing(s, &c, sizing_why, sizeof(sizing_why));
	explain_agreement(s, agreement, sizeof(agreement));
	explain_doubt(s, &c, doubt, sizeof(doubt));
	confidence = doubt[0] ? "low" : "high";
	text_format(reason, sizeof(reason), "%s; %s; %s%s%s", why, sizing_why, agreement,
		    doubt[0] ? "; " : "", doubt);
	report_open(s->report, "verdict");
	report_string(s->report, "access", discovery_path_names[c.access]);
	report_string(s->report, "sizing", c.sizing);
	report_string(s->report, "reason", reason);
	report_linux(s);
	report_string(s->report, "access_by", by_names[c.access_by]);
	report_string(s->report, "sizing_by", by_names[c.sizing_by]);
	report_string(s->report, "confidence", confidence);
	report_close(s->report);
	text_format(s->headline, sizeof(s->headline), "access by %s, sizing by %s",
		    discovery_path_names[c.access], c.sizing);
	fill_figures(s);
	report_note(s->report, "verdict: %s", s->headline);
	report_note(s->report, "  %s", why);
	report_note(s->report, "  %s", sizing_why);
	report_note(s->report, "  %s", agreement);
	report_note(s->report, "  confidence: %s%s%s", confidence, doubt[0] ? ", " : "", doubt);
	say_linux(s);
	session_pass(s);
}

TEST(.name = "verdict", .run = verdict);
