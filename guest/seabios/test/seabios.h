/* As much of SeaBIOS's headers as src/fw/pcimasks.c of the series needs as a program. */
#ifndef SEABIOS_H
#define SEABIOS_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;

#define PACKED __attribute__((packed))

#define PCI_HEADER_TYPE_BRIDGE         1
#define PCI_BASE_ADDRESS_SPACE_IO      0x01
#define PCI_BASE_ADDRESS_MEM_TYPE_MASK 0x06
#define PCI_BASE_ADDRESS_MEM_TYPE_64   0x04
#define PCI_BASE_ADDRESS_MEM_MASK      (~0x0fu)
#define PCI_BASE_ADDRESS_IO_MASK       (~0x03u)
#define PCI_ROM_ADDRESS_MASK           (~0x7ffu)

struct pci_device {
	u16 bdf;
	struct pci_device *parent;
	u16 vendor, device;
	u16 class;
	u8 prog_if, revision;
	u8 header_type;
	const u32 *masks;
};

/* "%pP" is SeaBIOS's own: here it prints a pointer, and a P. */
#define dprintf(level, ...) ((void)(level), printf(__VA_ARGS__))

extern struct pci_device devices[256];
extern unsigned int device_count;
#define foreachpci(pci) for (pci = devices; pci < devices + device_count; pci++)

static inline u8 pci_bdf_to_bus(u16 bdf) { return bdf >> 8; }
static inline u8 pci_bdf_to_devfn(u16 bdf) { return bdf & 0xff; }

void *romfile_loadfile(const char *name, int *size);

#endif
