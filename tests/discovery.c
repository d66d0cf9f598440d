/* Finding mechanisms, mask table and root buses, and numbering what firmware left unnumbered. */
#include <stddef.h>
#include "direct.h"
#include "mem.h"
#include "roots.h"
#include "session.h"

const char *const discovery_path_names[PATHS] = {"pio", "ecam"};

#define TABLE_ROOM  (256u << 10) /* bytes of mask table that can be read: over 3,000 functions */
#define BUFFER_MORE 64           /* for what fw_cfg's interface itself takes */

/* The arena is identity mapped, so the address is the physical one. False: no memory. */
static bool new_buffer(struct session *s, size_t table, struct fwcfg_buffer *buffer)
{
	uint8_t *at = arena_take(s->arena, table + BUFFER_MORE, 4096);

	*buffer = (struct fwcfg_buffer){at, (uint64_t)at, table + BUFFER_MORE};
	return at;
}

/*
 * A buffer in place of the one from mark on for a table of many functions, and room for half as
 * many again: it may grow. Not more than a quarter of the memory, whatever the directory says.
 */
static void make_room(struct session *s, size_t mark, uint32_t table)
{
	size_t room = table + (size_t)table / 2;

	if (table <= TABLE_ROOM || room > (s->arena->size - mark) / 4)
		return;
	arena_release(s->arena, mark);
	new_buffer(s, room, &s->found.fwcfg.buffer);
}

static void find_table(struct session *s)
{
	static const char *const names[] = {MASK_TABLE_ITEM_LIVE, MASK_TABLE_ITEM_SNAPSHOT,
					    "etc/extra-pci-roots"};
	struct fwcfg_item items[3];
	size_t mark = arena_mark(s->arena);
	struct fwcfg_buffer buffer;
	struct mask_table table;

	if (!new_buffer(s, TABLE_ROOM, &buffer)) {
		report_note(s->report, "mask table: no memory for a buffer; not looked for");
		return;
	}
	if (!s->platform->hypervisor.count) /* bare metal: those ports are someone else's */
		return;
	fwcfg_init(&s->found.fwcfg, buffer, s->counts);
	if (!s->found.fwcfg.present || !fwcfg_find(&s->found.fwcfg, names, items, 3))
		return;
	s->found.extra_roots_item = items[2];
	for (unsigned i = 0; i < 2 && s->found.table == MASK_TABLE_NONE; i++) {
		if (!items[i].key)
			continue;
		s->found.table_item = items[i];
		make_room(s, mark, items[i].size);
		s->found.table = i == 0 ? MASK_TABLE_LIVE : MASK_TABLE_SNAPSHOT;
		if (!discovery_read_table(s, &table)) {
			report_note(s->report, "mask table: %s is not used; the sizing dance is",
				    names[i]);
			s->found.table = MASK_TABLE_NONE;
		}
	}
}

bool discovery_read_table(struct session *s, struct mask_table *table)
{
	size_t len = s->found.table_item.size, capacity = fwcfg_capacity(&s->found.fwcfg),
	       needed = 0;
	const uint8_t *bytes;

	/* The directory's size is a hint; a table that has grown since says so in its header. */
	for (unsigned tries = 0; tries < 2; tries++) {
		if (len > capacity)
			len = capacity;
		bytes = fwcfg_read(&s->found.fwcfg, s->found.table_item.key, len);
		if (!bytes) {
			diag_say(&s->diag, "mask table: fw_cfg reports an error for the table");
			return false;
		}
		if (mask_table_check(table, bytes, len, &needed, &s->diag))
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
	const uint8_t *bytes;

	if (!s->found.fwcfg.present)
		return ROOTS_UNKNOWN;
	if (!s->found.extra_roots_item.key)
		return s->found.vmm == VMM_QEMU ? 0 : ROOTS_UNKNOWN;
	bytes = s->found.extra_roots_item.size == 8
		    ? fwcfg_read(&s->found.fwcfg, s->found.extra_roots_item.key, 8)
		    : NULL;
	if (bytes && mem_le64(bytes) < PCI_ROOTS_MAX)
		return (unsigned)mem_le64(bytes);
	report_note(s->report,
		    "fw_cfg's etc/extra-pci-roots (%u bytes%s) makes no sense: all buses are swept",
		    s->found.extra_roots_item.size, bytes ? ", too many root buses" : "");
	return ROOTS_UNKNOWN;
}

/* For each segment the path whose buses are the more. Ports reach all of segment 0 and nothing
 * else. */
static void find_roots(struct session *s)
{
	static const struct cfg_address first = {0, 0, 0};
	const struct cfg *ecam = &s->found.path[PATH_ECAM];
	const struct acpi *acpi = s->platform->acpi;
	unsigned extra = extra_roots(s);
	bool by_ecam = s->found.usable[PATH_ECAM] && ecam->ops->reaches(ecam, first, 0);

	if (s->platform->roots.count) {
		s->found.roots = s->platform->roots;
		report_note(s->report, "%u root buses, as firmware's root bridges say",
			    s->found.roots.count);
		return;
	}
	/* MCFG need not name bus 0 of segment 0. */
	if (s->found.usable[PATH_PIO] && (extra != 0 || !by_ecam))
		roots_sweep(&s->found.path[PATH_PIO], 0, extra, &s->found.roots, &s->diag);
	for (unsigned i = 0; i < acpi->mcfg_count && s->found.usable[PATH_ECAM]; i++) {
		uint16_t segment = acpi->mcfg[i].segment;
		bool done = false;

		for (unsigned r = 0; r < s->found.roots.count; r++)
			done |= s->found.roots.root[r].segment == segment;
		if (!done)
			roots_sweep(&s->found.path[PATH_ECAM], segment,
				    segment ? ROOTS_UNKNOWN : extra, &s->found.roots, &s->diag);
	}
	report_note(s->report, "%u root buses, %s", s->found.roots.count,
		    extra == ROOTS_UNKNOWN ? "found by sweeping" : "as many as fw_cfg says");
}

struct cfg *discovery_best_path(struct session *s, struct cfg_address at)
{
	struct cfg *ecam = &s->found.path[PATH_ECAM];

	return s->found.usable[PATH_ECAM] && ecam->ops->reaches(ecam, at, 0)
		   ? ecam
		   : &s->found.path[PATH_PIO];
}

static void number_all(struct session *s)
{
	uint64_t before = s->found.path[PATH_PIO].reads + s->found.path[PATH_ECAM].reads;

	/* Root by root is not enough: those of a segment must not hand out each other's numbers. */
	for (unsigned p = 0; p < PATHS; p++) {
		struct pci_roots mine = {0};

		for (unsigned i = 0; i < s->found.roots.count; i++) {
			struct cfg_address at = {s->found.roots.root[i].segment,
						 s->found.roots.root[i].bus, 0};

			if (s->found.usable[p] && discovery_best_path(s, at) == &s->found.path[p])
				mine.root[mine.count++] = s->found.roots.root[i];
		}
		if (mine.count)
			number_bridges(&s->found.path[p], &mine, &s->found.numbering, &s->diag);
	}
	if (s->found.numbering.count)
		report_note(
		    s->report,
		    "firmware left %u bridges without bus numbers; numbered them (%llu reads)",
		    s->found.numbering.count,
		    (unsigned long long)(s->found.path[PATH_PIO].reads +
					 s->found.path[PATH_ECAM].reads - before));
}

void discovery_run(struct session *s)
{
	s->found.ecam = (struct ecam){.acpi = s->platform->acpi,
				      .map = s->platform->map_device,
				      .context = s->platform->map_context};
	pio_init(&s->found.path[PATH_PIO], &s->found.pio, s->counts);
	ecam_init(&s->found.path[PATH_ECAM], &s->found.ecam, s->counts);
	for (unsigned p = 0; p < PATHS; p++)
		s->found.usable[p] = !(p == PATH_PIO && s->options->ports_off) &&
				     s->found.path[p].ops->probe(&s->found.path[p]);
	if (s->found.pio.kind == PIO_NO_LATCH || s->found.pio.kind == PIO_STUCK)
		report_note(
		    s->report,
		    "CF8 reads 0x%08x after 0x%08x was written, but CFC answers (00:00.0 reads "
		    "0x%08x): the ports are there, and wrong%s",
		    s->found.pio.latch, PIO_ENABLE, s->found.pio.id,
		    s->found.pio.latch == UINT32_MAX
			? "; where they are hidden on purpose, say ports=off"
			: "");
	find_table(s);
	s->found.vmm =
	    vmm_identify(&s->platform->hypervisor, s->platform->acpi, s->found.fwcfg.present);
	find_roots(s);
	number_all(s);
	s->found.ecam_reads = direct_summary(s);
}

bool discovery_needs_path(struct session *s, unsigned path)
{
	if (s->found.usable[path])
		return true;
	if (path == PATH_PIO)
		session_skip(s, "%s",
			     s->options->ports_off ? "ports=off"
			     : s->found.pio.kind == PIO_STUCK
				 ? "the ports answer the same for every address (CF8-02)"
			     : s->found.pio.kind == PIO_SILENT
				 ? "CF8 is claimed and CFC shows nothing (CF8-02)"
				 : "no configuration mechanism at port CF8h");
	else
		session_skip(s, "%s",
			     s->platform->acpi->mcfg_found ? "MCFG has no usable entry"
							   : "neither MCFG nor a constant _CBA");
	return false;
}

bool discovery_needs_table(struct session *s)
{
	if (s->found.table == MASK_TABLE_NONE)
		session_skip(s, "no PCI BAR mask table is offered");
	return s->found.table != MASK_TABLE_NONE;
}
