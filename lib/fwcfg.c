/* fw_cfg over DMA. All of its integers are big-endian. */
#include "fwcfg.h"
#include "io.h"
#include "mem.h"

#define DMA_HIGH           0x514
#define DMA_LOW            0x518

#define SIGNATURE_HIGH     0x51454d55u /* "QEMU" */
#define SIGNATURE_LOW      0x20434647u /* " CFG" */

#define CONTROL_ERROR      0x01u
#define CONTROL_READ       0x02u
#define CONTROL_SELECT     0x08u

#define KEY_FILE_DIRECTORY 0x19

#define DIRECTORY_ENTRY    64 /* size, select, reserved, name[56] */

/* The control block at the start of the buffer: control, length, address; the data follow, 16-byte
 * aligned. */
#define DATA_OFFSET        16

#define POLLS_MAX          1000000

void fwcfg_init(struct fwcfg *fwcfg, struct fwcfg_buffer buffer, struct cfg_counts *counts)
{
	*fwcfg = (struct fwcfg){.buffer = buffer, .counts = counts};
	fwcfg->present = __builtin_bswap32(io_in32(DMA_HIGH)) == SIGNATURE_HIGH &&
			 __builtin_bswap32(io_in32(DMA_LOW)) == SIGNATURE_LOW;
}

size_t fwcfg_capacity(const struct fwcfg *fwcfg)
{
	return fwcfg->buffer.size - DATA_OFFSET;
}

static void put_be32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, sizeof(value));
}

const uint8_t *fwcfg_read(struct fwcfg *fwcfg, uint16_t key, size_t len)
{
	volatile uint8_t *block = fwcfg->buffer.at;
	uint8_t *data = fwcfg->buffer.at + DATA_OFFSET;
	uint64_t physical = fwcfg->buffer.physical;
	uint32_t control;

	if (!fwcfg->present || len > fwcfg_capacity(fwcfg))
		return NULL;
	put_be32(fwcfg->buffer.at, (uint32_t)key << 16 | CONTROL_SELECT | CONTROL_READ);
	put_be32(fwcfg->buffer.at + 4, (uint32_t)len);
	put_be32(fwcfg->buffer.at + 8, (uint32_t)((physical + DATA_OFFSET) >> 32));
	put_be32(fwcfg->buffer.at + 12, (uint32_t)(physical + DATA_OFFSET));
	fwcfg->counts->calls++;
	/* The high half is zero after each transfer; the write of the low half starts the next. */
	if (physical >> 32)
		io_out32(DMA_HIGH, __builtin_bswap32((uint32_t)(physical >> 32)));
	io_out32(DMA_LOW, __builtin_bswap32((uint32_t)physical));
	/* Done when all bits but the error are clear; QEMU is done before the write returns. */
	for (unsigned polls = 0; polls < POLLS_MAX; polls++) {
		control = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 |
			  (uint32_t)block[2] << 8 | block[3];
		if ((control & ~CONTROL_ERROR) != 0)
			continue;
		/*
		 * The data are the device's, which the compiler does not know: read them only now.
		 */
		__asm__ volatile("" : : : "memory");
		return control & CONTROL_ERROR ? NULL : data;
	}
	return NULL;
}

bool fwcfg_find(struct fwcfg *fwcfg, const char *const *names, struct fwcfg_item *items,
		unsigned count)
{
	const uint8_t *directory =
	    fwcfg_read(fwcfg, KEY_FILE_DIRECTORY, 4 + FWCFG_ITEMS_MAX * DIRECTORY_ENTRY);
	uint32_t files;

	for (unsigned i = 0; i < count; i++)
		items[i] = (struct fwcfg_item){0};
	if (!directory)
		return false;
	files = mem_be32(directory);
	if (files > FWCFG_ITEMS_MAX)
		files = FWCFG_ITEMS_MAX;
	for (uint32_t f = 0; f < files; f++) {
		const uint8_t *entry = directory + 4 + f * DIRECTORY_ENTRY;

		for (unsigned i = 0; i < count; i++) {
			size_t len = strlen(names[i]);

			/* With its terminator, so that a name is no prefix of another. */
			if (len < DIRECTORY_ENTRY - 8 && memcmp(entry + 8, names[i], len + 1) == 0)
				items[i] =
				    (struct fwcfg_item){mem_be16(entry + 4), mem_be32(entry)};
		}
	}
	return true;
}
