/*
 * Functions, the buses they are on and the bridges between those (PCI Local Bus 3.0 chapter 6;
 * PCI-to-PCI Bridge 1.2 section 3.2.5). scan.h finds them all.
 */
#ifndef BAROMETER_LIB_PCI_H
#define BAROMETER_LIB_PCI_H

#include "cfg.h"
#include "index.h"
#include "diag.h"

/* Registers of every header, and of types 0 and 1. */
#define PCI_ID                0x00
#define PCI_COMMAND           0x04
#define PCI_STATUS            0x06
#define PCI_CLASS_REVISION    0x08
#define PCI_CACHE_LINE_HEADER 0x0c /* cache line, latency, header type, BIST: one dword */
#define PCI_BAR0              0x10
#define PCI_ROM_TYPE0         0x30
#define PCI_CAPABILITIES      0x34
#define PCI_BUS_NUMBERS       0x18 /* type 1: primary, secondary, subordinate, latency */
#define PCI_ROM_TYPE1         0x38

#define PCI_COMMAND_IO        0x0001u
#define PCI_COMMAND_MEMORY    0x0002u
#define PCI_STATUS_CAPS       0x0010u

#define PCI_BUSES             256 /* of a segment */

/* One function, as the dwords that a walk reads anyway. */
struct pci_function {
	struct cfg_address at;
	uint32_t id; /* dword 00h: vendor in the low half */
	uint32_t class_revision;
	uint32_t header; /* dword 0Ch */
	uint32_t buses;  /* dword 18h of a type 1 header, otherwise 0 */
};

static inline unsigned pci_header_type(const struct pci_function *fn)
{
	return fn->header >> 16 & 0x7f;
}

static inline bool pci_multi_function(const struct pci_function *fn)
{
	return fn->header >> 16 & 0x80;
}

static inline unsigned pci_class(const struct pci_function *fn)
{
	return fn->class_revision >> 8;
}

/* Host bridges must keep decoding while they are sized: memory itself may be behind them. */
static inline bool pci_is_host_bridge(const struct pci_function *fn)
{
	return pci_class(fn) >> 8 == 0x0600;
}

static inline bool pci_is_bridge(const struct pci_function *fn)
{
	return pci_header_type(fn) == 1;
}

static inline uint8_t pci_secondary(const struct pci_function *fn)
{
	return (uint8_t)(fn->buses >> 8);
}

static inline uint8_t pci_subordinate(const struct pci_function *fn)
{
	return (uint8_t)(fn->buses >> 16);
}

/* FFFFh is no vendor; 0000h is what broken hypervisors answer for absent functions, and no vendor
 * either. */
static inline bool pci_id_present(uint32_t id)
{
	return (id & 0xffff) != 0xffff && (id & 0xffff) != 0;
}

struct pci_root {
	uint16_t segment;
	uint8_t bus;  /* the root bus */
	uint8_t last; /* highest bus number that bridges below it may use */
};

/* A set of bus numbers of one segment. */
struct pci_bus_set {
	uint64_t bit[4];
};

static inline bool pci_bus_in(const struct pci_bus_set *set, unsigned bus)
{
	return set->bit[bus / 64] >> (bus % 64) & 1;
}

static inline bool pci_bus_any(const struct pci_bus_set *set)
{
	return set->bit[0] | set->bit[1] | set->bit[2] | set->bit[3];
}

static inline void pci_bus_add(struct pci_bus_set *set, unsigned bus)
{
	set->bit[bus / 64] |= 1ull << (bus % 64);
}

struct pci_roots {
	struct pci_root *root; /* ascending by segment and bus; the caller's room */
	unsigned count, capacity;
	struct pci_bus_set aliases; /* buses of segment 0 that are root buses under other numbers */
};

/* The functions of a machine, in the order found. */
struct pci_map {
	struct pci_function *fn;
	unsigned count, capacity;
	unsigned buses; /* how many: scan.h says which of them count */
	/* Functions beyond the capacity, the last that were found: counted, and not kept. */
	unsigned left_out;
	struct cfg_address first_left_out, last_left_out;
};

/* An index of a map by cfg_key(); index->pair has room for two pairs a function. */
void pci_map_index(const struct pci_map *map, struct index *index);

/* Kept or not. */
static inline unsigned pci_map_found(const struct pci_map *map)
{
	return map->count + map->left_out;
}

/* No functions; room for them stays. */
static inline void pci_map_clear(struct pci_map *map)
{
	map->count = map->buses = map->left_out = 0;
}

/* Keeps a function, or counts it where there is no room left. */
void pci_map_add(struct pci_map *map, const struct pci_function *fn);

/* Reads one function's identity and header; false when it is absent. */
bool pci_read_function(struct cfg *cfg, struct cfg_address at, struct pci_function *fn);

/* The functions of one bus, one after the other; start with next 0. */
struct pci_bus_walk {
	uint16_t segment;
	uint8_t bus;
	bool only_device_0; /* asks for no other device number */
	uint16_t next;      /* devfn to look at next */
};

/*
 * The next present function, ascending. Without function 0 there is no device, and functions 1 to 7
 * are looked for only where function 0 says multi-function (PCI 3.0, 3.2.2.3.4).
 */
bool pci_bus_next(struct cfg *cfg, struct pci_bus_walk *walk, struct pci_function *fn);

/* The root bus of this number, or NULL where it is none. */
const struct pci_root *pci_root_at(const struct pci_roots *roots, uint16_t segment, uint8_t bus);

/* Adds every root bus of a segment to a set: no bridge may claim one. */
void pci_add_roots(struct pci_bus_set *set, const struct pci_roots *roots, uint16_t segment);

/*
 * Why a bridge at bus `fn->at.bus` cannot be followed, or NULL: it must lead to a higher bus,
 * inside [bus + 1, last], and to buses that nothing else has claimed.
 */
const char *pci_bridge_fault(const struct pci_function *fn, uint8_t last,
			     const struct pci_bus_set *taken);

/* "00:1f.2" or, outside segment 0, "0001:00:1f.2"; to holds at least 16 bytes. Returns to. */
const char *pci_name(char *to, struct cfg_address at);

#endif
