/*
 * A simulated PCI machine: what answers when lib/ touches a port or an ECAM window on the host.
 *
 * Three layers, each a place where a hypervisor can be wrong and each with hooks for seeded bugs
 * (sim_bugs.c):
 *   ports      CF8 latch, CFC byte lanes, fw_cfg DMA, ECAM memory (sim_io.c, sim_fwcfg.c)
 *   lanes      a decoded access, routed from the root bus down through the bridges (sim.c)
 *   registers  one function's bytes with write masks (sim.c)
 *
 * One machine at a time, `sim`. Nothing here uses lib/'s code, only its address and count types, so
 * that the two can be compared. Builders are in sim_build.h.
 */
#ifndef BAROMETER_CHECK_HOST_SIM_H
#define BAROMETER_CHECK_HOST_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cfg.h"

#define SIM_FUNCTIONS_MAX 65536
#define SIM_ORDINARY_MAX  1024 /* of any machine but those of sim_large() */
#define SIM_ROOTS_MAX     512
#define SIM_REGIONS_MAX   80
#define SIM_ITEMS_MAX     300
#define SIM_SPACE         4096

struct sim_bus {
	struct sim_fn *bridge; /* that leads here; NULL for a root bus */
	uint16_t segment;
	uint8_t number; /* of a root bus; any other bus has its bridge's secondary number */
	struct sim_fn *fn[256];
};

struct sim_fn {
	struct sim_bus *on;
	uint8_t devfn;
	struct sim_bus *behind; /* of a type 1 bridge, otherwise NULL */
	bool express; /* has 4096 bytes of configuration space; else 256, and all-ones above */
	/* A register bit takes what is written where writable is set, goes to 0 when 1 is written
	 * where clears is set, and ignores writes elsewhere. */
	uint8_t *value, *writable, *clears; /* of SIM_SPACE bytes; in a large machine 256 */
	unsigned cap_end,
	    cap_link; /* where the next capability goes, and the byte that will point at it */
	unsigned ecap_end, ecap_link; /* the same for extended capabilities */
	bool idle;                    /* decodes nothing when it is built */
	uint64_t
	    first[7];    /* where BARs and ROM were when they were first looked at (sim_decode.c) */
	bool selected;   /* a pci-testdev: it shows itself */
	unsigned sriov;  /* offset of that capability, or 0 */
	unsigned window; /* the same of VIRTIO_PCI_CAP_PCI_CFG (sim_virtio.c) */
	uint32_t feature_select; /* a register that is seen through it */
};

/* A configuration access after its port or address was decoded. */
struct sim_access {
	bool ecam; /* else CF8/CFC */
	bool write;
	struct cfg_address at;
	unsigned reg, width;
	uint32_t value; /* written, or to be answered */
};

struct sim_port {
	bool out;
	uint16_t port;
	unsigned width;
	uint32_t value;
};

/* A part of ECAM: one MCFG entry's buses. base is where bus 0 would be. */
struct sim_region {
	uint64_t base;
	uint16_t segment;
	uint8_t start, end;
	uint8_t *window; /* inaccessible memory that stands for it once mapped */
};

/* Device memory that lib/ mapped: what answers there are the functions whose BARs decode it. */
struct sim_memory_window {
	uint64_t physical, len;
	uint8_t *window;
};

#define SIM_WINDOWS_MAX 256

enum sim_fwcfg_mode { SIM_FWCFG_ABSENT, SIM_FWCFG_WORKS, SIM_FWCFG_FAILS, SIM_FWCFG_HANGS };

struct sim_item {
	char name[56];
	uint16_t key;
	const uint8_t *bytes;
	uint32_t len;
	uint32_t listed;                         /* size that the directory gives */
	void (*generate)(struct sim_item *item); /* brings bytes and len up to date; or NULL */
};

struct sim_fwcfg {
	enum sim_fwcfg_mode mode;
	struct sim_item item[SIM_ITEMS_MAX];
	unsigned items;
	uint32_t high; /* of the DMA address register */
	uint16_t key;
	uint32_t offset;
	/* The only memory that the device can reach. */
	uint8_t *memory;
	uint64_t physical;
	size_t size;
	uint32_t last_length; /* asked for in the last transfer */
};

struct sim_bug; /* sim_bugs.h */

struct sim {
	struct sim_bus *root[SIM_ROOTS_MAX];
	unsigned roots;
	struct sim_fn **fn; /* in the order they were added */
	unsigned functions;
	/*
	 * A large machine: buses by number, which are not looked for through the bridges' registers
	 * as they are now. NULL in any other.
	 */
	struct sim_bus **bus_at;

	bool bus_ignored; /* bus 0 answers under every number, as kvmtool's does */
	bool no_ports;    /* CF8/CFC is not decoded at all, as on microvm */
	uint32_t cf8;
	struct sim_region region[SIM_REGIONS_MAX];
	unsigned regions;
	bool map_fails; /* sim_map() gives NULL */
	unsigned maps;  /* calls of sim_map() */
	struct sim_memory_window memory[SIM_WINDOWS_MAX];
	unsigned memories;
	struct sim_fwcfg fwcfg;

	unsigned vcpu; /* that runs; 0 while only one does (sim_smp.h) */
	bool together; /* several do */

	struct cfg_counts counts; /* every trapped access, as it came in */
	uint64_t other_ports;     /* accesses to ports that are none of the above */
	unsigned
	    moved_decoding; /* BAR writes that moved an address while the function decoded it */
	bool logging;
	char log[1 << 16]; /* decoded accesses since sim_log(): "r10 w10=ffffffff r04.2 " */
	size_t log_len;

	const struct sim_bug *bug; /* sim_no_bug: none */
	/*
	 * Answers to reads of CF8h, CFCh and ECAM so far, in a run of tests since the first of
	 * them began; number flip_at, from 1, has flip inverted in it.
	 */
	uint64_t answers, flip_at;
	uint32_t flip;
	uint64_t bug_state; /* for the bug's own use; 0 at first */

	uint64_t next_memory, next_high, next_io; /* where sim_bar() puts the next BAR */
};

extern struct sim sim;

/* An empty machine with ports and no bug; frees the last one. */
void sim_reset(void);

/* Starts a new log. Widths other than 4 are shown as a suffix. */
void sim_log(void);

/* One decoded access, from either mechanism; the answer is in value. */
void sim_access(struct sim_access *a);

/* The function that an address reaches, following secondary and subordinate numbers as hardware
 * does, or NULL. */
struct sim_fn *sim_route(struct cfg_address at);

/* Some function with BARs, of those that decoded when they were built, does not decode now. */
bool sim_decode_is_off(void);

/* Registers without any routing, hooks or counts; sim_set* ignores write masks. */
uint32_t sim_get32(const struct sim_fn *fn, unsigned reg);
void sim_set8(struct sim_fn *fn, unsigned reg, uint8_t value);
void sim_set16(struct sim_fn *fn, unsigned reg, uint16_t value);
void sim_set32(struct sim_fn *fn, unsigned reg, uint32_t value);
void sim_writable32(struct sim_fn *fn, unsigned reg, uint32_t mask);

/* Bus number that a bus answers at now; 0 for one whose bridge has none, as for root bus 0. */
uint8_t sim_bus_number(const struct sim_bus *bus);

/* The bus, device and function numbers under which a function answers now, if its bridges have
 * numbers. */
struct cfg_address sim_address(const struct sim_fn *fn);

/* Where the common configuration of virtio functions is, in BAR 4. */
#define SIM_VIRTIO_COMMON 0x1000

/* A virtio function's window, for sim.c: after a write, and before a read. */
void sim_virtio_write(struct sim_fn *fn, const struct sim_access *a);
void sim_virtio_read(struct sim_fn *fn, const struct sim_access *a);

/* Device memory or ports, for sim_io.c: the answer of who decodes them, or all-ones. */
uint32_t sim_space_read(bool ports, uint64_t address, unsigned width);
void sim_space_write(bool ports, uint64_t address, uint32_t value);

/* fw_cfg DMA ports, for sim_io.c; false when the device is absent. */
bool sim_fwcfg_port(struct sim_port *p);

#endif
