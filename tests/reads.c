/*
 * The experiment of 2022: exactly reads=N configuration reads through ports, then as many through
 * ECAM, total time of each. One loop, as raw_pci_read() in a module's loop was: no per-read timing
 * inside.
 */
#include "session.h"
#include "test.h"
#include "tsc.h"

static uint64_t loop(struct cfg *cfg, struct cfg_address at, uint32_t count)
{
	uint64_t start = tsc_read();

	for (uint32_t i = 0; i < count; i++)
		cfg_read32(cfg, at, PCI_ID);
	return tsc_read() - start;
}

static void report_loop(struct session *s, unsigned path, uint64_t cycles)
{
	uint64_t khz = s->platform->tsc_khz,
		 microseconds = khz ? cycles / khz * 1000 + cycles % khz * 1000 / khz : 0;

	report_open(s->report, "reads");
	report_string(s->report, "path", discovery_path_names[path]);
	report_number(s->report, "reads", s->options->reads);
	report_number(s->report, "cycles", cycles);
	report_number(s->report, "microseconds", microseconds);
	report_close(s->report);
	if (khz)
		report_note(s->report, "%u reads over %-4s  %llu.%06llu s", s->options->reads,
			    discovery_path_names[path],
			    (unsigned long long)(microseconds / 1000000),
			    (unsigned long long)(microseconds % 1000000));
	else
		report_note(s->report, "%u reads over %-4s  %llu cycles", s->options->reads,
			    discovery_path_names[path], (unsigned long long)cycles);
}

static void experiment(struct session *s, const struct test *test)
{
	(void)test;
	if (!s->options->reads) {
		session_skip(s, "only with reads=N on the command line");
		return;
	}
	for (unsigned p = 0; p < PATHS; p++) {
		const struct pci_map *map = s->found.usable[p] ? inventory_map(s, p) : NULL;

		if (!map || !map->count)
			continue;
		report_note(s->report, "%u reads over %s", s->options->reads,
			    discovery_path_names[p]);
		report_loop(s, p, loop(&s->found.path[p], map->fn[0].at, s->options->reads));
		session_pass(s);
	}
	if (s->outcome.worst == REPORT_NONE)
		session_skip(s, "no function to read");
}

TEST(.name = "access.reads", .run = experiment);
