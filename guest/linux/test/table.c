/*
 * The reader of the mask table that is in the series, as a program: table FILE SIZE
 *
 * FILE is what fw_cfg holds under etc/pci-bar-masks, SIZE what its directory says; FILE - is none.
 * Commands on standard input, all numbers in hex:
 *
 *   dev SEGMENT ROOT VENDOR DEVICE HEADER ROM DEVFN...
 *                              the function that is asked about; DEVFN of each bridge and its own
 *   mask REGISTER VALUE FIXED  prints "mask" and the mask, or "none"
 *   check                      pci=checkmasks: VALUE is what was found, after all-ones
 *   drop                       the end of the scan
 *
 * What the reader has to say goes to standard output as well.
 */
#include <stdlib.h>

/* bar-masks.c includes kernel.h under the names of Linux's headers. */
#include "bar-masks.c"

#define PAGE 4096

bool pci_check_bar_masks;

static const char *path;
static size_t said;

/* A file that is shorter than what is read of it reads as zero beyond its end. */
void *fw_cfg_read_file(const char *name, size_t least, size_t most, size_t *bytes)
{
	size_t size = said < least ? least : said > most ? most : said;
	FILE *file = strcmp(path, "-") ? fopen(path, "rb") : NULL;
	void *at;

	if (!file || strcmp(name, "etc/pci-bar-masks"))
		return ERR_PTR(-ENOENT);
	*bytes = (size + PAGE - 1) / PAGE * PAGE;
	at = calloc(1, *bytes);
	if (!at)
		return ERR_PTR(-ENOMEM);
	(void)!fread(at, 1, *bytes, file);
	fclose(file);
	return at;
}

void free_pages_exact(void *at, size_t bytes)
{
	memset(at, 0xa5, bytes);
	free(at);
}

static struct pci_bus buses[256];
static struct pci_dev devs[256];
static struct pci_dev *dev;

static void set_device(char *words)
{
	unsigned int segment, root, vendor, device, header, rom, devfn, n = 0;
	int used;

	if (sscanf(words, "%x %x %x %x %x %x%n", &segment, &root, &vendor, &device, &header, &rom, &used) != 6)
		exit(2);
	for (words += used; n < 256 && sscanf(words, "%x%n", &devfn, &used) == 1; n++, words += used) {
		buses[n] = (struct pci_bus){n ? &devs[n - 1] : NULL, n ? 0x80 + (int)n : (int)root, (int)segment};
		devs[n] = (struct pci_dev){&buses[n], devfn, 0, 0, PCI_HEADER_TYPE_BRIDGE, 0};
	}
	if (!n)
		exit(2);
	dev = &devs[n - 1];
	dev->vendor = (unsigned short)vendor;
	dev->device = (unsigned short)device;
	dev->hdr_type = (u8)header;
	dev->rom_base_reg = (u8)rom;
}

int main(int argc, char **argv)
{
	char line[2048];
	u32 reg, value, fixed, mask;

	if (argc != 3)
		return 2;
	path = argv[1];
	said = strtoul(argv[2], NULL, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "dev ", 4)) {
			set_device(line + 4);
		} else if (sscanf(line, "mask %x %x %x", &reg, &value, &fixed) == 3 && dev) {
			if (pci_bar_mask(dev, reg, value, fixed, &mask))
				printf("mask 0x%08x\n", mask);
			else
				printf("none\n");
		} else if (!strncmp(line, "check", 5)) {
			pci_check_bar_masks = true;
		} else if (!strncmp(line, "drop", 4)) {
			last_initcall();
		} else {
			return 2;
		}
	}
	return 0;
}
