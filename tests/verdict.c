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

static unsigned choose_access(const struct session *s)
{
	if (!s->found.usable[PATH_ECAM])
		return PATH_PIO;
	if (!s->found.usable[PATH_PIO])
		return PATH_ECAM;
	/* A disagreement is settled for the mechanism that every system already relies on. */
	if (s->inventory.functions_disagree || s->inventory.bars_disagree)
		return PATH_PIO;
	return s->costs.read[PATH_ECAM] < s->costs.read[PATH_PIO] ? PATH_ECAM : PATH_PIO;
}

/* The cheapest whole scan among those that ran over the path; the table only when it agrees with
 * the dance. */
static const char *choose_sizing(const struct session *s, unsigned path, uint64_t *cycles)
{
	const char *best = "lean";

	*cycles = 0;
	for (unsigned i = 0; i < SIZING_STRATEGIES; i++) {
		uint64_t c = s->costs.scan[path][i];

		if (c && (!*cycles || c < *cycles)) {
			best = sizing_strategies[i].name;
			*cycles = c;
		}
	}
	if (s->found.table != MASK_TABLE_NONE && s->costs.scan_table &&
	    !s->inventory.bars_disagree && (!*cycles || s->costs.scan_table < *cycles)) {
		best = "paravirtual";
		*cycles = s->costs.scan_table;
	}
	return best;
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

static void explain_access(const struct session *s, char *to, size_t size)
{
	char r[32];

	if (!s->found.usable[PATH_ECAM] || !s->found.usable[PATH_PIO]) {
		text_format(to, size, "only %s works here",
			    s->found.usable[PATH_ECAM] ? "ecam" : "pio");
	} else if (s->inventory.functions_disagree || s->inventory.bars_disagree) {
		text_format(to, size,
			    "ecam and pio disagree, see enumerate.agree and sizing.agree");
	} else {
		ratio(r, sizeof(r), s->costs.read[PATH_ECAM], s->costs.read[PATH_PIO]);
		text_format(to, size,
			    "an ecam read costs %s of a pio read (%llu against %llu cycles)%s", r,
			    (unsigned long long)s->costs.read[PATH_ECAM],
			    (unsigned long long)s->costs.read[PATH_PIO],
			    s->found.ecam_reads[0] == 'd' ? " and does not exit" : "");
	}
}

static void explain_agreement(const struct session *s, char *to, size_t size)
{
	unsigned bars = 0, ways = 0;

	for (unsigned by = 0; by < SIZED_BYS; by++) {
		unsigned found = 0, functions = 0;

		for (unsigned i = 0; i < s->inventory.count; i++) {
			functions += s->inventory.known[i].sized[by];
			found += s->inventory.known[i].sized[by]
				     ? s->inventory.known[i].bars[by].count
				     : 0;
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

static bool reads_exit(const struct session *s, unsigned path)
{
	return path != PATH_ECAM || s->found.ecam_reads[0] != 'd';
}

/* An access through ports is two exits, address and data. */
static void fill_figures(struct session *s)
{
	static const char *const name[] = {[PATH_PIO] = "port", [PATH_ECAM] = "ecam"};
	char r[32], *to;

	for (unsigned p = 0; p < PATHS; p++) {
		uint64_t reads = reads_exit(s, p) ? s->costs.least[p].reads : 0;
		uint64_t exits = (reads + s->costs.least[p].writes) * (p == PATH_PIO ? 2 : 1);

		if (s->costs.read[p])
			text_format(s->figure[p], sizeof(s->figure[p]), "%s read %9llu cycles",
				    name[p], (unsigned long long)s->costs.read[p]);
		if (s->costs.least[p].reads)
			text_format(s->figure[PATHS + p], sizeof(s->figure[0]),
				    "scan by %s %6llu exits", name[p], (unsigned long long)exits);
	}
	if (s->costs.read[PATH_PIO] && s->costs.read[PATH_ECAM]) {
		ratio(r, sizeof(r), s->costs.read[PATH_ECAM], s->costs.read[PATH_PIO]);
		to = s->figure[PATH_ECAM];
		text_format(to + strlen(to), sizeof(s->figure[0]) - strlen(to), ", ratio %s", r);
	}
}

static void verdict(struct session *s, const struct test *test)
{
	unsigned access = choose_access(s);
	char why[120], agreement[100], sizing_why[140], reason[380], r[32];
	uint64_t best, worst;
	const char *sizing = choose_sizing(s, access, &best);

	(void)test;
	if (!s->found.usable[PATH_PIO] && !s->found.usable[PATH_ECAM]) {
		session_skip(s, "no configuration mechanism");
		return;
	}
	if (s->found.usable[PATH_PIO] && s->found.usable[PATH_ECAM] &&
	    !(s->costs.read[PATH_PIO] && s->costs.read[PATH_ECAM])) {
		session_skip(s, "needs access.cost");
		return;
	}
	explain_access(s, why, sizeof(why));
	explain_agreement(s, agreement, sizeof(agreement));
	worst = s->costs.scan[s->found.usable[PATH_PIO] ? PATH_PIO : PATH_ECAM][0];
	if (best && worst) {
		ratio(r, sizeof(r), best, worst);
		text_format(sizing_why, sizeof(sizing_why),
			    "a whole scan with it costs %s of per-bar over %s", r,
			    s->found.usable[PATH_PIO] ? "pio" : "ecam");
	} else {
		text_format(sizing_why, sizeof(sizing_why), "scans were not priced");
	}
	text_format(reason, sizeof(reason), "%s; %s; %s", why, sizing_why, agreement);
	report_open(s->report, "verdict");
	report_string(s->report, "access", discovery_path_names[access]);
	report_string(s->report, "sizing", sizing);
	report_string(s->report, "reason", reason);
	report_string(s->report, "linux", linux_choice(s));
	report_close(s->report);
	text_format(s->headline, sizeof(s->headline), "access by %s, sizing by %s",
		    discovery_path_names[access], sizing);
	fill_figures(s);
	report_note(s->report, "verdict: %s", s->headline);
	report_note(s->report, "  %s", why);
	report_note(s->report, "  %s", sizing_why);
	report_note(s->report, "  %s", agreement);
	report_note(s->report, "  Linux by itself would use: %s", linux_choice(s));
	session_pass(s);
}

TEST(.name = "verdict", .run = verdict);
