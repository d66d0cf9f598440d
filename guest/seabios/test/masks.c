/*
 * The reader of the mask table that is in the series, as a program: masks FILE
 *
 * FILE is what fw_cfg holds under etc/pci-bar-masks; - is none. Each line of standard input is a
 * device, in the order in which SeaBIOS finds them, all numbers in hex but PARENT:
 *
 *   PARENT BDF VENDOR DEVICE CLASS-REVISION HEADER-TYPE
 *
 * PARENT is the number of the bridge's line, from 0, or -1. Prints what the reader has to say, and
 * for each device "masks" and seven numbers, or "none".
 */
/* pcimasks.c includes seabios.h under the names of SeaBIOS's headers. */
#include "pcimasks.c"

struct pci_device devices[256];
unsigned int device_count;

static const char *path;

void *romfile_loadfile(const char *name, int *size)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "rb") : NULL;
	char *data;

	if (!file || strcmp(name, "etc/pci-bar-masks"))
		return NULL;
	fseek(file, 0, SEEK_END);
	*size = (int)ftell(file);
	rewind(file);
	/* SeaBIOS has one byte more, and does not load a file that is empty. */
	data = *size ? malloc((size_t)*size + 1) : NULL;
	if (data) {
		(void)!fread(data, 1, (size_t)*size, file);
		data[*size] = 0;
	}
	fclose(file);
	return data;
}

int main(int argc, char **argv)
{
	unsigned int bdf, vendor, device, class_revision, header;
	struct pci_device *pci;
	int parent, found;

	if (argc != 2)
		return 2;
	path = argv[1];
	while (device_count < 256 && scanf("%d %x %x %x %x %x", &parent, &bdf, &vendor, &device, &class_revision, &header) == 6)
		devices[device_count++] = (struct pci_device){
			(u16)bdf, parent < 0 ? NULL : &devices[parent], (u16)vendor, (u16)device, (u16)(class_revision >> 16),
			(u8)(class_revision >> 8), (u8)class_revision, (u8)header, NULL};
	found = pci_masks_init();
	foreachpci(pci) {
		if (found && pci->masks)
			printf("masks %x %x %x %x %x %x %x\n", pci->masks[0], pci->masks[1], pci->masks[2], pci->masks[3], pci->masks[4],
			       pci->masks[5], pci->masks[6]);
		else
			printf("none\n");
	}
	pci_masks_drop();
	foreachpci(pci)
		if (pci->masks)
			return 3;
	return 0;
}
