/* Four-level page tables, 4 KiB and 2 MiB pages. */
#include "paging.h"
#include "arena.h"
#include "cpu.h"
#include "image.h"

#define PAGE       0x1000ull
#define LARGE      0x200000ull

#define PRESENT    0x001ull
#define WRITE      0x002ull
#define USER       0x004ull
#define PWT        0x008ull
#define PCD        0x010ull
#define PS         0x080ull
#define NX         (1ull << 63)
#define ADDRESS    0x000ffffffffff000ull

#define LOWER_HALF (1ull << 47)

static struct arena memory; /* of the tables */
static uint64_t *root;
static uint64_t physical_end; /* the first address that there is not */

static uint64_t leaf_bits(unsigned flags)
{
	return PRESENT | USER | (flags & PAGING_WRITE ? WRITE : 0) |
	       (flags & PAGING_EXECUTE ? 0 : NX) | (flags & PAGING_UNCACHED ? PCD | PWT : 0);
}

static unsigned index_at(uint64_t virtual, unsigned level)
{
	return virtual >> (12 + 9 * level) & 511;
}

/* The table below an entry, made when it is missing; NULL when the entry is a large page or memory
 * ran out. */
static uint64_t *below(uint64_t *entry)
{
	uint64_t *table;

	if (*entry & PRESENT)
		return *entry & PS ? NULL : (uint64_t *)(*entry & ADDRESS);
	table = arena_take(&memory, PAGE, PAGE);
	if (table)
		*entry = (uint64_t)table | PRESENT | WRITE | USER;
	return table;
}

/*
 * Fills consecutive entries of one table with pages of one size. Small pages that are there stay;
 * large ones end where something is there, which may be a table with holes. Returns the bytes
 * covered.
 */
static uint64_t fill(uint64_t *table, unsigned index, uint64_t physical, uint64_t len,
		     uint64_t page, uint64_t bits)
{
	uint64_t done = 0;

	for (; index < 512 && len - done >= page; index++, done += page) {
		if (!(table[index] & PRESENT))
			table[index] = (physical + done) | bits;
		else if (page == LARGE)
			break;
	}
	return done;
}

/*
 * Maps as much as lies in one table, by large pages where alignment and length allow. Returns the
 * bytes covered, 0 on failure. A run and not a page at a time: where ring 0 is emulated, each walk
 * from the root takes a tenth of a millisecond.
 */
static uint64_t map_run(uint64_t virtual, uint64_t physical, uint64_t len, uint64_t bits)
{
	uint64_t *table = root, *entry;

	for (unsigned level = 3; level > 1; level--) {
		table = below(&table[index_at(virtual, level)]);
		if (!table)
			return 0;
	}
	entry = &table[index_at(virtual, 1)];
	if ((*entry & PRESENT) && (*entry & PS))
		return LARGE - (virtual & (LARGE - 1));
	if (!(*entry & PRESENT) && len >= LARGE && (virtual & (LARGE - 1)) == 0 &&
	    (physical & (LARGE - 1)) == 0)
		return fill(table, index_at(virtual, 1), physical, len, LARGE, bits | PS);
	table = below(entry);
	return table ? fill(table, index_at(virtual, 0), physical, len, PAGE, bits) : 0;
}

void *paging_map_at(uint64_t virtual, uint64_t physical, uint64_t len, unsigned flags)
{
	uint64_t offset = physical & (PAGE - 1), bits = leaf_bits(flags);
	uint64_t v = virtual - offset, p = physical - offset, left;

	if (len == 0 || len > LOWER_HALF || virtual >= LOWER_HALF - len || len > physical_end ||
	    physical > physical_end - len || (v & (PAGE - 1)))
		return NULL;
	for (left = (len + offset + PAGE - 1) & ~(PAGE - 1); left;) {
		uint64_t done = map_run(v, p, left, bits);

		if (done == 0)
			return NULL;
		v += done;
		p += done;
		left -= done < left ? done : left;
	}
	return (void *)virtual;
}

void *paging_map(uint64_t physical, uint64_t len, unsigned flags)
{
	return paging_map_at(physical, physical, len, flags);
}

bool paging_is_mapped(uint64_t virtual)
{
	const uint64_t *table = root;

	for (unsigned level = 3;; level--) {
		uint64_t entry = table[index_at(virtual, level)];

		if (level == 0 || !(entry & PRESENT) || (entry & PS))
			return entry & PRESENT;
		table = (const uint64_t *)(entry & ADDRESS);
	}
}

static bool map_image(const char *start, const char *end, unsigned flags)
{
	return start == end || paging_map((uint64_t)start, (uint64_t)(end - start), flags);
}

static void take_tables(struct handoff_range *ram)
{
	uint64_t len = ram->len / 8 < PAGING_TABLES ? ram->len / 8 & ~(PAGE - 1) : PAGING_TABLES;

	memory = (struct arena){(uint8_t *)ram->start, len, 0};
	ram->start += len;
	ram->len -= len;
}

bool paging_init(struct handoff_range *ram)
{
	const struct handoff_range all = *ram;
	uint64_t *top;

	physical_end = 1ull << cpu_physical_bits();
	take_tables(ram);
	root = arena_take(&memory, PAGE, PAGE);
	if (!root || !map_image(image_start, image_text, PAGING_READ) ||
	    !map_image(image_text, image_rodata, PAGING_EXECUTE) ||
	    !map_image(image_rodata, image_data, PAGING_READ) ||
	    !map_image(image_data, stack_guard, PAGING_WRITE) ||
	    !map_image(stack_bottom, image_end, PAGING_WRITE) ||
	    !paging_map(all.start, all.len, PAGING_WRITE))
		return false;
	top = root;
	/* Firmware that runs with five levels cannot be left without leaving long mode: one more
	 * table on top. */
	if (cpu_enable_paging_features()) {
		top = arena_take(&memory, PAGE, PAGE);
		if (!top)
			return false;
		top[0] = (uint64_t)root | PRESENT | WRITE | USER;
	}
	__asm__ volatile("mov %0, %%cr3" : : "r"(top) : "memory");
	return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as there are levels, four. */
static unsigned audit(const uint64_t *table, unsigned level)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < 512; i++) {
		if (!(table[i] & PRESENT))
			continue;
		if (level && !(table[i] & PS))
			bad += audit((const uint64_t *)(table[i] & ADDRESS), level - 1);
		else
			bad += (table[i] & WRITE) && !(table[i] & NX);
	}
	return bad;
}

unsigned paging_audit(void)
{
	return audit(root, 3);
}
