/* Reading the PCI BAR mask table. */
#include "mask_table.h"
#include "mem.h"

#define HEADER_LEN     32
#define ENTRY_LEN      72

/* Offsets in the header. */
#define VERSION        8
#define HEADER_LENGTH  10
#define TOTAL_LENGTH   12
#define ENTRY_COUNT    16

/* Offsets in an entry. */
#define LENGTH         0
#define SEGMENT        2
#define ROOT_BUS       4
#define PATH_LENGTH    5
#define HEADER_TYPE    6
#define VENDOR_DEVICE  8
#define CLASS_REVISION 12
#define MASK           16
#define VALUE          44
#define PATH           72

static uint32_t word_sum(const uint8_t *bytes, uint32_t len)
{
	uint32_t sum = 0;

	for (uint32_t at = 0; at < len; at += 4)
		sum += mem_le32(bytes + at);
	return sum;
}

static const char *header_fault(const uint8_t *bytes, size_t len, size_t *needed)
{
	uint32_t total, header;

	if (len < HEADER_LEN)
		return "is shorter than its header";
	if (memcmp(bytes, "PCIBMASK", 8) != 0)
		return "has no PCIBMASK signature";
	if (mem_le16(bytes + VERSION) != 1)
		return "is not of version 1";
	header = mem_le16(bytes + HEADER_LENGTH);
	total = mem_le32(bytes + TOTAL_LENGTH);
	if (header % 4 || header < HEADER_LEN || header > total)
		return "has a bad header length";
	if (total % 4)
		return "has a length that is not a multiple of 4";
	if (total > len) {
		*needed = total;
		return "is truncated";
	}
	if (word_sum(bytes, total) != 0)
		return "has a bad checksum";
	return NULL;
}

static const char *entry_fault(const uint8_t *entry, uint32_t room)
{
	if (room < ENTRY_LEN)
		return "runs over the end of the table";
	if (entry[PATH_LENGTH] == 0)
		return "has an empty path";
	if (mem_le16(entry) % 4 || mem_le16(entry) < ENTRY_LEN + entry[PATH_LENGTH])
		return "has a bad length";
	if (mem_le16(entry) > room)
		return "runs over the end of the table";
	return NULL;
}

static bool is_bridge(const uint8_t *entry)
{
	return (entry[HEADER_TYPE] & 0x7f) == 1;
}

/* The chain of bridges that the entries so far lead through: an entry's bridge must be the last one
 * seen one level up. */
struct chain {
	const uint8_t *bridge[UINT8_MAX + 1];
	uint8_t secondary[UINT8_MAX + 1]; /* 0: no number known */
};

static bool same_root(const uint8_t *a, const uint8_t *b)
{
	return mem_le16(a + SEGMENT) == mem_le16(b + SEGMENT) && a[ROOT_BUS] == b[ROOT_BUS];
}

static bool chain_holds(const struct chain *chain, const uint8_t *entry)
{
	unsigned up = entry[PATH_LENGTH] - 1u;
	const uint8_t *bridge = up ? chain->bridge[up] : NULL;

	return up == 0 ||
	       (bridge && same_root(bridge, entry) && memcmp(bridge + PATH, entry + PATH, up) == 0);
}

static void chain_note(struct chain *chain, const uint8_t *entry, uint8_t secondary)
{
	unsigned level = entry[PATH_LENGTH];

	chain->bridge[level] = is_bridge(entry) ? entry : NULL;
	chain->secondary[level] = secondary;
}

bool mask_table_check(struct mask_table *table, const uint8_t *bytes, size_t len, size_t *needed,
		      const struct diag *diag)
{
	struct chain chain = {0};
	const char *fault;
	uint32_t total, at;

	*needed = 0;
	*table = (struct mask_table){0};
	fault = header_fault(bytes, len, needed);
	if (fault) {
		diag_say(diag, "mask table (%zu bytes read) %s", len, fault);
		return false;
	}
	total = mem_le32(bytes + TOTAL_LENGTH);
	at = mem_le16(bytes + HEADER_LENGTH);
	for (uint32_t i = 0; i < mem_le32(bytes + ENTRY_COUNT); i++) {
		fault = entry_fault(bytes + at, total - at);
		if (!fault && !chain_holds(&chain, bytes + at))
			fault = "is not preceded by the bridge that it is behind";
		if (fault) {
			diag_say(diag, "mask table: entry %u, at offset %u, %s", i, at, fault);
			return false;
		}
		chain_note(&chain, bytes + at, 0);
		at += mem_le16(bytes + at);
	}
	if (at != total) {
		diag_say(diag, "mask table: its %u entries end at offset %u, the table at %u",
			 mem_le32(bytes + ENTRY_COUNT), at, total);
		return false;
	}
	*table = (struct mask_table){bytes, total, mem_le32(bytes + ENTRY_COUNT)};
	return true;
}

static void entry_read(const uint8_t *entry, uint8_t bus, struct pci_function *fn,
		       struct bar_registers *raw)
{
	*fn = (struct pci_function){
	    .at = {mem_le16(entry + SEGMENT), bus, entry[PATH + entry[PATH_LENGTH] - 1]},
	    .id = mem_le32(entry + VENDOR_DEVICE),
	    .class_revision = mem_le32(entry + CLASS_REVISION),
	    .header = (uint32_t)entry[HEADER_TYPE] << 16,
	};
	if (pci_is_bridge(fn))
		fn->buses = mem_le32(entry + VALUE + 4 * 2);
	*raw = (struct bar_registers){0};
	/* Masks and values stand in the same order, the ROM last, which is that of struct
	 * bar_registers. */
	for (unsigned i = 0; i < BAR_COUNT; i++) {
		if (!bar_offset(fn, i))
			continue;
		raw->mask[i] = mem_le32(entry + MASK + 4 * i);
		raw->value[i] = mem_le32(entry + VALUE + 4 * i);
	}
}

static void see(struct pci_bus_set *seen, uint8_t bus, struct pci_map *map)
{
	map->buses += !pci_bus_in(seen, bus);
	pci_bus_add(seen, bus);
}

void mask_table_walk(const struct mask_table *table, const struct numbering *given,
		     struct pci_map *map, struct bar_registers *raw, const struct diag *diag)
{
	struct chain chain = {0};
	struct pci_bus_set seen = {0};
	struct bar_registers registers;
	struct pci_function fn = {0};
	const uint8_t *entry = table->bytes + mem_le16(table->bytes + HEADER_LENGTH);
	unsigned unplaced = 0;

	pci_map_clear(map);
	for (uint32_t i = 0; i < table->entries; i++, entry += mem_le16(entry + LENGTH)) {
		unsigned up = entry[PATH_LENGTH] - 1u;
		uint8_t bus = up ? chain.secondary[up] : entry[ROOT_BUS], secondary = 0;
		uint16_t segment_before = fn.at.segment;

		if (up && bus == 0) {
			chain_note(&chain, entry, 0);
			unplaced++;
			continue;
		}
		entry_read(entry, bus, &fn, &registers);
		/* What we wrote ourselves is newer than a table made before. */
		if (pci_is_bridge(&fn)) {
			secondary = number_given(given, fn.at);
			if (!secondary)
				secondary = pci_secondary(&fn);
		}
		chain_note(&chain, entry, secondary);
		if (fn.at.segment != segment_before)
			seen = (struct pci_bus_set){0};
		see(&seen, bus, map);
		if (secondary)
			see(&seen, secondary, map);
		if (map->count < map->capacity)
			raw[map->count] = registers;
		pci_map_add(map, &fn);
	}
	if (unplaced)
		diag_say(diag, "mask table: %u functions are behind bridges without bus numbers",
			 unplaced);
}
