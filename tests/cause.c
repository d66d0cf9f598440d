/* Likely causes. */
#include "cause.h"
#include "text.h"

/*
 * What fails of lanes that are mixed up, of copies that are behind, of address bits that are lost.
 */
#define LANES                                                                                      \
	"rule.lane.*,rule.header.*,rule.status.*,rule.command.*,rule.side.*,rule.untouched,"       \
	"rule.capability.*,rule.region.*,rule.holds.*,rule.destructive.*"
#define LATE                                                                                       \
	"rule.coherence.*,rule.virtio.*,rule.status.*,rule.command.*,rule.header.*,rule.side.*,"   \
	"rule.identity.*,rule.lane.*,rule.holds.*,rule.bar.*,rule.smp.*,rule.untouched,"           \
	"rule.destructive.*"
#define SEVERAL                                                                                    \
	"enumerate.*,scan.*,rule.absence.*,rule.identity.*,rule.side.*,rule.bridge.*,"             \
	"rule.paravirtual.*,rule.smp.*,rule.untouched,rule.destructive.bus-numbers"

/* What else it explains failed of functions behind bridges alone. */
#define BEHIND  0x100u

#define ANSWERS "rule.destructive.memory,rule.destructive.ports,rule.destructive.rom"

/*
 * The nearest to the mechanism first: what a cause explains is not looked at again. A cause is
 * likely when as many of its signs failed as it needs, tests that can hardly fail of anything else.
 */
static const struct cause {
	unsigned needs; /* so many of its signs, and BEHIND */
	const char *text, *signs, *explains;
} causes[] = {
    {1, "MCFG does not describe ECAM as it is: its length, buses, base or segment",
     "rule.acpi.mcfg-place,rule.acpi.mcfg-buses,rule.acpi.mcfg-range,rule.acpi.mcfg-overlap,"
     "rule.acpi.mcfg-base,rule.acpi.mcfg-length",
     "acpi.*,enumerate.*,scan.*,sizing.*,rule.acpi.*,rule.identity.*,rule.bridge.*,"
     "rule.coherence.*,rule.side.*,rule.paravirtual.*,rule.absence.*,rule.destructive.*,"
     "rule.smp.*"},
    {1, "CF8 does not keep what is written to it", "rule.cf8.latch",
     "enumerate.*,rule.cf8.*,rule.side.latch,rule.absence.*,rule.destructive.bus-numbers"},
    {1, "an absent device answers", "rule.absence.ones,rule.absence.phantom",
     "enumerate.*,sizing.*,resources.*,scan.*,rule.identity.*,rule.absence.*,rule.header.*,"
     "rule.bar.*,rule.capability.*,rule.bridge.*,rule.paravirtual.*,rule.command.*,rule.status.*,"
     "rule.side.*,rule.destructive.*,rule.lane.*,rule.holds.*,rule.coherence.*,rule.smp.*,"
     "rule.untouched"},
    {1, "the first read of a function gives something else", "rule.identity.first",
     "enumerate.*,scan.*,rule.identity.*,rule.paravirtual.*,rule.destructive.bus-numbers,"
     "rule.destructive.renumber-at-once"},
    {1, "ports and ECAM do not reach the same functions", "enumerate.agree",
     "enumerate.*,sizing.agree,scan.*,rule.identity.*,rule.coherence.*,rule.side.*,"
     "rule.paravirtual.*,rule.absence.*,rule.bridge.*,rule.destructive.*"},
    {1, "reading a register changes something", "rule.side.reads",
     "rule.side.*,rule.untouched,rule.lane.*,rule.identity.*,rule.header.*,rule.coherence.internal,"
     "rule.destructive.*-lanes"},
    {2, "functions mix up byte lanes, through either mechanism", "rule.lane.read-*",
     LANES ",rule.identity.extended"},
    {1, "ports mix up byte lanes", "rule.lane.read-pio",
     "enumerate.*,rule.absence.*,rule.bridge.*," LANES},
    {1, "ECAM mixes up byte lanes", "rule.lane.read-ecam,rule.identity.extended",
     "enumerate.*,rule.absence.*,rule.bridge.*,rule.identity.extended," LANES},
    {1, "registers from 100h on are those below again", "rule.capability.no-alias",
     "rule.capability.*,rule.identity.*"},
    {1, "ECAM does not read at once what was written through ports", "rule.coherence.pio-ecam",
     LATE},
    {1, "ports do not read at once what was written through ECAM", "rule.coherence.ecam-pio", LATE},
    {1, "one mechanism reads from a copy that is behind", "rule.coherence.internal", LATE},
    {1, "a BAR is not as the specification has it: see the rule.bar tests", "rule.bar.*",
     "rule.bar.*,sizing.*,scan.*,rule.paravirtual.*,rule.region.*,rule.untouched,"
     "rule.destructive.*,rule.lane.write-*,rule.coherence.*"},
    {2, "functions mix up byte lanes, through either mechanism", "rule.lane.write-*", LANES},
    {1, "ports mix up byte lanes", "rule.lane.write-pio", LANES},
    {1, "ECAM mixes up byte lanes", "rule.lane.write-ecam", LANES},
    {1, "a write of a part of a dword changes other bytes, or none", "rule.lane.*", LANES},
    {1, "COMMAND is not as the specification has it: see the rule.command tests",
     "rule.command.*,rule.destructive.bus-master,rule.destructive.bridge-command",
     "rule.command.*,rule.status.*,sizing.*,rule.destructive.*"},
    {BEHIND | 1, "a bridge does not pass down what its windows and COMMAND say, or passes more",
     "rule.destructive.windows", ANSWERS ",rule.destructive.windows"},
    {1, "memory or ports do not answer where BARs and COMMAND say", ANSWERS,
     ANSWERS ",rule.destructive.windows"},
    {1, "a bridge's bus numbers do not take what is written, or do not read so",
     "rule.bridge.*,rule.destructive.bus-number-lanes",
     "enumerate.*,scan.*,rule.bridge.*,rule.absence.*,rule.destructive.*,rule.untouched"},
    {1, "one function answers under several addresses", "rule.absence.functions,rule.absence.alias",
     SEVERAL},
    {1, "something answers on buses that nothing leads to, or ECAM is shorter than MCFG says",
     "rule.absence.buses",
     "enumerate.*,scan.*,rule.absence.*,rule.identity.*,rule.destructive.*,rule.side.*"},
    {1, "one function answers under several addresses", "rule.absence.link", SEVERAL},
    {1, "a write to one register changes another", "rule.side.*",
     "rule.side.*,rule.smp.*,rule.untouched"},
    {1, "STATUS takes what is written to it", "rule.status.*", "rule.status.*,rule.untouched"},
    {1, "the mask table does not say what the registers do", "rule.paravirtual.*",
     "rule.paravirtual.*,sizing.paravirtual,sizing.agree,scan.*"},
    {1, "what one vCPU does shows in what another does", "rule.smp.*", "rule.smp.*,rule.untouched"},
};

static unsigned matching(const char *globs, const struct failure *failed, unsigned count)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += options_match(globs, failed[i].test->name);
	return n;
}

/* Of these failures it explains some, of all there were. */
static void report_cause(struct session *s, const struct cause *cause, const struct failure *failed,
			 unsigned count, unsigned all)
{
	report_open(s->report, "cause");
	report_string(s->report, "text", cause->text);
	report_array(s->report, "explains");
	for (unsigned i = 0; i < count; i++)
		if (options_match(cause->explains, failed[i].test->name))
			report_string(s->report, NULL, failed[i].test->name);
	report_array_end(s->report);
	report_close(s->report);
	report_note(s->report, "likely cause of %u of %u failures: %s",
		    matching(cause->explains, failed, count), all, cause->text);
	for (unsigned i = 0; i < count; i++)
		if (options_match(cause->explains, failed[i].test->name))
			report_note(s->report, "  %s", failed[i].test->name);
}

static bool only_behind(const struct cause *cause, const struct failure *failed, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (failed[i].on_root && options_match(cause->explains, failed[i].test->name) &&
		    !options_match(cause->signs, failed[i].test->name))
			return false;
	return true;
}

void cause_report(struct session *s, const struct failure *failed, unsigned count)
{
	struct failure left[CAUSE_TESTS_MAX];
	unsigned all = count;

	for (unsigned i = 0; i < count; i++)
		left[i] = failed[i];
	for (unsigned c = 0; c < sizeof(causes) / sizeof(causes[0]); c++) {
		unsigned rest = 0;

		if (matching(causes[c].signs, left, count) < (causes[c].needs & ~BEHIND) ||
		    (causes[c].needs & BEHIND && !only_behind(&causes[c], left, count)) ||
		    matching(causes[c].explains, left, count) < 2)
			continue;
		report_cause(s, &causes[c], left, count, all);
		for (unsigned i = 0; i < count; i++)
			if (!options_match(causes[c].explains, left[i].test->name))
				left[rest++] = left[i];
		count = rest;
	}
}
