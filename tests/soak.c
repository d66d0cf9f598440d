/*
 * One read in thousands that is wrong: registers that do not change are read again and again, in
 * random order through every path, and compared with what they held at first. On request, for as
 * long as budget= says, or reads=N times through each path.
 */
#include "measure.h"
#include "session.h"
#include "test.h"
#include "tsc.h"

#define REGISTERS_MAX 4096

struct plain {
	struct cfg_address at;
	unsigned reg;
	uint32_t value;
};

struct soak {
	struct plain *list;
	unsigned count;
	uint64_t reads, wrong;
};

/* Two reads that agree, here, and of a register that nothing but a write changes. */
static void add_function(struct session *s, struct soak *soak, unsigned path, const struct known *k)
{
	struct cfg *cfg = &s->found.path[path];

	for (unsigned reg = 0; reg < INVENTORY_HEADER_LEN; reg += 4) {
		uint32_t value = cfg_read32(cfg, k->fn.at, reg);

		if (reg == PCI_COMMAND || soak->count == REGISTERS_MAX || value == 0 ||
		    value != cfg_read32(cfg, k->fn.at, reg))
			continue;
		soak->list[soak->count++] = (struct plain){k->fn.at, reg, value};
	}
}

static bool done(const struct session *s, const struct soak *soak, uint64_t begin)
{
	if (s->options->reads)
		return soak->reads >= s->options->reads;
	return tsc_read() - begin >= session_budget_cycles(s);
}

static void read_on(struct session *s, struct soak *soak, unsigned path)
{
	uint64_t random = s->options->seed ? s->options->seed : 1, begin = tsc_read();
	char name[16];

	while (!done(s, soak, begin)) {
		const struct plain *p = &soak->list[measure_random(&random) % soak->count];
		uint32_t got = cfg_read32(&s->found.path[path], p->at, p->reg);

		soak->reads++;
		if (got == p->value)
			continue;
		if (++soak->wrong <= 4)
			session_fail(s,
				     "read %llu over %s: %s register 0x%02x read 0x%08x, should be "
				     "0x%08x as before",
				     (unsigned long long)soak->reads, discovery_path_names[path],
				     pci_name(name, p->at), p->reg, got, p->value);
	}
}

static uint64_t root_of(uint64_t n)
{
	uint64_t root = 0;

	while ((root + 1) * (root + 1) <= n)
		root++;
	return root;
}

/*
 * The most that the true number of wrong reads among so many may be expected to be, in thousandths,
 * at 95 % confidence: the upper limit of a Poisson mean (for none, the rule of three). Above ten by
 * a normal approximation that is a little too large.
 */
static uint64_t upper_limit(uint64_t wrong)
{
	static const uint16_t exact[] = {2996,  4744,  6296,  7754,  9154, 10513,
					 11843, 13149, 14435, 15706, 16963};

	if (wrong < sizeof(exact) / sizeof(exact[0]))
		return exact[wrong];
	return 1000 * wrong + 1645 * (root_of(wrong) + 1) + 2000;
}

static void report_soak(struct session *s, const struct soak *soak, unsigned path)
{
	uint64_t limit = 1000000000;

	/* A rate is no more than one; and so that nothing wraps. */
	if (soak->wrong < soak->reads / 2)
		limit = upper_limit(soak->wrong) * 1000000 / soak->reads;

	report_open(s->report, "soak");
	report_string(s->report, "path", discovery_path_names[path]);
	report_number(s->report, "registers", soak->count);
	report_number(s->report, "reads", soak->reads);
	report_number(s->report, "wrong", soak->wrong);
	report_number(s->report, "limit_ppb", limit);
	report_close(s->report);
	report_note(s->report,
		    "%llu of %llu reads over %s wrong; at 95 %% confidence fewer than %llu in 10^9",
		    (unsigned long long)soak->wrong, (unsigned long long)soak->reads,
		    discovery_path_names[path], (unsigned long long)limit);
}

static void soak_reads(struct session *s, const struct test *test)
{
	struct soak soak = {0};
	size_t mark;

	if (!discovery_needs_path(s, test->path) || !inventory_know(s))
		return;
	mark = arena_mark(s->arena);
	soak.list = ARENA_TAKE(s->arena, struct plain, REGISTERS_MAX);
	if (!soak.list) {
		session_error(s, "no memory for %u registers", REGISTERS_MAX);
		return;
	}
	for (unsigned i = 0; i < s->inventory.count; i++)
		if (s->inventory.known[i].seen >> test->path & 1)
			add_function(s, &soak, test->path, &s->inventory.known[i]);
	if (soak.count) {
		read_on(s, &soak, test->path);
		report_soak(s, &soak, test->path);
		session_pass(s);
	} else {
		session_skip(s, "no register to read");
	}
	arena_release(s->arena, mark);
}

TEST(.name = "soak.pio", .flags = TEST_ON_REQUEST | TEST_LONG, .run = soak_reads, .path = PATH_PIO);
TEST(.name = "soak.ecam", .flags = TEST_ON_REQUEST | TEST_LONG, .run = soak_reads,
     .path = PATH_ECAM);
