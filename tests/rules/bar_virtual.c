/* The BARs of virtual functions, in the SR-IOV capability: probed while their memory is off. */
#include "caps.h"
#include "rules/rule.h"

/* PCIe 9.3.3. */
#define SRIOV_CONTROL 0x08
#define VF_ENABLE     0x0001u
#define VF_MEMORY     0x0008u
#define SRIOV_BARS    0x24
#define SRIOV_LENGTH  0x40
#define VF_BARS       6

#define MEMORY_TYPE   0xfu
#define MEMORY_WIDE   4u /* bits 2 and 1 of the type: an upper half follows */

struct probed {
	uint32_t before, ones, zeros;
};

static struct probed probe(const struct rule_target *t, unsigned reg)
{
	struct probed p = {.before = cfg_read32(t->cfg, t->fn->at, reg)};

	p.zeros = rule_put(t, reg, 0);
	p.ones = rule_put(t, reg, BAR_PROBE_ONES);
	cfg_write32(t->cfg, t->fn->at, reg, p.before);
	return p;
}

/* They decode memory alone (9.3.3.14), each as large as what its lowest address bit says. */
static void expect_shape(const struct rule_target *t, unsigned reg, const struct probed *low,
			 const struct probed *high)
{
	uint64_t mask = low->ones & ~low->zeros & ~MEMORY_TYPE, top = 0xffffffff, size;

	if (high) {
		mask |= (uint64_t)(high->ones & ~high->zeros) << 32;
		top = UINT64_MAX;
	}
	size = mask & -mask;
	rule_expect(
	    t, !((low->ones ^ low->zeros) & MEMORY_TYPE) && !(low->ones & 1), reg,
	    "type bits read 0x%x after ones and 0x%x after zeros, should be the same, with 0 "
	    "in bit 0",
	    low->ones & MEMORY_TYPE, low->zeros & MEMORY_TYPE);
	rule_expect(
	    t, size && (mask | (size - 1)) == top, reg,
	    "address bits 0x%llx can be set and cleared, should be ones from the size up to 0x%llx",
	    (unsigned long long)mask, (unsigned long long)top);
}

static void check_bars(const struct rule_target *t, unsigned first)
{
	struct probed p[VF_BARS];

	for (unsigned i = 0; i < VF_BARS; i++)
		p[i] = probe(t, first + 4 * i);
	for (unsigned i = 0; i < VF_BARS; i++) {
		bool wide = (p[i].before & MEMORY_TYPE & ~9u) == MEMORY_WIDE && i + 1 < VF_BARS;

		if (p[i].ones != p[i].zeros || (wide && p[i + 1].ones != p[i + 1].zeros))
			expect_shape(t, first + 4 * i, &p[i], wide ? &p[i + 1] : NULL);
		i += wide;
	}
}

static void check(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin_extended(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		uint16_t control;

		if (w.id != ECAP_SRIOV || w.at + SRIOV_LENGTH > 0x1000)
			continue;
		control = cfg_read16(t->cfg, t->fn->at, w.at + SRIOV_CONTROL);
		/* Not while there are any. */
		if (control & VF_ENABLE)
			continue;
		cfg_write16(t->cfg, t->fn->at, w.at + SRIOV_CONTROL,
			    control & (uint16_t)~VF_MEMORY);
		check_bars(t, w.at + SRIOV_BARS);
		cfg_write16(t->cfg, t->fn->at, w.at + SRIOV_CONTROL, control);
	}
}

TEST(.name = "rule.bar.virtual", .id = "BAR-13", .check = check, .filter = RULE_BY_TEST,
     .path = PATH_ECAM, .flags = TEST_NEEDS_ECAM,
     .idle = "no function has BARs for virtual functions that are off",
     .reference = "PCI Express Base 4.0, 9.3.3.14; PCI Local Bus 3.0, 6.2.5.1",
     .text = "A BAR of virtual functions decodes memory, keeps its type, and its address bits read "
	     "ones from its size upwards once probed.");
