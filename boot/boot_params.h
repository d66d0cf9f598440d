/*
 * The Linux boot protocol's boot_params, the "zero page" (Documentation/arch/x86/boot.rst,
 * zero-page.rst; arch/x86/include/uapi/asm/bootparam.h): 4096 bytes that a loader fills in.
 */
#ifndef BAROMETER_BOOT_BOOT_PARAMS_H
#define BAROMETER_BOOT_BOOT_PARAMS_H

#include "loader.h"

#define BOOT_PARAMS_LEN 4096

/*
 * Fills the handoff: memory map, command line, RSDP, frame buffer. What is missing or makes no
 * sense is said in a note. loader->map is how all that it points to is reached.
 */
void boot_params_take(const uint8_t *params, const struct loader *loader, struct handoff *handoff);

#endif
