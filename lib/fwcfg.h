/*
 * QEMU's firmware configuration device over its DMA interface (QEMU docs/specs/fw_cfg).
 *
 * The transport of the paravirtual call: one transfer is one write to the DMA address register, so
 * one exit. Each is counted in cfg_counts.calls. Other VMMs offer the same device; absence is
 * normal.
 */
#ifndef BAROMETER_LIB_FWCFG_H
#define BAROMETER_LIB_FWCFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cfg.h"

#define FWCFG_ITEMS_MAX 256 /* of the file directory; the rest is not looked at */

/* What the device reads and writes; physical is its own address, as the device must be told it. */
struct fwcfg_buffer {
	uint8_t *at;
	uint64_t physical;
	size_t size;
};

struct fwcfg {
	struct fwcfg_buffer buffer; /* the caller's, at least 16 KiB + 32 bytes */
	struct cfg_counts *counts;
	bool present;
};

/* Looks for the device by its DMA signature; two port reads, no transfer. */
void fwcfg_init(struct fwcfg *fwcfg, struct fwcfg_buffer buffer, struct cfg_counts *counts);

struct fwcfg_item {
	uint16_t key;  /* 0: not there */
	uint32_t size; /* as the directory has it */
};

/* Looks items up by name, all with one transfer; names[i] gives items[i]. False when the transfer
 * fails. */
bool fwcfg_find(struct fwcfg *fwcfg, const char *const *names, struct fwcfg_item *items,
		unsigned count);

/*
 * Reads an item's first len bytes (at most what the buffer holds; what lies beyond the item reads
 * as zero). The bytes stay valid until the next transfer. NULL when the device reports an error or
 * never finishes.
 */
const uint8_t *fwcfg_read(struct fwcfg *fwcfg, uint16_t key, size_t len);

/* The most that one fwcfg_read() can give. */
size_t fwcfg_capacity(const struct fwcfg *fwcfg);

#endif
