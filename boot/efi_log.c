/*
 * The log of a run becomes a file by way of UEFI variables: after ExitBootServices nothing can
 * write files, but variables can be set (UEFI 2.10, 8.2), and the next start of the image has boot
 * services.
 */
#include <stddef.h>
#include "efi_boot.h"
#include "efi_variables.h"
#include "console.h"
#include "io.h"
#include "mem.h"
#include "options.h"
#include "text.h"

#define LOG_NAME L"\\barometer.log"

#define ATTRIBUTES                                                                                 \
	(EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

static EFI_GUID vendor = {
    0x3f1b6a54, 0x9c0d, 0x4e77, {0xa1, 0x52, 0x7d, 0x0e, 0x94, 0xb8, 0x33, 0xc6}};
static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
static EFI_GUID file_system_info_guid = EFI_FILE_SYSTEM_INFO_ID;

static EFI_RUNTIME_SERVICES *runtime;

/* ---- the variables ------------------------------------------------------------------------- */

static size_t get_variable(void *context, const uint16_t *name, void *to, size_t room)
{
	UINTN size = room;
	EFI_STATUS status = runtime->GetVariable((CHAR16 *)name, &vendor, NULL, &size, to);

	(void)context;
	if (status == EFI_BUFFER_TOO_SMALL)
		return size > room ? size : room + 1;
	return EFI_ERROR(status) ? 0 : size;
}

static bool set_variable(void *context, const uint16_t *name, const void *data, size_t len)
{
	(void)context;
	return !EFI_ERROR(
	    runtime->SetVariable((CHAR16 *)name, &vendor, ATTRIBUTES, len, (void *)data));
}

static bool remove_variable(void *context, const uint16_t *name)
{
	EFI_STATUS status = runtime->SetVariable((CHAR16 *)name, &vendor, ATTRIBUTES, 0, NULL);

	(void)context;
	return !EFI_ERROR(status) || status == EFI_NOT_FOUND;
}

static const struct efi_variables_store store = {get_variable, set_variable, remove_variable, NULL};

/* ---- at the end of a run ------------------------------------------------------------------- */

/* Firmware that does not say how much room there is may still have it. */
static uint32_t piece_for(size_t len)
{
	UINT64 size, left, largest;

	if (runtime->Hdr.Revision < (2u << 16) ||
	    EFI_ERROR(runtime->QueryVariableInfo(ATTRIBUTES, &size, &left, &largest)))
		return EFI_VARIABLES_PIECE_MIN;
	return efi_variables_piece(size, left, largest, len);
}

static const char *keep(const struct handoff_log *log)
{
	return efi_variables_put(&store, log, piece_for(log->len));
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

static void say(EFI_SYSTEM_TABLE *system, const char *text)
{
	CHAR16 wide[2] = {0, 0};

	for (; system->ConOut && *text; text++) {
		wide[0] = (CHAR16)*text;
		system->ConOut->OutputString(system->ConOut, wide);
	}
}

/* As the run itself would have ended: its status first, for a QEMU that listens. */
static _Noreturn void end(uint32_t exit, uint32_t value)
{
	if (exit != OPTIONS_EXIT_HALT) {
		if (value)
			io_out32(0xf4, value);
		runtime->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	}
	for (;;)
		__asm__ volatile("hlt");
}

static void remove_damaged(EFI_SYSTEM_TABLE *system)
{
	say(system, efi_variables_remove(&store)
			? "barometer: the log in UEFI variables is damaged; it is removed\r\n"
			: "barometer: the log in UEFI variables is damaged, and cannot be "
			  "removed\r\n");
}

/* Writes the file and removes the variables; false, after saying why, if either cannot be done. */
static bool deliver(const EFI_LOADED_IMAGE *image, EFI_SYSTEM_TABLE *system, const uint8_t *text,
		    uint32_t len)
{
	EFI_FILE_HANDLE volume = open_volume(image);
	bool written = volume && write_file(volume, text, len);

	if (volume)
		volume->Close(volume);
	if (!written) {
		say(system,
		    "barometer: barometer.log CANNOT BE WRITTEN on this volume. The log stays in "
		    "UEFI\r\nvariables, and nothing is run, until it can be.\r\n");
		return false;
	}
	if (!efi_variables_remove(&store)) {
		say(system, "barometer: barometer.log is written, but UEFI variables BarometerLog* "
			    "cannot be\r\nremoved.\r\n");
		return false;
	}
	say(system, "barometer: written to barometer.log on this volume. The next start runs "
		    "again.\r\n");
	return true;
}

void efi_deliver_log(const EFI_LOADED_IMAGE *image, EFI_SYSTEM_TABLE *system)
{
	enum efi_variables_found found;
	struct efi_variables_log log;
	char line[80];
	uint8_t *text;

	runtime = system->RuntimeServices;
	found = efi_variables_find(&store, &log);
	if (found == EFI_VARIABLES_NONE)
		return;
	if (found == EFI_VARIABLES_DAMAGED) {
		remove_damaged(system);
		return;
	}
	if (EFI_ERROR(efi_services->AllocatePool(EfiLoaderData, log.len, (void **)&text))) {
		say(system, "barometer: no memory for the log in UEFI variables\r\n");
		return;
	}
	if (!efi_variables_read(&store, &log, text)) {
		remove_damaged(system);
		efi_services->FreePool(text);
		return;
	}
	text_format(line, sizeof(line), "barometer: the last run's log, %u bytes, crc-32 %08x\r\n",
		    log.len, log.crc);
	say(system, line);
	end(deliver(image, system, text, log.len) ? log.exit : OPTIONS_EXIT_HALT, log.value);
}
