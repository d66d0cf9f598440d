/* UEFI entry, and the way out of boot services (UEFI 2.10, sections 4.1, 7.4.6). */
#include "efi_boot.h"

#define LEAVE_TRIES 8

EFI_BOOT_SERVICES *efi_services;

static struct handoff handoff;

static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;

/*
 * Readable without side effects; everything but device memory and what firmware knows to be broken.
 */
static bool readable(UINT32 type)
{
	return type != EfiMemoryMappedIO && type != EfiMemoryMappedIOPortSpace &&
	       type != EfiUnusableMemory && type < EfiMaxMemoryType;
}

static bool ram(UINT32 type)
{
	return readable(type) && type != EfiReservedMemoryType && type != EfiACPIMemoryNVS;
}

/* What runtime services work in (UEFI 2.10, 2.3.4 and 7.2); it stays where it is. */
static void take_runtime(const EFI_MEMORY_DESCRIPTOR *d, struct handoff_volume *to)
{
	if (!(d->Attribute & EFI_MEMORY_RUNTIME))
		return;
	if (to->firmware_count == HANDOFF_FIRMWARE_MAX) {
		to->fault = "firmware's map is too long";
		return;
	}
	to->firmware[to->firmware_count++] = (struct handoff_firmware){
	    .start = d->PhysicalStart,
	    .len = d->NumberOfPages * EFI_PAGE_SIZE,
	    .code = d->Type == EfiRuntimeServicesCode,
	    .device = d->Type == EfiMemoryMappedIO || d->Type == EfiMemoryMappedIOPortSpace,
	};
}

static void take_memory_map(const uint8_t *map, UINTN size, UINTN descriptor_size,
			    struct handoff *to)
{
	bool room = true;

	for (UINTN at = 0; at + descriptor_size <= size; at += descriptor_size) {
		const EFI_MEMORY_DESCRIPTOR *d = (const void *)(map + at);

		take_runtime(d, &to->volume);
		if (room && d->NumberOfPages <= (UINT64_MAX - d->PhysicalStart) / EFI_PAGE_SIZE)
			room = handoff_add_range(to, (struct handoff_range){
							 .start = d->PhysicalStart,
							 .len = d->NumberOfPages * EFI_PAGE_SIZE,
							 .ram = ram(d->Type),
							 .unreadable = !readable(d->Type),
						     });
	}
}

/*
 * The map's key goes stale when anything allocates between the two calls, a timer event for one.
 * Then, as the specification says, only GetMemoryMap may be called before the next try; so the
 * buffer is taken once, with room to spare.
 */
EFI_STATUS efi_leave(EFI_HANDLE image, struct handoff *to)
{
	UINTN capacity = 0, size, key, descriptor_size = 0;
	UINT32 version;
	EFI_STATUS status;
	uint8_t *map;

	efi_services->GetMemoryMap(&capacity, NULL, &key, &descriptor_size, &version);
	capacity += 64 * descriptor_size;
	status = efi_services->AllocatePool(EfiLoaderData, capacity, (void **)&map);
	if (EFI_ERROR(status))
		return status;
	for (unsigned tries = 0; tries < LEAVE_TRIES; tries++) {
		size = capacity;
		status = efi_services->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key,
						    &descriptor_size, &version);
		if (EFI_ERROR(status))
			return status;
		status = efi_services->ExitBootServices(image, key);
		if (!EFI_ERROR(status)) {
			__asm__ volatile("cli");
			take_memory_map(map, size, descriptor_size, to);
			return EFI_SUCCESS;
		}
	}
	return status;
}

static void say(EFI_SYSTEM_TABLE *system, const CHAR16 *text)
{
	if (system->ConOut)
		system->ConOut->OutputString(system->ConOut, (CHAR16 *)text);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_STATUS status;

	efi_services = system->BootServices;
	handoff.boot = "efi";
	status = efi_services->HandleProtocol(image, &loaded_image_guid, (void **)&loaded);
	if (EFI_ERROR(status)) {
		say(system, L"barometer: no loaded image protocol\r\n");
		return status;
	}
	/* A run may take longer than the five minutes that firmware allows a boot option. */
	efi_services->SetWatchdogTimer(0, 0, 0, NULL);
	efi_deliver_log(loaded, system);
	efi_take_options(loaded, &handoff);
	efi_take_machine(system, &handoff);
	efi_take_screen(&handoff);
	efi_take_volume(loaded, system, &handoff);
	if (!handoff.arena.len) {
		say(system, L"barometer: no memory below 4 GiB\r\n");
		return EFI_OUT_OF_RESOURCES;
	}
	say(system, L"barometer: running; results go to a serial port, where there is one\r\n");
	status = efi_leave(image, &handoff);
	if (EFI_ERROR(status)) {
		say(system, L"barometer: firmware does not let go of boot services\r\n");
		return status;
	}
	kernel_enter(&handoff);
}
