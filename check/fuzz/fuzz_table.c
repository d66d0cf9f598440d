/*
 * fw_cfg's directory and the BAR mask table in it. Whatever item is read, the device gives the
 * fuzzer's bytes; its DMA may end as it likes. The first byte says how much of a sound table is put
 * around them.
 */
#include <string.h>
#include "fuzz.h"
#include "fwcfg.h"
#include "io.h"
#include "mask_table.h"

#define BUFFER_SIZE (20u << 10)
#define FUNCTIONS   32
#define PHYSICAL    0x100000u

static uint8_t buffer[BUFFER_SIZE], content[BUFFER_SIZE];
static size_t content_len;
static uint32_t error; /* what the device leaves in the control word */

uint32_t sim_port_in(uint16_t port, unsigned width)
{
	(void)width;
	return __builtin_bswap32(port == 0x514 ? 0x51454d55 : 0x20434647);
}

/* The only thing that is written is the address of the control block. */
void sim_port_out(uint16_t port, unsigned width, uint32_t value)
{
	uint32_t len, big = __builtin_bswap32(error);

	FUZZ_CHECK(port == 0x518 && width == 4 && __builtin_bswap32(value) == PHYSICAL);
	memcpy(&len, buffer + 4, 4);
	len = __builtin_bswap32(len);
	FUZZ_CHECK(len <= BUFFER_SIZE - 16);
	memset(buffer + 16, 0, len);
	memcpy(buffer + 16, content, len < content_len ? len : content_len);
	memcpy(buffer, &big, 4);
}

static void put32(size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		content[at + i] = (uint8_t)(value >> 8 * i);
}

/* Header and checksum over entries of the fuzzer's. */
static void make_sound(unsigned entries)
{
	uint32_t sum = 0;

	content_len &= ~(size_t)3;
	memcpy(content, "PCIBMASK", 8);
	put32(8, 1 | 32 << 16);
	put32(12, (uint32_t)content_len);
	put32(16, entries);
	put32(20, 0);
	for (size_t i = 0; i < content_len; i++)
		sum += (uint32_t)content[i] << 8 * (i % 4);
	put32(20, -sum);
}

static void walk(const struct mask_table *table)
{
	static struct pci_function fn[FUNCTIONS];
	static struct bar_registers raw[FUNCTIONS];
	/* 00:02.0 leads to bus 1, and 01:00.0 to bus 2. */
	static uint64_t given[] = {0x10ull << 32 | 1, 0x100ull << 32 | 2};
	static const struct numbering numbering = {.given = {.pair = given, .count = 2}};
	struct pci_map map = {.fn = fn, .capacity = FUNCTIONS};
	struct bar_set set;

	mask_table_walk(table, &numbering, &map, raw, &fuzz_diag);
	FUZZ_CHECK(map.count <= FUNCTIONS);
	for (unsigned i = 0; i < map.count; i++) {
		bar_decode(&fn[i], &raw[i], &set, &fuzz_diag);
		FUZZ_CHECK(set.count <= BAR_COUNT);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {MASK_TABLE_ITEM_LIVE, MASK_TABLE_ITEM_SNAPSHOT,
					    "etc/extra-pci-roots"};
	struct fuzz_input in = {data, size};
	struct cfg_counts counts = {0};
	struct fwcfg_item items[3];
	struct mask_table table;
	struct fwcfg fwcfg;
	uint8_t how = fuzz_byte(&in), entries = fuzz_byte(&in);
	const uint8_t *bytes;
	size_t needed, head = how & 1 ? 32 : 0;

	error = how & 2 ? fuzz_number(&in, 1) & 1 : 0;
	content_len = head + in.left < BUFFER_SIZE ? head + in.left : BUFFER_SIZE;
	memcpy(content + head, in.at, content_len - head);
	memset(content, 0, head);
	if (how & 1)
		make_sound(entries);
	fwcfg_init(&fwcfg, (struct fwcfg_buffer){buffer, PHYSICAL, BUFFER_SIZE}, &counts);
	fwcfg_find(&fwcfg, names, items, 3);
	bytes = fwcfg_read(&fwcfg, 0x20,
			   content_len < BUFFER_SIZE - 16 ? content_len : BUFFER_SIZE - 16);
	if (bytes) {
		/* A copy of its own length, so that a read beyond it is seen. */
		size_t len = content_len < BUFFER_SIZE - 16 ? content_len : BUFFER_SIZE - 16;
		uint8_t *copy = malloc(len ? len : 1);

		FUZZ_CHECK(copy);
		memcpy(copy, bytes, len);
		if (mask_table_check(&table, copy, len, &needed, &fuzz_diag))
			walk(&table);
		free(copy);
	}
	return 0;
}
