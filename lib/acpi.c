/* RSDP to MCFG, FADT and MADT, believing nothing. */
#include "acpi.h"
#include "aml.h"
#include "mem.h"

#define HEADER_LEN      36 /* every system description table starts with 36 bytes (ACPI 5.2.6) */
#define TABLE_LEN_MAX   (1u << 20)
#define ROOT_TABLES_MAX 256

struct reader {
	struct acpi *acpi;
	acpi_map_fn map;
	void *context;
	const struct diag *diag;
};

static uint8_t byte_sum(const uint8_t *at, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum = (uint8_t)(sum + *at++);
	return sum;
}

/* Revision 0 is 20 bytes with one checksum; later ones say their length and sum a second time (ACPI
 * 5.2.5.3). */
static const char *rsdp_fault(const uint8_t *rsdp)
{
	if (memcmp(rsdp, "RSD PTR ", 8) != 0)
		return "has no signature";
	if (byte_sum(rsdp, 20) != 0)
		return "has a bad checksum";
	return NULL;
}

static const uint8_t *rsdp_read(struct reader *r, uint64_t physical)
{
	const uint8_t *rsdp = r->map(r->context, physical, 20);
	const char *fault;
	uint32_t len;

	fault = rsdp ? rsdp_fault(rsdp) : "is not in readable memory";
	if (!fault && rsdp[15] >= 2) {
		rsdp = r->map(r->context, physical, 36);
		len = rsdp ? mem_le32(rsdp + 20) : 0;
		if (!rsdp || len < 36 || len > 4096)
			fault = "has a bad length";
		else if (!(rsdp = r->map(r->context, physical, len)) || byte_sum(rsdp, len) != 0)
			fault = "has a bad extended checksum";
	}
	if (fault) {
		diag_say(r->diag, "acpi: RSDP at 0x%llx %s", (unsigned long long)physical, fault);
		r->acpi->bad++;
		return NULL;
	}
	return rsdp;
}

/*
 * A whole table at a physical address, sound, or NULL and what is wrong with it. name is its
 * signature, "?" when there is none.
 */
static const uint8_t *sound_table(uint64_t physical, acpi_map_fn map, void *context, uint32_t *len,
				  char name[5], const char **fault)
{
	const uint8_t *table = physical ? map(context, physical, HEADER_LEN) : NULL;

	*len = 0;
	memcpy(name, "?", 2);
	*fault = NULL;
	if (!table) {
		*fault = "is not in readable memory";
		return NULL;
	}
	for (unsigned i = 0; i < 4; i++)
		name[i] = table[i] >= ' ' && table[i] < 0x7f ? (char)table[i] : '?';
	name[4] = '\0';
	*len = mem_le32(table + 4);
	if (*len < HEADER_LEN || *len > TABLE_LEN_MAX)
		*fault = "has a bad length";
	else if (!(table = map(context, physical, *len)))
		*fault = "runs out of readable memory";
	else if (byte_sum(table, *len) != 0)
		*fault = "has a bad checksum";
	return *fault ? NULL : table;
}

const uint8_t *acpi_table(uint64_t physical, acpi_map_fn map, void *context, uint32_t *len)
{
	const char *fault;
	char name[5];

	return sound_table(physical, map, context, len, name, &fault);
}

/* The same, after saying what is wrong. */
static const uint8_t *table_read(struct reader *r, uint64_t physical, uint32_t *len)
{
	const char *fault;
	char name[5];
	const uint8_t *table = sound_table(physical, r->map, r->context, len, name, &fault);

	if (!table) {
		r->acpi->mcfg_found |= memcmp(name, "MCFG", 4) == 0;
		diag_say(r->diag, "acpi: table %s at 0x%llx %s (length %u)", name,
			 (unsigned long long)physical, fault, *len);
		r->acpi->bad++;
	}
	return table;
}

static uint64_t entry_first(const struct acpi_mcfg_entry *e)
{
	return e->base + ((uint64_t)e->start << 20);
}

static uint64_t entry_last(const struct acpi_mcfg_entry *e)
{
	return e->base + ((uint64_t)e->end << 20) + 0xfffff;
}

/* What makes an allocation unusable, given those accepted before it. */
static const char *mcfg_entry_fault(const struct acpi *acpi, const struct acpi_mcfg_entry *e)
{
	if (e->end < e->start)
		return "ends below its start bus";
	if (e->base == 0)
		return "has base 0";
	if (e->base & 0xfffff)
		return "has a base that is not 1 MiB aligned";
	if (e->base > UINT64_MAX - (256ull << 20) || entry_last(e) >> acpi->address_bits)
		return "reaches beyond the processor's physical addresses";
	for (unsigned i = 0; i < acpi->mcfg_count; i++) {
		const struct acpi_mcfg_entry *o = &acpi->mcfg[i];

		if (o->segment == e->segment && e->start <= o->end && o->start <= e->end)
			return "repeats buses of an earlier entry";
		if (entry_first(e) <= entry_last(o) && entry_first(o) <= entry_last(e))
			return "overlaps the memory of an earlier entry";
	}
	return acpi->mcfg_count == ACPI_MCFG_MAX ? "is one too many" : NULL;
}

/* Takes over one window, or says what is wrong with it. */
static void add_entry(struct reader *r, const char *table, uint32_t number,
		      const struct acpi_mcfg_entry *entry)
{
	const char *fault = mcfg_entry_fault(r->acpi, entry);

	if (!fault) {
		r->acpi->mcfg[r->acpi->mcfg_count++] = *entry;
		return;
	}
	diag_say(r->diag, "acpi: %s entry %u (segment %u, buses %u to %u, base 0x%llx) %s", table,
		 number, entry->segment, entry->start, entry->end, (unsigned long long)entry->base,
		 fault);
	r->acpi->bad++;
}

/* PCI Firmware 3.3, table 4-3: 8 reserved bytes, then 16 an allocation. */
static void mcfg_parse(struct reader *r, const uint8_t *table, uint32_t len)
{
	struct acpi *acpi = r->acpi;

	acpi->mcfg_found = true;
	acpi->mcfg_table = table;
	acpi->mcfg_len = len;
	if (len < 44 || (len - 44) % 16 != 0) {
		diag_say(r->diag, "acpi: MCFG length %u is not 44 + 16 n", len);
		acpi->bad++;
	}
	for (uint32_t at = 44; at + 16 <= len; at += 16) {
		struct acpi_mcfg_entry entry = {
		    .base = mem_le64(table + at),
		    .segment = mem_le16(table + at + 8),
		    .start = table[at + 10],
		    .end = table[at + 11],
		};

		add_entry(r, "MCFG", (at - 44) / 16, &entry);
	}
}

/* ACPI 5.2.9: X_PM_TMR_BLK (208) wins over PM_TMR_BLK (76) where it is a system I/O address; flags
 * at 112. */
static void fadt_parse(struct reader *r, const uint8_t *table, uint32_t len)
{
	uint64_t port = len >= 80 ? mem_le32(table + 76) : 0;

	r->acpi->fadt = table;
	r->acpi->fadt_len = len;
	/* X_DSDT (140) wins over DSDT (40). */
	r->acpi->dsdt = len >= 148 && mem_le64(table + 140) ? mem_le64(table + 140)
			: len >= 44                         ? mem_le32(table + 40)
							    : 0;
	if (len >= 220 && table[208] == 1 && mem_le64(table + 212) != 0)
		port = mem_le64(table + 212);
	if (port > 0xfffc) {
		diag_say(r->diag, "acpi: FADT names PM timer port 0x%llx, beyond I/O space",
			 (unsigned long long)port);
		r->acpi->bad++;
		return;
	}
	r->acpi->pm_timer = (struct acpi_pm_timer){
	    .port = (uint16_t)port,
	    .extended = len >= 116 && (mem_le32(table + 112) & 1u << 8),
	};
}

static void root_walk(struct reader *r, const uint8_t *root, uint32_t len, unsigned pointer_size)
{
	uint32_t count = (len - HEADER_LEN) / pointer_size;
	bool fadt_found = false;

	if ((len - HEADER_LEN) % pointer_size != 0) {
		diag_say(r->diag, "acpi: %.4s length %u is not 36 + %u n", (const char *)root, len,
			 pointer_size);
		r->acpi->bad++;
	}
	if (count > ROOT_TABLES_MAX) {
		diag_say(r->diag, "acpi: %.4s lists %u tables, only %u are read",
			 (const char *)root, count, ROOT_TABLES_MAX);
		r->acpi->bad++;
		count = ROOT_TABLES_MAX;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *pointer = root + HEADER_LEN + i * pointer_size;
		uint32_t table_len;
		const uint8_t *table = table_read(
		    r, pointer_size == 8 ? mem_le64(pointer) : mem_le32(pointer), &table_len);

		if (!table)
			continue;
		r->acpi->tables++;
		if (memcmp(table, "MCFG", 4) == 0 && r->acpi->mcfg_found) {
			diag_say(r->diag, "acpi: a second MCFG is ignored");
			r->acpi->bad++;
		} else if (memcmp(table, "MCFG", 4) == 0) {
			mcfg_parse(r, table, table_len);
		} else if (memcmp(table, "FACP", 4) == 0 && !fadt_found) {
			fadt_found = true;
			fadt_parse(r, table, table_len);
		} else if (memcmp(table, "SPCR", 4) == 0 && !r->acpi->spcr) {
			r->acpi->spcr = table;
			r->acpi->spcr_len = table_len;
		} else if (memcmp(table, "OEMP", 4) == 0 &&
			   memcmp(table + 16, "PCIBMASK", 8) == 0 && !r->acpi->masks) {
			r->acpi->masks = table + HEADER_LEN;
			r->acpi->masks_len = table_len - HEADER_LEN;
		} else if (memcmp(table, "APIC", 4) == 0 && !r->acpi->madt.found) {
			r->acpi->bad += madt_parse(&r->acpi->madt, table, table_len, r->diag);
		}
	}
}

/* Machines that describe their host bridge only in AML. */
static void dsdt_parse(struct reader *r)
{
	struct aml_window windows[ACPI_MCFG_MAX + 1]; /* one too many is said */
	uint32_t len;
	const uint8_t *dsdt = table_read(r, r->acpi->dsdt, &len);
	unsigned count;

	if (!dsdt)
		return;
	if (memcmp(dsdt, "DSDT", 4) != 0) {
		diag_say(r->diag, "acpi: the table at 0x%llx is not the DSDT that FADT says",
			 (unsigned long long)r->acpi->dsdt);
		r->acpi->bad++;
		return;
	}
	count = aml_windows(dsdt + HEADER_LEN, len - HEADER_LEN, windows, ACPI_MCFG_MAX + 1);
	for (unsigned i = 0; i < count && i <= ACPI_MCFG_MAX; i++) {
		const struct aml_window *window = &windows[i];
		struct acpi_mcfg_entry entry = {
		    .base = window->base,
		    .segment = window->segment,
		    .start = (uint8_t)window->first,
		    .end = window->last > 255 ? 255 : (uint8_t)window->last,
		};

		if (window->first > 255 || window->last < window->first) {
			diag_say(r->diag, "acpi: DSDT _CBA entry %u has buses %u to %u", i,
				 window->first, window->last);
			r->acpi->bad++;
			continue;
		}
		r->acpi->from_cba = true;
		add_entry(r, "DSDT _CBA", i, &entry);
	}
}

static bool root_try(struct reader *r, uint64_t physical, const char *signature,
		     unsigned pointer_size)
{
	uint32_t len;
	const uint8_t *root = table_read(r, physical, &len);

	if (root && memcmp(root, signature, 4) != 0) {
		diag_say(r->diag, "acpi: the table at 0x%llx is not the %s that RSDP says",
			 (unsigned long long)physical, signature);
		r->acpi->bad++;
		root = NULL;
	}
	if (!root)
		return false;
	r->acpi->found = true;
	root_walk(r, root, len, pointer_size);
	if (!r->acpi->mcfg_found && r->acpi->dsdt)
		dsdt_parse(r);
	return true;
}

void acpi_parse(struct acpi *acpi, uint64_t rsdp_physical, unsigned address_bits, acpi_map_fn map,
		void *context, const struct diag *diag)
{
	struct reader r = {.acpi = acpi, .map = map, .context = context, .diag = diag};
	const uint8_t *rsdp;

	*acpi = (struct acpi){.address_bits = address_bits};
	if (!rsdp_physical) {
		diag_say(diag, "acpi: firmware gives no RSDP");
		return;
	}
	rsdp = rsdp_read(&r, rsdp_physical);
	if (!rsdp)
		return;
	memcpy(acpi->oem, rsdp + 9, 6);
	/* The XSDT where there is one; the RSDT is what is left when it is absent or broken. */
	if (rsdp[15] >= 2 && mem_le64(rsdp + 24) && root_try(&r, mem_le64(rsdp + 24), "XSDT", 8))
		return;
	root_try(&r, mem_le32(rsdp + 16), "RSDT", 4);
}

static uint64_t find_rsdp_in(uint64_t start, uint64_t end, acpi_map_fn map, void *context)
{
	for (uint64_t at = (start + 15) & ~15ull; at + 20 <= end; at += 16) {
		const uint8_t *rsdp = map(context, at, 20);

		if (rsdp && !rsdp_fault(rsdp))
			return at;
	}
	return 0;
}

#define EBDA_SEGMENT 0x40e /* where the BIOS says what segment the EBDA is */
#define EBDA_FIRST   0x80000u
#define EBDA_END     0xa0000u
#define BIOS_AREA    0xe0000u
#define BIOS_END     0x100000u

uint64_t acpi_find_rsdp(acpi_map_fn map, void *context)
{
	const uint8_t *pointer = map(context, EBDA_SEGMENT, 2);
	uint64_t ebda = pointer ? (uint64_t)mem_le16(pointer) << 4 : 0, found = 0;

	if (ebda >= EBDA_FIRST && ebda < EBDA_END)
		found = find_rsdp_in(ebda, ebda + 1024, map, context);
	return found ? found : find_rsdp_in(BIOS_AREA, BIOS_END, map, context);
}

const struct acpi_mcfg_entry *acpi_mcfg_find(const struct acpi *acpi, uint16_t segment, uint8_t bus)
{
	for (unsigned i = 0; i < acpi->mcfg_count; i++) {
		const struct acpi_mcfg_entry *e = &acpi->mcfg[i];

		if (e->segment == segment && bus >= e->start && bus <= e->end)
			return e;
	}
	return NULL;
}
