/* Capabilities of virtio functions: struct virtio_pci_cap (Virtual I/O Device 1.2, 4.1.4). */
#ifndef BAROMETER_TESTS_RULES_VIRTIO_H
#define BAROMETER_TESTS_RULES_VIRTIO_H

#include "caps.h"
#include "rules/rule.h"

#define VENDOR_VIRTIO           0x1af4

#define VIRTIO_CAP_TYPE(header) ((header) >> 24) /* in the first dword */
#define VIRTIO_CAP_BAR          4
#define VIRTIO_CAP_OFFSET       8
#define VIRTIO_CAP_LENGTH       12
#define VIRTIO_CAP_DATA         16 /* of the window alone */

#define VIRTIO_TYPE_COMMON      1
#define VIRTIO_TYPE_DEVICE      4 /* the last of those that only say where something is */
#define VIRTIO_TYPE_PCI_CFG     5 /* the window */

static inline bool is_virtio(const struct pci_function *fn)
{
	return (fn->id & 0xffff) == VENDOR_VIRTIO;
}

#endif
