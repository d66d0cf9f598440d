/* Physical memory. */
#include "memory.h"
#include "image.h"
#include "paging.h"

#define LARGE         (2ull << 20)

#define LOW_MEMORY    (1ull << 20)
#define MIB           (1ull << 20)

/* Second views of pages of the arena, which is below 4 GiB. Nothing is identity mapped there, on
 * processors with more than 46 physical bits neither. */
#define UNCACHED_VIEW (1ull << 46)
#define UNCACHED_LEN  (4ull << 30)

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

/*
 * To 2 MiB, where there is enough of it: a thousand small pages at its ends take tens of
 * milliseconds to map where ring 0 is emulated.
 */
struct handoff_range memory_align(struct handoff_range range)
{
	const uint64_t end = (range.start + range.len) & ~(LARGE - 1);
	const uint64_t start = (range.start + LARGE - 1) & ~(LARGE - 1);

	if (range.len < 4 * LARGE)
		return range;
	return (struct handoff_range){.start = start, .len = end - start, .ram = true};
}

void memory_by_word(struct handoff *handoff, uint32_t mib)
{
	const uint64_t start = (uint64_t)image_end, end = mib * MIB;

	if (end <= start)
		return;
	handoff->range[0] = (struct handoff_range){.start = 0, .len = end, .ram = true};
	handoff->range_count = 1;
	handoff->arena = (struct handoff_range){.start = start, .len = end - start, .ram = true};
}

static bool within(uint64_t physical, uint64_t len, uint64_t start, uint64_t range_len)
{
	return physical >= start && physical - start < range_len &&
	       len <= range_len - (physical - start);
}

/* Reading anywhere else could reach a device. */
const void *memory_map_table(void *context, uint64_t physical, size_t len)
{
	const struct memory *memory = context;
	bool readable = within(physical, len, 0, LOW_MEMORY);

	if (overlap(physical, len, UNCACHED_VIEW, UNCACHED_LEN))
		return NULL;
	for (unsigned i = 0; i < memory->handoff->range_count; i++) {
		const struct handoff_range *r = &memory->handoff->range[i];

		if (r->unreadable && overlap(physical, len, r->start, r->len))
			return NULL;
		readable |= within(physical, len, r->start, r->len);
	}
	return readable ? paging_map(physical, len, PAGING_READ) : NULL;
}

/* What a range is that must not become device memory, or NULL. */
static const char *in_use(const struct memory *memory, uint64_t physical, uint64_t len)
{
	uint64_t image = (uint64_t)image_start, image_len = (uint64_t)(image_end - image_start);

	if (overlap(physical, len, image, image_len))
		return "which holds this very image";
	if (overlap(physical, len, memory->own.start, memory->own.len))
		return "which is RAM in use";
	if (memory_is_ram((void *)memory, physical, len))
		return "which is RAM in firmware's memory map";
	if (memory->handoff->ranges_lost)
		return "which may be RAM: not all of firmware's memory map is known";
	if (overlap(physical, len, UNCACHED_VIEW, UNCACHED_LEN))
		return "which is where the kernel has uncached views of its RAM";
	return NULL;
}

volatile uint8_t *memory_map_device(void *context, uint64_t physical, uint64_t len)
{
	const struct memory *memory = context;
	const char *fault = in_use(memory, physical, len);
	void *at = fault ? NULL : paging_map(physical, len, PAGING_WRITE | PAGING_UNCACHED);

	if (!fault && !at)
		fault =
		    "which cannot be mapped: beyond the processor's addresses, or no memory for "
		    "page tables";
	if (fault)
		diag_say(memory->diag, "device memory of 0x%llx bytes at 0x%llx is refused, %s",
			 (unsigned long long)len, (unsigned long long)physical, fault);
	return at;
}

static bool listed_as(const struct handoff *handoff, uint64_t physical, uint64_t len, bool ram_only)
{
	for (unsigned i = 0; i < handoff->range_count; i++) {
		const struct handoff_range *r = &handoff->range[i];

		if ((r->ram || !ram_only) && overlap(physical, len, r->start, r->len))
			return true;
	}
	return false;
}

bool memory_is_ram(void *context, uint64_t physical, uint64_t len)
{
	const struct memory *memory = context;

	return listed_as(memory->handoff, physical, len, true);
}

bool memory_is_listed(void *context, uint64_t physical, uint64_t len)
{
	const struct memory *memory = context;

	return listed_as(memory->handoff, physical, len, false);
}

volatile uint8_t *memory_map_uncached(void *page)
{
	return paging_map_at(UNCACHED_VIEW + (uint64_t)page, (uint64_t)page, 4096,
			     PAGING_READ | PAGING_WRITE | PAGING_UNCACHED);
}
