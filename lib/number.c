/* Numbering the bridges that firmware left alone. */
#include "number.h"

struct context {
	struct cfg *cfg;
	struct numbering *numbering;
	const struct diag *diag;
	struct pci_bus_set taken; /* handed out, or claimed by a bridge that had numbers */
};

static void number_bus(struct context *c, uint16_t segment, uint8_t bus, uint8_t last);

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

/* Open the bridge over all that is free above its secondary bus, number what appears behind it,
 * then close it to what was used. */
static void number_behind(struct context *c, struct pci_function *fn, uint8_t last)
{
	unsigned secondary = fn->at.bus + 1u, end;
	char name[16];

	while (secondary <= last && pci_bus_in(&c->taken, secondary))
		secondary++;
	if (secondary > last || c->numbering->count == NUMBER_MAX) {
		diag_say(c->diag, "no bus number is free for bridge %s (bus %u, numbers up to %u)",
			 pci_name(name, fn->at), fn->at.bus, last);
		return;
	}
	for (end = secondary; end < last && !pci_bus_in(&c->taken, end + 1); end++)
		;
	c->numbering->bridge[c->numbering->count].at = fn->at;
	c->numbering->bridge[c->numbering->count++].secondary = (uint8_t)secondary;
	pci_bus_add(&c->taken, secondary);
	write_numbers(c, fn, (uint8_t)secondary, (uint8_t)end);
	number_bus(c, fn->at.segment, (uint8_t)secondary, (uint8_t)end);
	write_numbers(c, fn, (uint8_t)secondary,
		      highest_taken(c, (uint8_t)secondary, (uint8_t)end));
}

/* A bridge's address and bus numbers, which is all that numbering looks at. */
static struct pci_function bridge_at(struct context *c, uint16_t segment, uint8_t bus,
				     unsigned devfn)
{
	struct cfg_address at = {segment, bus, (uint8_t)devfn};

	return (struct pci_function){.at = at, .buses = cfg_read32(c->cfg, at, PCI_BUS_NUMBERS)};
}

static void number_bus(struct context *c, uint16_t segment, uint8_t bus, uint8_t last)
{
	struct pci_bus_walk on = {.cfg = c->cfg, .segment = segment, .bus = bus};
	struct pci_bus_set numbered = {0},
			   unnumbered = {0}; /* of devfns, which are as many as buses */
	struct pci_function fn;

	/* A bridge with numbers that make no sense is the walk's to report, not ours to mend. */
	while (pci_bus_next(&on, &fn))
		if (pci_is_bridge(&fn))
			pci_bus_add(pci_secondary(&fn) ? &numbered : &unnumbered, fn.at.devfn);
	/* First those that have numbers, so that no other gets the same. */
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		if (!pci_bus_in(&numbered, devfn))
			continue;
		fn = bridge_at(c, segment, bus, devfn);
		if (pci_bridge_fault(&fn, last, &c->taken))
			continue;
		number_bus(c, segment, pci_secondary(&fn), pci_subordinate(&fn));
		for (unsigned b = pci_secondary(&fn); b <= pci_subordinate(&fn); b++)
			pci_bus_add(&c->taken, b);
	}
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		if (!pci_bus_in(&unnumbered, devfn))
			continue;
		fn = bridge_at(c, segment, bus, devfn);
		number_behind(c, &fn, last);
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
			number_bus(&c, root->segment, root->bus, root->last);
	}
}

uint8_t number_given(const struct numbering *numbering, struct cfg_address at)
{
	for (unsigned i = 0; i < numbering->count; i++)
		if (cfg_key(numbering->bridge[i].at) == cfg_key(at))
			return numbering->bridge[i].secondary;
	return 0;
}
