/* Capability lists, SR-IOV, Enhanced Allocation and Resizable BAR. */
#include "caps.h"

/* A list of 4-byte aligned capabilities cannot have more members than its space has dwords. */
#define STEPS_MAX          ((0x100 - 0x40) / 4)
#define STEPS_EXTENDED_MAX ((0x1000 - 0x100) / 4)

void caps_begin(struct caps_walk *w, struct cfg *cfg, const struct pci_function *fn)
{
	*w = (struct caps_walk){.cfg = cfg, .fn = fn, .from = PCI_CAPABILITIES};
	if (pci_header_type(fn) <= 1 && cfg_read16(cfg, fn->at, PCI_STATUS) & PCI_STATUS_CAPS)
		w->pointer = cfg_read8(cfg, fn->at, PCI_CAPABILITIES);
}

void caps_begin_extended(struct caps_walk *w, struct cfg *cfg, const struct pci_function *fn)
{
	*w = (struct caps_walk){.cfg = cfg, .fn = fn, .extended = true, .from = 0x100};
	if (cfg->ops->reaches(cfg, fn->at, 0x100))
		w->pointer = 0x100;
}

static bool stop(struct caps_walk *w, const char *fault)
{
	w->fault = fault;
	return false;
}

bool caps_next(struct caps_walk *w)
{
	unsigned first = w->extended ? 0x100 : 0x40, next = w->pointer & ~3u;

	/* The two lowest bits are reserved, to be masked by software (PCI 3.0, 6.7; PCIe 7.6.3). */
	if (next == 0)
		return false;
	if (next < first)
		return stop(w, w->extended ? "points below 0x100" : "points into the header");
	if (w->steps == (w->extended ? STEPS_EXTENDED_MAX : STEPS_MAX))
		return stop(w, "does not end: it loops");
	w->header = cfg_read32(w->cfg, w->fn->at, next);
	/* No extended space, or no capability in it (PCIe 7.6.2): zero or all-ones at 100h. */
	if (w->extended && (w->header == 0 || w->header == 0xffffffff))
		return w->steps ? stop(w, "points at nothing") : false;
	if (!w->extended && (w->header & 0xff) == 0xff)
		return stop(w, "reads all-ones");
	w->steps++;
	w->at = next;
	w->id = (uint16_t)(w->extended ? w->header & 0xffff : w->header & 0xff);
	w->from = w->extended ? next : next + 1;
	w->pointer = w->extended ? w->header >> 20 : w->header >> 8 & 0xff;
	return true;
}

static void lost(const struct diag *diag, const struct pci_function *fn, const char *list,
		 unsigned at, const char *what)
{
	char name[16];

	diag_say(diag, "%s %s list at 0x%03x %s", pci_name(name, fn->at), list, at, what);
}

static unsigned find(struct caps_walk *w, uint16_t id, const struct diag *diag)
{
	while (caps_next(w))
		if (w->id == id)
			return w->at;
	if (w->fault)
		lost(diag, w->fn, w->extended ? "extended capability" : "capability",
		     w->pointer & ~3u, w->fault);
	return 0;
}

unsigned caps_find(struct cfg *cfg, const struct pci_function *fn, uint8_t id,
		   const struct diag *diag)
{
	struct caps_walk w;

	caps_begin(&w, cfg, fn);
	return find(&w, id, diag);
}

unsigned caps_find_extended(struct cfg *cfg, const struct pci_function *fn, uint16_t id,
			    const struct diag *diag)
{
	struct caps_walk w;

	caps_begin_extended(&w, cfg, fn);
	return find(&w, id, diag);
}

struct list {
	struct caps_resource *at;
	unsigned count;
};

static void add(struct list *list, struct caps_resource resource)
{
	if (list->count < CAPS_RESOURCES_MAX)
		list->at[list->count++] = resource;
}

/*
 * SR-IOV (9.3.3): six BARs at 24h of the capability, sized as ordinary ones. VF MSE in the control
 * register (08h, bit 3) is their decode switch.
 */
static void add_vf_bars(struct cfg *cfg, const struct pci_function *fn, unsigned cap,
			struct list *list, const struct diag *diag)
{
	unsigned first = cap + 0x24;
	struct bar_registers raw = {0};
	struct bar_set set;
	uint16_t control = cfg_read16(cfg, fn->at, cap + 0x08);

	if (control & 0x8)
		cfg_write16(cfg, fn->at, cap + 0x08, (uint16_t)(control & ~0x8u));
	for (unsigned i = 0; i < 6; i++) {
		unsigned reg = first + 4 * i;

		raw.value[i] = cfg_read32(cfg, fn->at, reg);
		cfg_write32(cfg, fn->at, reg, BAR_PROBE_ONES);
		raw.mask[i] = cfg_read32(cfg, fn->at, reg);
		cfg_write32(cfg, fn->at, reg, raw.value[i]);
	}
	if (control & 0x8)
		cfg_write16(cfg, fn->at, cap + 0x08, control);
	bar_decode_at(fn->at, first, &raw, &set, diag);
	for (unsigned i = 0; i < set.count; i++)
		add(list, (struct caps_resource){.kind = CAPS_VF_BAR,
						 .index = set.bar[i].index,
						 .space = set.bar[i].space,
						 .prefetch = set.bar[i].prefetch,
						 .address = set.bar[i].address,
						 .size = set.bar[i].size});
}

/* Resizable BAR (7.8.6): n entries of a capability and a control dword; the number of entries is in
 * the first control. */
static void add_rebar(struct cfg *cfg, const struct pci_function *fn, unsigned cap,
		      struct list *list)
{
	unsigned entries = cfg_read32(cfg, fn->at, cap + 8) >> 5 & 7;

	for (unsigned i = 0; i < entries && i < 6; i++) {
		uint32_t able = cfg_read32(cfg, fn->at, cap + 4 + 8 * i);
		uint32_t control = cfg_read32(cfg, fn->at, cap + 8 + 8 * i);
		unsigned exponent = control >> 8 & 0x3f;

		/* 1 MiB to 128 TiB are bits 4-31 of the capability, 256 TiB and up bits 16-31 of
		 * the control. */
		add(list,
		    (struct caps_resource){.kind = CAPS_REBAR,
					   .index = control & 7,
					   .size = exponent <= 43 ? 0x100000ull << exponent : 0,
					   .sizes = able >> 4 | (uint64_t)(control >> 16) << 28});
	}
}

/* Enhanced Allocation (7.8.5): entries of 2 to 5 dwords, each with base and maximum offset. */
static void add_ea(struct cfg *cfg, const struct pci_function *fn, unsigned cap, struct list *list,
		   const struct diag *diag)
{
	unsigned entries = cfg_read8(cfg, fn->at, cap + 2) & 0x3f;
	unsigned at = cap + 4 + (pci_is_bridge(fn) ? 4 : 0);

	for (unsigned i = 0; i < entries; i++) {
		uint32_t header = at + 12 <= 0x100 ? cfg_read32(cfg, fn->at, at) : 0;
		unsigned dwords = header & 7, properties = header >> 8 & 0xff;
		unsigned next = at + 4 * (dwords + 1);
		uint64_t base, offset;

		if (dwords < 2 || next > 0x100) {
			lost(diag, fn, "Enhanced Allocation", at, "has an entry that does not fit");
			return;
		}
		base = cfg_read32(cfg, fn->at, at + 4);
		offset = cfg_read32(cfg, fn->at, at + 8);
		at += 12;
		/* Bit 1 of base and of maximum offset: the upper dword follows, base's first. */
		if (base & 2 && at + 4 <= next) {
			base |= (uint64_t)cfg_read32(cfg, fn->at, at) << 32;
			at += 4;
		}
		if (offset & 2 && dwords >= 3 && at + 4 <= next)
			offset |= (uint64_t)cfg_read32(cfg, fn->at, at) << 32;
		at = next;
		if (!(header & 0x80000000u)) /* not enabled */
			continue;
		add(list, (struct caps_resource){
			      .kind = CAPS_EA,
			      .index = header >> 4 & 0xf,
			      .space = properties == 2 || properties == 7 ? BAR_SPACE_IO
									  : BAR_SPACE_MEM64,
			      .prefetch = properties == 1 || properties == 3 || properties == 6,
			      .address = base & ~3ull,
			      .size = (offset | 3) + 1});
	}
}

unsigned caps_resources(struct cfg *cfg, const struct pci_function *fn, struct caps_resource *at,
			const struct diag *diag)
{
	struct list list = {.at = at};
	unsigned cap;

	cap = caps_find(cfg, fn, CAP_EA, diag);
	if (cap)
		add_ea(cfg, fn, cap, &list, diag);
	cap = caps_find_extended(cfg, fn, ECAP_SRIOV, diag);
	if (cap)
		add_vf_bars(cfg, fn, cap, &list, diag);
	cap = caps_find_extended(cfg, fn, ECAP_REBAR, diag);
	if (cap)
		add_rebar(cfg, fn, cap, &list);
	return list.count;
}
