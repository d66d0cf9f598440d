/* What each kind of access costs, by itself, all interleaved; with baselines that do not touch
 * configuration space. */
#include "measure.h"
#include "mem.h"
#include "io.h"
#include "session.h"
#include "test.h"
#include "text.h"
#include "tsc.h"

enum target { TARGET_NONE, TARGET_PRESENT, TARGET_ABSENT };

/* One operation: what the log calls it, and all that its function needs. */
struct op {
	const char *path, *op;
	unsigned width;
	enum target target;
	void (*run)(void *context);
	struct session *s;
	struct cfg *cfg;
	struct cfg_address at;
	unsigned reg;
	uint32_t value, other;
	const volatile void *memory;
	uint16_t port;
	unsigned each; /* operations in one call of run; 0 means 1 */
};

/* Keeps the compiler from dropping a read whose value nobody looks at. */
static volatile uint32_t sink;

static void run_read(void *context)
{
	const struct op *op = context;

	sink = cfg_read(op->cfg, op->at, op->reg, op->width);
}

static void run_write(void *context)
{
	const struct op *op = context;

	cfg_write(op->cfg, op->at, op->reg, op->width, op->value);
	tsc_wait_for_stores();
}

/* Decode off and on: the two COMMAND writes that every sizing window costs. */
static void run_toggle(void *context)
{
	const struct op *op = context;

	cfg_write(op->cfg, op->at, PCI_COMMAND, 2, op->other);
	cfg_write(op->cfg, op->at, PCI_COMMAND, 2, op->value);
	tsc_wait_for_stores();
}

static void run_select(void *context)
{
	const struct op *op = context;

	pio_select(op->cfg, op->at, op->reg);
}

static void run_data(void *context)
{
	const struct op *op = context;

	sink = pio_data_read(op->cfg, 0, 4);
}

static void run_call(void *context)
{
	const struct op *op = context;

	fwcfg_read(&op->s->found.fwcfg, op->s->found.table_item.key, op->s->found.table_item.size);
}

/*
 * LOADS loads in a row, the address of each depending on the value before, so that what is timed is
 * how long one takes and not how many the processor can have under way. Through eax, as all MMIO
 * here.
 */
#define LOADS 16

static void chase(const volatile void *memory)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < LOADS; i++)
		__asm__ volatile("movl (%1, %q0), %0; andl $0, %0"
				 : "+a"(value)
				 : "r"(memory)
				 : "memory", "cc");
	sink = value;
}

static void run_load(void *context)
{
	const struct op *op = context;

	chase(op->memory);
}

/* An ECAM load without the bookkeeping that finds its address: what the mechanism itself costs,
 * beside the RAM loads. */
static void run_ecam_load(void *context)
{
	const struct op *op = context;

	op->cfg->counts->ecam_read += LOADS;
	chase(op->memory);
}

static void run_in32(void *context)
{
	const struct op *op = context;

	sink = io_in32(op->port);
}

static void run_cpuid(void *context)
{
	uint32_t a = 0, b, c = 0, d;

	(void)context;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	sink = a;
}

static void run_nothing(void *context)
{
	(void)context;
}

struct table {
	struct session *s;
	struct op op[MEASURE_OPS_MAX + 1]; /* the last one is for what does not fit */
	unsigned count;
	bool full;
};

static struct op *add(struct table *t, const char *path, const char *name, unsigned width,
		      enum target target, void (*run)(void *context))
{
	struct op *op = &t->op[t->count];

	t->full |= t->count == MEASURE_OPS_MAX;
	t->count += t->count < MEASURE_OPS_MAX;

	*op = (struct op){
	    .path = path, .op = name, .width = width, .target = target, .run = run, .s = t->s};
	return op;
}

static void add_cfg(struct table *t, unsigned path, const char *name, unsigned width,
		    enum target target, void (*run)(void *context), struct cfg_address at,
		    uint32_t value)
{
	struct op *op = add(t, discovery_path_names[path], name, width, target, run);

	op->cfg = &t->s->found.path[path];
	op->at = at;
	op->reg = PCI_ID;
	op->value = value & cfg_ones(width);
}

static bool is_absent(const struct session *s, struct cfg_address at, unsigned path)
{
	const struct cfg *cfg = &s->found.path[path];

	return !inventory_find(s, at) && cfg->ops->reaches(cfg, at, 0);
}

/* A device number without a device on a bus that exists, else on any bus. */
static bool find_absent(const struct session *s, unsigned path, struct cfg_address *at)
{
	for (unsigned key = 0; key < 0x10000; key += 8) {
		*at = (struct cfg_address){s->found.roots.root[0].segment, (uint8_t)(key >> 8),
					   (uint8_t)key};
		if (is_absent(s, *at, path))
			return true;
	}
	return false;
}

/* The first memory BAR holds an address. */
static bool has_memory(struct cfg *cfg, const struct pci_function *fn)
{
	for (unsigned reg = PCI_BAR0; reg < PCI_BAR0 + 24; reg += 4) {
		uint32_t value = cfg_read32(cfg, fn->at, reg);

		if (value && !(value & 1))
			return true;
	}
	return false;
}

/*
 * A function whose memory decoding can be switched off for a moment: an ordinary one, no bridge and
 * no display, since the console may be behind them. It decodes memory now, so that nothing is
 * switched on over a BAR without an address.
 */
static const struct pci_function *find_toggle(struct cfg *cfg, const struct pci_map *map)
{
	for (unsigned i = 0; i < map->count; i++) {
		const struct pci_function *fn = &map->fn[i];
		unsigned base = pci_class(fn) >> 16;

		if (pci_header_type(fn) == 0 && base != 0x06 && base != 0x03 &&
		    cfg_read16(cfg, fn->at, PCI_COMMAND) & PCI_COMMAND_MEMORY &&
		    has_memory(cfg, fn))
			return fn;
	}
	return NULL;
}

/* Reads and writes of the ID register, which takes no writes: what is timed is the mechanism, not a
 * device's reaction. */
static void add_path(struct table *t, unsigned path)
{
	const struct pci_map *map = inventory_map(t->s, path);
	const struct pci_function *toggle;
	struct cfg_address absent;
	static const unsigned widths[] = {1, 2, 4};

	if (!map || !map->count)
		return;
	for (unsigned i = 0; i < 3; i++)
		add_cfg(t, path, "read", widths[i], TARGET_PRESENT, run_read, map->fn[0].at, 0);
	for (unsigned i = 0; i < 3; i++)
		add_cfg(t, path, "write", widths[i], TARGET_PRESENT, run_write, map->fn[0].at,
			map->fn[0].id);
	if (!inventory_left_out(t->s) && find_absent(t->s, path, &absent)) {
		add_cfg(t, path, "read", 4, TARGET_ABSENT, run_read, absent, 0);
		add_cfg(t, path, "write", 4, TARGET_ABSENT, run_write, absent, 0xffffffff);
	}
	toggle = find_toggle(&t->s->found.path[path], map);
	if (toggle) {
		uint16_t command = cfg_read16(&t->s->found.path[path], toggle->at, PCI_COMMAND);

		add_cfg(t, path, "decode-toggle", 2, TARGET_PRESENT, run_toggle, toggle->at,
			command);
		t->op[t->count - 1].other = command ^ PCI_COMMAND_MEMORY;
	}
	if (path == PATH_ECAM) {
		add_cfg(t, path, "load", 4, TARGET_PRESENT, run_ecam_load, map->fn[0].at, 0);
		t->op[t->count - 1].each = LOADS;
		t->op[t->count - 1].memory = (const volatile void *)ecam_pointer(
		    &t->s->found.path[path], map->fn[0].at, PCI_ID);
	}
	if (path == PATH_PIO) {
		add_cfg(t, path, "out-cf8", 4, TARGET_PRESENT, run_select, map->fn[0].at, 0);
		add_cfg(t, path, "in-cfc", 4, TARGET_PRESENT, run_data, map->fn[0].at, 0);
	}
}

/* A port that no machine of ours claims and that no chipset decodes by convention (Bochs and Linux
 * leave it free). */
#define UNCLAIMED_PORT 0x2f0

static void add_load(struct table *t, const char *name, const volatile void *memory)
{
	struct op *op = add(t, "baseline", name, 4, TARGET_NONE, run_load);

	op->memory = memory;
	op->each = LOADS;
}

static void add_baselines(struct table *t)
{
	void *page = arena_take(t->s->arena, 4096, 4096);
	const volatile void *uncached = page ? t->s->platform->map_uncached(page) : NULL;

	add(t, "baseline", "empty", 0, TARGET_NONE, run_nothing);
	if (page)
		add_load(t, "ram-load-wb", page);
	if (uncached)
		add_load(t, "ram-load-uc", uncached);
	add(t, "baseline", "cpuid", 0, TARGET_NONE, run_cpuid);
	add(t, "baseline", "in-unclaimed", 4, TARGET_NONE, run_in32)->port = UNCLAIMED_PORT;
	if (t->s->platform->acpi->pm_timer.port)
		add(t, "baseline", "in-pm-timer", 4, TARGET_NONE, run_in32)->port =
		    t->s->platform->acpi->pm_timer.port;
}

/* Operations in one sample. */
static unsigned batch_of(const struct op *op, const struct measure_result *m)
{
	return m->batch * (op->each ? op->each : 1);
}

/* Cycles of one operation, to the nearest. */
static uint64_t each(const struct op *op, const struct measure_result *m, uint64_t sample)
{
	unsigned batch = batch_of(op, m);

	return (sample + batch / 2) / batch;
}

static void report_access(struct report *r, const struct op *op, const struct measure_result *m)
{
	static const char *const targets[] = {"none", "present", "absent"};

	report_open(r, "access");
	report_string(r, "path", op->path);
	report_string(r, "op", op->op);
	report_number(r, "width", op->width);
	report_string(r, "target", targets[op->target]);
	report_number(r, "n", m->stats.n);
	report_number(r, "min", each(op, m, m->stats.min));
	report_number(r, "p50", each(op, m, m->stats.p50));
	report_number(r, "p90", each(op, m, m->stats.p90));
	report_number(r, "p99", each(op, m, m->stats.p99));
	report_number(r, "max", each(op, m, m->stats.max));
	report_number(r, "mad", each(op, m, m->stats.mad));
	report_number(r, "overhead", each(op, m, m->overhead));
	report_bool(r, "stable", m->stable);
	report_number(r, "outliers", m->stats.outliers);
	/* Operations in one sample, and the median of one to a thousandth of a cycle. */
	report_number(r, "batch", batch_of(op, m));
	report_number(r, "p50_milli", m->stats.p50 * 1000 / batch_of(op, m));
	/* Pairs [b, samples from 2^b to 2^(b+1) - 1 cycles]; of whole samples where they are
	 * batches. */
	report_array(r, "log2");
	for (unsigned b = 0; b < STATS_BUCKETS; b++) {
		if (!m->stats.histogram[b])
			continue;
		report_array(r, NULL);
		report_number(r, NULL, b);
		report_number(r, NULL, m->stats.histogram[b]);
		report_array_end(r);
	}
	report_array_end(r);
	report_close(r);
}

static void print_row(struct report *r, const struct op *op, const struct measure_result *m)
{
	char what[40];

	text_format(what, sizeof(what), "%s %s%s", op->path, op->op,
		    op->target == TARGET_ABSENT ? " (absent)" : "");
	report_note(r, "%-28s %5u %8u %10llu %10llu.%01llu %10llu %10llu %8llu%s", what, op->width,
		    m->stats.n, (unsigned long long)each(op, m, m->stats.min),
		    (unsigned long long)(m->stats.p50 / batch_of(op, m)),
		    (unsigned long long)(m->stats.p50 % batch_of(op, m) * 10 / batch_of(op, m)),
		    (unsigned long long)each(op, m, m->stats.p90),
		    (unsigned long long)each(op, m, m->stats.p99),
		    (unsigned long long)each(op, m, m->stats.mad),
		    m->stable ? "" : "  unstable overhead");
}

static void keep_costs(struct session *s, const struct op *op, const struct measure_result *m)
{
	if (op->target != TARGET_PRESENT || op->width != 4)
		return;
	for (unsigned p = 0; p < PATHS; p++)
		if (strcmp(op->path, discovery_path_names[p]) == 0 && strcmp(op->op, "read") == 0)
			s->costs.read[p] = (struct read_cost){
			    .p50 = each(op, m, m->stats.p50) ? each(op, m, m->stats.p50) : 1,
			    .p90 = each(op, m, m->stats.p90)};
}

static void cost(struct session *s, const struct test *test)
{
	/* What is known of the machine stays, and is taken first. */
	bool known = inventory_know(s);
	struct table *t = ARENA_TAKE(s->arena, struct table, 1);
	struct measure_op *ops = ARENA_TAKE(s->arena, struct measure_op, MEASURE_OPS_MAX);
	struct measure_result *results =
	    ARENA_TAKE(s->arena, struct measure_result, MEASURE_OPS_MAX);
	struct measure_plan plan = {session_budget_cycles(s), s->options->reads, s->options->seed,
				    s->arena};
	size_t need;

	(void)test;
	if (!known)
		return;
	if (!t || !ops || !results) {
		session_error(s, "no memory for the table of operations");
		return;
	}
	t->s = s;
	add_baselines(t);
	for (unsigned p = 0; p < PATHS; p++)
		if (s->found.usable[p])
			add_path(t, p);
	if (s->found.table_item.key)
		add(t, "paravirtual", "call", 0, TARGET_NONE, run_call);
	if (t->full) {
		session_error(s, "more than %u operations to time", MEASURE_OPS_MAX);
		return;
	}
	for (unsigned i = 0; i < t->count; i++)
		ops[i] = (struct measure_op){t->op[i].run, &t->op[i]};
	if (plan.reads)
		report_note(s->report, "timing %u operations, %u times each", t->count, plan.reads);
	else
		report_note(s->report, "timing %u operations, up to %u ms each", t->count,
			    s->options->budget_ms);
	if (!measure_run(ops, t->count, &plan, results, &need)) {
		session_error(
		    s,
		    "samples need %zu KiB of memory, which this machine does not have: fewer reads=",
		    need / 1024);
		return;
	}
	report_note(s->report, "%-28s %5s %8s %10s %12s %10s %10s %8s", "cycles, less timing's own",
		    "width", "samples", "min", "p50", "p90", "p99", "MAD");
	for (unsigned i = 0; i < t->count; i++) {
		print_row(s->report, &t->op[i], &results[i]);
		keep_costs(s, &t->op[i], &results[i]);
	}
	for (unsigned i = 0; i < t->count; i++)
		report_access(s->report, &t->op[i], &results[i]);
	session_pass(s);
}

TEST(.name = "access.cost", .run = cost);
