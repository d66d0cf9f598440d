/*
 * Configuration access: one type for every mechanism (PCI Local Bus 3.0 section 3.2.2.3.2 for
 * ports, PCI Express Base 4.0 section 7.2.2 for ECAM).
 *
 * A struct cfg is one mechanism ready for use: constant operations, the back end's own state, and
 * exact counts of what it did. Widths are 1, 2 or 4 bytes; reg is a byte offset, aligned to the
 * width. Values are zero-extended. Out of the mechanism's reach (segment, bus range, offset) a read
 * gives all-ones of its width and a write does nothing, without any access and without being
 * counted, as for an absent function.
 */
#ifndef BAROMETER_LIB_CFG_H
#define BAROMETER_LIB_CFG_H

#include <stdbool.h>
#include <stdint.h>

/* A function's address: segment group, bus, and device << 3 | function. */
struct cfg_address {
	uint16_t segment;
	uint8_t bus;
	uint8_t devfn;
};

static inline unsigned cfg_device(struct cfg_address at)
{
	return at.devfn >> 3;
}

static inline unsigned cfg_fn(struct cfg_address at)
{
	return at.devfn & 7;
}

/* Total order: segment, bus, devfn. */
static inline uint32_t cfg_key(struct cfg_address at)
{
	return (uint32_t)at.segment << 16 | (uint32_t)at.bus << 8 | at.devfn;
}

/* Every access that can leave the guest, by kind; one object for the whole run, shared by all back
 * ends. */
struct cfg_counts {
	uint64_t cf8_read, cf8_write, cfc_read, cfc_write;
	uint64_t ecam_read, ecam_write;
	uint64_t calls; /* paravirtual: fw_cfg DMA transfers */
};

static inline uint64_t cfg_counts_sum(const struct cfg_counts *c)
{
	return c->cf8_read + c->cf8_write + c->cfc_read + c->cfc_write + c->ecam_read +
	       c->ecam_write + c->calls;
}

struct cfg;

struct cfg_ops {
	const char *name; /* "pio" or "ecam": the path's name in the output */
	/* True when the mechanism answers here; leaves the machine as it was found. */
	bool (*probe)(struct cfg *cfg);
	bool (*reaches)(const struct cfg *cfg, struct cfg_address at, unsigned reg);
	uint32_t (*read)(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width);
	void (*write)(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width,
		      uint32_t value);
};

struct cfg {
	const struct cfg_ops *ops;
	void *state;               /* the back end's own */
	struct cfg_counts *counts; /* what the machine saw */
	/* What the caller asked for; one port read is one read but two port accesses. */
	uint64_t reads, writes;
};

/* All-ones of a width: what an absent function reads as. */
static inline uint32_t cfg_ones(unsigned width)
{
	return width == 4 ? 0xffffffffu : (1u << 8 * width) - 1;
}

static inline uint32_t cfg_read(struct cfg *cfg, struct cfg_address at, unsigned reg,
				unsigned width)
{
	return cfg->ops->read(cfg, at, reg, width);
}

static inline void cfg_write(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width,
			     uint32_t value)
{
	cfg->ops->write(cfg, at, reg, width, value);
}

static inline uint32_t cfg_read32(struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	return cfg_read(cfg, at, reg, 4);
}

static inline uint16_t cfg_read16(struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	return (uint16_t)cfg_read(cfg, at, reg, 2);
}

static inline uint8_t cfg_read8(struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	return (uint8_t)cfg_read(cfg, at, reg, 1);
}

static inline void cfg_write32(struct cfg *cfg, struct cfg_address at, unsigned reg, uint32_t value)
{
	cfg_write(cfg, at, reg, 4, value);
}

static inline void cfg_write16(struct cfg *cfg, struct cfg_address at, unsigned reg, uint16_t value)
{
	cfg_write(cfg, at, reg, 2, value);
}

#endif
