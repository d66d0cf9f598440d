/* What long operations cost. */
#include "decode.h"
#include "repeat.h"
#include "stats.h"
#include "tsc.h"

#define PASSES_MAX 9

static struct cost counts_now(const struct session *s, const struct cfg *cfg)
{
	struct cost now = {.calls = s->counts->calls};

	if (cfg) {
		now.reads = cfg->reads;
		now.writes = cfg->writes;
	}
	return now;
}

bool repeat(struct session *s, struct cfg *cfg, bool (*pass)(void *context), void *context,
	    struct cost *cost)
{
	uint64_t cycles[PASSES_MAX], begin = tsc_read(), budget = 4 * session_budget_cycles(s);
	unsigned n = 0;

	do {
		struct cost before = counts_now(s, cfg), after;
		uint64_t start = tsc_read();
		bool good = pass(context);

		cycles[n] = tsc_read() - start;
		if (!good)
			return false;
		after = counts_now(s, cfg);
		after.reads -= before.reads;
		after.writes -= before.writes;
		after.calls -= before.calls;
		if (n && (after.reads != cost->reads || after.writes != cost->writes ||
			  after.calls != cost->calls)) {
			session_fail(
			    s,
			    "pass %u took %llu reads and %llu writes, the one before %llu and %llu",
			    n + 1, (unsigned long long)after.reads,
			    (unsigned long long)after.writes, (unsigned long long)cost->reads,
			    (unsigned long long)cost->writes);
			return false;
		}
		*cost = after;
		n++;
	} while (n < PASSES_MAX && tsc_read() - begin < budget);
	cost->first = cycles[0]; /* before the median sorts them */
	cost->cycles = stats_median64(cycles, n);
	cost->passes = n;
	return true;
}

void cost_report(struct report *r, const struct cost *cost)
{
	report_number(r, "reads", cost->reads);
	report_number(r, "writes", cost->writes);
	report_number(r, "calls", cost->calls);
	report_number(r, "cycles", cost->cycles);
	report_number(r, "first", cost->first);
	report_number(r, "passes", cost->passes);
}

bool repeat_without_decode(struct session *s, unsigned path, bool (*pass)(void *context),
			   void *context, struct cost *cost)
{
	bool good;

	if (inventory_left_out(s) || !decode_count(s, path))
		return true;
	decode_off(s, path);
	good = repeat(s, &s->found.path[path], pass, context, cost);
	decode_on(s, path);
	return good;
}

void cost_report_without_decode(struct session *s, unsigned path, const struct cost *cost)
{
	struct report *r = s->report;

	if (inventory_left_out(s))
		return;
	report_number(r, "decoding", decode_count(s, path));
	if (!decode_count(s, path))
		return;
	report_number(r, "off_reads", cost->reads);
	report_number(r, "off_writes", cost->writes);
	report_number(r, "off_cycles", cost->cycles);
	report_number(r, "off_first", cost->first);
	report_number(r, "off_passes", cost->passes);
}
