/* What Linux will access. */
#include <stddef.h>
#include "bar.h"
#include "budget.h"
#include "caps.h"

#define LIST_MAX      48
#define CAP_VPD       0x03
#define CAP_SHPC      0x0c
#define INTERRUPT_PIN 0x3d
#define INTEL         0x8086
#define DECODE        (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

/* The capabilities of a function in the order of their list. */
struct list {
	uint16_t id[LIST_MAX];
	unsigned count;
	bool there; /* STATUS says that there is a list */
};

struct look {
	struct budget *budget;
	const struct budget_machine *machine;
	const struct pci_function *fn;
	const struct diag *diag;
	struct list caps, extended;
	const struct pci_function *bridge_to[256]; /* by the bus that it leads to */
	const struct pci_function *above;          /* the bridge to its bus; NULL: a root bus */
	unsigned type;                             /* Device/Port Type */
	bool express;
};

static bool is_port(unsigned type)
{
	return type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM_PORT ||
	       type == EXPRESS_BRIDGE_FROM_PCI;
}

static void take_list(struct list *list, struct caps_walk *walk)
{
	list->count = 0;
	while (list->count < LIST_MAX && caps_next(walk))
		list->id[list->count++] = walk->id;
}

/* Reads until an ID is found, or to the end. */
static unsigned steps(const struct list *list, uint16_t id)
{
	unsigned n = 0;

	while (n < list->count)
		if (list->id[n++] == id)
			break;
	return n;
}

static bool has(const struct list *list, uint16_t id)
{
	unsigned n = steps(list, id);

	return n && list->id[n - 1] == id;
}

/* pci_find_capability(): STATUS, the pointer, and what is on the way. */
static unsigned find(const struct look *l, uint16_t id)
{
	return l->caps.there ? 2 + steps(&l->caps, id) : 1;
}

/* pci_find_ext_capability(): at least the header at 100h. */
static unsigned find_extended(const struct look *l, uint16_t id)
{
	unsigned n = steps(&l->extended, id);

	return n ? n : 1;
}

/* A function of segment 0, or NULL. */
static const struct pci_function *function_at(const struct budget_machine *m, unsigned bus,
					      unsigned devfn)
{
	struct cfg_address at = {0, (uint8_t)bus, (uint8_t)devfn};
	uint32_t i = index_find(m->by_address, cfg_key(at));

	return i == INDEX_NONE ? NULL : &m->map->fn[i];
}

/* Device/Port Type of a bridge; 0: none, or no PCI Express capability. */
static unsigned port_type(const struct budget_machine *m, const struct pci_function *fn,
			  const struct diag *diag)
{
	unsigned at = caps_find(m->cfg, fn, CAP_EXPRESS, diag);

	return at ? CAP_EXPRESS_TYPE(cfg_read32(m->cfg, fn->at, at)) : 0;
}

static void add(struct budget_count *count, unsigned reads, unsigned writes)
{
	count->reads += reads;
	count->writes += writes;
}

/* ---- base addresses ------------------------------------------------------------------------ */

static void count_sizing(struct look *l)
{
	struct cfg *cfg = l->machine->cfg;
	const struct pci_function *fn = l->fn;
	struct budget_count *sizing = l->budget->sizing;
	unsigned bars = bar_registers_of(fn), registers = bars + 1;
	/* COMMAND is read for each window, and written off and on; not that of host bridges. */
	bool read = !pci_is_host_bridge(fn);
	unsigned toggles = read && cfg_read16(cfg, fn->at, PCI_COMMAND) & DECODE ? 2 : 0;
	unsigned windows = 1; /* the ROM's */

	if (!bars)
		return;
	for (unsigned i = 0; i < bars; i++, windows++)
		if (i + 1 < bars && (cfg_read32(cfg, fn->at, bar_offset(fn, i)) & 7) == 4)
			i++;
	add(&sizing[BUDGET_PER_BAR], windows * read + 2 * registers,
	    windows * toggles + 2 * registers);
	/* Each value once more, to interpret it. */
	add(&sizing[BUDGET_BATCHED], 2 * read + 3 * registers, 2 * toggles + 2 * registers);
	add(&sizing[BUDGET_ONCE], read + 2 * registers, toggles + 2 * registers);
	add(&sizing[BUDGET_TABLE], registers, 0);
}

/* ---- one function -------------------------------------------------------------------------- */

static const uint16_t looked_for[] = {CAP_EXPRESS, CAP_EA, CAP_MSI, CAP_MSI_X, CAP_EXPRESS,
				      CAP_PCI_X,   CAP_PM, CAP_VPD, CAP_AF};

#define FINDS_EXTENDED 18 /* walks for extended capabilities; AER's are counted apart */
#define FINDS_PORT     4  /* and those of the port driver */

/*
 * The rest is what belongs to no list: reads and writes in the record of Linux's boot, in the order
 * of the code.
 */
static void count_any(struct look *l)
{
	struct budget_count *setup = &l->budget->setup;

	add(setup, 3, 0); /* ID, header type, class */
	add(setup, 2, 2); /* COMMAND, whether INTx can be masked */
	add(setup, 1 + (cfg_read(l->machine->cfg, l->fn->at, INTERRUPT_PIN, 1) != 0), 0);
	add(setup, 3, 0); /* COMMAND twice as resources are assigned, cache line size */
	for (unsigned i = 0; i < sizeof(looked_for) / sizeof(looked_for[0]); i++)
		add(setup, find(l, looked_for[i]), 0);
	add(setup, has(&l->caps, CAP_MSI) + has(&l->caps, CAP_MSI_X), 0);
	if (has(&l->caps, CAP_PM))
		add(setup, 3, 0); /* PMC, STATUS, PMCSR */
}

static void count_bridge(struct look *l)
{
	struct budget_count *setup = &l->budget->setup;

	add(setup, find(l, CAP_SUBSYSTEM) + 3 * find(l, CAP_SHPC), 0);
	add(setup, 4, 2); /* windows, and whether the prefetchable one is of 64 bits */
	add(setup, 4, 4); /* bus numbers and bridge control, in two passes over the bus */
	add(setup, 8, 0); /* windows once more */
	add(setup, 1, 9); /* windows programmed */
	add(setup, 1, 0); /* bridge control */
}

static void count_express(struct look *l, unsigned above)
{
	struct budget_count *setup = &l->budget->setup, *extended = &l->budget->express;
	unsigned at = caps_find(l->machine->cfg, l->fn, CAP_EXPRESS, l->diag);
	unsigned version = cfg_read16(l->machine->cfg, l->fn->at, at + 2) & 0xf;
	unsigned miss = find_extended(l, 0), ports = is_port(l->type);

	add(setup, 2, 0);                    /* flags, Device Capabilities */
	add(setup, 3, 1);                    /* and Device Control, for sizes and tags */
	add(setup, version >= 2 ? 2 : 0, 0); /* Device Capabilities 2 */
	add(setup, 1, 0);                    /* the ID, whether 100h is an alias of 0 */
	if (is_port(above))
		add(setup, 13, 1); /* the link between the two */
	if (l->machine->extended) {
		add(extended, 2 + FINDS_EXTENDED * miss, 0);
		if ((l->fn->id & 0xffff) == INTEL)
			add(extended, miss, 0); /* a vendor's capability */
		if (has(&l->extended, ECAP_AER)) {
			add(extended, 2 * find_extended(l, ECAP_AER) + 2 + ports, 2 + ports);
			add(setup, 1, 1); /* Device Control */
		} else {
			add(extended, miss, 0);
		}
		if (ports)
			add(extended, FINDS_PORT * miss + 12, 4);
	}
	if (ports)
		add(setup, 49, 10); /* link, slot and root, and the port driver */
	if (pci_is_bridge(l->fn))
		add(setup, find(l, CAP_SHPC), 0);
}

static void count_setup(struct look *l)
{
	unsigned above = l->above ? port_type(l->machine, l->above, l->diag) : 0;
	bool conventional = l->above && !is_port(above) && above != EXPRESS_UPSTREAM_PORT;
	bool bridge = pci_is_bridge(l->fn);

	count_any(l);
	if (bridge)
		count_bridge(l);
	else
		add(&l->budget->setup, 2, 0); /* the subsystem's ID */
	if (l->express)
		count_express(l, above);
	else if (pci_is_host_bridge(l->fn))
		add(&l->budget->express, l->machine->extended != NULL, 0);
	else if (!bridge && !conventional)
		add(&l->budget->setup, find(l, CAP_PCI_X), 0);
}

static void count_function(struct look *l)
{
	const struct budget_machine *m = l->machine;
	struct caps_walk walk;

	caps_begin(&walk, m->cfg, l->fn);
	l->caps.there = cfg_read16(m->cfg, l->fn->at, PCI_STATUS) & PCI_STATUS_CAPS;
	take_list(&l->caps, &walk);
	l->express = has(&l->caps, CAP_EXPRESS);
	l->type = l->express ? port_type(m, l->fn, l->diag) : 0;
	l->extended.count = 0;
	if (l->express && m->extended) {
		caps_begin_extended(&walk, m->extended, l->fn);
		take_list(&l->extended, &walk);
	}
	l->above = l->bridge_to[l->fn->at.bus];
	count_setup(l);
	count_sizing(l);
	l->budget->functions++;
}

/* ---- what is not there --------------------------------------------------------------------- */

/* AMD's northbridges, the root of bus 0 and its last bus are asked for whether they are there. */
#define EARLY_FIXED 14

/* A bus: who is asked early, in the scan, and for a slot. */
static void count_bus(struct look *l, unsigned bus, const struct pci_function *bridge)
{
	const struct budget_machine *m = l->machine;
	struct budget *b = l->budget;
	bool one_child = bridge && is_port(port_type(m, bridge, l->diag));

	for (unsigned device = 0; device < 32; device++) {
		const struct pci_function *fn = function_at(m, bus, device << 3);
		bool early = true;

		b->early += 1 + (fn ? 3u + pci_is_bridge(fn) : 0u);
		if (!one_child || !device) {
			b->absent += !fn;
			b->slots += m->acpi_slots && (fn || bridge);
		}
		for (unsigned f = 1; fn && pci_multi_function(fn) && f < 8; f++) {
			bool present = function_at(m, bus, device << 3 | f);

			b->absent += !present && (!one_child || !device);
			b->early += early ? 1 + (present ? 3u : 0) : 0;
			early &= present; /* the first that is absent ends it */
		}
	}
}

void budget_make(struct budget *b, const struct budget_machine *m, const struct diag *diag)
{
	struct look look = {.budget = b, .machine = m, .diag = diag};
	struct pci_bus_set known = {0};

	*b = (struct budget){.early = EARLY_FIXED};
	for (unsigned i = m->map->count; i-- > 0;) { /* of several, the first */
		const struct pci_function *fn = &m->map->fn[i];

		if (pci_is_bridge(fn) && !fn->at.segment)
			look.bridge_to[pci_secondary(fn)] = fn;
	}
	for (unsigned i = 0; i < m->roots->count; i++) {
		if (m->roots->root[i].segment)
			continue;
		pci_bus_add(&known, m->roots->root[i].bus);
		count_bus(&look, m->roots->root[i].bus, NULL);
	}
	for (unsigned i = 0; i < m->map->count; i++) {
		look.fn = &m->map->fn[i];
		if (look.fn->at.segment)
			continue;
		count_function(&look);
		if (!pci_is_bridge(look.fn) || !pci_secondary(look.fn))
			continue;
		pci_bus_add(&known, pci_secondary(look.fn));
		count_bus(&look, pci_secondary(look.fn), look.fn);
		if (is_port(look.type) && function_at(m, pci_secondary(look.fn), 0))
			add(&b->setup, 15, 3); /* the link comes up */
	}
	for (int bus = 0; bus <= m->last_bus; bus++)
		b->buses_absent += !pci_bus_in(&known, (unsigned)bus);
	b->buses = 32ull * b->buses_absent;
}
