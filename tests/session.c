/* What a run knows, and how it finds out. */
#include <stddef.h>
#include "session.h"
#include "io.h"
#include "mem.h"
#include "roots.h"
#include "text.h"
#include "stats.h"
#include "tsc.h"

const char *const session_path_names[PATHS] = {"pio", "ecam"};

#define TABLE_MAX (256u << 10) /* bytes of mask table that can be read: over 3,000 functions */

/* Counted where it matters, tests say themselves; here it becomes a line of the log. */
static void diag_line(void *context, const char *text)
{
	struct session *s = context;

	s->diagnostics++;
	report_note(s->report, "%s", text);
}

static void find_table(struct session *s)
{
	static const char *const names[] = {PV_ITEM_LIVE, PV_ITEM_SNAPSHOT, "etc/extra-pci-roots"};
	struct fwcfg_item items[3];
	uint8_t *buffer = arena_take(s->arena, TABLE_MAX + 64, 4096);
	struct pv_table table;

	if (!buffer) {
		report_note(s->report, "paravirtual: no memory for a buffer; not looked for");
		return;
	}
	/* The arena is identity mapped, so the address is the physical one. */
	if (!s->platform->hypervisor[0]) /* bare metal: those ports are someone else's */
		return;
	fwcfg_init(&s->fwcfg, (struct fwcfg_buffer){buffer, (uint64_t)buffer, TABLE_MAX + 64},
		   s->counts);
	if (!s->fwcfg.present || !fwcfg_find(&s->fwcfg, names, items, 3))
		return;
	s->extra_roots_item = items[2];
	for (unsigned i = 0; i < 2 && s->pv == PV_NONE; i++) {
		if (!items[i].key)
			continue;
		s->pv_item = items[i];
		s->pv = i == 0 ? PV_LIVE : PV_SNAPSHOT;
		if (!session_read_table(s, &table)) {
			report_note(s->report, "paravirtual: %s is not used; the sizing dance is",
				    names[i]);
			s->pv = PV_NONE;
		}
	}
}

bool session_read_table(struct session *s, struct pv_table *table)
{
	size_t len = s->pv_item.size, capacity = fwcfg_capacity(&s->fwcfg), needed = 0;
	const uint8_t *bytes;

	/* The directory's size is a hint; a table that has grown since says so in its header. */
	for (unsigned tries = 0; tries < 2; tries++) {
		if (len > capacity)
			len = capacity;
		bytes = fwcfg_read(&s->fwcfg, s->pv_item.key, len);
		if (!bytes) {
			diag_say(&s->diag, "paravirtual: fw_cfg reports an error for the table");
			return false;
		}
		if (pv_check(table, bytes, len, &needed, &s->diag))
			return true;
		if (needed <= len || needed > capacity)
			return false;
		len = needed;
	}
	return false;
}

/* QEMU publishes the number of root buses beside bus 0, and no file when there are none. */
static unsigned extra_roots(struct session *s)
{
	const char *hypervisor = s->platform->hypervisor;
	const uint8_t *bytes;

	if (!s->fwcfg.present)
		return ROOTS_UNKNOWN;
	if (!s->extra_roots_item.key)
		return strcmp(hypervisor, "TCGTCGTCGTCG") == 0 ||
			       strcmp(hypervisor, "KVMKVMKVM") == 0
			   ? 0
			   : ROOTS_UNKNOWN;
	bytes = s->extra_roots_item.size == 8 ? fwcfg_read(&s->fwcfg, s->extra_roots_item.key, 8)
					      : NULL;
	return bytes && mem_le64(bytes) < PCI_ROOTS_MAX ? (unsigned)mem_le64(bytes) : ROOTS_UNKNOWN;
}

/* For each segment the path whose buses are the more. Ports reach all of segment 0 and nothing
 * else. */
static void find_roots(struct session *s)
{
	const struct acpi *acpi = s->platform->acpi;
	unsigned extra = extra_roots(s);

	if (s->platform->roots.count) {
		s->roots = s->platform->roots;
		report_note(s->report, "%u root buses, as firmware's root bridges say",
			    s->roots.count);
		return;
	}
	if (s->usable[PATH_PIO] && (extra != 0 || !s->usable[PATH_ECAM]))
		roots_sweep(&s->path[PATH_PIO], 0, extra, &s->roots, &s->diag);
	for (unsigned i = 0; i < acpi->mcfg_count && s->usable[PATH_ECAM]; i++) {
		uint16_t segment = acpi->mcfg[i].segment;
		bool done = false;

		for (unsigned r = 0; r < s->roots.count; r++)
			done |= s->roots.root[r].segment == segment;
		if (!done)
			roots_sweep(&s->path[PATH_ECAM], segment, segment ? ROOTS_UNKNOWN : extra,
				    &s->roots, &s->diag);
	}
	report_note(s->report, "%u root buses, %s", s->roots.count,
		    extra == ROOTS_UNKNOWN ? "found by sweeping" : "as many as fw_cfg says");
}

struct cfg *session_best_path(struct session *s, struct cfg_address at)
{
	struct cfg *ecam = &s->path[PATH_ECAM];

	return s->usable[PATH_ECAM] && ecam->ops->reaches(ecam, at, 0) ? ecam : &s->path[PATH_PIO];
}

static void number_all(struct session *s)
{
	uint64_t before = s->path[PATH_PIO].reads + s->path[PATH_ECAM].reads;

	/* Root by root is not enough: those of a segment must not hand out each other's numbers. */
	for (unsigned p = 0; p < PATHS; p++) {
		struct pci_roots mine = {0};

		for (unsigned i = 0; i < s->roots.count; i++) {
			struct cfg_address at = {s->roots.root[i].segment, s->roots.root[i].bus, 0};

			if (s->usable[p] && session_best_path(s, at) == &s->path[p])
				mine.root[mine.count++] = s->roots.root[i];
		}
		if (mine.count)
			number_bridges(&s->path[p], &mine, &s->numbering, &s->diag);
	}
	if (s->numbering.count)
		report_note(
		    s->report,
		    "firmware left %u bridges without bus numbers; numbered them (%llu reads)",
		    s->numbering.count,
		    (unsigned long long)(s->path[PATH_PIO].reads + s->path[PATH_ECAM].reads -
					 before));
}

/*
 * A read that costs a small fraction of a write did not exit: the page is mapped for reading. Each
 * is timed by itself, less the timing's own cost. Written is the vendor ID with its own value, a
 * register that takes no writes.
 */
#define PROBES 9

static const char *ecam_reads(struct session *s)
{
	struct cfg *ecam = &s->path[PATH_ECAM];
	uint64_t empty[PROBES], reads[PROBES], writes[PROBES], none, read, write;
	volatile uint8_t *id_register;
	struct cfg_address at;
	uint32_t id;

	if (!s->usable[PATH_ECAM] || !s->roots.count)
		return "none";
	at = (struct cfg_address){s->roots.root[0].segment, s->roots.root[0].bus, 0};
	id = cfg_read32(ecam, at, PCI_ID);
	id_register = ecam_pointer(ecam, at, PCI_ID);
	if (!pci_id_present(id) || !id_register)
		return "exit";
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t start = tsc_read();

		empty[i] = tsc_read() - start;
		s->counts->ecam_read++;
		start = tsc_read();
		io_mmio_read32(id_register);
		reads[i] = tsc_read() - start;
		s->counts->ecam_write++;
		start = tsc_read();
		io_mmio_write32(id_register, id);
		writes[i] = tsc_read() - start;
	}
	none = stats_median64(empty, PROBES);
	read = stats_median64(reads, PROBES);
	write = stats_median64(writes, PROBES);
	read = read > none ? read - none : 0;
	write = write > none ? write - none : 0;
	return read < write / 4 ? "direct" : "exit";
}

void session_prepare(struct session *s)
{
	s->diag = (struct diag){diag_line, s};
	s->ecam = (struct ecam){.acpi = s->platform->acpi,
				.map = s->platform->map_device,
				.context = s->platform->map_context};
	pio_init(&s->path[PATH_PIO], &s->pio, s->counts);
	ecam_init(&s->path[PATH_ECAM], &s->ecam, s->counts);
	for (unsigned p = 0; p < PATHS; p++)
		s->usable[p] = s->path[p].ops->probe(&s->path[p]);
	find_table(s);
	find_roots(s);
	number_all(s);
	s->ecam_reads = ecam_reads(s);
}

/* The worst wins: NONE < PASS < SKIP < FAIL < ERROR. */
static void settle(struct session *s, enum report_outcome outcome)
{
	if (outcome > s->outcome)
		s->outcome = outcome;
}

void session_pass(struct session *s)
{
	settle(s, REPORT_PASS);
}

static void settle_with(struct session *s, enum report_outcome outcome, const char *label,
			const char *format, va_list args)
{
	char text[sizeof(s->reason)];

	text_vformat(text, sizeof(text), format, args);
	if (label)
		report_note(s->report, "%s: %s", label, text);
	if (outcome > s->outcome)
		memcpy(s->reason, text, sizeof(text));
	settle(s, outcome);
}

void session_fail(struct session *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	settle_with(s, REPORT_FAIL, s->deviates ? "XFAIL" : "FAIL", format, args);
	va_end(args);
}

void session_error(struct session *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	settle_with(s, REPORT_ERROR, "ERROR", format, args);
	va_end(args);
}

void session_skip(struct session *s, const char *format, ...)
{
	va_list args;

	/* What was checked counts for more than what could not be. */
	if (s->outcome != REPORT_NONE)
		return;
	va_start(args, format);
	settle_with(s, REPORT_SKIP, NULL, format, args);
	va_end(args);
}

bool session_needs_path(struct session *s, unsigned path)
{
	if (s->usable[path])
		return true;
	if (path == PATH_PIO)
		session_skip(s, "no configuration mechanism at port CF8h");
	else
		session_skip(s, "%s",
			     s->platform->acpi->mcfg_found ? "MCFG has no usable entry"
							   : "neither MCFG nor a constant _CBA");
	return false;
}

bool session_needs_pv(struct session *s)
{
	if (s->pv == PV_NONE)
		session_skip(s, "no PCI BAR mask table is offered");
	return s->pv != PV_NONE;
}

bool session_new_map(struct session *s, struct pci_map *map)
{
	*map = (struct pci_map){.capacity = SESSION_FUNCTIONS_MAX};
	map->fn = ARENA_TAKE(s->arena, struct pci_function, map->capacity);
	if (!map->fn)
		session_error(s, "no memory for a walk of %u functions", map->capacity);
	return map->fn;
}

const struct pci_map *session_map(struct session *s, unsigned path)
{
	struct pci_map *map = &s->map[path];
	unsigned before = s->diagnostics;

	if (!s->mapped[path]) {
		if (!session_new_map(s, map))
			return NULL;
		pci_scan_tree(&s->path[path], &s->roots, map, NULL, NULL, &s->diag);
		s->map_diagnostics[path] = s->diagnostics - before;
		s->mapped[path] = true;
	}
	return map;
}

struct known *session_find(struct session *s, struct cfg_address at)
{
	for (unsigned i = 0; i < s->known_count; i++)
		if (cfg_key(s->known[i].fn.at) == cfg_key(at))
			return &s->known[i];
	return NULL;
}

bool session_know(struct session *s)
{
	unsigned total = 0;

	if (s->known)
		return true;
	for (unsigned p = 0; p < PATHS; p++) {
		if (!s->usable[p])
			continue;
		if (!session_map(s, p))
			return false;
		total += s->map[p].count;
	}
	s->known = ARENA_TAKE(s->arena, struct known, total + 1);
	if (!s->known) {
		session_error(s, "no memory to compare %u functions", total);
		return false;
	}
	for (unsigned p = 0; p < PATHS; p++)
		for (unsigned i = 0; s->usable[p] && i < s->map[p].count; i++) {
			struct known *k = session_find(s, s->map[p].fn[i].at);

			if (!k) {
				k = &s->known[s->known_count++];
				k->fn = s->map[p].fn[i];
			}
			k->seen |= 1u << p;
		}
	return true;
}

uint64_t session_budget_cycles(const struct session *s)
{
	/* Where nothing tells the frequency, 2 GHz: a budget is a courtesy, not a measurement. */
	uint64_t khz = s->platform->tsc_khz ? s->platform->tsc_khz : 2000000;

	return khz * s->words->budget_ms;
}
