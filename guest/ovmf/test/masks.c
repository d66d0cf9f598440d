/*
 * The driver of the series that reads the mask table, as a program: masks FILE
 *
 * FILE is what fw_cfg holds under etc/pci-bar-masks; - is none. Each line of standard input is a
 * function that PciBusDxe asks about, all numbers in hex:
 *
 *   SEGMENT ROOT-BUS VENDOR DEVICE CLASS-REVISION HEADER-TYPE LENGTH-OF-PATH PATH...
 *
 * Prints what the driver has to say, and for each function "masks" and seven numbers, or "none";
 * nothing of functions where the driver installs no protocol.
 */
/* The sources include edk2.h under the names of edk2's headers. */
#include "PciBarMaskTable.c"

#include "PciBarMaskDxe.c"

EFI_GUID gEdkiiPciBarMaskProtocolGuid;

static const char *path;
static FILE *file;
static EDKII_PCI_BAR_MASK_PROTOCOL *installed;

/* edk2's %a is C's %s, and L is for 64 bits. */
void DebugPrint(UINTN level, const char *format, ...)
{
	char c_format[256], *out = c_format;
	va_list arguments;

	while (*format && out < c_format + sizeof c_format - 4) {
		if (format[0] == '%' && format[1] == 'a') {
			*out++ = '%';
			*out++ = 's';
			format += 2;
		} else if (format[0] == 'L' && format[1] == 'x') {
			*out++ = 'l';
			*out++ = 'x';
			format += 2;
		} else {
			*out++ = *format++;
		}
	}
	*out = 0;
	printf(level == DEBUG_WARN ? "warning: " : "");
	va_start(arguments, format);
	vprintf(c_format, arguments);
	va_end(arguments);
}

RETURN_STATUS QemuFwCfgFindFile(const char *name, FIRMWARE_CONFIG_ITEM *item, UINTN *size)
{
	file = strcmp(path, "-") ? fopen(path, "rb") : NULL;
	if (!file || strcmp(name, "etc/pci-bar-masks"))
		return EFI_NOT_FOUND;
	fseek(file, 0, SEEK_END);
	*size = (UINTN)ftell(file);
	*item = 0x20;
	return EFI_SUCCESS;
}

void QemuFwCfgSelectItem(FIRMWARE_CONFIG_ITEM item)
{
	if (item != 0x20)
		exit(3);
	rewind(file);
}

void QemuFwCfgReadBytes(UINTN size, void *buffer)
{
	if (fread(buffer, 1, size, file) != size)
		exit(4);
}

static EFI_STATUS install(EFI_HANDLE *handle, ...)
{
	va_list arguments;

	va_start(arguments, handle);
	if (va_arg(arguments, EFI_GUID *) == &gEdkiiPciBarMaskProtocolGuid)
		installed = va_arg(arguments, void *);
	va_end(arguments);
	return EFI_SUCCESS;
}

static struct boot_services services = {install};
struct boot_services *gBS = &services;

int main(int argc, char **argv)
{
	unsigned int segment, root, vendor, device, class_revision, header, length, byte, i;
	EDKII_PCI_BAR_MASKS masks;
	EFI_STATUS status;
	UINT8 *place;

	if (argc != 2)
		return 2;
	path = argv[1];
	status = PciBarMaskEntryPoint(NULL, NULL);
	if (file)
		fclose(file);
	if (EFI_ERROR(status) != !installed)
		return 5;
	while (installed && scanf("%x %x %x %x %x %x %x", &segment, &root, &vendor, &device, &class_revision, &header, &length) == 7) {
		PCI_DEVICE_INDEPENDENT_REGION region = {
			(UINT16)vendor, (UINT16)device, 0, 0, (UINT8)class_revision,
			{(UINT8)(class_revision >> 8), (UINT8)(class_revision >> 16), (UINT8)(class_revision >> 24)}, 0, 0, (UINT8)header, 0};

		/* of just its length, so that the sanitizer sees what is read behind it */
		place = malloc(length);
		if (!place)
			return 6;
		for (i = 0; i < length && scanf("%x", &byte) == 1; i++)
			place[i] = (UINT8)byte;
		if (EFI_ERROR(installed->GetMasks(installed, segment, (UINT8)root, place, length, &region, &masks)))
			printf("none\n");
		else
			printf("masks %x %x %x %x %x %x %x\n", masks.Bar[0], masks.Bar[1], masks.Bar[2], masks.Bar[3], masks.Bar[4], masks.Bar[5],
			       masks.Rom);
		free(place);
	}
	if (installed)
		free(mTable);
	return 0;
}
