/* Finding functions that stand for those of a record. */
#include "caps.h"
#include "mem.h"
#include "replay_map.h"

enum record_kind replay_kind(struct cfg *cfg, const struct pci_function *fn,
			     const struct diag *diag)
{
	unsigned express, type;

	if (pci_is_host_bridge(fn))
		return RECORD_HOST;
	express = caps_find(cfg, fn, CAP_EXPRESS, diag);
	if (!pci_is_bridge(fn))
		return express ? RECORD_EXPRESS : RECORD_ENDPOINT;
	type = express ? CAP_EXPRESS_TYPE(cfg_read32(cfg, fn->at, express)) : 0;
	return type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM_PORT ||
		       type == EXPRESS_BRIDGE_FROM_PCI
		   ? RECORD_PORT
		   : RECORD_BRIDGE;
}

static uint16_t address_of(const struct pci_function *fn)
{
	return (uint16_t)(fn->at.bus << 8 | fn->at.devfn);
}

static bool is_bridge(unsigned kind)
{
	return kind == RECORD_PORT || kind == RECORD_BRIDGE;
}

/*
 * How well a function here stands for one of the record: at the same address and with the same
 * header, of the same kind, with the same header, or not at all. What is not known to have a PCI
 * Express capability may only not have been asked, so that the address counts for more.
 */
static unsigned likeness(unsigned kind, uint16_t address, const struct replay_place *place)
{
	bool header = is_bridge(kind) == is_bridge(place->kind);

	if (header && address_of(&place->fn) == address)
		return 3;
	if (kind == place->kind)
		return 2;
	return header && kind != RECORD_HOST && place->kind != RECORD_HOST;
}

/* The likest, and of these the one that stands for the fewest. */
static unsigned find_place(const struct replay_map *map, uint16_t address, unsigned kind)
{
	unsigned best = 0;

	for (unsigned i = 1; i < map->count; i++) {
		const struct replay_place *a = &map->places[i], *b = &map->places[best];
		unsigned like = likeness(kind, address, a), known = likeness(kind, address, b);

		if (like > known || (like == known && a->stands < b->stands))
			best = i;
	}
	return best;
}

static bool populated(const uint8_t *kind, unsigned bus)
{
	for (unsigned devfn = 0; devfn < 256; devfn++)
		if (kind[bus << 8 | devfn] != RECORD_ABSENT)
			return true;
	return false;
}

/*
 * An absent function of a bus with functions stays one, and one of a bus without any, too: the next
 * such address from its own on, and from the first one on after the last.
 */
static void map_absent(struct replay_map *map, const struct record *record, const uint8_t *here)
{
	uint16_t next[2] = {0};
	bool any[2] = {false};
	bool there = false, wanted = false; /* functions on this bus, here and in the record */

	/* Backwards, so that the next one is known; twice, so that there is one after the last. */
	for (unsigned i = 2 * RECORD_ADDRESSES; i-- > 0;) {
		unsigned address = i % RECORD_ADDRESSES, bus = address >> 8;

		if ((address & 0xff) == 0xff) {
			there = populated(here, bus);
			wanted = populated(record->kind, bus);
		}
		if (here[address] == RECORD_ABSENT) {
			next[there] = (uint16_t)address;
			any[there] = true;
		}
		if (record->kind[address] == RECORD_ABSENT)
			map->to[address] = any[wanted]    ? next[wanted]
					   : any[!wanted] ? next[!wanted]
							  : (uint16_t)address;
	}
}

void replay_map_make(struct replay_map *map, const struct record *record, uint8_t *here)
{
	unsigned number = 0;

	memset(here, RECORD_ABSENT, RECORD_ADDRESSES);
	memset(map->number, 0, RECORD_ADDRESSES * sizeof(*map->number));
	map->moved = map->other = 0;
	for (unsigned i = 0; i < map->count; i++) {
		here[address_of(&map->places[i].fn)] = map->places[i].kind;
		map->places[i].stands = 0;
	}
	map_absent(map, record, here);
	for (unsigned address = 0; address < RECORD_ADDRESSES; address++) {
		unsigned kind = record->kind[address], place;

		if (kind == RECORD_ABSENT)
			continue;
		place = find_place(map, (uint16_t)address, kind);
		map->places[place].stands++;
		map->place[number] = (uint16_t)place;
		map->number[address] = (uint16_t)++number;
		map->to[address] = address_of(&map->places[place].fn);
		map->moved += map->to[address] != address;
		map->other += is_bridge(kind) != is_bridge(map->places[place].kind);
	}
}
