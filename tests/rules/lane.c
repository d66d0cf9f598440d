/* Reads of every width: they give the bytes that they name. */
#include "rules/lane.h"
#include "rules/plain.h"

#define PORTS "PCI Local Bus 3.0, 3.2.2.3.2"
#define ECAM  "PCI Express Base 4.0, 7.2.2"

/* False once a part does not fit the whole. What changes by itself says nothing. */
static bool read_parts(const struct rule_target *t, unsigned reg)
{
	uint32_t whole = cfg_read32(t->cfg, t->fn->at, reg);

	/* Of nothing and of all-ones every part is the same. */
	if (whole == 0 || whole == 0xffffffff)
		return true;
	for (unsigned i = 0; i < LANES; i++) {
		const struct lane *l = &lanes[i];
		uint32_t want = whole >> 8 * l->at & cfg_ones(l->width);
		uint32_t got = cfg_read(t->cfg, t->fn->at, reg + l->at, l->width);

		if (!rule_expect(
			t, got == want || cfg_read32(t->cfg, t->fn->at, reg) != whole, reg + l->at,
			"a read of %u bytes gave 0x%0*x, should be 0x%0*x (dword 0x%08x)", l->width,
			(int)(2 * l->width), got, (int)(2 * l->width), want, whole))
			return false;
	}
	return true;
}

/* One failure a function: a lane that is wrong is so everywhere. */
static void check_reads(const struct rule_target *t)
{
	struct caps_walk w;

	for (unsigned reg = 0; reg < INVENTORY_HEADER_LEN; reg += 4)
		if (!read_parts(t, reg))
			return;
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w))
		for (unsigned at = 0; at < rule_plain_length(t->fn, &w) && w.at + at < 0x100;
		     at += 4)
			if (!read_parts(t, w.at + at))
				return;
}

TEST(.name = "rule.lane.read-pio", .id = "LANE-01", .check = check_reads, .filter = RULE_BY_TEST,
     .path = PATH_PIO, .flags = TEST_NEEDS_PIO, .reference = PORTS,
     .text =
	 "A read of 1, 2 or 4 bytes at port CFCh + n gives the bytes from lane n of the selected "
	 "dword.");
TEST(.name = "rule.lane.read-ecam", .id = "LANE-02", .check = check_reads, .filter = RULE_BY_TEST,
     .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM, .reference = ECAM,
     .text = "A read of 1, 2 or 4 bytes in ECAM gives the bytes at that offset.");
