/*
 * A log as UEFI variables, written at the end of a run and read back by the next start of the
 * image. Pure logic: whatever is read may have been written by anybody, and is checked.
 *
 * BarometerLog is a header of six little-endian dwords: magic number, bytes of the log, its CRC-32,
 * bytes of a piece, enum options_exit, and what isa-debug-exit is told. The text is in
 * BarometerLog00 and so on, numbered in hexadecimal; all pieces but the last are of one size.
 */
#ifndef BAROMETER_BOOT_EFI_VARIABLES_H
#define BAROMETER_BOOT_EFI_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "handoff.h"

#define EFI_VARIABLES_LEN_MAX    (1u << 20) /* bytes of a log */
#define EFI_VARIABLES_PIECES_MAX 256
#define EFI_VARIABLES_PIECE_MIN  1024 /* bytes */
#define EFI_VARIABLES_PIECE_MAX  16384

/* Firmware's variables of one vendor GUID. Names are NUL-terminated UCS-2. */
struct efi_variables_store {
	/*
	 * The size of a variable in bytes, 0 where there is none; its bytes are at `to` when that
	 * is not more than room.
	 */
	size_t (*get)(void *context, const uint16_t *name, void *to, size_t room);
	bool (*set)(void *context, const uint16_t *name, const void *data, size_t len);
	/* True when there is no such variable any more. */
	bool (*remove)(void *context, const uint16_t *name);
	void *context;
};

/*
 * Bytes of a piece of a log of len bytes, 0 when the store has no room for all of it. size, left
 * and largest are QueryVariableInfo()'s (UEFI 2.10, 8.2); a quarter of the store is left to others.
 */
uint32_t efi_variables_piece(uint64_t size, uint64_t left, uint64_t largest, size_t len);

/*
 * Writes a log in pieces, the header last: what has none was cut short. Returns NULL, or why not in
 * at most 38 characters; nothing is left behind then, as far as it can be removed.
 */
const char *efi_variables_put(const struct efi_variables_store *store,
			      const struct handoff_log *log, uint32_t piece);

/* What the header says. */
struct efi_variables_log {
	uint32_t len;   /* 1 to EFI_VARIABLES_LEN_MAX */
	uint32_t crc;   /* CRC-32 */
	uint32_t piece; /* EFI_VARIABLES_PIECE_MIN to EFI_VARIABLES_PIECE_MAX */
	uint32_t exit;  /* enum options_exit */
	uint32_t value; /* one of kernel/power.h, or 0 */
};

enum efi_variables_found {
	EFI_VARIABLES_NONE,
	EFI_VARIABLES_DAMAGED, /* what is there is no log, or one that was cut short */
	EFI_VARIABLES_LOG      /* the header is sound; what it counts is not looked at yet */
};

enum efi_variables_found efi_variables_find(const struct efi_variables_store *store,
					    struct efi_variables_log *log);

/* All of the text, log->len bytes. False when a piece is missing, of another size, or the sum is
 * wrong. */
bool efi_variables_read(const struct efi_variables_store *store,
			const struct efi_variables_log *log, uint8_t *to);

/* Removes header and pieces, as many as there can be. False when one of them stays. */
bool efi_variables_remove(const struct efi_variables_store *store);

#endif
