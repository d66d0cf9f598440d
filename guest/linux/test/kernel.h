/* As much of Linux's headers as drivers/pci/bar-masks.c of the series needs as a program. */
#ifndef KERNEL_H
#define KERNEL_H
#include <linux/pci_regs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint16_t __le16;
typedef uint32_t __le32;

#define le16_to_cpu(x)    (x)
#define le32_to_cpu(x)    (x)
#define le32_to_cpup(at)  (*(at))

#define __init
#define __ref
#define __packed __attribute__((packed))

#define SZ_1M                  0x100000
#define PCI_STD_NUM_BARS       6
#ifndef PCI_HEADER_TYPE_BRIDGE
#define PCI_HEADER_TYPE_BRIDGE 1
#endif

#define IS_ERR(at)   ((uintptr_t)(at) >= (uintptr_t)-4095)
#define PTR_ERR(at)  ((long)(at))
#define ERR_PTR(err) ((void *)(long)(err))
#define ENOENT       2
#define ENOMEM       12

#define pr_warn(format, ...)       printf(pr_fmt(format), ##__VA_ARGS__)
#define pr_info                    pr_warn
#define pci_warn(dev, format, ...) ((void)(dev), printf(format, ##__VA_ARGS__))

#define subsys_initcall_sync(function) int (*const last_initcall)(void) = (function)

struct pci_dev;

struct pci_bus {
	struct pci_dev *self;
	int number, domain;
};

struct pci_dev {
	struct pci_bus *bus;
	unsigned int devfn;
	unsigned short vendor, device;
	u8 hdr_type, rom_base_reg;
};

static inline int pci_domain_nr(struct pci_bus *bus)
{
	return bus->domain;
}

static inline bool pci_is_root_bus(struct pci_bus *bus)
{
	return !bus->self;
}

extern bool pci_check_bar_masks;

void *fw_cfg_read_file(const char *name, size_t least, size_t most, size_t *bytes);
void free_pages_exact(void *at, size_t bytes);
bool pci_bar_mask(struct pci_dev *dev, unsigned int pos, u32 value, u32 fixed, u32 *mask);
#endif
