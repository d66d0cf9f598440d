/*
 * Regions that capabilities name lie inside a BAR. What a capability says of its registers is
 * written down by the device's author, apart from the BAR: the one independent witness of a BAR's
 * size.
 */
#include "rules/virtio.h"

/* Table and PBA of MSI-X: offset, and the BAR in the lowest three bits (PCI 3.0, 6.8.2). */
#define MSI_X_TABLE   4
#define MSI_X_PBA     8
#define MSI_X_SIZE(h) (((h) >> 16 & 0x7ff) + 1)
#define MSI_X_ENTRY   16u

/* Whether a region may be among I/O ports. */
enum space { MEMORY, EITHER };

/* Bytes that a BAR decodes; 0 for what is none, the upper half of one, or in another space. */
static uint64_t size_of(const struct rule_bars *bars, unsigned index, enum space space)
{
	if (index >= BAR_ROM_INDEX || !rule_is_lower(bars, index) ||
	    (space == MEMORY && rule_is_ports(bars, index)))
		return 0;
	return rule_bar_size(bars, index);
}

static void expect_inside(const struct rule_target *t, unsigned reg, const char *what,
			  enum space space, unsigned index, uint32_t offset, uint32_t len)
{
	uint64_t size = size_of(t->bars, index, space);

	rule_expect(t, len <= size && offset <= size - len, reg,
		    "%s is 0x%x bytes at 0x%x of BAR %u, which has 0x%llx", what, len, offset,
		    index, (unsigned long long)size);
}

/* Enhanced Allocation gives a BAR's number a range that is not in the BAR (PCIe 7.8.5). */
static bool has_enhanced_allocation(const struct rule_target *t)
{
	struct caps_walk w;

	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w))
		if (w.id == CAP_EA)
			return true;
	return false;
}

static void check_msi_x(const struct rule_target *t)
{
	struct caps_walk w;

	if (has_enhanced_allocation(t))
		return;
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		uint32_t table, pba, entries = MSI_X_SIZE(w.header);

		if (w.id != CAP_MSI_X)
			continue;
		table = cfg_read32(t->cfg, t->fn->at, w.at + MSI_X_TABLE);
		pba = cfg_read32(t->cfg, t->fn->at, w.at + MSI_X_PBA);
		expect_inside(t, w.at + MSI_X_TABLE, "the MSI-X table", MEMORY, table & 7,
			      table & ~7u, entries * MSI_X_ENTRY);
		expect_inside(t, w.at + MSI_X_PBA, "the MSI-X pending bits", MEMORY, pba & 7,
			      pba & ~7u, (entries + 63) / 64 * 8);
	}
}

static void check_virtio(const struct rule_target *t)
{
	struct caps_walk w;

	if (!is_virtio(t->fn) || has_enhanced_allocation(t))
		return;
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		unsigned type = VIRTIO_CAP_TYPE(w.header);

		if (w.id != CAP_VENDOR || type < 1 || type > VIRTIO_TYPE_DEVICE ||
		    w.at + VIRTIO_CAP_LENGTH > 0xfc)
			continue;
		expect_inside(t, w.at, "a virtio region", EITHER,
			      cfg_read8(t->cfg, t->fn->at, w.at + VIRTIO_CAP_BAR),
			      cfg_read32(t->cfg, t->fn->at, w.at + VIRTIO_CAP_OFFSET),
			      cfg_read32(t->cfg, t->fn->at, w.at + VIRTIO_CAP_LENGTH));
	}
}

TEST(.name = "rule.region.msi-x", .id = "REG-01", .check = check_msi_x,
     .filter = RULE_BARS | RULE_ONE_PATH, .idle = "no function has MSI-X",
     .reference = "PCI Local Bus 3.0, 6.8.2",
     .text = "MSI-X table and pending bits lie inside a memory BAR that is there.");
TEST(.name = "rule.region.virtio", .id = "REG-02", .check = check_virtio,
     .filter = RULE_BARS | RULE_ONE_PATH, .idle = "no virtio function with capabilities",
     .reference = "Virtual I/O Device 1.2, 4.1.4",
     .text = "The regions of virtio's capabilities lie inside a BAR that is there.");
