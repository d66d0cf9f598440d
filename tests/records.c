/* The records as bytes. */
#include "records.h"

#define INCLUDE(name)                                                                              \
	__asm__(".pushsection .rodata\n"                                                           \
		".globl record_" #name ", record_" #name "_end\n"                                  \
		".hidden record_" #name ", record_" #name "_end\n"                                 \
		"record_" #name ": .incbin \"tests/records/" #name ".rec\"\n"                      \
		"record_" #name "_end:\n"                                                          \
		".popsection");                                                                    \
	extern const char record_##name[] __attribute__((visibility("hidden")));                   \
	extern const char record_##name##_end[] __attribute__((visibility("hidden")))

INCLUDE(linux);
INCLUDE(seabios);
INCLUDE(ovmf);

const struct records_text records[RECORDS] = {
    [RECORDS_LINUX] = {"linux", record_linux, record_linux_end},
    [RECORDS_SEABIOS] = {"seabios", record_seabios, record_seabios_end},
    [RECORDS_OVMF] = {"ovmf", record_ovmf, record_ovmf_end},
};
