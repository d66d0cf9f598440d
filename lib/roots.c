/* Root buses. */
#include <stddef.h>
#include "roots.h"
#include "alias.h"

void roots_add(struct pci_roots *roots, uint16_t segment, uint8_t bus, uint8_t last,
	       const struct diag *diag)
{
	unsigned at = roots->count;

	if (pci_root_at(roots, segment, bus))
		return;
	if (roots->count == roots->capacity) {
		diag_say(diag, "no memory for more than %u root buses: %04x:%02x is not looked at",
			 roots->capacity, segment, bus);
		return;
	}
	while (at && (roots->root[at - 1].segment > segment ||
		      (roots->root[at - 1].segment == segment && roots->root[at - 1].bus > bus)))
		at--;
	for (unsigned i = roots->count; i > at; i--)
		roots->root[i] = roots->root[i - 1];
	roots->root[at] = (struct pci_root){segment, bus, last};
	roots->count++;
}

/* Marks the bus and all that numbered bridges on it lead to. */
static void claim(struct cfg *cfg, uint16_t segment, uint8_t bus, struct pci_bus_set *claimed)
{
	struct pci_bus_walk on = {.segment = segment, .bus = bus};
	struct pci_function fn;

	pci_bus_add(claimed, bus);
	/* The range of a bridge holds those of all bridges behind it (Bridge 1.2, 3.2.5.4). */
	while (pci_bus_next(cfg, &on, &fn))
		if (pci_is_bridge(&fn) && pci_secondary(&fn) > bus)
			for (unsigned b = pci_secondary(&fn); b <= pci_subordinate(&fn); b++)
				pci_bus_add(claimed, b);
}

static bool answers(struct cfg *cfg, uint16_t segment, uint8_t bus)
{
	for (unsigned device = 0; device < 32; device++)
		if (pci_id_present(cfg_read32(
			cfg, (struct cfg_address){segment, bus, (uint8_t)(device << 3)}, PCI_ID)))
			return true;
	return false;
}

/* The root bus that this one is under another number, or NULL. */
static const struct pci_root *alias_of(struct cfg *cfg, uint16_t segment, uint8_t bus,
				       const struct pci_roots *roots)
{
	for (unsigned i = 0; i < roots->count; i++)
		if (roots->root[i].segment == segment &&
		    alias_bus(cfg, segment, roots->root[i].bus, bus))
			return &roots->root[i];
	return NULL;
}

struct aliases {
	unsigned count;
	uint8_t first, last, of; /* of: the root bus of the first */
};

static void add_alias(struct aliases *aliases, uint8_t bus, const struct pci_root *of)
{
	if (!aliases->count)
		aliases->first = bus, aliases->of = of->bus;
	aliases->last = bus;
	aliases->count++;
}

void roots_sweep(struct cfg *cfg, uint16_t segment, unsigned extra, struct pci_roots *roots,
		 const struct diag *diag)
{
	struct pci_bus_set claimed = {0};
	struct aliases aliases = {0};
	const struct pci_root *alias;
	unsigned found = 0;
	bool first = true;

	for (unsigned bus = 0; bus < 256; bus++) {
		if (!cfg->ops->reaches(cfg, (struct cfg_address){segment, (uint8_t)bus, 0}, 0) ||
		    pci_bus_in(&claimed, bus))
			continue;
		if (!first && (found == extra || !answers(cfg, segment, (uint8_t)bus)))
			continue;
		alias = first ? NULL : alias_of(cfg, segment, (uint8_t)bus, roots);
		if (alias) {
			add_alias(&aliases, (uint8_t)bus, alias);
			if (segment == 0)
				pci_bus_add(&roots->aliases, bus);
			continue;
		}
		found += !first;
		first = false;
		roots_add(roots, segment, (uint8_t)bus, 255, diag);
		/* With nothing left to look for, what the bridges claim does not matter. */
		if (found != extra)
			claim(cfg, segment, (uint8_t)bus, &claimed);
	}
	if (aliases.count)
		diag_say(diag,
			 "segment %u: %u buses from 0x%02x to 0x%02x are bus 0x%02x under other "
			 "numbers, for what is written there is read here; they are passed over",
			 segment, aliases.count, aliases.first, aliases.last, aliases.of);
	if (extra != ROOTS_UNKNOWN && found < extra)
		diag_say(diag, "firmware says %u extra root buses, %u answer", extra, found);
	/* Each may hand out the numbers below the next one, as far as the path reaches. */
	for (unsigned i = 0; i < roots->count; i++) {
		struct pci_root *root = &roots->root[i];
		bool next = i + 1 < roots->count && roots->root[i + 1].segment == segment;

		if (root->segment != segment)
			continue;
		if (next)
			root->last = (uint8_t)(roots->root[i + 1].bus - 1);
		while (root->last > root->bus &&
		       !cfg->ops->reaches(cfg, (struct cfg_address){segment, root->last, 0}, 0))
			root->last--;
	}
}
