/* The machine for the rules, and a run over it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runner.h"
#include "sim_acpi.h"
#include "sim_build.h"
#include "sim_bugs.h"
#include "sim_rules.h"
#include "sim_smp.h"

#define ARENA_SIZE (128u << 20)
#define TEXT_SIZE  (128u << 20)

static const struct sim_mcfg mcfg[] = {{0xb0000000, 0, 0x00, 0x3f}, {0xb0000000, 0, 0x40, 0x7f}};

/*
 * Everything that a BAR can be, expansion ROM, Express with extended capabilities, interrupt pin.
 */
static void add_all_kinds(struct sim_bus *bus, unsigned device)
{
	struct sim_fn *fn = sim_add(bus, device, 0, 0x10d38086, 0x020000);

	sim_bar(fn, 0, SIM_MEM32, 128 << 10);
	sim_bar(fn, 1, SIM_IO, 32);
	sim_bar(fn, 2, SIM_MEM64_PREFETCH, 1 << 20);
	sim_bar(fn, 4, SIM_IO16, 64);
	sim_rom(fn, 64 << 10);
	sim_express(fn);
	sim_msi(fn, true);
	sim_msi_x(fn, 32, 128 << 10);
	sim_ecap(fn, 0x0001, 0x48);
	sim_set32(fn, 0x104, 0x04030201);
	sim_writable32(fn, 0x108, 0x0015f030); /* which errors are masked */
	sim_writable32(fn, 0x10c, 0x0015f030); /* which are fatal */
	sim_writable32(fn, 0x114, 0x000031c1); /* which correctable ones are masked */
	sim_ecap(fn, 0x0003, 12);              /* its serial number */
	sim_set32(fn, 0x14c, 0x12345678);
	sim_ecap(fn, 0x0018, 8);
	sim_writable32(fn, 0x158, 0x1fff1fff); /* tolerated latency */
	sim_sriov(fn);
	sim_vf_bar(fn, 0, SIM_MEM64, 16 << 10);
	sim_vf_bar(fn, 3, SIM_MEM32, 4 << 10);
	fn->value[0x3d] = 1;
	sim_set32(fn, 0x2c, 0x11001af4);
}

/* A conventional one, whose STATUS holds an error that some firmware left. */
static void add_conventional(struct sim_bus *bus, unsigned device)
{
	struct sim_fn *fn = sim_add(bus, device, 0, 0x100e8086, 0x020000);

	sim_bar(fn, 0, SIM_MEM32, 1 << 20);
	sim_bar(fn, 1, SIM_IO, 64);
	sim_set16(fn, sim_cap(fn, 0x01, 8) + 2, 3);
	sim_msi(fn, false);
	fn->value[0x07] |= 0x20;
	fn->value[0x04] &= (uint8_t)~0x04; /* does not master, so that its MSI may be tried */
	fn->value[0x3d] = 2;
	/* A ROM as OVMF leaves those that it does not assign: with all of its address bits set. */
	sim_rom(fn, 128 << 10);
	sim_set32(fn, 0x30, 0xfffe0000);
}

static void add_testdev(struct sim_bus *bus, unsigned device, unsigned function)
{
	struct sim_fn *fn = sim_add(bus, device, function, 0x00051b36, 0x00ff00);

	sim_bar(fn, 0, SIM_MEM32, 4 << 10);
	sim_bar(fn, 1, SIM_IO, 256);
}

static void add_virtio(struct sim_bus *bus, unsigned device, uint32_t id)
{
	struct sim_fn *fn = sim_add(bus, device, 0, id, 0x00ff00);

	sim_bar(fn, 4, SIM_MEM64_PREFETCH, 1 << 20);
	sim_virtio(fn);
}

/* One whose memory says what it is. */
static struct sim_fn *add_edu(struct sim_bus *bus, unsigned device)
{
	struct sim_fn *fn = sim_add(bus, device, 0, 0x11e81234, 0x00ff00);

	sim_bar(fn, 0, SIM_MEM32, 1 << 20);
	return fn;
}

/* As firmware leaves what it does not assign: no address, nothing decoded. */
static void unassign(struct sim_fn *fn)
{
	unsigned bars = fn->behind ? 2 : 6;

	if (fn->value[0x0b] == 0x06 && fn->value[0x0a] == 0)
		return;
	fn->value[4] &= (uint8_t)~3;
	fn->idle = true;
	for (unsigned reg = 0x10; reg < 0x10 + 4 * bars; reg++)
		fn->value[reg] &= (uint8_t)~fn->writable[reg];
	for (unsigned reg = 0x30; !fn->behind && reg < 0x34; reg++)
		fn->value[reg] &= (uint8_t)~fn->writable[reg];
}

static struct sim_bus *add_bridge(struct sim_bus *bus, unsigned device, bool express)
{
	struct sim_fn *fn = sim_add_bridge(bus, device, 0, express ? 0x000c1b36 : 0x00011b36);

	sim_bar(fn, 0, SIM_MEM64, 4 << 10);
	if (express)
		sim_express(fn);
	return fn->behind;
}

static void build(void)
{
	struct sim_bus *root = sim_root(0, 0), *second = sim_root(0, 0x40), *behind;

	for (unsigned i = 0; i < 2; i++)
		sim_ecam(mcfg[i].segment, mcfg[i].start, mcfg[i].end, mcfg[i].base);
	sim_add(root, 0, 0, 0x29c08086, 0x060000);
	add_all_kinds(root, 2);
	add_conventional(root, 3);
	add_testdev(root, 4, 0);
	add_testdev(root, 4, 3);
	add_all_kinds(add_bridge(root, 5, true), 0);
	behind = add_bridge(root, 6, false);
	add_conventional(behind, 1);
	add_testdev(add_bridge(behind, 2, false), 1, 0);
	add_bridge(behind, 3, false);
	add_virtio(root, 7, 0x10441af4);
	unassign(add_edu(root, 14));
	add_edu(behind, 4);
	add_virtio(behind, 5, 0x10451af4);
	sim_add(second, 0, 0, 0x000b1b36, 0x060000);
	add_conventional(second, 1);
	add_all_kinds(add_bridge(second, 2, true), 0);
	sim_number();
}

static uint8_t arena_bytes[ARENA_SIZE] __attribute__((aligned(4096)));
static uint8_t table[SIM_MASK_TABLE_MAX];
static char text[TEXT_SIZE];
static size_t text_len;
bool sim_rules_printed_in_window;

static void generate(struct sim_item *item)
{
	static const struct sim_fn *order[SIM_FUNCTIONS_MAX];
	const struct sim_bug *bug = sim.bug;
	unsigned count;

	if (item->len && sim_bug_is("table-frozen"))
		return;
	item->len = sim_mask_table_encode(table, order, &count);
	if (bug->mask_table)
		item->len = bug->mask_table(table, item->len);
	item->listed = item->len;
}

/* ACPI and mask tables of the machine that there is. */
static void add_tables(const struct sim_bug *bug)
{
	struct sim_mcfg entries[SIM_REGIONS_MAX];

	for (unsigned i = 0; i < sim.regions; i++)
		entries[i] = (struct sim_mcfg){sim.region[i].base, sim.region[i].segment,
					       sim.region[i].start, sim.region[i].end};
	sim_acpi_build(2, entries, sim.regions);
	if (bug->tables)
		bug->tables();
	sim.bug = bug;
	sim_fwcfg(SIM_FWCFG_WORKS, arena_bytes, (uint64_t)(uintptr_t)arena_bytes, ARENA_SIZE);
	sim_fwcfg_item(MASK_TABLE_ITEM_LIVE, table, 0);
	sim.fwcfg.item[0].generate = generate;
	generate(&sim.fwcfg.item[0]);
}

void sim_rules_machine(const struct sim_bug *bug)
{
	sim_reset();
	build();
	if (bug->machine)
		bug->machine();
	add_tables(bug);
}

void sim_rules_unassigned(void)
{
	sim_reset();
	build();
	for (unsigned i = 0; i < sim.functions; i++)
		unassign(sim.fn[i]);
	add_tables(&sim_no_bug);
}

void sim_rules_acpi_table(bool sound, const char *fwcfg_name)
{
	sim_rules_machine(&sim_no_bug);
	table[40] ^= !sound;
	sim_acpi_add_masks(table, sim.fwcfg.item[0].len);
	if (fwcfg_name)
		snprintf(sim.fwcfg.item[0].name, sizeof(sim.fwcfg.item[0].name), "%s", fwcfg_name);
	else
		sim.fwcfg.mode = SIM_FWCFG_ABSENT;
}

void sim_rules_random(uint64_t seed)
{
	sim_random(seed, true);
	add_tables(&sim_no_bug);
}

void sim_rules_large(unsigned functions)
{
	sim_large(functions);
	add_tables(&sim_no_bug);
}

void sim_rules_aliases(void)
{
	struct sim_bus *bus;

	sim_reset();
	sim_memory_reset();
	bus = sim_root(0, 0);
	for (unsigned device = 0; device < 4; device++)
		add_conventional(bus, device);
	sim.bus_ignored = true;
}

static void put(void *context, const char *from, size_t len)
{
	(void)context;
	/* That looks at all functions: too long where there are so many. */
	sim_rules_printed_in_window |= !sim.bus_at && sim_decode_is_off();
	if (text_len + len >= TEXT_SIZE)
		abort();
	memcpy(text + text_len, from, len);
	text_len += len;
	text[text_len] = '\0';
}

/* The answers to what tests ask: how much discovery asks depends on time (tests/direct.c). */
static void count_answers(const char *name, unsigned number, unsigned planned)
{
	(void)name;
	(void)planned;
	if (number == 1)
		sim.answers = 0;
}

/* RAM is what lies below 1 GiB. */
static bool is_ram(void *context, uint64_t physical, uint64_t len)
{
	(void)context;
	(void)len;
	return physical < 1u << 30;
}

static volatile uint8_t *no_map(void *page)
{
	(void)page;
	return NULL;
}

/* Each root bus may hand out numbers up to the next one, as far as ECAM reaches. */
static void take_roots(struct pci_roots *roots)
{
	static struct pci_root room[SIM_ROOTS_MAX];

	roots->root = room;
	for (unsigned i = 0; i < sim.roots; i++) {
		const struct sim_bus *bus = sim.root[i];
		struct pci_root root = {bus->segment, bus->number, 0};

		for (unsigned r = 0; r < sim.regions; r++)
			if (sim.region[r].segment == root.segment &&
			    sim.region[r].start <= root.bus && sim.region[r].end >= root.bus)
				root.last = sim.region[r].end;
		if (i + 1 < sim.roots && sim.root[i + 1]->segment == root.segment &&
		    sim.root[i + 1]->number <= root.last)
			root.last = (uint8_t)(sim.root[i + 1]->number - 1);
		roots->root[roots->count++] = root;
	}
}

static struct cfg_counts counts;
static struct report report;
uint32_t sim_rules_reads;
size_t sim_rules_memory = 8u << 20;
unsigned sim_rules_vcpus = 2;
bool sim_rules_emulated;

const char *sim_rules_run(const char *globs, const char *hypervisor)
{
	static struct options options;
	static struct acpi acpi;
	static struct session session;
	struct arena arena = {arena_bytes, sim_rules_memory, 0};
	struct platform platform = {
	    .boot = "host",
	    .cpl_reason = "",
	    .tsc_source = "none",
	    .lfence = "serializing",
	    .console = "none",
	    .progress = count_answers,
	    .emulated = sim_rules_emulated,
	    .acpi = &acpi,
	    .map_device = sim_map,
	    .is_ram = is_ram,
	    .is_listed = is_ram,
	    .map_uncached = no_map,
	    .vcpus = sim_rules_vcpus,
	    .vcpus_reason = "this machine has one",
	    .run_together = sim_run_together,
	    .pause = sim_pause,
	};

	if (!sim.bus_ignored)
		take_roots(&platform.roots);
	report = (struct report){.put = put};
	text_len = 0;
	sim_rules_printed_in_window = false;
	counts = sim.counts = (struct cfg_counts){0};
	snprintf(platform.hypervisor.by[0].name, sizeof(platform.hypervisor.by[0].name), "%s",
		 hypervisor);
	platform.hypervisor.count = 1;
	acpi_parse(&acpi, SIM_RSDP, 52, sim_memory_map, NULL, &diag_silent);
	options_defaults(&options);
	options.reads = sim_rules_reads;
	snprintf(options.tests, sizeof(options.tests), "%s", globs);
	session = (struct session){.platform = &platform,
				   .options = &options,
				   .report = &report,
				   .arena = &arena,
				   .counts = &counts};
	runner_run(&session, 0);
	return text;
}

const char *sim_rules_status(void)
{
	return report_status(&report);
}

bool sim_rules_counts_agree(void)
{
	return memcmp(&counts, &sim.counts, sizeof(counts)) == 0;
}

bool sim_rules_result(const char *log, const char *status, const char *name, const char *directive)
{
	size_t len = strlen(name);

	for (const char *at = log; (at = strstr(at, name)); at += len) {
		const char *line = at;

		while (line > log && line[-1] != '\n')
			line--;
		if (strncmp(line, status, strlen(status)) != 0 ||
		    (at[len] != '\n' && at[len] != ' '))
			continue;
		if (directive ? strstr(at, directive) && strstr(at, directive) < strchr(at, '\n')
			      : at[len] == '\n')
			return true;
	}
	return false;
}

bool sim_rules_broken(const char *log, const struct test *t)
{
	return sim_rules_result(log, "not ok", t->name,
				t->flags & TEST_INFORMATIVE ? "# XFAIL" : NULL);
}
