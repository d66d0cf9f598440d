/* What to do for each access of a record. */
#include "mem.h"
#include "replay.h"

#define DECODE                 (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)
#define HEADER_END             0x40

/* Registers of a type 1 header (PCI-to-PCI Bridge 1.2, 3.2.5). */
#define BRIDGE_WINDOWS         0x1c /* I/O base and limit, secondary status, and on */
#define BRIDGE_STATUS          0x1e
#define BRIDGE_WINDOWS_END     0x34
#define BRIDGE_CONTROL         0x3e
#define BRIDGE_CONTROL_DISCARD 0x0400u /* discard timer status: cleared by writing 1 */

struct target {
	struct replay_place *place;
	struct replay_state *state;
};

static uint32_t own_value(const struct replay_state *state, unsigned reg, unsigned width)
{
	return state->header[reg / 4] >> 8 * (reg % 4) & cfg_ones(width);
}

static bool inside(unsigned reg, unsigned width, unsigned first, unsigned end)
{
	return reg >= first && reg + width <= end;
}

/* The base address that a whole write is to, or BAR_COUNT. */
static unsigned bar_at(const struct pci_function *fn, const struct record_access *a)
{
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (bar_offset(fn, i) == a->reg && a->width == 4)
			return i;
	return BAR_COUNT;
}

/* The address bits that every probe sets; what is below them is up to who probes. */
static bool is_probe(const struct record_access *a)
{
	return a->width == 4 && (a->value & BAR_PROBE_ROM) == BAR_PROBE_ROM;
}

static bool decodes(const struct replay_state *state)
{
	return !state->off && state->header[PCI_COMMAND / 4] & DECODE;
}

/* STATUS, the other half, is left as it is: its bits are cleared by writing 1. */
static uint32_t command_value(struct target t, const struct record_access *a)
{
	uint32_t own = t.state->header[PCI_COMMAND / 4] & 0xffff;

	if (!pci_is_host_bridge(&t.place->fn))
		t.state->off = !(a->value & DECODE) || t.state->probed;
	if (t.state->off)
		own &= ~DECODE;
	return own & cfg_ones(a->width);
}

static uint32_t bar_value(struct target t, unsigned index, const struct record_access *a)
{
	uint8_t bit = (uint8_t)(1u << index);

	if (is_probe(a) && !decodes(t.state) && !pci_is_host_bridge(&t.place->fn)) {
		t.state->probed |= bit;
		return index == BAR_ROM_INDEX ? BAR_PROBE_ROM : BAR_PROBE_ONES;
	}
	t.state->probed &= (uint8_t)~bit;
	return own_value(t.state, a->reg, 4);
}

/* Registers that nothing happens to when their own value is written; *value is that. */
static bool takes_own(struct target t, const struct record_access *a, uint32_t *value)
{
	const struct pci_function *fn = &t.place->fn;
	unsigned bars_end = PCI_BAR0 + 4 * bar_registers_of(fn);

	if (a->reg >= HEADER_END)
		return false;
	*value = own_value(t.state, a->reg, a->width);
	if (inside(a->reg, a->width, PCI_ID, PCI_COMMAND) ||
	    inside(a->reg, a->width, PCI_COMMAND + 1, PCI_STATUS) ||
	    inside(a->reg, a->width, PCI_CACHE_LINE_HEADER, PCI_CACHE_LINE_HEADER + 2) ||
	    inside(a->reg, a->width, 0x3c, 0x3d) || inside(a->reg, a->width, PCI_BAR0, bars_end))
		return true;
	if (pci_header_type(fn) == 0)
		return inside(a->reg, a->width, PCI_ROM_TYPE0, PCI_ROM_TYPE0 + 4);
	if (pci_header_type(fn) != 1)
		return false;
	if (a->reg == BRIDGE_WINDOWS && a->width == 4)
		*value &= 0xffff; /* the secondary status is like STATUS */
	if (a->reg == BRIDGE_CONTROL && a->width == 2)
		*value &= ~BRIDGE_CONTROL_DISCARD;
	return inside(a->reg, a->width, PCI_BUS_NUMBERS, BRIDGE_STATUS) ||
	       (a->reg == BRIDGE_WINDOWS && a->width == 4) ||
	       inside(a->reg, a->width, BRIDGE_STATUS + 2, BRIDGE_WINDOWS_END) ||
	       inside(a->reg, a->width, PCI_ROM_TYPE1, PCI_ROM_TYPE1 + 4) ||
	       (a->reg == BRIDGE_CONTROL && a->width == 2);
}

static void read_header(const struct replay_plan *plan, struct target t)
{
	for (unsigned reg = 0; !t.state->read && reg < HEADER_END; reg += 4)
		t.state->header[reg / 4] = cfg_read32(plan->cfg, t.place->fn.at, reg);
	t.state->read = true;
}

/* Whether the write is made, and with which value. */
static bool plan_write(const struct replay_plan *plan, struct target t,
		       const struct record_access *a, uint32_t *value)
{
	unsigned index;

	read_header(plan, t);
	if (pci_header_type(&t.place->fn) <= 1 && a->reg == PCI_COMMAND) {
		*value = command_value(t, a);
		return true;
	}
	index = bar_at(&t.place->fn, a);
	if (index < BAR_COUNT) {
		*value = bar_value(t, index, a);
		return true;
	}
	return takes_own(t, a, value);
}

/* ---- what the table answers ---------------------------------------------------------------- */

/* Base addresses by the recorded function's kind: which one a register is, or BAR_COUNT. */
static unsigned recorded_bar(unsigned kind, unsigned reg)
{
	bool bridge = kind == RECORD_PORT || kind == RECORD_BRIDGE;

	if ((reg & ~3u) == (bridge ? PCI_ROM_TYPE1 : PCI_ROM_TYPE0))
		return BAR_ROM_INDEX;
	if (reg < PCI_BAR0 || reg >= PCI_BAR0 + (bridge ? 8u : 24u))
		return BAR_COUNT;
	return (reg - PCI_BAR0) / 4;
}

/* The table has these of every function, and that an absent one is none. */
static bool is_identity(const struct record_access *a)
{
	return inside(a->reg, a->width, PCI_ID, PCI_COMMAND) ||
	       inside(a->reg, a->width, PCI_CLASS_REVISION, PCI_CACHE_LINE_HEADER) ||
	       (a->reg == PCI_CACHE_LINE_HEADER + 2 && a->width == 1);
}

/* A base address that is probed, and the write after that, which puts its value back; an address
 * that is assigned is no part of it. */
static bool is_sizing_write(struct replay_sizing *sizing, unsigned index,
			    const struct record_access *a)
{
	uint8_t bit = (uint8_t)(1u << index);
	bool back = sizing->probed & bit;

	sizing->probed &= (uint8_t)~bit;
	if (is_probe(a))
		sizing->probed |= bit;
	return back || is_probe(a);
}

/*
 * Decode off and on again is the table's to spare where only a sizing is in between; the first of
 * the two is only known then.
 */
static bool closes_sizing(struct replay_plan *plan, struct replay_sizing *sizing,
			  const struct record_access *a)
{
	bool closes = a->value & DECODE && sizing->off && sizing->clean && sizing->sized;

	if (closes)
		plan->op[sizing->off - 1].by_table = true;
	*sizing = (struct replay_sizing){.probed = sizing->probed, .clean = true};
	if (!(a->value & DECODE))
		sizing->off = plan->count + 1;
	return closes;
}

static bool by_table(struct replay_plan *plan, struct replay_sizing *sizing, unsigned kind,
		     const struct record_access *a)
{
	unsigned index = recorded_bar(kind, a->reg);
	bool answered;

	if (a->write && a->reg == PCI_COMMAND)
		return closes_sizing(plan, sizing, a);
	answered = a->write ? index < BAR_COUNT && is_sizing_write(sizing, index, a)
			    : index < BAR_COUNT || is_identity(a);
	sizing->clean &= answered;
	sizing->sized |= answered && a->write;
	return answered;
}

/* ---- the plan ------------------------------------------------------------------------------ */

static void add_restore(struct replay_plan *plan, const struct replay_place *place, unsigned reg,
			unsigned width, uint32_t value)
{
	plan->op[plan->count++] =
	    (struct replay_op){.value = value,
			       .to = (uint16_t)(place->fn.at.bus << 8 | place->fn.at.devfn),
			       .reg = (uint16_t)reg,
			       .width = (uint8_t)width,
			       .write = true};
	plan->restores++;
}

static void put_back(struct replay_plan *plan, struct target t)
{
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (t.state->probed >> i & 1)
			add_restore(plan, t.place, bar_offset(&t.place->fn, i), 4,
				    own_value(t.state, bar_offset(&t.place->fn, i), 4));
	if (t.state->off)
		add_restore(plan, t.place, PCI_COMMAND, 2, own_value(t.state, PCI_COMMAND, 2));
}

void replay_make(struct replay_plan *plan, const struct record *record)
{
	const struct replay_map *map = plan->map;
	struct record_access a;
	struct record_walk walk;

	plan->count = plan->restores = plan->held = 0;
	record_begin(&walk, record);
	while (record_next(&walk, &a)) {
		struct replay_op *op = &plan->op[plan->count];
		unsigned number = map->number[a.function];

		*op = (struct replay_op){.to = map->to[a.function], .reg = a.reg, .width = a.width};
		if (number) {
			unsigned place = map->place[number - 1];
			struct target t = {&map->places[place], &plan->state[place]};

			op->write = a.write && plan_write(plan, t, &a, &op->value);
			op->by_table = t.state->listed && by_table(plan, &plan->sizing[number - 1],
								   record->kind[a.function], &a);
		} else {
			op->by_table = !a.write && is_identity(&a);
		}
		plan->held += a.write && !op->write;
		plan->count++;
	}
	for (unsigned i = 0; i < map->count; i++)
		put_back(plan, (struct target){&map->places[i], &plan->state[i]});
}
