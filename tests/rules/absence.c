/* Where there is no function: reads are all-ones, writes go nowhere, and nothing answers under a
 * second address. */
#include <stddef.h>
#include "caps.h"
#include "rules/rule.h"

#define SECTION "PCI Local Bus 3.0, 6.1 and 3.2.2.3.4"

/* Nothing may be known at the whole device: function 0 absent means that all are. */
static bool device_absent(const struct session *s, struct cfg_address at)
{
	const struct index *index = &s->inventory.by_address;
	uint32_t i = index_from(index, cfg_key(at) & ~7u);

	return i == index->count || index_key(index, i) >> 3 != cfg_key(at) >> 3;
}

#define NO_DEVICE "no bus with a device number free"

#define PER_BUS   2

/* Calls check for some absent devices of each bus with functions, over each path. */
static void each_absent(struct session *s, const struct test *test,
			void (*check)(const struct rule_target *t))
{
	const struct index *index = &s->inventory.by_address;
	struct pci_function fn = {0};

	if (!inventory_know(s) || !inventory_needs_all(s))
		return;
	for (uint32_t i = 0; i < index->count; i++) {
		struct cfg_address at = s->inventory.known[index_place(index, i)].fn.at;

		/* One of each bus. */
		if (i && index_key(index, i - 1) >> 8 == index_key(index, i) >> 8)
			continue;
		for (unsigned device = 0, found = 0; device < 32 && found < PER_BUS; device++) {
			fn.at = (struct cfg_address){at.segment, at.bus, (uint8_t)(device << 3)};
			if (!device_absent(s, fn.at))
				continue;
			found++;
			for (unsigned path = 0; path < PATHS; path++) {
				struct rule_target t = {s,    test, &fn, &s->found.path[path],
							path, NULL};

				if (s->found.usable[path] && t.cfg->ops->reaches(t.cfg, fn.at, 0))
					check(&t);
			}
		}
	}
}

static void check_ones(const struct rule_target *t)
{
	static const struct {
		unsigned reg, width;
	} reads[] = {{PCI_ID, 4}, {PCI_ID, 2}, {0x0a, 2}, {0x0e, 1}, {PCI_INTERRUPT_LINE, 4},
		     {0xff, 1}};

	for (unsigned i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		uint32_t got = cfg_read(t->cfg, t->fn->at, reads[i].reg, reads[i].width);

		if (!rule_expect(t, got == cfg_ones(reads[i].width), reads[i].reg,
				 "no function is there; %u bytes read 0x%x, should be 0x%x",
				 reads[i].width, got, cfg_ones(reads[i].width)))
			return;
	}
}

static void ones(struct session *s, const struct test *test)
{
	each_absent(s, test, check_ones);
}

/* Interrupt line and cache line size: should a function answer there after all, little harm is
 * done. */
static void check_write(const struct rule_target *t)
{
	static const unsigned regs[] = {PCI_INTERRUPT_LINE, PCI_CACHE_LINE_HEADER};

	for (unsigned i = 0; i < 2; i++) {
		uint8_t before = cfg_read8(t->cfg, t->fn->at, regs[i]), after;

		cfg_write(t->cfg, t->fn->at, regs[i], 1, 0x5a);
		after = cfg_read8(t->cfg, t->fn->at, regs[i]);
		if (rule_expect(t, after == before, regs[i],
				"no function is there; wrote 0x5a, read 0x%02x, should be 0x%02x",
				after, before))
			continue;
		cfg_write(t->cfg, t->fn->at, regs[i], 1, before);
		return;
	}
}

static void writes(struct session *s, const struct test *test)
{
	each_absent(s, test, check_write);
}

/*
 * Whether it is function 0 under another number, and no function of its own that looks the same:
 * what is written to the one's interrupt line is in the other's. Where that register is fixed
 * nobody can tell.
 */
static bool is_function_0(const struct rule_target *t, struct cfg_address at)
{
	uint8_t before = cfg_read8(t->cfg, at, PCI_INTERRUPT_LINE), wrote = (uint8_t)~before, here,
		there;

	if (!rule_same_header(t, at))
		return false;
	cfg_write(t->cfg, at, PCI_INTERRUPT_LINE, 1, wrote);
	there = cfg_read8(t->cfg, at, PCI_INTERRUPT_LINE);
	here = cfg_read8(t->cfg, t->fn->at, PCI_INTERRUPT_LINE);
	cfg_write(t->cfg, at, PCI_INTERRUPT_LINE, 1, before);
	return here == there;
}

/*
 * A conventional device of one function may answer for every function number, or for 0 alone (PCI
 * 3.0, 3.2.2.3.4). An Express one answers for those that it has (PCIe 2.3.1).
 */
static void check_functions(const struct rule_target *t)
{
	bool express;

	if (cfg_fn(t->fn->at) != 0 || pci_multi_function(t->fn))
		return;
	express = caps_find(t->cfg, t->fn, CAP_EXPRESS, &diag_silent);
	for (unsigned f = 1; f < 8; f++) {
		struct pci_function other = {.at = t->fn->at};
		struct rule_target there = *t;
		uint32_t id;

		other.at.devfn = (uint8_t)(other.at.devfn | f);
		there.fn = &other;
		id = cfg_read32(t->cfg, other.at, PCI_ID);
		if (!rule_expect(&there,
				 id == 0xffffffff ||
				     (!express && id == t->fn->id && is_function_0(t, other.at)),
				 PCI_ID,
				 "function 0 is the only one; read 0x%08x, should be 0xffffffff%s",
				 id, express ? "" : " or function 0 again"))
			return;
	}
}

/* An ID, and nothing behind it: what some answer where nothing is. */
static void check_phantom(const struct rule_target *t)
{
	rule_expect(t, t->fn->class_revision != 0xffffffff || t->fn->header != 0xffffffff, PCI_ID,
		    "reads as 0x%08x, but class and header read all-ones: an absent device answers",
		    t->fn->id);
}

TEST(.name = "rule.absence.ones", .id = "ABS-01", .idle = NO_DEVICE, .run = ones,
     .reference = SECTION, .text = "Where no device is, reads of every width give all-ones.");
TEST(.name = "rule.absence.write", .id = "ABS-02", .idle = NO_DEVICE, .run = writes,
     .reference = SECTION,
     .text = "Where no device is, a write changes nothing that can be read there.");
TEST(.name = "rule.absence.functions", .id = "ABS-03", .check = check_functions,
     .reference = SECTION,
     .text = "Functions 1 to 7 of a single-function device read all-ones, or, if it is "
	     "conventional, as function 0.");
TEST(.name = "rule.absence.phantom", .id = "ABS-06", .check = check_phantom,
     .filter = RULE_ONE_PATH, .reference = SECTION,
     .text = "What has an ID has a class and a header as well.");
