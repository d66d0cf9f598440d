/* The UEFI boot path's parts. Boot services only; each fills its piece of the handoff and complains
 * through handoff_note(). */
#ifndef BAROMETER_BOOT_EFI_BOOT_H
#define BAROMETER_BOOT_EFI_BOOT_H

#include <efi.h>
#include "handoff.h"

/* Set by efi_main(). */
extern EFI_BOOT_SERVICES *efi_services;

/* Command line: barometer.cfg beside the image, and LoadOptions. */
void efi_take_options(const EFI_LOADED_IMAGE *image, struct handoff *handoff);

/* RSDP, root bridges, and memory for the arena. */
void efi_take_machine(const EFI_SYSTEM_TABLE *system, struct handoff *handoff);

/* The frame buffer, where there is one that can simply be written to. */
void efi_take_screen(struct handoff *handoff);

/*
 * Whether the volume that the image was started from can have the log, and how. After the options:
 * where the log is wanted, a placeholder is written.
 */
void efi_take_volume(const EFI_LOADED_IMAGE *image, const EFI_SYSTEM_TABLE *system,
		     struct handoff *handoff);

/* Where the last run left its log for the volume: writes it and ends the machine as that run would
 * have. Else, and where what was left is damaged, it returns. */
void efi_deliver_log(const EFI_LOADED_IMAGE *image, EFI_SYSTEM_TABLE *system);

/* Leaves boot services; on return interrupts are off and handoff->range is filled. */
EFI_STATUS efi_leave(EFI_HANDLE image, struct handoff *handoff);

#endif
