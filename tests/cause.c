/* Likely causes. */
#include "cause.h"
#include "text.h"

/*
 * The nearest to the mechanism first: what a cause explains is not looked at again. A cause is
 * likely when one of its signs failed, tests that can hardly fail of anything else.
 */
static const struct cause {
	const char *text, *signs, *explains;
} causes[] = {
    {"MCFG does not describe ECAM as it is: its buses, base or segment",
     "rule.acpi.mcfg-place,rule.acpi.mcfg-buses,rule.acpi.mcfg-range,rule.acpi.mcfg-overlap,"
     "rule.acpi.mcfg-base",
     "acpi.*,enumerate.*,scan.*,sizing.*,rule.acpi.*,rule.identity.*,rule.bridge.*,"
     "rule.coherence.*,rule.side.*,rule.paravirtual.*,rule.absence.*,rule.destructive.*,"
     "rule.smp.*"},
    {"an absent device answers", "rule.absence.ones,rule.absence.buses,rule.absence.phantom",
     "enumerate.*,sizing.*,resources.*,scan.*,rule.identity.*,rule.absence.*,rule.header.*,"
     "rule.bar.*,rule.capability.*,rule.bridge.*,rule.paravirtual.*,rule.command.*,rule.status.*,"
     "rule.side.*,rule.destructive.*,rule.lane.*,rule.holds.*,rule.coherence.*,rule.smp.*,"
     "rule.untouched"},
    {"ports and ECAM do not reach the same functions", "enumerate.agree",
     "enumerate.*,sizing.agree,scan.*,rule.identity.*,rule.coherence.*,rule.side.*,"
     "rule.paravirtual.*,rule.absence.*,rule.destructive.*"},
    {"CF8 does not keep what is written to it", "rule.cf8.latch", "rule.cf8.*,rule.side.latch"},
    {"ports mix up byte lanes", "rule.lane.read-pio,rule.lane.write-pio",
     "rule.lane.*,rule.header.*,rule.status.*,rule.command.*,rule.side.*,rule.untouched,"
     "rule.capability.*,rule.region.*,rule.holds.*,rule.destructive.*"},
    {"ECAM mixes up byte lanes", "rule.lane.read-ecam,rule.lane.write-ecam",
     "rule.lane.*,rule.header.*,rule.status.*,rule.command.*,rule.side.*,rule.untouched,"
     "rule.capability.*,rule.region.*,rule.identity.extended,rule.holds.*,rule.destructive.*"},
    {"ECAM reads from a copy that is not kept up to date", "rule.coherence.pio-ecam",
     "rule.coherence.*,rule.virtio.*,rule.status.*,rule.command.*,rule.header.*,rule.side.*,"
     "rule.identity.*,rule.lane.*,rule.holds.*,rule.bar.*,rule.smp.*,rule.untouched"},
    {"ports read from a copy that is not kept up to date", "rule.coherence.ecam-pio",
     "rule.coherence.*,rule.virtio.*,rule.status.*,rule.command.*,rule.header.*,rule.side.*,"
     "rule.identity.*,rule.lane.*,rule.holds.*,rule.bar.*,rule.smp.*,rule.untouched"},
    {"COMMAND does not take what is written to it",
     "rule.command.decode,rule.command.holds,rule.command.widths",
     "rule.command.*,rule.status.*,sizing.*,rule.destructive.*,rule.coherence.internal"},
    {"a BAR is not as the specification has it: see the rule.bar tests", "rule.bar.*",
     "rule.bar.*,sizing.*,scan.*,rule.paravirtual.*,rule.region.*,rule.untouched,"
     "rule.destructive.*,rule.lane.write-*,rule.coherence.*"},
    {"memory, ports or ROMs are not where their BARs say",
     "rule.destructive.memory,rule.destructive.ports,rule.destructive.rom",
     "rule.destructive.memory,rule.destructive.ports,rule.destructive.rom,"
     "rule.destructive.windows"},
    {"the mask table does not say what the registers do", "rule.paravirtual.*",
     "rule.paravirtual.*,sizing.paravirtual,sizing.agree,scan.*"},
};

static void report_cause(struct session *s, const struct cause *cause,
			 const struct test *const *explained, unsigned count, unsigned all)
{
	report_open(s->report, "cause");
	report_string(s->report, "text", cause->text);
	report_array(s->report, "explains");
	for (unsigned i = 0; i < count; i++)
		report_string(s->report, NULL, explained[i]->name);
	report_array_end(s->report);
	report_close(s->report);
	report_note(s->report, "likely cause of %u of %u failures: %s", count, all, cause->text);
	for (unsigned i = 0; i < count; i++)
		report_note(s->report, "  %s", explained[i]->name);
}

static unsigned matching(const char *globs, const struct test *const *tests, unsigned count,
			 const struct test **to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		if (tests[i] && options_match(globs, tests[i]->name))
			to[n++] = tests[i];
	return n;
}

void cause_report(struct session *s, const struct test *const *failed, unsigned count)
{
	const struct test *left[CAUSE_TESTS_MAX], *explained[CAUSE_TESTS_MAX];
	unsigned all = count;

	for (unsigned i = 0; i < count; i++)
		left[i] = failed[i];
	for (unsigned c = 0; c < sizeof(causes) / sizeof(causes[0]); c++) {
		unsigned n = matching(causes[c].signs, left, count, explained), rest = 0;

		if (n)
			n = matching(causes[c].explains, left, count, explained);
		if (n < 2)
			continue;
		report_cause(s, &causes[c], explained, n, all);
		for (unsigned i = 0; i < count; i++)
			if (!options_match(causes[c].explains, left[i]->name))
				left[rest++] = left[i];
		count = rest;
	}
}
