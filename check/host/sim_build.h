/* Builders: a simulated machine in a few lines. */
#ifndef BAROMETER_CHECK_HOST_SIM_BUILD_H
#define BAROMETER_CHECK_HOST_SIM_BUILD_H

#include "sim.h"

/* An empty root bus. Ports reach it in segment 0; ECAM only after sim_ecam(). */
struct sim_bus *sim_root(uint16_t segment, uint8_t number);

/* An MCFG entry's worth of ECAM; base is where bus 0 would be. */
void sim_ecam(uint16_t segment, uint8_t start, uint8_t end, uint64_t base);

/* ecam.map: gives an inaccessible window for exactly one region. */
volatile uint8_t *sim_map(void *context, uint64_t physical, uint64_t len);

/* A conventional type 0 function, decode on, no BARs. The multi-function bit of its slot follows
 * from what is in it. */
struct sim_fn *sim_add(struct sim_bus *bus, unsigned device, unsigned function, uint32_t id,
		       uint32_t class_code);

/* A type 1 bridge without bus numbers; its other side is ->behind. */
struct sim_fn *sim_add_bridge(struct sim_bus *bus, unsigned device, unsigned function, uint32_t id);
void sim_bridge_numbers(struct sim_fn *bridge, uint8_t primary, uint8_t secondary,
			uint8_t subordinate);

/* Gives every bridge numbers, depth first, as firmware does. */
void sim_number(void);

enum sim_bar_kind {
	SIM_IO,
	SIM_IO16, /* upper 16 bits hard-wired to zero */
	SIM_MEM32,
	SIM_MEM32_PREFETCH,
	SIM_MEM64,
	SIM_MEM64_PREFETCH,
};

/* A BAR with an address of its own, naturally aligned; returns the address. */
uint64_t sim_bar(struct sim_fn *fn, unsigned index, enum sim_bar_kind kind, uint64_t size);
uint64_t sim_rom(struct sim_fn *fn, uint32_t size);

/* A capability of len bytes at the end of the list; returns its offset. */
unsigned sim_cap(struct sim_fn *fn, uint8_t id, unsigned len);
/* The same for extended ones; makes the function an Express one. */
unsigned sim_ecap(struct sim_fn *fn, uint16_t id, unsigned len);
void sim_express(struct sim_fn *fn);

/*
 * MSI that is off: one message and an address of 32 bits; or four with masks, and one of 64 bits.
 */
void sim_msi(struct sim_fn *fn, bool wide);

/* MSI-X, its table and pending bits in the upper half of BAR 0. */
void sim_msi_x(struct sim_fn *fn, unsigned entries, uint32_t bar_size);
/* The capabilities of a modern virtio function, whose registers are said to be in BAR 4. */
void sim_virtio(struct sim_fn *fn);
unsigned sim_sriov(struct sim_fn *fn);
uint64_t sim_vf_bar(struct sim_fn *fn, unsigned index, enum sim_bar_kind kind, uint64_t size);

/* The machine of QEMU's q35 with 24 functions on 7 buses that the access bounds are stated for;
 * numbered, with ECAM. */
void sim_reference(void);

/*
 * So many conventional functions of one BAR each, 256 on each bus: a bridge to each other bus is
 * among the first functions of bus 0. A multiple of 256; up to SIM_FUNCTIONS_MAX.
 */
void sim_large(unsigned functions);

/* Any machine: segments, roots, bridges to some depth, gaps, BARs of every kind; the same for the
 * same seed. */
void sim_random(uint64_t seed, bool numbered);

/* The next number of a generator; state is any value. */
uint64_t sim_next(uint64_t *state);

/* fw_cfg with the only memory that it may touch, and a file in it. */
void sim_fwcfg(enum sim_fwcfg_mode mode, uint8_t *buffer, uint64_t physical, size_t size);
void sim_fwcfg_item(const char *name, const uint8_t *bytes, uint32_t len);

/*
 * The PCI BAR mask table of the machine as docs/paravirtual.md has it, from the registers, not from
 * any access. Functions are noted in order, at most SIM_FUNCTIONS_MAX. Returns the length; to holds
 * at least SIM_MASK_TABLE_MAX.
 */
#define SIM_MASK_TABLE_MAX (SIM_FUNCTIONS_MAX * 128)
uint32_t sim_mask_table_encode(uint8_t *to, const struct sim_fn **order, unsigned *count);
void sim_mask_table_seal(uint8_t *table); /* makes the checksum right again */

#endif
