/*
 * PVH's hvm_start_info: what a VMM that loads the ELF image directly tells (Xen,
 * public/arch-x86/hvm/start_info.h). Pure logic.
 */
#ifndef BAROMETER_BOOT_START_INFO_H
#define BAROMETER_BOOT_START_INFO_H

#include "loader.h"

/*
 * Fills the handoff from the structure at a physical address: memory map, command line, RSDP. What
 * is missing or makes no sense is said in a note, but for the memory map: false where there is
 * none.
 */
bool start_info_take(uint64_t physical, const struct loader *loader, struct handoff *handoff);

#endif
