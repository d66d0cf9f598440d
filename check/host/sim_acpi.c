/* Physical memory and the ACPI tables in it. */
#include <stdlib.h>
#include <string.h>
#include "sim_acpi.h"

#define AREAS_MAX  128
#define COPIES_MAX 4096

static struct area {
	uint64_t physical;
	size_t len;
	uint8_t *bytes;
} areas[AREAS_MAX];
static unsigned area_count;

static void *copies[COPIES_MAX];
static unsigned copy_count;

static void copies_free(void)
{
	while (copy_count)
		free(copies[--copy_count]);
}

void sim_memory_reset(void)
{
	copies_free();
	while (area_count)
		free(areas[--area_count].bytes);
}

uint8_t *sim_memory(uint64_t physical, size_t len)
{
	struct area *area = &areas[area_count++];

	*area = (struct area){physical, len, calloc(1, len)};
	if (area_count == AREAS_MAX || !area->bytes)
		abort();
	return area->bytes;
}

static struct area *find(uint64_t physical)
{
	for (unsigned i = 0; i < area_count; i++)
		if (areas[i].physical == physical)
			return &areas[i];
	abort();
}

uint8_t *sim_memory_at(uint64_t physical)
{
	return find(physical)->bytes;
}

void sim_memory_cut(uint64_t physical, size_t len)
{
	find(physical)->len = len;
}

const void *sim_memory_map(void *context, uint64_t physical, size_t len)
{
	(void)context;
	for (unsigned i = 0; i < area_count; i++) {
		const struct area *area = &areas[i];
		void *copy;

		if (physical < area->physical || len > area->len ||
		    physical - area->physical > area->len - len)
			continue;
		/* The contract promises the bytes for good; a sweep for the RSDP takes more copies
		 * than are kept. */
		if (copy_count == COPIES_MAX)
			copies_free();
		copy = malloc(len);
		if (!copy)
			abort();
		memcpy(copy, area->bytes + (physical - area->physical), len);
		copies[copy_count++] = copy;
		return copy;
	}
	return NULL;
}

void sim_put(uint8_t *to, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static uint8_t sum(const uint8_t *at, size_t len)
{
	uint8_t total = 0;

	while (len--)
		total = (uint8_t)(total + *at++);
	return total;
}

void sim_table_seal(uint64_t physical)
{
	uint8_t *table = sim_memory_at(physical);
	uint32_t len = (uint32_t)table[4] | (uint32_t)table[5] << 8 | (uint32_t)table[6] << 16;

	table[9] = 0;
	table[9] = (uint8_t)-sum(table, len);
}

void sim_table(uint64_t physical, const char *signature, uint32_t len)
{
	uint8_t *table = sim_memory_at(physical);

	memcpy(table, signature, 4);
	sim_put(table + 4, 4, len);
	table[8] = 1;
	memcpy(table + 10, "BOCHS BXPC    ", 14);
	sim_table_seal(physical);
}

void sim_rsdp_seal(void)
{
	uint8_t *rsdp = sim_memory_at(SIM_RSDP);

	rsdp[8] = 0;
	rsdp[8] = (uint8_t)-sum(rsdp, 20);
	rsdp[32] = 0;
	rsdp[32] = (uint8_t)-sum(rsdp, 36);
}

void sim_acpi_build(unsigned revision, const struct sim_mcfg *entries, unsigned count)
{
	uint8_t *rsdp, *xsdt, *rsdt, *mcfg, *fadt;

	sim_memory_reset();
	rsdp = sim_memory(SIM_RSDP, revision >= 2 ? 36 : 20);
	xsdt = sim_memory(SIM_XSDT, 36 + 24); /* room for one more */
	rsdt = sim_memory(SIM_RSDT, 36 + 8);
	mcfg = sim_memory(SIM_MCFG, 44 + 16 * (size_t)count);
	fadt = sim_memory(SIM_FADT, 244);
	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = (uint8_t)revision;
	sim_put(rsdp + 16, 4, SIM_RSDT);
	if (revision >= 2) {
		sim_put(rsdp + 20, 4, 36);
		sim_put(rsdp + 24, 8, SIM_XSDT);
		sim_rsdp_seal();
	} else {
		rsdp[8] = (uint8_t)-sum(rsdp, 20);
	}
	sim_put(xsdt + 36, 8, SIM_FADT);
	sim_put(xsdt + 44, 8, SIM_MCFG);
	sim_put(rsdt + 36, 4, SIM_FADT);
	sim_put(rsdt + 40, 4, SIM_MCFG);
	for (unsigned i = 0; i < count; i++) {
		uint8_t *entry = mcfg + 44 + 16 * i;

		sim_put(entry, 8, entries[i].base);
		sim_put(entry + 8, 2, entries[i].segment);
		entry[10] = entries[i].start;
		entry[11] = entries[i].end;
	}
	sim_put(fadt + 76, 4, 0x608);
	sim_put(fadt + 112, 4, 1u << 8);
	sim_table(SIM_XSDT, "XSDT", 36 + 16);
	sim_table(SIM_RSDT, "RSDT", 36 + 8);
	sim_table(SIM_MCFG, "MCFG", 44 + 16 * count);
	sim_table(SIM_FADT, "FACP", 244);
}

void sim_acpi_add_masks(const uint8_t *bytes, size_t len)
{
	memcpy(sim_memory(SIM_MASKS, 36 + len) + 36, bytes, len);
	sim_table(SIM_MASKS, "OEMP", 36 + (uint32_t)len);
	memcpy(sim_memory_at(SIM_MASKS) + 16, "PCIBMASK", 8);
	sim_table_seal(SIM_MASKS);
	sim_put(sim_memory_at(SIM_XSDT) + 52, 8, SIM_MASKS);
	sim_table(SIM_XSDT, "XSDT", 36 + 24);
}
