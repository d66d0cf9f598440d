/*
 * Virtio's window into its own BARs: a capability whose data register shows what the others of it
 * point at (Virtual I/O Device 1.2, 4.1.4.9). A register whose reads are computed is where a copy
 * of configuration space, or a page of it that is mapped for reading, shows something else than the
 * device.
 */
#include "rules/virtio.h"

/* struct virtio_pci_common_cfg (4.1.4.3). Which half of the features is shown is for the driver to
 * choose; there is none here. */
#define DEVICE_FEATURE_SELECT 0
#define DEVICE_FEATURE        4

struct window {
	unsigned at;     /* the capability */
	uint8_t bar;     /* where the common configuration is */
	uint32_t offset; /* in that BAR */
};

static bool find_window(struct cfg *cfg, const struct pci_function *fn, struct window *w)
{
	struct caps_walk walk;
	bool common = false;

	w->at = 0;
	if (!is_virtio(fn) || pci_header_type(fn) != 0)
		return false;
	caps_begin(&walk, cfg, fn);
	while (caps_next(&walk)) {
		unsigned type = VIRTIO_CAP_TYPE(walk.header);

		if (walk.id != CAP_VENDOR || walk.at + VIRTIO_CAP_DATA >= 0x100)
			continue;
		if (type == VIRTIO_TYPE_COMMON) {
			common = true;
			w->bar = cfg_read8(cfg, fn->at, walk.at + VIRTIO_CAP_BAR);
			w->offset = cfg_read32(cfg, fn->at, walk.at + VIRTIO_CAP_OFFSET);
		} else if (type == VIRTIO_TYPE_PCI_CFG) {
			w->at = walk.at;
		}
	}
	return common && w->at;
}

static void aim(const struct rule_target *t, const struct window *w, unsigned reg)
{
	cfg_write(t->cfg, t->fn->at, w->at + VIRTIO_CAP_BAR, 1, w->bar);
	cfg_write(t->cfg, t->fn->at, w->at + VIRTIO_CAP_OFFSET, 4, w->offset + reg);
	cfg_write(t->cfg, t->fn->at, w->at + VIRTIO_CAP_LENGTH, 4, 4);
}

/* t's path aims, then both read; the other one first, before this one's read can bring its copy up
 * to date. */
static void look(const struct rule_target *t, const struct window *w)
{
	struct rule_target reader = rule_over(t, 1 - t->path);
	unsigned data = w->at + VIRTIO_CAP_DATA;
	uint32_t select, got, expected;

	aim(t, w, DEVICE_FEATURE_SELECT);
	select = cfg_read32(t->cfg, t->fn->at, data);
	cfg_write(t->cfg, t->fn->at, data, 4,
		  0); /* what a register that were plain memory would go on showing */
	aim(t, w, DEVICE_FEATURE);
	got = cfg_read32(reader.cfg, t->fn->at, data);
	expected = cfg_read32(t->cfg, t->fn->at, data);
	aim(t, w, DEVICE_FEATURE_SELECT);
	cfg_write(t->cfg, t->fn->at, data, 4, select);
	rule_expect(&reader, got == expected, data,
		    "aimed at device_feature, read 0x%08x, should be 0x%08x as over %s", got,
		    expected, t->cfg->ops->name);
}

static void check(const struct rule_target *t)
{
	struct rule_target other = rule_over(t, 1 - t->path);
	struct window w;
	uint32_t offset, length;
	uint8_t bar;

	if (!find_window(t->cfg, t->fn, &w))
		return;
	bar = cfg_read8(t->cfg, t->fn->at, w.at + VIRTIO_CAP_BAR);
	offset = cfg_read32(t->cfg, t->fn->at, w.at + VIRTIO_CAP_OFFSET);
	length = cfg_read32(t->cfg, t->fn->at, w.at + VIRTIO_CAP_LENGTH);
	look(t, &w);
	look(&other, &w);
	cfg_write(t->cfg, t->fn->at, w.at + VIRTIO_CAP_LENGTH, 4, length);
	cfg_write(t->cfg, t->fn->at, w.at + VIRTIO_CAP_OFFSET, 4, offset);
	cfg_write(t->cfg, t->fn->at, w.at + VIRTIO_CAP_BAR, 1, bar);
}

TEST(.name = "rule.virtio.window", .id = "VIO-01", .check = check, .filter = RULE_BOTH,
     .idle = "no virtio function with this window", .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM,
     .reference = "Virtual I/O Device 1.2, 4.1.4.9",
     .text = "What VIRTIO_PCI_CAP_PCI_CFG is aimed at reads the same through ports and ECAM, aimed "
	     "through either.");
