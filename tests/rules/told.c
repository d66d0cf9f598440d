/* Devices that can be told. Their registers are read, and none is written that does anything. */
#include "rules/told.h"
#include "rules/virtio.h"

static const struct known_device {
	uint32_t id;    /* vendor and device; 0: any */
	uint32_t class; /* of the latter */
	bool ports;
	struct told told;
} devices[] = {
    /* QEMU's edu: identification (docs/specs/edu.rst). */
    {.id = 0x11e81234, .told = {0, 4, 0x00, 0xffffffff, {0}}},
    /* QEMU's pci-testdev: of the test that is selected, the offset at which it listens
     * (docs/specs/pci-testdev.rst). FFh selects none. */
    {.id = 0x00051b36, .told = {0, 4, 0x04, 0xffffffff, {1, 0x00, 0x00, 0xff}}},
    {.id = 0x00051b36, .ports = true, .told = {1, 4, 0x04, 0xffffffff, {1, 0x00, 0x00, 0xff}}},
    /* Intel 82540EM, 82545EM and 82574L: STATUS, without what the link does (8254x manual, 13.4.2;
     * 82574 datasheet, 10.2.2.2). */
    {.id = 0x100e8086, .told = {0, 4, 0x08, 0x00f000c1, {0}}},
    {.id = 0x100f8086, .told = {0, 4, 0x08, 0x00f000c1, {0}}},
    {.id = 0x10d38086, .told = {0, 4, 0x08, 0x00f000c1, {0}}},
    /* Realtek 8139: which one it is, in the Transmit Configuration Register (datasheet, 5.6). */
    {.id = 0x813910ec, .told = {1, 4, 0x40, 0x7cc00000, {0}}},
    {.id = 0x813910ec, .ports = true, .told = {0, 4, 0x40, 0x7cc00000, {0}}},
    /* AMD PCnet: "WW" at the end of the address PROM (Am79C970A, Address PROM Space). */
    {.id = 0x20001022, .told = {1, 2, 0x0e, 0xffff, {0}}},
    {.id = 0x20001022, .ports = true, .told = {0, 2, 0x0e, 0xffff, {0}}},
    /* Intel 82801AA: vendor of the AC'97 codec (AC'97 2.3, 5.8.3). */
    {.id = 0x24158086, .ports = true, .told = {0, 2, 0x7c, 0xffff, {0}}},
    /* Intel ICH9's AHCI: version, through index and data in ports (AHCI 1.3.1, 6.2). */
    {.id = 0x29228086, .ports = true, .told = {4, 4, 0x14, 0xffffffff, {4, 0x10, 0x10, 0x00}}},
    /* QEMU's VGA: ID of the display interface (docs/specs/standard-vga.rst). */
    {.id = 0x11111234, .told = {2, 2, 0x500, 0xffff, {0}}},
    {.class = 0x010601, .told = {5, 4, 0x10, 0xffffffff, {0}}}, /* AHCI: version (3.1.5) */
    {.class = 0x010802, .told = {0, 4, 0x08, 0xffffff00, {0}}}, /* NVMe 1.4: version (3.1.2) */
    {.class = 0x040300, .told = {0, 4, 0x00, 0xffffffff, {0}}}, /* HD Audio 1.0a: GCAP, version */
    {.class = 0x080501, .told = {0, 4, 0x40, 0xffffffff, {0}}}, /* SD Host 4.2: capabilities */
    {.class = 0x0c0310, .told = {0, 4, 0x00, 0x000000ff, {0}}}, /* OHCI 1.0a: revision (7.1.1) */
    {.class = 0x0c0320, .told = {0, 4, 0x00, 0xffff00ff, {0}}}, /* EHCI 1.0: version, length */
    {.class = 0x0c0330, .told = {0, 4, 0x00, 0xffff00ff, {0}}}, /* xHCI 1.2: the same (5.3) */
    /* UHCI 1.1: in the first port's register bit 7 is 1, 15 to 13 are 0 (2.1.7). */
    {.class = 0x0c0300, .ports = true, .told = {4, 2, 0x10, 0xe080, {0}}},
};

/* struct virtio_pci_common_cfg (Virtual I/O Device 1.2, 4.1.4.3). */
#define VIRTIO_NUM_QUEUES      0x12

/* Of the legacy interface, which transitional devices have (4.1.4.10). */
#define VIRTIO_LEGACY_FIRST    0x1000
#define VIRTIO_LEGACY_LAST     0x103f
#define VIRTIO_LEGACY_FEATURES 0x00

static bool told_by_virtio(const struct rule_target *t, bool ports, struct told *told)
{
	uint32_t device = t->fn->id >> 16;
	struct caps_walk w;

	if (ports) {
		*told = (struct told){0, 4, VIRTIO_LEGACY_FEATURES, 0xffffffff, {0}};
		return device >= VIRTIO_LEGACY_FIRST && device <= VIRTIO_LEGACY_LAST;
	}
	caps_begin(&w, t->cfg, t->fn);
	while (caps_next(&w)) {
		if (w.id != CAP_VENDOR || VIRTIO_CAP_TYPE(w.header) != VIRTIO_TYPE_COMMON ||
		    w.at + VIRTIO_CAP_LENGTH > 0xfc)
			continue;
		*told = (struct told){
		    .bar = cfg_read8(t->cfg, t->fn->at, w.at + VIRTIO_CAP_BAR),
		    .width = 2,
		    .offset =
			cfg_read32(t->cfg, t->fn->at, w.at + VIRTIO_CAP_OFFSET) + VIRTIO_NUM_QUEUES,
		    .mask = 0xffff,
		};
		return true;
	}
	return false;
}

static bool is_in_a_bar(const struct rule_target *t, bool ports, const struct told *told)
{
	return told->bar < BAR_ROM_INDEX && rule_is_lower(t->bars, told->bar) &&
	       rule_is_ports(t->bars, told->bar) == ports &&
	       (uint64_t)told->offset + told->width <= rule_bar_size(t->bars, told->bar);
}

bool told_by(const struct rule_target *t, bool ports, struct told *told)
{
	for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		const struct known_device *d = &devices[i];

		*told = d->told;
		if (d->ports == ports &&
		    (d->id ? d->id == t->fn->id : d->class == pci_class(t->fn)) &&
		    is_in_a_bar(t, ports, told))
			return true;
	}
	return is_virtio(t->fn) && told_by_virtio(t, ports, told) && is_in_a_bar(t, ports, told);
}

bool told_by_rom(const struct rule_target *t, struct told *told)
{
	*told = (struct told){BAR_ROM_INDEX, 2, 0, 0xffff, {0}};
	return rule_has_bar(t->bars, BAR_ROM_INDEX);
}

uint32_t told_read(const struct rule_target *t, const struct rule_place *p, const struct told *told,
		   unsigned which)
{
	return rule_place_read(t, p, which, told->bar, told->offset, told->width) & told->mask;
}

void told_select(const struct rule_target *t, const struct rule_place *p, const struct told *told,
		 unsigned which, bool on)
{
	if (told->select.width)
		rule_place_write(t, p, which, told->bar, told->select.offset, told->select.width,
				 on ? told->select.on : told->select.off);
}
