/*
 * The ACPI tables. In raw mode memory is the fuzzer's bytes; otherwise they are the tables'
 * contents under a sound root and with sound checksums, which no fuzzer would find by itself.
 */
#include <string.h>
#include "acpi_power.h"
#include "fuzz.h"
#include "fuzz_memory.h"
#include "mask_table.h"
#include "spcr.h"

#define BASE       FUZZ_MEMORY_BASE
#define MEMORY_MAX 8192
#define TABLES_MAX 6

static uint8_t memory[MEMORY_MAX];
static size_t memory_len;

static void put(size_t at, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		memory[at + i] = (uint8_t)(value >> 8 * i);
}

static void seal(size_t from, size_t len, size_t checksum)
{
	uint8_t sum = 0;

	memory[checksum] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + memory[from + i]);
	memory[checksum] = (uint8_t)-sum;
}

/* One table of the fuzzer's contents at the end of memory; returns where, or 0 when there is no
 * room. */
static size_t add_table(struct fuzz_input *in)
{
	static const char *const signatures[] = {"MCFG", "FACP", "DSDT", "SPCR", "OEMP"};
	size_t at = (memory_len + 15) & ~(size_t)15, len = 36 + fuzz_number(in, 2) % 700;
	const char *signature = signatures[fuzz_byte(in) % 5];

	if (at + len > MEMORY_MAX)
		return 0;
	memset(memory + at, 0, len);
	for (size_t i = 36; i < len; i++)
		memory[at + i] = fuzz_byte(in);
	memcpy(memory + at, signature, 4);
	memcpy(memory + at + 16, "PCIBMASK", 8);
	put(at + 4, 4, len);
	memory_len = at + len;
	/* The pointer to the DSDT, whatever the fuzzer wrote there: the last one before it. */
	seal(at, len, at + 9);
	return at;
}

static void build(struct fuzz_input *in)
{
	size_t table[TABLES_MAX], xsdt = 48;
	unsigned count = fuzz_byte(in) % (TABLES_MAX + 1);

	memset(memory, 0, 512);
	memory_len = 48 + 36 + 8 * TABLES_MAX;
	for (unsigned i = 0; i < count; i++)
		table[i] = add_table(in);
	for (unsigned i = 0; i < count; i++) {
		put(xsdt + 36 + 8 * i, 8, table[i] ? BASE + table[i] : 0);
		/* A FADT gets the next table as its DSDT. */
		if (table[i] && i + 1 < count && memory[table[i]] == 'F' &&
		    memory[table[i] + 4] >= 44) {
			put(table[i] + 40, 4, BASE + table[i + 1]);
			seal(table[i], memory[table[i] + 4] | (size_t)memory[table[i] + 5] << 8,
			     table[i] + 9);
		}
	}
	memcpy(memory + xsdt, "XSDT", 4);
	put(xsdt + 4, 4, 36 + 8 * count);
	seal(xsdt, 36 + 8 * count, xsdt + 9);
	memcpy(memory, "RSD PTR ", 8);
	memory[15] = 2;
	put(16, 4, BASE + xsdt);
	put(20, 4, 36);
	put(24, 8, BASE + xsdt);
	seal(0, 20, 8);
	seal(0, 36, 32);
}

static void check(const struct acpi *acpi)
{
	FUZZ_CHECK(acpi->mcfg_count <= ACPI_MCFG_MAX);
	for (unsigned i = 0; i < acpi->mcfg_count; i++) {
		const struct acpi_mcfg_entry *e = &acpi->mcfg[i];

		FUZZ_CHECK(e->start <= e->end);
		FUZZ_CHECK(acpi_mcfg_find(acpi, e->segment, e->start) == e);
		FUZZ_CHECK(e->base + ((uint64_t)e->end << 20) >= e->base);
	}
}

static void check_spcr(const struct acpi *acpi)
{
	struct spcr_port port;

	if (!acpi->spcr || !spcr_read(acpi->spcr, acpi->spcr_len, &port, &fuzz_diag))
		return;
	FUZZ_CHECK(port.width == 1 || port.width == 2 || port.width == 4);
	FUZZ_CHECK(port.stride >= port.width && port.stride <= 4);
	FUZZ_CHECK(port.memory || (port.stride == 1 && port.address <= 0xfff8));
	FUZZ_CHECK(!port.memory || port.address % port.width == 0);
}

static void check_masks(const struct acpi *acpi)
{
	struct mask_table table;
	size_t needed;

	if (acpi->masks &&
	    mask_table_check(&table, acpi->masks, acpi->masks_len, &needed, &fuzz_diag))
		FUZZ_CHECK(table.len <= acpi->masks_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct acpi acpi;
	struct acpi_power power;

	if (fuzz_byte(&in) & 1) {
		build(&in);
	} else {
		memory_len = in.left < MEMORY_MAX ? in.left : MEMORY_MAX;
		memcpy(memory, in.at, memory_len);
	}
	fuzz_memory_set(memory, memory_len);
	acpi_parse(&acpi, BASE, 52, fuzz_memory_map, NULL, &fuzz_diag);
	check(&acpi);
	check_spcr(&acpi);
	check_masks(&acpi);
	acpi_power_find(&power, &acpi, fuzz_memory_map, NULL);
	FUZZ_CHECK(!power.soft_off || (power.type[0] < 8 && power.type[1] < 8));
	FUZZ_CHECK(!power.reset.is_port || power.reset.address <= 0xffff);
	FUZZ_CHECK(!power.sleep_control.is_port || power.sleep_control.address <= 0xffff);
	fuzz_memory_free();
	return 0;
}
