/*
 * arch/x86/pci/ecam.c of the series, as a program: which mechanism it chooses on machines that are
 * made up here, with a clock that only accesses move. Prints what is wrong; exit status 1 if
 * anything is.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- as much of Linux as the file needs ---- */

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define __init
#define __ref
#define __initconst
#define __iomem
#define U64_MAX                  UINT64_MAX
#define PAGE_SIZE                4096
#define EINVAL                   22
#define ENOMEM                   12
#define FW_BUG                   "[Firmware Bug]: "
#define min(a, b)                ((a) < (b) ? (a) : (b))
#define PCI_POSSIBLE_ERROR(v)    ((v) == ~0u)
#define PCI_VENDOR_ID            0
#define PCI_CLASS_REVISION       8
#define PCI_PROBE_MMCONF         8
#define PCI_ECAM_FIRST           0x4000000
#define PCI_NO_ECAM_FIRST        0x8000000
#define PCI_MMCFG_BUS_OFFSET(n)  ((u64)(n) << 20)
#define X86_FEATURE_TSC          1
#define E820_TYPE_RESERVED       2
#define ACPI_SIG_MCFG            "MCFG"
#define pr_warn(format, ...)     said(pr_fmt(format), ##__VA_ARGS__)
#define pr_info                  pr_warn

struct pci_raw_ops {
	int (*read)(unsigned seg, unsigned bus, unsigned devfn, int reg, int len, u32 *value);
	int (*write)(unsigned seg, unsigned bus, unsigned devfn, int reg, int len, u32 value);
};

/* Linux 6.12 of Debian 13 has its own way to say what is to be done when the machine wakes. */
#ifdef SYSCORE_DATA
struct syscore_ops {
	void (*resume)(void *data);
};

struct syscore {
	const struct syscore_ops *ops;
	void *data;
};
#else
struct syscore_ops {
	void (*resume)(void);
};
#endif

struct acpi_table_header {
	u32 length;
};

struct acpi_table_mcfg {
	struct acpi_table_header header;
	u32 reserved;
};

struct acpi_mcfg_allocation {
	u64 address;
	uint16_t pci_segment;
	u8 start_bus_number, end_bus_number;
	u32 reserved;
};

/* ---- the machine ---- */

static struct machine {
	bool virtual, tsc, reserved, mcfg;
	unsigned port_cost, ecam_cost;   /* cycles a read */
	u8 last_bus;                     /* that ECAM covers */
	bool elsewhere;                  /* ECAM shows something else */
	bool off;                        /* the window is gone */
	unsigned pci_probe;
} machine;

static const struct machine usual = {.virtual = true, .tsc = true, .reserved = true, .mcfg = true,
				     .port_cost = 2000, .ecam_cost = 100, .last_bus = 255,
				     .pci_probe = PCI_PROBE_MMCONF};

static u64 now;
static unsigned by_ports, by_ecam, writes;
static unsigned pci_probe;
static int acpi_disabled;
static char last_said[200];

#define said(...) snprintf(last_said, sizeof(last_said), __VA_ARGS__)

static u32 function(unsigned bus, unsigned devfn, int reg)
{
	if (bus == 0 && devfn % 8 == 0 && devfn / 8 % 3 == 0)
		return reg == PCI_VENDOR_ID ? 0x12340000u + devfn : 0x06000000u;
	return bus == 9 && devfn == 0 ? 0x99990000u : ~0u;
}

static int ports_read(unsigned seg, unsigned bus, unsigned devfn, int reg, int len, u32 *value)
{
	(void)len;
	now += machine.port_cost;
	by_ports++;
	*value = function(bus, devfn, reg);
	return seg ? -EINVAL : 0;
}

static int ports_write(unsigned seg, unsigned bus, unsigned devfn, int reg, int len, u32 value)
{
	(void)bus, (void)devfn, (void)reg, (void)len, (void)value;
	writes += 1;
	return seg ? -EINVAL : 0;
}

static int ecam_read(unsigned seg, unsigned bus, unsigned devfn, int reg, int len, u32 *value)
{
	(void)len;
	if (seg || bus > machine.last_bus)
		return -EINVAL;
	now += machine.ecam_cost;
	by_ecam++;
	*value = machine.off ? 0 : function(bus, devfn + (machine.elsewhere ? 24 : 0), reg);
	return 0;
}

static int ecam_write(unsigned seg, unsigned bus, unsigned devfn, int reg, int len, u32 value)
{
	(void)devfn, (void)reg, (void)len, (void)value;
	if (seg || bus > machine.last_bus)
		return -EINVAL;
	writes += 100;
	return 0;
}

static const struct pci_raw_ops pci_direct_conf1 = {ports_read, ports_write};
static const struct pci_raw_ops pci_mmcfg = {ecam_read, ecam_write};
static const struct pci_raw_ops *raw_pci_ops, *raw_pci_ext_ops;

static bool pci_is_emulated(void)
{
	return machine.virtual;
}

static bool boot_cpu_has(int feature)
{
	return feature == X86_FEATURE_TSC && machine.tsc;
}

static u64 rdtsc_ordered(void)
{
	return now;
}

#ifdef SYSCORE_DATA
static struct syscore *syscore;

static void register_syscore(struct syscore *its)
{
	syscore = its;
}

static void wake(void)
{
	syscore->ops->resume(syscore->data);
}
#else
static struct syscore_ops *syscore;

static void register_syscore_ops(struct syscore_ops *ops)
{
	syscore = ops;
}

static void wake(void)
{
	syscore->resume();
}
#endif

/* early_ioremap() of a page of the window; what is read there is looked up by its address. */
#define WINDOW 0xb0000000u

static void *early_ioremap(u64 address, u64 size)
{
	return size == PAGE_SIZE && address >= WINDOW ? (void *)(uintptr_t)address : NULL;
}

static unsigned mapped;

static void early_iounmap(void *page, u64 size)
{
	mapped += page && size == PAGE_SIZE;
}

static u32 mmio(void *at)
{
	u64 offset = (uintptr_t)at - WINDOW;
	u32 value = ~0u;

	ecam_read(0, (unsigned)(offset >> 20), offset >> 12 & 0xff, offset & 0xffc, 4, &value);
	return value >> 8 * (offset & 3);
}

#define mmio_config_readb(at) (mmio(at) & 0xff)
#define mmio_config_readw(at) (mmio(at) & 0xffff)
#define mmio_config_readl(at) mmio(at)

static bool e820__mapped_all(u64 start, u64 end, int type)
{
	return machine.reserved && type == E820_TYPE_RESERVED && start == WINDOW &&
	       end == WINDOW + PCI_MMCFG_BUS_OFFSET(machine.last_bus + 1);
}

static int acpi_table_parse(const char *name, int (*parse)(struct acpi_table_header *header))
{
	struct {
		struct acpi_table_mcfg table;
		struct acpi_mcfg_allocation entry;
	} mcfg = {{{sizeof(mcfg)}, 0}, {WINDOW, 0, 0, machine.last_bus, 0}};

	(void)name;
	return machine.mcfg ? parse(&mcfg.table.header) : -EINVAL;
}

#include "ecam-source.c"

/* ---- what is to be chosen ---- */

static int wrong;
static const char *scenario;

#define CHECK(condition)                                                                         \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			printf("%s: not so: %s (said: %s)\n", scenario, #condition, last_said);  \
			wrong = 1;                                                               \
		}                                                                                \
	} while (0)

static void start(const char *what, struct machine is)
{
	scenario = what;
	machine = is;
	pci_probe = is.pci_probe;
	raw_pci_ops = &pci_direct_conf1;
	raw_pci_ext_ops = is.mcfg ? &pci_mmcfg : NULL;
	by_ports = by_ecam = writes = mapped = 0;
	syscore = NULL;
	last_said[0] = 0;
	early_window = 0;
}

static bool chosen(const char *what, struct machine is)
{
	start(what, is);
	pci_ecam_choose();
	return raw_pci_ops == &pci_ecam;
}

#define WITH(...) ({ struct machine is = usual; __VA_ARGS__; is; })

static void choice(void)
{
	CHECK(chosen("reads are direct", usual));
	CHECK(by_ports == 18 && by_ecam == 18); /* ten devices, four of them there, and four timed reads */
	CHECK(chosen("one exit against two", WITH(is.ecam_cost = 1040)));
	CHECK(chosen("three quarters", WITH(is.ecam_cost = 1500)));
	CHECK(!chosen("more than three quarters", WITH(is.ecam_cost = 1501)));
	CHECK(!chosen("as dear as the ports", WITH(is.ecam_cost = 2000)));
	CHECK(!chosen("a real machine", WITH(is.virtual = false)));
	CHECK(by_ports == 0 && by_ecam == 0);
	CHECK(!chosen("no clock", WITH(is.tsc = false)));
	CHECK(!chosen("no MCFG", WITH(is.mcfg = false)));
	CHECK(!chosen("another function there", WITH(is.elsewhere = true)));
	CHECK(strstr(last_said, "do not find the same functions"));
	CHECK(!chosen("nothing there", WITH(is.off = true)));
	CHECK(!chosen("pci=noecam", WITH(is.pci_probe |= PCI_NO_ECAM_FIRST)));
	CHECK(chosen("pci=ecam, dear", WITH(is.pci_probe |= PCI_ECAM_FIRST; is.ecam_cost = 9000)));
	CHECK(by_ports == 14 && by_ecam == 14); /* nothing is timed */
	CHECK(chosen("pci=ecam, a real machine", WITH(is.pci_probe |= PCI_ECAM_FIRST; is.virtual = false)));
	CHECK(!chosen("pci=ecam, another function", WITH(is.pci_probe |= PCI_ECAM_FIRST; is.elsewhere = true)));
}

static void use(void)
{
	u32 value;

	CHECK(chosen("MCFG covers bus 0 alone", WITH(is.last_bus = 0)));
	by_ports = by_ecam = 0;
	CHECK(!raw_pci_ops->read(0, 9, 0, PCI_VENDOR_ID, 4, &value) && value == 0x99990000u && by_ports == 1 && by_ecam == 0);
	CHECK(!raw_pci_ops->read(0, 0, 24, PCI_VENDOR_ID, 4, &value) && value == 0x12340018u && by_ecam == 1);
	CHECK(!raw_pci_ops->write(0, 9, 0, 4, 2, 0) && writes == 1);
	CHECK(!raw_pci_ops->write(0, 0, 0, 4, 2, 0) && writes == 101);

	CHECK(chosen("it wakes, and all is well", usual) && syscore);
	wake();
	CHECK(raw_pci_ops == &pci_ecam);
	scenario = "it wakes without ECAM";
	machine.off = true;
	wake();
	CHECK(raw_pci_ops == &pci_direct_conf1 && strstr(last_said, "back to the ports"));
}

static bool early(const char *what, struct machine is)
{
	u32 value = 0;
	bool through;

	start(what, is);
	pci_ecam_early_init();
	by_ports = by_ecam = mapped = 0;
	through = pci_ecam_early_read(0, 24, PCI_VENDOR_ID + 2, 2, &value);
	CHECK(!through || (value == 0x1234 && by_ecam == 1 && mapped == 1));
	return through;
}

static void early_reads(void)
{
	u32 value;

	CHECK(early("early", usual));
	by_ports = 0;
	pci_ecam_choose();
	CHECK(raw_pci_ops == &pci_ecam && by_ports == 0); /* the choice was made */
	mapped = 0;
	CHECK(pci_ecam_early_read(0, 24, PCI_VENDOR_ID, 4, &value) && value == 0x12340018u && mapped == 0);
	CHECK(!early("early, not reserved", WITH(is.reserved = false)));
	pci_ecam_choose(); /* as it is reserved elsewhere by then */
	CHECK(raw_pci_ops == &pci_ecam);
	CHECK(!early("early, no MCFG", WITH(is.mcfg = false)));
	CHECK(!early("early, a real machine", WITH(is.virtual = false)));
	CHECK(!early("early, dear", WITH(is.ecam_cost = 2000)));
	CHECK(!early("early, another function", WITH(is.elsewhere = true)));
	CHECK(!early("early, pci=noecam", WITH(is.pci_probe |= PCI_NO_ECAM_FIRST)));
	CHECK(!early("early, pci=nommconf", WITH(is.pci_probe = 0)));
	CHECK(early("early, MCFG of bus 0 alone", WITH(is.last_bus = 0)));
	CHECK(!pci_ecam_early_read(1, 0, 0, 4, &value));
	start("MCFG was refused afterwards", usual);
	pci_ecam_early_init();
	raw_pci_ext_ops = NULL;
	pci_ecam_choose();
	CHECK(raw_pci_ops == &pci_direct_conf1 && !pci_ecam_early_read(0, 24, 0, 4, &value));
}

int main(void)
{
	choice();
	use();
	early_reads();
	return wrong;
}
