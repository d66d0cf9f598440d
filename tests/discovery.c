/* Finding mechanisms, mask table and root buses, and numbering what firmware left unnumbered. */
#include <stddef.h>
#include "direct.h"
#include "mem.h"
#include "record.h"
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

static void try_table(struct session *s, enum mask_table_source source, const char *name)
{
	struct mask_table table;

	s->found.table = source;
	if (discovery_read_table(s, &table))
		return;
	report_note(s->report, "mask table: %s is not used", name);
	s->found.table_unsound = name;
	s->found.table = MASK_TABLE_NONE;
}

/* What fw_cfg has: the number of root buses, and where a mask table is, by who offers it. */
static void look_in_fwcfg(struct session *s, struct fwcfg_item table_item[])
{
	static const char *const names[] = {MASK_TABLE_ITEM_LIVE, MASK_TABLE_ITEM_SNAPSHOT,
					    "etc/extra-pci-roots", RECORD_ITEM};
	struct fwcfg_item items[4];
	size_t mark = arena_mark(s->arena);
	struct fwcfg_buffer buffer;

	if (!new_buffer(s, TABLE_ROOM, &buffer)) {
		report_note(s->report, "fw_cfg: no memory for a buffer; nothing is looked for");
		return;
	}
	if (!s->platform->hypervisor.count) /* bare metal: those ports are someone else's */
		return;
	fwcfg_init(&s->found.fwcfg, buffer, s->counts);
	if (!s->found.fwcfg.present || !fwcfg_find(&s->found.fwcfg, names, items, 4))
		return;
	s->found.extra_roots_item = items[2];
	s->found.record_item = items[3];
	table_item[MASK_TABLE_LIVE] = items[0];
	table_item[MASK_TABLE_SNAPSHOT] = items[1];
	make_room(s, mark, items[0].size > items[1].size ? items[0].size : items[1].size);
}

/* The first that is sound, the hypervisor's own before one that was made outside. */
static void find_table(struct session *s)
{
	static const struct {
		enum mask_table_source source;
		const char *name;
	} offers[] = {{MASK_TABLE_LIVE, MASK_TABLE_ITEM_LIVE},
		      {MASK_TABLE_ACPI, "the ACPI table OEMP"},
		      {MASK_TABLE_SNAPSHOT, MASK_TABLE_ITEM_SNAPSHOT}};
	struct fwcfg_item item[MASK_TABLE_SOURCES] = {0};

	look_in_fwcfg(s, item);
	for (unsigned i = 0; i < 3 && s->found.table == MASK_TABLE_NONE; i++) {
		enum mask_table_source source = offers[i].source;

		if (source == MASK_TABLE_ACPI ? !s->platform->acpi->masks : !item[source].key)
			continue;
		s->found.table_item = item[source];
		try_table(s, source, offers[i].name);
	}
}

bool discovery_read_table(struct session *s, struct mask_table *table)
{
	size_t len = s->found.table_item.size, capacity = fwcfg_capacity(&s->found.fwcfg),
	       needed = 0;
	const struct acpi *acpi = s->platform->acpi;
	const uint8_t *bytes;

	if (s->found.table == MASK_TABLE_ACPI)
		return mask_table_check(table, acpi->masks, acpi->masks_len, &needed, &s->diag);
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
	if (bytes && mem_le64(bytes) < PCI_BUSES)
		return (unsigned)mem_le64(bytes);
	report_note(s->report,
		    "fw_cfg's etc/extra-pci-roots (%u bytes%s) makes no sense: all buses are swept",
		    s->found.extra_roots_item.size, bytes ? ", too many root buses" : "");
	return ROOTS_UNKNOWN;
}

/* Buses that there can be: all of segment 0, which ports reach, and what MCFG names of others. */
static unsigned buses(const struct session *s)
{
	const struct acpi *acpi = s->platform->acpi;
	unsigned count = PCI_BUSES;

	for (unsigned i = 0; i < acpi->mcfg_count; i++)
		if (acpi->mcfg[i].segment)
			count += acpi->mcfg[i].end - acpi->mcfg[i].start + 1u;
	return count;
}

static struct pci_roots new_roots(struct session *s, unsigned capacity)
{
	struct pci_root *room =
	    arena_room(s->arena, sizeof(struct pci_root), capacity, _Alignof(struct pci_root));

	return (struct pci_roots){.root = room, .capacity = room ? capacity : 0};
}

/* Of what was taken since, only so many bytes are kept. */
static void keep(struct session *s, size_t mark, size_t each, unsigned count, size_t align)
{
	arena_release(s->arena, mark);
	arena_room(s->arena, each, count, align);
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
	size_t mark = arena_mark(s->arena);

	if (s->platform->roots.count) {
		s->found.roots = s->platform->roots;
		report_note(s->report, "%u root buses, as firmware's root bridges say",
			    s->found.roots.count);
		return;
	}
	s->found.roots = new_roots(s, buses(s));
	/* MCFG need not name bus 0 of segment 0. */
	if (s->found.usable[PATH_PIO] && (extra != 0 || !by_ecam))
		roots_sweep(&s->found.walk[PATH_PIO], 0, extra, &s->found.roots, &s->diag);
	for (unsigned i = 0; i < acpi->mcfg_count && s->found.usable[PATH_ECAM]; i++) {
		uint16_t segment = acpi->mcfg[i].segment;
		bool done = false;

		for (unsigned r = 0; r < s->found.roots.count; r++)
			done |= s->found.roots.root[r].segment == segment;
		if (!done)
			roots_sweep(&s->found.walk[PATH_ECAM], segment,
				    segment ? ROOTS_UNKNOWN : extra, &s->found.roots, &s->diag);
	}
	keep(s, mark, sizeof(struct pci_root), s->found.roots.count, _Alignof(struct pci_root));
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

uint64_t discovery_exits(const struct session *s, unsigned path, uint64_t reads, uint64_t writes)
{
	if (path == PATH_PIO)
		return 2 * (reads + writes);
	return writes + (strcmp(s->found.ecam_reads, "direct") == 0 ? 0 : reads);
}

bool discovery_exits_known(const struct session *s, uint64_t ecam_reads)
{
	return !ecam_reads || strcmp(s->found.ecam_reads, "partial") != 0;
}

static void number_all(struct session *s)
{
	uint64_t before = s->found.path[PATH_PIO].reads + s->found.path[PATH_ECAM].reads;
	struct numbering *numbering = &s->found.numbering;
	size_t mark = arena_mark(s->arena);
	struct pci_roots mine;

	/* As many as there are buses for them to lead to. */
	numbering->given.pair =
	    arena_room(s->arena, 2 * sizeof(uint64_t), buses(s), _Alignof(uint64_t));
	mine = new_roots(s, s->found.roots.count);
	if (!numbering->given.pair || !mine.root) {
		arena_release(s->arena, mark);
		report_note(s->report, "no memory to number bridges: those that firmware left "
				       "without bus numbers are not followed");
		return;
	}
	numbering->capacity = buses(s);
	for (unsigned p = 0; p < PATHS; p++)
		first_forget_absent(&s->found.first[p], &s->found.roots);
	/* Root by root is not enough: those of a segment must not hand out each other's numbers. */
	for (unsigned p = 0; p < PATHS; p++) {
		mine.count = 0;
		for (unsigned i = 0; i < s->found.roots.count; i++) {
			struct cfg_address at = {s->found.roots.root[i].segment,
						 s->found.roots.root[i].bus, 0};

			if (s->found.usable[p] && discovery_best_path(s, at) == &s->found.path[p])
				mine.root[mine.count++] = s->found.roots.root[i];
		}
		if (mine.count)
			number_bridges(&s->found.walk[p], &mine, numbering, &s->diag);
	}
	keep(s, mark, sizeof(uint64_t), numbering->given.count, _Alignof(uint64_t));
	if (numbering->given.count)
		report_note(
		    s->report,
		    "firmware left %u bridges without bus numbers; numbered them (%llu reads)",
		    numbering->given.count,
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
		first_init(&s->found.walk[p], &s->found.first[p], &s->found.path[p],
			   ARENA_TAKE(s->arena, struct first_function, FIRST_CAPACITY));
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
