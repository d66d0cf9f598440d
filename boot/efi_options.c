/* Where the command line comes from under UEFI: a file beside the image, and LoadOptions. */
#include <stddef.h>
#include "efi_boot.h"
#include "mem.h"

#define CONFIG_NAME    L"barometer.cfg"
#define PATH_MAX_CHARS 256

static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;

/*
 * LoadOptions is whatever the boot option holds: UCS-2 text from a shell or from QEMU's -append, or
 * some firmware's private bytes. It is taken only when all of it is printable ASCII.
 */
static void take_load_options(const EFI_LOADED_IMAGE *image, struct handoff *handoff)
{
	const CHAR16 *options = image->LoadOptions;
	size_t count = image->LoadOptions ? image->LoadOptionsSize / sizeof(CHAR16) : 0, len = 0,
	       skip = 0;
	char *to = handoff->options[1];

	while (len < count && options[len])
		len++;
	if (len >= HANDOFF_OPTIONS_MAX) {
		handoff_options_lost(handoff, "LoadOptions are longer than 2047 characters");
		return;
	}
	for (size_t i = 0; i < len; i++) {
		CHAR16 c = options[i];

		if ((c < ' ' || c > '~') && c != '\t' && c != '\n' && c != '\r') {
			memset(to, 0, HANDOFF_OPTIONS_MAX);
			return;
		}
		to[i] = (char)c;
	}
	/* A shell puts the command's name first. */
	while (skip < len && to[skip] != ' ')
		skip++;
	if (skip >= 4 &&
	    (memcmp(to + skip - 4, ".efi", 4) == 0 || memcmp(to + skip - 4, ".EFI", 4) == 0))
		memset(to, ' ', skip);
}

/* The directory of the image on its volume, with the trailing backslash; "\" when the device path
 * does not say. */
static size_t image_directory(const EFI_LOADED_IMAGE *image, CHAR16 *to, size_t room)
{
	const uint8_t *node = (const uint8_t *)image->FilePath;
	size_t len = 0, end = 0;

	/* Device path nodes: type, subtype, 16-bit length (UEFI 10.3.1). Media, File Path is 4, 4;
	 * the end is 7Fh. */
	for (unsigned nodes = 0; node && (node[0] & 0x7f) != 0x7f && nodes < 32; nodes++) {
		size_t size = mem_le16(node + 2);

		if (size < 4)
			break;
		for (size_t at = 4; node[0] == 4 && node[1] == 4 && at + 1 < size; at += 2) {
			CHAR16 c = mem_le16(node + at);

			if (c == 0)
				break;
			if (len < room)
				to[len++] = c;
			if (c == '\\')
				end = len;
		}
		node += size;
	}
	if (end == 0)
		to[end++] = '\\';
	return end;
}

static EFI_FILE_HANDLE open_config(EFI_FILE_HANDLE volume, const CHAR16 *directory, size_t len)
{
	CHAR16 path[PATH_MAX_CHARS + sizeof(CONFIG_NAME) / sizeof(CHAR16)];
	EFI_FILE_HANDLE file;

	memcpy(path, directory, len * sizeof(CHAR16));
	memcpy(path + len, CONFIG_NAME, sizeof(CONFIG_NAME));
	if (EFI_ERROR(volume->Open(volume, &file, path, EFI_FILE_MODE_READ, 0)))
		return NULL;
	return file;
}

/* Beside the image, else in the root directory, where whoever wrote the medium finds it more
 * easily. */
static void take_config(const EFI_LOADED_IMAGE *image, struct handoff *handoff)
{
	CHAR16 directory[PATH_MAX_CHARS];
	EFI_FILE_IO_INTERFACE *system;
	EFI_FILE_HANDLE volume, file;
	UINTN size = HANDOFF_OPTIONS_MAX;
	char *to = handoff->options[0];

	if (!image->DeviceHandle ||
	    EFI_ERROR(efi_services->HandleProtocol(image->DeviceHandle, &file_system_guid,
						   (void **)&system)) ||
	    EFI_ERROR(system->OpenVolume(system, &volume)))
		return;
	file = open_config(volume, directory, image_directory(image, directory, PATH_MAX_CHARS));
	if (!file)
		file = open_config(volume, L"\\", 1);
	if (file) {
		if (EFI_ERROR(file->Read(file, &size, to))) {
			handoff_options_lost(handoff, "barometer.cfg cannot be read");
			size = 0;
		} else if (size == HANDOFF_OPTIONS_MAX) {
			handoff_options_lost(handoff, "barometer.cfg is longer than 2047 bytes");
			size = 0;
		}
		memset(to + size, 0, HANDOFF_OPTIONS_MAX - size);
		file->Close(file);
	}
	volume->Close(volume);
}

void efi_take_options(const EFI_LOADED_IMAGE *image, struct handoff *handoff)
{
	take_config(image, handoff);
	take_load_options(image, handoff);
}
