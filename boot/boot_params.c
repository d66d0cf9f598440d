/* boot_params to the handoff, believing nothing. */
#include "boot_params.h"
#include "mem.h"

/* Offsets. Those from 1f1h on are the setup header's. */
#define SCREEN_IS_VGA      0x00f
#define SCREEN_WIDTH       0x012
#define SCREEN_HEIGHT      0x014
#define SCREEN_DEPTH       0x016
#define SCREEN_BASE        0x018
#define SCREEN_LINE_LENGTH 0x024
#define SCREEN_COLOURS     0x026 /* size and position of red, green, blue */
#define SCREEN_BASE_HIGH   0x03a
#define RSDP               0x070
#define RAMDISK_HIGH       0x0c0
#define RAMDISK_SIZE_HIGH  0x0c4
#define COMMAND_LINE_HIGH  0x0c8
#define EFI_SIGNATURE      0x1c0
#define EFI_SYSTEM_TABLE   0x1c4
#define EFI_SYSTEM_HIGH    0x1d8
#define E820_COUNT         0x1e8
#define HEADER_MAGIC       0x202
#define TYPE_OF_LOADER     0x210
#define RAMDISK            0x218
#define RAMDISK_SIZE       0x21c
#define COMMAND_LINE       0x228
#define SETUP_DATA         0x250
#define E820_TABLE         0x2d0

#define E820_MAX           128
#define E820_ENTRY         20

#define IS_VESA            0x23 /* VIDEO_TYPE_VLFB */
#define IS_EFI             0x70 /* VIDEO_TYPE_EFI */

#define LOADER_QEMU        0xb

static uint64_t low_and_high(const uint8_t *params, unsigned low, unsigned high)
{
	return mem_le32(params + low) | (uint64_t)mem_le32(params + high) << 32;
}

static bool take_entries(const uint8_t *entry, uint32_t count, const struct loader *loader,
			 struct handoff *handoff)
{
	for (; count; count--, entry += E820_ENTRY)
		if (!loader_take_range(loader, handoff, mem_le64(entry), mem_le64(entry + 8),
				       mem_le32(entry + 16)))
			return false;
	return true;
}

/* struct setup_data: next, type, length, data. Type 1 has what did not fit into the E820 table. */
#define NODES_MAX     64
#define NODE_LEN      16
#define NODE_E820     1
#define NODE_DATA_MAX (64u << 10)

static void take_setup_data(uint64_t physical, const struct loader *loader, struct handoff *handoff)
{
	for (unsigned nodes = 0; physical; nodes++) {
		const uint8_t *node = loader->map(loader->context, physical, NODE_LEN);
		uint32_t len;

		if (!node || nodes == NODES_MAX) {
			/* The rest may have said what is RAM. */
			handoff_ranges_lost(
			    handoff, node ? "boot_params: setup_data has more than 64 parts; the "
					    "rest is not read"
					  : "boot_params: setup_data is not in the first 4 GiB");
			return;
		}
		len = mem_le32(node + 12);
		if (mem_le32(node + 8) == NODE_E820) {
			const uint8_t *data =
			    len <= NODE_DATA_MAX && physical <= UINT64_MAX - NODE_LEN
				? loader->map(loader->context, physical + NODE_LEN, len)
				: NULL;

			if (!data)
				handoff_ranges_lost(handoff, "boot_params: the memory map's "
							     "extension cannot be read");
			else if (!take_entries(data, len / E820_ENTRY, loader, handoff))
				return;
		}
		physical = mem_le64(node);
	}
}

static void take_memory_map(const uint8_t *params, const struct loader *loader,
			    struct handoff *handoff)
{
	uint8_t count = params[E820_COUNT];

	if (count > E820_MAX) {
		handoff_ranges_lost(handoff, "boot_params: more than 128 E820 entries; the rest is "
					     "not read");
		count = E820_MAX;
	}
	if (take_entries(params + E820_TABLE, count, loader, handoff))
		take_setup_data(mem_le64(params + SETUP_DATA), loader, handoff);
	if (!handoff->range_count)
		handoff_note(handoff, "boot_params: no memory map");
}

/*
 * A loader under UEFI may tell where the system table is and leave the RSDP to be found in its
 * configuration tables (UEFI 2.10, 4.3 and 4.6): GUID and pointer, 24 bytes.
 */
#define SYSTEM_TABLE_LEN 120
#define TABLES_MAX       256

static uint64_t find_rsdp(const uint8_t *params, const struct loader *loader)
{
	static const uint8_t acpi2[16] = {0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
					  0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81};
	uint64_t system_table = low_and_high(params, EFI_SYSTEM_TABLE, EFI_SYSTEM_HIGH), count;
	const uint8_t *system, *tables;

	if (memcmp(params + EFI_SIGNATURE, "EL64", 4) != 0)
		return 0;
	system = loader->map(loader->context, system_table, SYSTEM_TABLE_LEN);
	if (!system || memcmp(system, "IBI SYST", 8) != 0)
		return 0;
	count = mem_le64(system + 104);
	if (count > TABLES_MAX)
		return 0;
	tables = loader->map(loader->context, mem_le64(system + 112), count * 24);
	for (uint64_t i = 0; tables && i < count; i++)
		if (memcmp(tables + i * 24, acpi2, sizeof(acpi2)) == 0)
			return mem_le64(tables + i * 24 + 16);
	return 0;
}

/* A frame buffer is no RAM: nothing of ours may be drawn over. */
static bool is_free(const struct handoff *handoff, uint64_t start, uint64_t len)
{
	if (len > UINT64_MAX - start)
		return false;
	for (unsigned i = 0; i < handoff->range_count; i++) {
		const struct handoff_range *r = &handoff->range[i];

		if (r->ram && start < r->start + r->len && r->start < start + len)
			return false;
	}
	return true;
}

/* 8 bits each of red, green and blue in either order, in 32. */
static void take_screen(const uint8_t *params, struct handoff *handoff)
{
	const uint8_t *c = params + SCREEN_COLOURS;
	struct handoff_screen screen = {
	    .base = low_and_high(params, SCREEN_BASE, SCREEN_BASE_HIGH),
	    .width = mem_le16(params + SCREEN_WIDTH),
	    .height = mem_le16(params + SCREEN_HEIGHT),
	    .stride = mem_le16(params + SCREEN_LINE_LENGTH) / 4u,
	};
	bool plain = c[0] == 8 && c[2] == 8 && c[4] == 8 && c[3] == 8 &&
		     ((c[1] == 16 && c[5] == 0) || (c[1] == 0 && c[5] == 16));

	if ((params[SCREEN_IS_VGA] != IS_VESA && params[SCREEN_IS_VGA] != IS_EFI) ||
	    mem_le16(params + SCREEN_DEPTH) != 32 || !plain || !screen.base ||
	    screen.stride < screen.width ||
	    !is_free(handoff, screen.base, (uint64_t)screen.stride * 4 * screen.height))
		return;
	handoff->screen = screen;
}

void boot_params_take(const uint8_t *params, const struct loader *loader, struct handoff *handoff)
{
	if (memcmp(params + HEADER_MAGIC, "HdrS", 4) != 0) {
		handoff_options_lost(handoff, "boot_params has no setup header");
		return;
	}
	/* Every loader but QEMU's writes words of its own on the command line, or may. */
	handoff->loader_adds_words = params[TYPE_OF_LOADER] >> 4 != LOADER_QEMU;
	handoff->rsdp = mem_le64(params + RSDP);
	if (!handoff->rsdp)
		handoff->rsdp = find_rsdp(params, loader);
	loader_take_command_line(loader, handoff,
				 low_and_high(params, COMMAND_LINE, COMMAND_LINE_HIGH));
	loader_take_config(loader, handoff, low_and_high(params, RAMDISK, RAMDISK_HIGH),
			   low_and_high(params, RAMDISK_SIZE, RAMDISK_SIZE_HIGH));
	take_memory_map(params, loader, handoff);
	take_screen(params, handoff);
}
