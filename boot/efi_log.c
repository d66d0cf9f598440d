/*
 * The log of a run becomes a file by way of UEFI variables: after ExitBootServices nothing can
 * write files, but variables can be set (UEFI 2.10, 8.2), and the next start of the image has boot
 * services.
 */
#include <stddef.h>
#include "efi_boot.h"
#include "console.h"
#include "crc32.h"
#include "io.h"
#include "mem.h"
#include "options.h"
#include "text.h"

#define LOG_NAME     L"\\barometer.log"

#define HEADER_MAGIC 0x474f4c42 /* "BLOG" */
#define LEN_MAX      (1u << 20)
#define CHUNKS_MAX   256
#define CHUNK_MIN    1024
#define CHUNK_MAX    16384
/* What a variable store adds to each variable: its header, its name, padding. */
#define CHUNK_OVER   256
/* Of the store, that is left to others. */
#define SHARE_LEFT   4

#define ATTRIBUTES                                                                                 \
	(EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

static EFI_GUID vendor = {
    0x3f1b6a54, 0x9c0d, 0x4e77, {0xa1, 0x52, 0x7d, 0x0e, 0x94, 0xb8, 0x33, 0xc6}};
static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
static EFI_GUID file_system_info_guid = EFI_FILE_SYSTEM_INFO_ID;

/*
 * The variable BarometerLog; the text is in BarometerLog00 and so on, in hexadecimal. Written last:
 * a log without it was cut short.
 */
struct header {
	uint32_t magic, len, crc, chunk, exit, value;
};

#define HEADER_NAME L"BarometerLog"

static EFI_RUNTIME_SERVICES *runtime;

static void chunk_name(CHAR16 *to, unsigned number)
{
	static const char digits[] = "0123456789ABCDEF";

	memcpy(to, HEADER_NAME, sizeof(HEADER_NAME));
	to[12] = (CHAR16)digits[number >> 4 & 15];
	to[13] = (CHAR16)digits[number & 15];
	to[14] = 0;
}

static unsigned chunks_of(const struct header *h)
{
	return (h->len + h->chunk - 1) / h->chunk;
}

static EFI_STATUS set(CHAR16 *name, const void *data, size_t len)
{
	return runtime->SetVariable(name, &vendor, ATTRIBUTES, len, (void *)data);
}

/* True when none of the first `count` chunks, nor the header, is there any more. */
static bool remove_all(unsigned count)
{
	CHAR16 name[16];
	EFI_STATUS status = set(HEADER_NAME, NULL, 0);
	bool good = !EFI_ERROR(status) || status == EFI_NOT_FOUND;

	for (unsigned i = 0; i < count; i++) {
		chunk_name(name, i);
		status = set(name, NULL, 0);
		good = good && (!EFI_ERROR(status) || status == EFI_NOT_FOUND);
	}
	return good;
}

/* ---- at the end of a run ------------------------------------------------------------------- */

/* How much one variable takes, or 0 when the store has no room for all of it. */
static uint32_t chunk_for(size_t len)
{
	UINT64 size, left, largest;

	if (runtime->Hdr.Revision < (2u << 16))
		return CHUNK_MIN;
	if (EFI_ERROR(runtime->QueryVariableInfo(ATTRIBUTES, &size, &left, &largest)))
		return CHUNK_MIN;
	if (largest < CHUNK_MIN + CHUNK_OVER)
		return 0;
	largest -= CHUNK_OVER;
	if (largest > CHUNK_MAX)
		largest = CHUNK_MAX;
	if (left < size / SHARE_LEFT ||
	    left - size / SHARE_LEFT < len + (len / largest + 2) * CHUNK_OVER)
		return 0;
	return (uint32_t)largest;
}

static const char *keep(const struct handoff_log *log)
{
	struct header header = {HEADER_MAGIC,        (uint32_t)log->len, log->crc,
				chunk_for(log->len), log->exit,          log->value};
	CHAR16 name[16];

	if (header.chunk == 0)
		return "no room for UEFI variables";
	if (chunks_of(&header) > CHUNKS_MAX)
		return "longer than UEFI variables take";
	for (unsigned i = 0; i < chunks_of(&header); i++) {
		size_t at = (size_t)i * header.chunk, left = log->len - at;

		chunk_name(name, i);
		if (EFI_ERROR(
			set(name, log->text + at, left < header.chunk ? left : header.chunk))) {
			remove_all(i + 1);
			return "a UEFI variable cannot be set";
		}
	}
	if (EFI_ERROR(set(HEADER_NAME, &header, sizeof(header)))) {
		remove_all(chunks_of(&header));
		return "a UEFI variable cannot be set";
	}
	return NULL;
}

/* ---- before a run: can it be done? --------------------------------------------------------- */

static EFI_FILE_HANDLE open_volume(const EFI_LOADED_IMAGE *image)
{
	EFI_FILE_IO_INTERFACE *system;
	EFI_FILE_HANDLE volume;

	if (!image->DeviceHandle ||
	    EFI_ERROR(efi_services->HandleProtocol(image->DeviceHandle, &file_system_guid,
						   (void **)&system)) ||
	    EFI_ERROR(system->OpenVolume(system, &volume)))
		return NULL;
	return volume;
}

/* An old file may be longer; so it goes first. */
static bool write_file(EFI_FILE_HANDLE volume, const void *text, UINTN len)
{
	const UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE;
	const UINTN wanted = len;
	EFI_FILE_HANDLE file;
	bool good;

	if (!EFI_ERROR(volume->Open(volume, &file, LOG_NAME, mode, 0)))
		file->Delete(file);
	if (EFI_ERROR(volume->Open(volume, &file, LOG_NAME, mode | EFI_FILE_MODE_CREATE, 0)))
		return false;
	good = !EFI_ERROR(file->Write(file, &len, (void *)text)) && len == wanted &&
	       !EFI_ERROR(file->Flush(file));
	return !EFI_ERROR(file->Close(file)) && good;
}

/*
 * What the file holds while a log is on its way. A start that finds this, and no log in variables,
 * comes after a run whose log went astray; another restart would only be the next of many.
 */
static const char placeholder[] =
    "barometer runs. If it does not any more, its log went astray: the "
    "run was cut short, or UEFI\nvariables do not outlive a restart "
    "here.\n";

static bool has_placeholder(EFI_FILE_HANDLE volume)
{
	char text[sizeof(placeholder)];
	UINTN len = sizeof(text);
	EFI_FILE_HANDLE file;
	bool same;

	if (EFI_ERROR(volume->Open(volume, &file, LOG_NAME, EFI_FILE_MODE_READ, 0)))
		return false;
	same = !EFI_ERROR(file->Read(file, &len, text)) && len == sizeof(placeholder) - 1 &&
	       memcmp(text, placeholder, len) == 0;
	file->Close(file);
	return same;
}

/*
 * As the kernel will find, who knows more consoles; then the placeholder was written for nothing.
 */
static bool is_wanted(const struct handoff *handoff)
{
	static struct options options;

	options_defaults(&options);
	for (unsigned i = 0; i < 2; i++)
		options_parse(&options, handoff->options[i], false, &diag_silent);
	console_init();
	return options.log == OPTIONS_LOG_AUTO ? !console_is_there()
					       : options.log == OPTIONS_LOG_DISK;
}

/* Nothing is written to find out. */
static const char *volume_fault(EFI_FILE_HANDLE volume, uint64_t *room)
{
	uint8_t buffer[SIZE_OF_EFI_FILE_SYSTEM_INFO + 256 * sizeof(CHAR16)]
	    __attribute__((aligned(8)));
	const EFI_FILE_SYSTEM_INFO *info = (const void *)buffer;
	UINTN size = sizeof(buffer);

	if (EFI_ERROR(volume->GetInfo(volume, &file_system_info_guid, &size, buffer)))
		return "the volume tells nothing of itself";
	*room = info->FreeSpace;
	return info->ReadOnly ? "the volume is read-only" : NULL;
}

void efi_take_volume(const EFI_LOADED_IMAGE *image, const EFI_SYSTEM_TABLE *system,
		     struct handoff *handoff)
{
	struct handoff_volume *to = &handoff->volume;
	EFI_FILE_HANDLE volume = open_volume(image);

	runtime = system->RuntimeServices;
	to->keep = keep;
	to->fault = volume ? volume_fault(volume, &to->room) : "not started from a volume";
	if (!to->fault && is_wanted(handoff)) {
		to->in_vain = has_placeholder(volume);
		if (!write_file(volume, placeholder, sizeof(placeholder) - 1))
			to->fault = "the volume cannot be written";
	}
	if (volume)
		volume->Close(volume);
}

/* ---- the start after a run ----------------------------------------------------------------- */

static bool read_header(struct header *header)
{
	UINTN size = sizeof(*header);

	return !EFI_ERROR(runtime->GetVariable(HEADER_NAME, &vendor, NULL, &size, header)) &&
	       size == sizeof(*header) && header->magic == HEADER_MAGIC && header->len &&
	       header->len <= LEN_MAX && header->chunk >= CHUNK_MIN && header->chunk <= CHUNK_MAX &&
	       chunks_of(header) <= CHUNKS_MAX;
}

static bool read_chunks(const struct header *header, uint8_t *to)
{
	CHAR16 name[16];

	for (unsigned i = 0; i < chunks_of(header); i++) {
		size_t at = (size_t)i * header->chunk, left = header->len - at;
		UINTN size = left < header->chunk ? left : header->chunk, wanted = size;

		chunk_name(name, i);
		if (EFI_ERROR(runtime->GetVariable(name, &vendor, NULL, &size, to + at)) ||
		    size != wanted)
			return false;
	}
	return crc32_add(0, to, header->len) == header->crc;
}

static void say(EFI_SYSTEM_TABLE *system, const char *text)
{
	CHAR16 wide[2] = {0, 0};

	for (; system->ConOut && *text; text++) {
		wide[0] = (CHAR16)*text;
		system->ConOut->OutputString(system->ConOut, wide);
	}
}

/* As the run itself would have ended: its status first, for a QEMU that listens. */
static _Noreturn void end(const struct header *header)
{
	if (header->exit != OPTIONS_EXIT_HALT) {
		if (header->value)
			io_out32(0xf4, header->value);
		runtime->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	}
	for (;;)
		__asm__ volatile("hlt");
}

void efi_deliver_log(const EFI_LOADED_IMAGE *image, EFI_SYSTEM_TABLE *system)
{
	struct header header;
	char line[80];
	uint8_t *text;
	EFI_FILE_HANDLE volume;

	runtime = system->RuntimeServices;
	if (!read_header(&header))
		return;
	if (EFI_ERROR(efi_services->AllocatePool(EfiLoaderData, header.len, (void **)&text)))
		return;
	if (!read_chunks(&header, text)) {
		say(system, "barometer: the log in UEFI variables is damaged; it is removed\r\n");
		remove_all(chunks_of(&header));
		efi_services->FreePool(text);
		return;
	}
	text_format(line, sizeof(line), "barometer: the last run's log, %u bytes, crc-32 %08x\r\n",
		    header.len, header.crc);
	say(system, line);
	volume = open_volume(image);
	if (!volume || !write_file(volume, text, header.len)) {
		say(system,
		    "barometer: barometer.log CANNOT BE WRITTEN on this volume. The log stays in "
		    "UEFI\r\nvariables, and nothing is run, until it can be.\r\n");
		header.exit = OPTIONS_EXIT_HALT;
	} else if (!remove_all(chunks_of(&header))) {
		say(system, "barometer: barometer.log is written, but UEFI variables BarometerLog* "
			    "cannot be\r\nremoved.\r\n");
		header.exit = OPTIONS_EXIT_HALT;
	} else {
		say(system,
		    "barometer: written to barometer.log on this volume. The next start runs "
		    "again.\r\n");
	}
	if (volume)
		volume->Close(volume);
	end(&header);
}
