/* A log in pieces, and back. */
#include "efi_variables.h"
#include "crc32.h"
#include "mem.h"
#include "options.h"
#include "power.h"

#define HEADER_LEN   24
#define HEADER_MAGIC 0x474f4c42 /* "BLOG" */

/* What a variable store adds to each variable: its header, its name, padding. */
#define OVERHEAD     256
/* Of the store, that is left to others. */
#define SHARE_LEFT   4

#define NAME         "BarometerLog"
#define NAME_LEN     (sizeof(NAME) - 1)
/* With the two digits of a piece. */
#define NAME_ROOM    (NAME_LEN + 3)

static void header_name(uint16_t *to)
{
	for (size_t i = 0; i <= NAME_LEN; i++)
		to[i] = (uint16_t)NAME[i];
}

static void piece_name(uint16_t *to, unsigned number)
{
	static const char digits[] = "0123456789ABCDEF";

	header_name(to);
	to[NAME_LEN] = (uint16_t)digits[number >> 4 & 15];
	to[NAME_LEN + 1] = (uint16_t)digits[number & 15];
	to[NAME_LEN + 2] = 0;
}

static unsigned pieces_of(size_t len, uint32_t piece)
{
	return (unsigned)((len + piece - 1) / piece);
}

/* The bytes of the piece that begins at `at`. */
static size_t piece_len(size_t len, uint32_t piece, size_t at)
{
	return len - at < piece ? len - at : piece;
}

uint32_t efi_variables_piece(uint64_t size, uint64_t left, uint64_t largest, size_t len)
{
	if (largest < EFI_VARIABLES_PIECE_MIN + OVERHEAD)
		return 0;
	largest -= OVERHEAD;
	if (largest > EFI_VARIABLES_PIECE_MAX)
		largest = EFI_VARIABLES_PIECE_MAX;
	if (left < size / SHARE_LEFT ||
	    left - size / SHARE_LEFT < len + (len / largest + 2) * OVERHEAD)
		return 0;
	return (uint32_t)largest;
}

static void put_le32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static bool put_header(const struct efi_variables_store *store, const struct handoff_log *log,
		       uint32_t piece)
{
	const uint32_t dword[] = {HEADER_MAGIC, (uint32_t)log->len, log->crc,
				  piece,        log->exit,          log->value};
	uint8_t header[HEADER_LEN];
	uint16_t name[NAME_ROOM];

	for (unsigned i = 0; i < HEADER_LEN / 4; i++)
		put_le32(header + 4 * i, dword[i]);
	header_name(name);
	return store->set(store->context, name, header, HEADER_LEN);
}

static bool put_pieces(const struct efi_variables_store *store, const struct handoff_log *log,
		       uint32_t piece)
{
	uint16_t name[NAME_ROOM];

	for (unsigned i = 0; i < pieces_of(log->len, piece); i++) {
		size_t at = (size_t)i * piece;

		piece_name(name, i);
		if (!store->set(store->context, name, log->text + at,
				piece_len(log->len, piece, at)))
			return false;
	}
	return true;
}

const char *efi_variables_put(const struct efi_variables_store *store,
			      const struct handoff_log *log, uint32_t piece)
{
	if (piece == 0)
		return "no room for UEFI variables";
	if (log->len > EFI_VARIABLES_LEN_MAX ||
	    pieces_of(log->len, piece) > EFI_VARIABLES_PIECES_MAX)
		return "longer than UEFI variables take";
	if (put_pieces(store, log, piece) && put_header(store, log, piece))
		return NULL;
	efi_variables_remove(store);
	return "a UEFI variable cannot be set";
}

/* Also when no run could have written it: what is not understood decides nothing. */
static bool is_sound(const struct efi_variables_log *log)
{
	return log->len && log->len <= EFI_VARIABLES_LEN_MAX &&
	       log->piece >= EFI_VARIABLES_PIECE_MIN && log->piece <= EFI_VARIABLES_PIECE_MAX &&
	       pieces_of(log->len, log->piece) <= EFI_VARIABLES_PIECES_MAX &&
	       log->exit <= OPTIONS_EXIT_OFF &&
	       (log->value == 0 || (log->value >= POWER_PASS && log->value <= POWER_SKIP));
}

enum efi_variables_found efi_variables_find(const struct efi_variables_store *store,
					    struct efi_variables_log *log)
{
	uint8_t header[HEADER_LEN], byte;
	uint16_t name[NAME_ROOM];
	size_t len;

	header_name(name);
	len = store->get(store->context, name, header, HEADER_LEN);
	if (len == 0) {
		piece_name(name, 0);
		return store->get(store->context, name, &byte, 1) ? EFI_VARIABLES_DAMAGED
								  : EFI_VARIABLES_NONE;
	}
	if (len != HEADER_LEN || mem_le32(header) != HEADER_MAGIC)
		return EFI_VARIABLES_DAMAGED;
	*log = (struct efi_variables_log){
	    .len = mem_le32(header + 4),
	    .crc = mem_le32(header + 8),
	    .piece = mem_le32(header + 12),
	    .exit = mem_le32(header + 16),
	    .value = mem_le32(header + 20),
	};
	return is_sound(log) ? EFI_VARIABLES_LOG : EFI_VARIABLES_DAMAGED;
}

bool efi_variables_read(const struct efi_variables_store *store,
			const struct efi_variables_log *log, uint8_t *to)
{
	uint16_t name[NAME_ROOM];

	for (unsigned i = 0; i < pieces_of(log->len, log->piece); i++) {
		size_t at = (size_t)i * log->piece, len = piece_len(log->len, log->piece, at);

		piece_name(name, i);
		if (store->get(store->context, name, to + at, len) != len)
			return false;
	}
	return crc32_add(0, to, log->len) == log->crc;
}

bool efi_variables_remove(const struct efi_variables_store *store)
{
	uint16_t name[NAME_ROOM];
	bool good;

	header_name(name);
	good = store->remove(store->context, name);
	for (unsigned i = 0; i < EFI_VARIABLES_PIECES_MAX; i++) {
		piece_name(name, i);
		good = store->remove(store->context, name) && good;
	}
	return good;
}
