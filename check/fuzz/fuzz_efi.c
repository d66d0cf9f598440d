/*
 * UEFI variables that somebody else wrote: the header is the fuzzer's, and so is what each piece
 * is, of any size; what firmware refuses to set or remove is, too. Then a log of any size there and
 * back.
 */
#include <string.h>
#include "crc32.h"
#include "efi_variables.h"
#include "fuzz.h"
#include "options.h"

static struct {
	uint8_t header[32];
	size_t header_len;
	uint32_t sizes; /* two bits a piece, over and over: right, absent, short, long */
	uint8_t fill;
	uint32_t piece;
	uint8_t refused; /* of every 256 sets and removals, from this one on */
} variables;

/* What is set, when a log goes there and back. */
static struct {
	bool real;
	uint8_t *data[EFI_VARIABLES_PIECES_MAX + 1];
	size_t len[EFI_VARIABLES_PIECES_MAX + 1];
} kept;

static uint8_t calls;

/* The number of a piece, or EFI_VARIABLES_PIECES_MAX for the header; a name that is neither is a
 * finding. */
static unsigned number_of(const uint16_t *name)
{
	static const char header[] = "BarometerLog", digits[] = "0123456789ABCDEF";
	const char *high, *low;

	for (unsigned i = 0; header[i]; i++)
		FUZZ_CHECK(name[i] == (uint8_t)header[i]);
	if (!name[12])
		return EFI_VARIABLES_PIECES_MAX;
	FUZZ_CHECK(name[13] && !name[14] && name[12] < 128 && name[13] < 128);
	high = strchr(digits, name[12]);
	low = strchr(digits, name[13]);
	FUZZ_CHECK(high && low);
	return (unsigned)((high - digits) * 16 + (low - digits));
}

/* A byte of the text, which all pieces that have the right size are cut from. */
static uint8_t text_at(size_t at)
{
	return (uint8_t)(variables.fill + at / 7);
}

static size_t get_made_up(unsigned number, uint8_t *to, size_t room)
{
	size_t len = room;

	if (number == EFI_VARIABLES_PIECES_MAX) {
		if (variables.header_len <= room)
			memcpy(to, variables.header, variables.header_len);
		return variables.header_len;
	}
	switch (variables.sizes >> 2 * (number % 16) & 3) {
	case 1:
		return 0;
	case 2:
		len = room - 1;
		break;
	case 3:
		return room + 1;
	default:
		break;
	}
	for (size_t i = 0; i < len; i++)
		to[i] = text_at((size_t)number * variables.piece + i);
	return len;
}

static size_t get(void *context, const uint16_t *name, void *to, size_t room)
{
	unsigned number = number_of(name);

	(void)context;
	if (!kept.real)
		return get_made_up(number, to, room);
	if (kept.len[number] && kept.len[number] <= room)
		memcpy(to, kept.data[number], kept.len[number]);
	return kept.len[number];
}

static bool take_away(void *context, const uint16_t *name)
{
	unsigned number = number_of(name);

	(void)context;
	if (calls++ > variables.refused)
		return false;
	free(kept.data[number]);
	kept.data[number] = NULL;
	kept.len[number] = 0;
	return true;
}

static bool set(void *context, const uint16_t *name, const void *data, size_t len)
{
	unsigned number = number_of(name);

	(void)context;
	FUZZ_CHECK(len && len <= EFI_VARIABLES_PIECE_MAX);
	if (calls++ > variables.refused)
		return false;
	kept.data[number] = malloc(len);
	FUZZ_CHECK(kept.data[number]);
	memcpy(kept.data[number], data, len);
	kept.len[number] = len;
	return true;
}

static const struct efi_variables_store store = {get, set, take_away, NULL};

#define TEXT_MAX 65536

/* Its first len bytes; valid until the next call. */
static const char *text_of(size_t len)
{
	static uint8_t text[TEXT_MAX];

	for (size_t i = 0; i < len; i++)
		text[i] = text_at(i);
	return (const char *)text;
}

/* Up to TEXT_MAX - 1, and each power of two as likely: long ones take long. */
static uint32_t text_len(struct fuzz_input *in)
{
	uint32_t len = fuzz_number(in, 2);

	return len >> fuzz_byte(in) % 16;
}

/* Sound, but for what the first byte says: so that something comes of most. */
enum {
	OTHER_SIZE = 1,
	OTHER_MAGIC = 2,
	ANY_LEN = 4,
	ANY_SUM = 8,
	ANY_PIECE = 16,
	ANY_EXIT = 32,
	ANY_VALUE = 64,
};

static void take_header(struct fuzz_input *in)
{
	uint8_t how = fuzz_byte(in);
	uint32_t field[6];

	field[0] = how & OTHER_MAGIC ? fuzz_number(in, 4) : 0x474f4c42;
	field[1] = how & ANY_LEN ? fuzz_number(in, 4) : text_len(in);
	field[3] = how & ANY_PIECE ? fuzz_number(in, 4) : 1024 + fuzz_number(in, 2) % 2048;
	field[4] = how & ANY_EXIT ? fuzz_number(in, 4) : fuzz_number(in, 1) % 5;
	field[5] = how & ANY_VALUE ? fuzz_number(in, 4) : 0x10 + fuzz_number(in, 1) % 4;
	variables.header_len =
	    how & OTHER_SIZE ? fuzz_byte(in) % (sizeof(variables.header) + 1) : 24;
	variables.piece = field[3];
	variables.sizes = fuzz_number(in, 4);
	variables.fill = fuzz_byte(in);
	field[2] = how & ANY_SUM || field[1] >= TEXT_MAX
		       ? fuzz_number(in, 4)
		       : crc32_add(0, text_of(field[1]), field[1]);
	for (unsigned i = 0; i < 24; i++)
		variables.header[i] = (uint8_t)(field[i / 4] >> 8 * (i % 4));
}

/* All of the text is written, none beyond, and it is what the sum says. */
static void check_read(const struct efi_variables_log *log)
{
	uint8_t *text;

	FUZZ_CHECK(log->len && log->len <= EFI_VARIABLES_LEN_MAX);
	FUZZ_CHECK((uint64_t)log->piece * EFI_VARIABLES_PIECES_MAX >= log->len);
	FUZZ_CHECK(log->exit <= OPTIONS_EXIT_OFF);
	text = malloc(log->len);
	FUZZ_CHECK(text);
	if (efi_variables_read(&store, log, text)) {
		FUZZ_CHECK(crc32_add(0, text, log->len) == log->crc);
		for (uint32_t i = 0; i < log->len; i++)
			FUZZ_CHECK(text[i] == text_at(i));
	}
	free(text);
}

static void there_and_back(struct fuzz_input *in)
{
	size_t len = 1 + text_len(in) % (TEXT_MAX - 1);
	uint32_t piece =
	    efi_variables_piece(fuzz_number(in, 3), fuzz_number(in, 3), fuzz_number(in, 2), len);
	struct handoff_log log = {text_of(len), len, 0, fuzz_byte(in) % 5u, 0};
	struct efi_variables_log found;

	log.crc = crc32_add(0, log.text, len);
	kept.real = true;
	if (!efi_variables_put(&store, &log, piece)) {
		FUZZ_CHECK(efi_variables_find(&store, &found) == EFI_VARIABLES_LOG);
		FUZZ_CHECK(found.len == len && found.exit == log.exit);
		check_read(&found);
	}
	variables.refused = UINT8_MAX;
	FUZZ_CHECK(efi_variables_remove(&store));
	for (unsigned i = 0; i <= EFI_VARIABLES_PIECES_MAX; i++)
		FUZZ_CHECK(!kept.len[i]);
	kept.real = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct efi_variables_log log;

	memset(&variables, 0, sizeof(variables));
	calls = 0;
	take_header(&in);
	variables.refused = fuzz_byte(&in);
	if (efi_variables_find(&store, &log) == EFI_VARIABLES_LOG)
		check_read(&log);
	there_and_back(&in);
	return 0;
}
