/* Which registers of capabilities are plain ones. */
#include "rules/plain.h"
#include "rules/virtio.h"

#define EXPRESS_VERSION_2    2
#define EXPRESS_LENGTH_FIRST 0x14 /* of version 1, which may end here (PCIe 7.5.3) */
#define EXPRESS_LENGTH       0x3c

static unsigned vendor_length(const struct pci_function *fn, uint32_t header)
{
	unsigned type = VIRTIO_CAP_TYPE(header);

	return is_virtio(fn) && type >= 1 && type <= VIRTIO_TYPE_DEVICE ? 16 : 4;
}

/*
 * PCI 3.0 appendix H and what it names, PCI Express 7.5.3. Others are the device's own; virtio has
 * one that reads its registers.
 */
unsigned rule_plain_length(const struct pci_function *fn, const struct caps_walk *w)
{
	switch (w->id) {
	case CAP_PM:
	case CAP_PCI_X:
	case CAP_SUBSYSTEM:
	case CAP_SATA:
	case CAP_AF:
		return 8;
	case CAP_MSI_X:
		return 12;
	case CAP_MSI:
		return MSI_MASKS(w->header) + (MSI_HAS_MASKS(w->header) ? 8 : 0);
	case CAP_EXPRESS:
		return CAP_EXPRESS_VERSION(w->header) >= EXPRESS_VERSION_2 ? EXPRESS_LENGTH
									   : EXPRESS_LENGTH_FIRST;
	case CAP_VENDOR:
		return vendor_length(fn, w->header);
	default:
		return 4;
	}
}

/*
 * Where a capability has something that changes by itself: a dword, what of it does not, and what
 * is never cleared but by software. Of Express the upper halves are status registers (7.5.3).
 */
static const struct moving {
	uint8_t id, offset;
	uint32_t fixed, sticky;
} moving[] = {
    {CAP_PM, 4, 0x00ff7fff, 0x00008000}, {CAP_PCI_X, 4, 0x0000ffff, 0},
    {CAP_AF, 4, 0x000000ff, 0},          {CAP_EXPRESS, 0x08, 0x0000ffff, 0x000f0000},
    {CAP_EXPRESS, 0x10, 0x0000ffff, 0},  {CAP_EXPRESS, 0x18, 0x0000ffff, 0x011f0000},
    {CAP_EXPRESS, 0x20, 0, 0x00010000},  {CAP_EXPRESS, 0x28, 0x0000ffff, 0},
    {CAP_EXPRESS, 0x30, 0x0000ffff, 0},  {CAP_EXPRESS, 0x38, 0x0000ffff, 0},
};

static struct rule_plain plain_bits(const struct caps_walk *w, unsigned offset)
{
	/* Pending messages. */
	if (w->id == CAP_MSI && offset > MSI_MASKS(w->header))
		return (struct rule_plain){0};
	for (unsigned i = 0; i < sizeof(moving) / sizeof(moving[0]); i++)
		if (moving[i].id == w->id && moving[i].offset == offset)
			return (struct rule_plain){.fixed = moving[i].fixed,
						   .sticky = moving[i].sticky};
	return (struct rule_plain){.fixed = 0xffffffff};
}

void rule_take_capabilities(const struct rule_target *t, struct rule_capabilities *c)
{
	struct caps_walk w;

	*c = (struct rule_capabilities){0};
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		unsigned len = rule_plain_length(t->fn, &w);

		for (unsigned at = 0; at < len && w.at + at < 0x100; at += 4) {
			struct rule_plain *d = &c->dword[(w.at + at - 0x40) / 4];

			*d = plain_bits(&w, at);
			d->value = at ? cfg_read32(t->cfg, t->fn->at, w.at + at) : w.header;
		}
	}
}

void rule_expect_capabilities(const struct rule_target *t, const struct rule_capabilities *before,
			      unsigned except, unsigned len, const char *since)
{
	for (unsigned i = 0; i < RULE_CAPABILITY_DWORDS; i++) {
		const struct rule_plain *d = &before->dword[i];
		unsigned reg = 0x40 + 4 * i;
		uint32_t now;

		if (!(d->fixed | d->sticky) || reg - except < len)
			continue;
		now = cfg_read32(t->cfg, t->fn->at, reg);
		if (!rule_expect(t,
				 !((now ^ d->value) & d->fixed) && !(d->value & ~now & d->sticky),
				 reg, "read 0x%08x, should be 0x%08x as %s", now, d->value, since))
			return;
	}
}
