/* MCFG: where firmware says that ECAM is. The raw table is looked at, not what the parser made of
 * it. */
#include <stddef.h>
#include "mem.h"
#include "rules/rule.h"
#include "text.h"

#define MCFG_HEADER 44 /* a system description table's 36 bytes and 8 reserved ones */
#define MCFG_ENTRY  16

#define NO_ENTRY    "MCFG has no entry"

#define FIRMWARE    "PCI Firmware 3.3, 4.1.2"

static unsigned entry_count(const struct acpi *acpi)
{
	return acpi->mcfg_len < MCFG_HEADER ? 0 : (acpi->mcfg_len - MCFG_HEADER) / MCFG_ENTRY;
}

static struct acpi_mcfg_entry entry(const struct acpi *acpi, unsigned i)
{
	const uint8_t *at = acpi->mcfg_table + MCFG_HEADER + (size_t)i * MCFG_ENTRY;

	return (struct acpi_mcfg_entry){mem_le64(at), mem_le16(at + 8), at[10], at[11]};
}

/* First and last byte. Wrapping is caught by MCFG-04. */
static uint64_t first_byte(const struct acpi_mcfg_entry *e)
{
	return e->base + ((uint64_t)e->start << 20);
}

static uint64_t last_byte(const struct acpi_mcfg_entry *e)
{
	return e->base + ((uint64_t)e->end << 20) + 0xfffff;
}

static bool runs_forwards(const struct acpi_mcfg_entry *e)
{
	return e->start <= e->end;
}

static bool has_table(struct session *s)
{
	if (!s->platform->acpi->mcfg_table)
		session_skip(s, s->platform->acpi->from_cba ? "no MCFG table; ECAM is named by _CBA"
							    : "no MCFG table");
	return s->platform->acpi->mcfg_table;
}

__attribute__((format(printf, 5, 6))) static bool expect_entry(struct session *s,
							       const struct test *test, unsigned i,
							       bool good, const char *format, ...)
{
	struct acpi_mcfg_entry e = entry(s->platform->acpi, i);
	char where[96], text[120];
	va_list args;

	va_start(args, format);
	text_vformat(text, sizeof(text), format, args);
	va_end(args);
	text_format(where, sizeof(where), "MCFG entry %u (segment %u, buses %u to %u, base 0x%llx)",
		    i, e.segment, e.start, e.end, (unsigned long long)e.base);
	return rule_expect_at(s, test, good, where, "%s", text);
}

static void length(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;
	uint32_t len = acpi->mcfg_len;

	if (!has_table(s))
		return;
	rule_expect_at(s, test,
		       len >= MCFG_HEADER + MCFG_ENTRY && (len - MCFG_HEADER) % MCFG_ENTRY == 0,
		       "MCFG length", "is %u; should be 44 + 16 n for n of at least 1", len);
}

static void range(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;

	if (!has_table(s))
		return;
	for (unsigned i = 0; i < entry_count(acpi); i++) {
		struct acpi_mcfg_entry e = entry(acpi, i);

		expect_entry(s, test, i, runs_forwards(&e),
			     "the last bus should not be below the first");
	}
}

static void overlap(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;

	if (!has_table(s))
		return;
	for (unsigned i = 1; i < entry_count(acpi); i++)
		for (unsigned j = 0; j < i; j++) {
			struct acpi_mcfg_entry a = entry(acpi, i), b = entry(acpi, j);

			if (!runs_forwards(&a) || !runs_forwards(&b))
				continue;
			expect_entry(s, test, i,
				     a.segment != b.segment || a.start > b.end || b.start > a.end,
				     "has buses of entry %u, should have its own", j);
			expect_entry(s, test, i,
				     first_byte(&a) > last_byte(&b) ||
					 first_byte(&b) > last_byte(&a),
				     "has memory of entry %u, should have its own", j);
		}
}

static void base(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;

	if (!has_table(s))
		return;
	for (unsigned i = 0; i < entry_count(acpi); i++) {
		struct acpi_mcfg_entry e = entry(acpi, i);

		expect_entry(s, test, i, first_byte(&e) != 0, "should not begin at address 0");
		expect_entry(s, test, i, !(e.base & 0xfffff),
			     "should begin on a boundary of 1 MiB");
		expect_entry(
		    s, test, i, !(last_byte(&e) >> acpi->address_bits) && last_byte(&e) >= e.base,
		    "should end within the processor's %u bits of address", acpi->address_bits);
	}
}

static void not_ram(struct session *s, const struct test *test)
{
	const struct platform *p = s->platform;

	if (!has_table(s))
		return;
	for (unsigned i = 0; i < entry_count(p->acpi); i++) {
		struct acpi_mcfg_entry e = entry(p->acpi, i);

		if (runs_forwards(&e))
			expect_entry(s, test, i,
				     !p->is_ram(p->map_context, first_byte(&e),
						last_byte(&e) - first_byte(&e) + 1),
				     "is RAM in the memory map, should be reserved");
	}
}

/* acpi_mcfg_check_entry(): above 4 GiB Linux wants revision 1 (and a BIOS date of 2010 or later,
 * not seen here). */
static void linux_takes(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;

	if (!has_table(s))
		return;
	for (unsigned i = 0; i < entry_count(acpi); i++)
		expect_entry(s, test, i,
			     entry(acpi, i).base <= 0xffffffff || acpi->mcfg_table[8] >= 1,
			     "is above 4 GiB in a table of revision %u, should be revision 1",
			     acpi->mcfg_table[8]);
}

static bool named(const struct acpi *acpi, uint16_t segment, unsigned bus)
{
	for (unsigned i = 0; i < entry_count(acpi); i++) {
		struct acpi_mcfg_entry e = entry(acpi, i);

		if (e.segment == segment && bus >= e.start && bus <= e.end)
			return true;
	}
	return false;
}

static bool names_segment(const struct acpi *acpi, uint16_t segment)
{
	for (unsigned i = 0; i < entry_count(acpi); i++)
		if (entry(acpi, i).segment == segment)
			return true;
	return false;
}

/* Of segments that MCFG names at all: by what the walk found, whichever path found it. */
static void buses(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;
	char where[64], name[16];

	if (!has_table(s) || !inventory_know(s))
		return;
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct pci_function *fn = &s->inventory.known[i].fn;

		if (!pci_is_bridge(fn) || !pci_secondary(fn) ||
		    !names_segment(acpi, fn->at.segment))
			continue;
		text_format(where, sizeof(where), "MCFG for %s", pci_name(name, fn->at));
		rule_expect_at(s, test,
			       named(acpi, fn->at.segment, pci_secondary(fn)) &&
				   named(acpi, fn->at.segment, pci_subordinate(fn)),
			       where, "names not all of the buses %u to %u behind this bridge",
			       pci_secondary(fn), pci_subordinate(fn));
	}
	for (unsigned i = 0; i < s->found.roots.count; i++) {
		const struct pci_root *root = &s->found.roots.root[i];

		if (!names_segment(acpi, root->segment))
			continue;
		rule_expect_at(s, test, named(acpi, root->segment, root->bus), "MCFG",
			       "does not name root bus %u of segment %u", root->bus, root->segment);
	}
}

/* What is written to the interrupt line of the one is in the other's: they are one function. */
static bool same_function(struct session *s, struct cfg_address by_ports,
			  struct cfg_address by_ecam)
{
	struct cfg *ports = &s->found.path[PATH_PIO], *ecam = &s->found.path[PATH_ECAM];
	uint8_t before = cfg_read8(ports, by_ports, PCI_INTERRUPT_LINE), wrote = (uint8_t)~before,
		there = cfg_read8(ecam, by_ecam, PCI_INTERRUPT_LINE), after;

	cfg_write(ports, by_ports, PCI_INTERRUPT_LINE, 1, wrote);
	after = cfg_read8(ecam, by_ecam, PCI_INTERRUPT_LINE);
	cfg_write(ports, by_ports, PCI_INTERRUPT_LINE, 1, before);
	return there == before && after == wrote;
}

/*
 * One entry against what the ports find, which is segment 0. Single functions that differ are other
 * rules' business; of a base or a segment that is wrong, most do.
 */
static void expect_place(struct session *s, const struct test *test, unsigned i)
{
	const struct acpi_mcfg_entry e = entry(s->platform->acpi, i);
	struct cfg *ecam = &s->found.path[PATH_ECAM];
	unsigned all = 0, same = 0, taken = 0;

	for (unsigned k = 0; k < s->inventory.count; k++) {
		const struct pci_function *fn = &s->inventory.known[k].fn;
		struct cfg_address at = {e.segment, fn->at.bus, fn->at.devfn};

		if (!(s->inventory.known[k].seen >> PATH_PIO & 1) || fn->at.bus < e.start ||
		    fn->at.bus > e.end || !ecam->ops->reaches(ecam, at, PCI_ID))
			continue;
		all++;
		if (cfg_read32(ecam, at, PCI_ID) != fn->id)
			continue;
		same++;
		taken += e.segment && same_function(s, fn->at, at);
	}
	if (!all)
		return;
	if (e.segment)
		expect_entry(s, test, i, !taken,
			     "%u functions there are those of segment 0, as the ports show", taken);
	else
		expect_entry(
		    s, test, i, 2 * same >= all,
		    "ports find %u functions on these buses, of which %u have the same ID in "
		    "ECAM",
		    all, same);
}

static void place(struct session *s, const struct test *test)
{
	if (!has_table(s) || !inventory_know(s))
		return;
	for (unsigned i = 0; i < entry_count(s->platform->acpi); i++)
		expect_place(s, test, i);
}

TEST(.name = "rule.acpi.mcfg-length", .id = "MCFG-01", .run = length, .flags = TEST_NO_PCI,
     .reference = FIRMWARE ", table 4-2",
     .text = "The length of MCFG is 44 + 16 n with at least one entry.");
TEST(.name = "rule.acpi.mcfg-range", .id = "MCFG-02", .idle = NO_ENTRY, .run = range,
     .flags = TEST_NO_PCI, .reference = FIRMWARE ", table 4-3",
     .text = "No MCFG entry ends below its start bus.");
TEST(.name = "rule.acpi.mcfg-overlap", .id = "MCFG-03", .idle = "MCFG has no two entries",
     .run = overlap, .flags = TEST_NO_PCI, .reference = FIRMWARE,
     .text = "No two MCFG entries share a bus of a segment, or memory.");
TEST(.name = "rule.acpi.mcfg-base", .id = "MCFG-04", .idle = NO_ENTRY, .run = base,
     .flags = TEST_NO_PCI, .reference = FIRMWARE ", table 4-3; PCI Express Base 4.0, 7.2.2",
     .text = "The memory of an MCFG entry is aligned to 1 MiB, does not begin at 0 and can be "
	     "addressed.");
TEST(.name = "rule.acpi.mcfg-reserved", .id = "MCFG-05", .idle = NO_ENTRY, .run = not_ram,
     .flags = TEST_NO_PCI, .reference = FIRMWARE,
     .text = "The memory of an MCFG entry is not RAM in firmware's memory map.");
TEST(.name = "rule.acpi.mcfg-linux", .id = "MCFG-06", .idle = NO_ENTRY, .run = linux_takes,
     .flags = TEST_NO_PCI,
     .reference = "Linux arch/x86/pci/mmconfig-shared.c, acpi_mcfg_check_entry",
     .text =
	 "An MCFG entry above 4 GiB is in a table of revision 1 or later, or Linux ignores it.");
TEST(.name = "rule.acpi.mcfg-buses", .id = "MCFG-07", .run = buses, .idle = NO_ENTRY,
     .reference = FIRMWARE ", table 4-3",
     .text = "MCFG names every root bus and every bus that a bridge leads to.");
TEST(.name = "rule.acpi.mcfg-place", .id = "MCFG-08", .run = place,
     .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM,
     .idle = "ports find no function on a bus that MCFG names", .reference = FIRMWARE ", table 4-3",
     .text =
	 "The functions that ports find are those that ECAM has where MCFG says, in segment 0.");
