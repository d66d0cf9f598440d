/* Pricing long operations. */
#include "repeat.h"
#include "stats.h"
#include "tsc.h"

#define PASSES_MAX 9

static struct price counts_now(const struct session *s, const struct cfg *cfg)
{
	return (struct price){
	    .reads = cfg ? cfg->reads : 0,
	    .writes = cfg ? cfg->writes : 0,
	    .calls = s->counts->calls,
	};
}

bool repeat(struct session *s, struct cfg *cfg, bool (*pass)(void *context), void *context,
	    struct price *price)
{
	uint64_t cycles[PASSES_MAX], begin = tsc_read(), budget = 4 * session_budget_cycles(s);
	unsigned n = 0;

	do {
		struct price before = counts_now(s, cfg), after;
		uint64_t start = tsc_read();
		bool good = pass(context);

		cycles[n] = tsc_read() - start;
		if (!good)
			return false;
		after = counts_now(s, cfg);
		after.reads -= before.reads;
		after.writes -= before.writes;
		after.calls -= before.calls;
		if (n && (after.reads != price->reads || after.writes != price->writes ||
			  after.calls != price->calls)) {
			session_fail(
			    s,
			    "pass %u took %llu reads and %llu writes, the one before %llu and %llu",
			    n + 1, (unsigned long long)after.reads,
			    (unsigned long long)after.writes, (unsigned long long)price->reads,
			    (unsigned long long)price->writes);
			return false;
		}
		*price = after;
		n++;
	} while (n < PASSES_MAX && tsc_read() - begin < budget);
	price->first = cycles[0]; /* before the median sorts them */
	price->cycles = stats_median64(cycles, n);
	price->passes = n;
	return true;
}

void price_report(struct report *r, const struct price *price)
{
	report_number(r, "reads", price->reads);
	report_number(r, "writes", price->writes);
	report_number(r, "calls", price->calls);
	report_number(r, "cycles", price->cycles);
	report_number(r, "first", price->first);
	report_number(r, "passes", price->passes);
}
