/* Numbering the bridges that firmware left alone. */
#include "number.h"

struct context {
	struct cfg *cfg;
	struct numbering *numbering;
	const struct diag *diag;
	struct pci_bus_set taken; /* handed out, or claimed by a bridge that had numbers */
};

static void write_numbers(struct context *c, struct pci_function *fn, uint8_t secondary,
			  uint8_t subordinate)
{
	fn->buses = (fn->buses & 0xff000000) | (uint32_t)subordinate << 16 |
		    (uint32_t)secondary << 8 | fn->at.bus;
	cfg_write32(c->cfg, fn->at, PCI_BUS_NUMBERS, fn->buses);
}

static uint8_t highest_taken(const struct context *c, uint8_t first, uint8_t last)
{
	while (last > first && !pci_bus_in(&c->taken, last))
		last--;
	return last;
}

/* Over all that is free above its secondary bus. False when nothing is. */
static bool open_bridge(struct context *c, struct pci_function *fn, uint8_t last)
{
	unsigned secondary = fn->at.bus + 1u, end;
	char name[16];

	while (secondary <= last && pci_bus_in(&c->taken, secondary))
		secondary++;
	if (secondary > last) {
		diag_say(c->diag, "no bus number is free for bridge %s (bus %u, numbers up to %u)",
			 pci_name(name, fn->at), fn->at.bus, last);
		return false;
	}
	if (c->numbering->given.count == c->numbering->capacity) {
		diag_say(c->diag, "no memory to number more than %u bridges: %s is left alone",
			 c->numbering->capacity, pci_name(name, fn->at));
		return false;
	}
	for (end = secondary; end < last && !pci_bus_in(&c->taken, end + 1); end++)
		;
	index_add(&c->numbering->given, cfg_key(fn->at), secondary);
	pci_bus_add(&c->taken, secondary);
	write_numbers(c, fn, (uint8_t)secondary, (uint8_t)end);
	return true;
}

/* Once all behind it is done: a bridge of ours is closed to the numbers that were used. */
static void close_bridge(struct context *c, struct number_level *level)
{
	if (level->ours)
		write_numbers(c, &level->bridge, level->bus,
			      highest_taken(c, level->bus, level->last));
	else
		for (unsigned bus = level->bus; bus <= level->last; bus++)
			pci_bus_add(&c->taken, bus);
}

static void enter(struct context *c, struct number_level *level, uint16_t segment, uint8_t bus,
		  uint8_t last)
{
	struct pci_bus_walk on = {.segment = segment, .bus = bus};
	struct pci_function fn;

	level->bus = bus;
	level->last = last;
	level->numbered = level->unnumbered = (struct pci_bus_set){0};
	while (pci_bus_next(c->cfg, &on, &fn))
		if (pci_is_bridge(&fn))
			pci_bus_add(pci_secondary(&fn) ? &level->numbered : &level->unnumbered,
				    fn.at.devfn);
}

/* The lowest member, which is one no longer; false when there is none. */
static bool take(struct pci_bus_set *set, uint8_t *devfn)
{
	for (unsigned i = 0; i < 256; i++)
		if (pci_bus_in(set, i)) {
			set->bit[i / 64] &= ~(1ull << (i % 64));
			*devfn = (uint8_t)i;
			return true;
		}
	return false;
}

/*
 * The next bridge of a bus to go behind, with its address and bus numbers; false when all are done.
 */
static bool next_bridge(struct context *c, struct number_level *level, uint16_t segment,
			struct pci_function *fn, bool *ours)
{
	*fn = (struct pci_function){.at = {segment, level->bus, 0}};
	/* Those that have numbers come first, so that no other gets the same. */
	while (take(&level->numbered, &fn->at.devfn)) {
		fn->buses = cfg_read32(c->cfg, fn->at, PCI_BUS_NUMBERS);
		*ours = false;
		/* Numbers that make no sense are the scan's to report, not ours to mend. */
		if (!pci_bridge_fault(fn, level->last, &c->taken))
			return true;
	}
	while (take(&level->unnumbered, &fn->at.devfn)) {
		fn->buses = cfg_read32(c->cfg, fn->at, PCI_BUS_NUMBERS);
		*ours = true;
		if (open_bridge(c, fn, level->last))
			return true;
	}
	return false;
}

static void number_root(struct context *c, const struct pci_root *root)
{
	struct number_level *level = c->numbering->level;
	struct pci_function fn;
	unsigned depth = 0;
	bool ours;

	enter(c, &level[0], root->segment, root->bus, root->last);
	for (;;) {
		if (next_bridge(c, &level[depth], root->segment, &fn, &ours)) {
			depth++;
			level[depth].bridge = fn;
			level[depth].ours = ours;
			enter(c, &level[depth], root->segment, pci_secondary(&fn),
			      pci_subordinate(&fn));
		} else if (depth) {
			close_bridge(c, &level[depth--]);
		} else {
			return;
		}
	}
}

void number_bridges(struct cfg *cfg, const struct pci_roots *roots, struct numbering *numbering,
		    const struct diag *diag)
{
	struct context c = {.cfg = cfg, .numbering = numbering, .diag = diag};

	for (unsigned i = 0; i < roots->count; i++) {
		const struct pci_root *root = &roots->root[i];

		if (i == 0 || root->segment != roots->root[i - 1].segment) {
			c.taken = (struct pci_bus_set){0};
			pci_add_roots(&c.taken, roots, root->segment);
		}
		if (cfg->ops->reaches(cfg, (struct cfg_address){root->segment, root->bus, 0}, 0))
			number_root(&c, root);
	}
	index_sort(&numbering->given, numbering->given.pair + numbering->given.count);
}

uint8_t number_given(const struct numbering *numbering, struct cfg_address at)
{
	uint32_t secondary = index_find(&numbering->given, cfg_key(at));

	return secondary == INDEX_NONE ? 0 : (uint8_t)secondary;
}
