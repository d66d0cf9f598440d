/* What UEFI knows of the machine: RSDP, PCI root bridges, free memory. */
#include <stddef.h>
#include "efi_boot.h"
#include "mem.h"

static EFI_GUID acpi2_guid = ACPI_20_TABLE_GUID;
static EFI_GUID acpi1_guid = ACPI_TABLE_GUID;
static EFI_GUID root_bridge_guid = EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_GUID;

static uint64_t find_table(const EFI_SYSTEM_TABLE *system, const EFI_GUID *guid)
{
	for (UINTN i = 0; i < system->NumberOfTableEntries; i++)
		if (memcmp(&system->ConfigurationTable[i].VendorGuid, guid, sizeof(*guid)) == 0)
			return (uint64_t)system->ConfigurationTable[i].VendorTable;
	return 0;
}

/*
 * Configuration() gives ACPI resource descriptors (UEFI 14.2; ACPI 6.4.3.5.1): QWORD address space,
 * tag 8Ah, 46 bytes; resource type 2 is a bus range, minimum at 14, maximum at 22. Tag 79h ends the
 * list.
 */
#define DESCRIPTOR_QWORD 0x8a
#define DESCRIPTOR_LEN   46
#define DESCRIPTORS_MAX  32
#define RESOURCE_BUS     2

/* Bus ranges, counted even where there is no room for them. */
struct bus_ranges {
	struct handoff_root *root;
	unsigned count, capacity;
};

static void add_of_bridge(struct bus_ranges *ranges, EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *bridge)
{
	const uint8_t *at = NULL;

	if (EFI_ERROR(bridge->Configuration(bridge, (void **)&at)) || !at)
		return;
	for (unsigned i = 0; i < DESCRIPTORS_MAX && at[0] == DESCRIPTOR_QWORD;
	     i++, at += DESCRIPTOR_LEN) {
		uint64_t first = mem_le64(at + 14), last = mem_le64(at + 22);

		if (at[3] != RESOURCE_BUS || first > last || last > 255)
			continue;
		if (ranges->count < ranges->capacity)
			ranges->root[ranges->count] = (struct handoff_root){
			    .segment = (uint16_t)bridge->SegmentNumber,
			    .bus = (uint8_t)first,
			    .last = (uint8_t)last,
			};
		ranges->count++;
	}
}

static void add_of_all(struct bus_ranges *ranges, EFI_HANDLE *handles, UINTN bridges)
{
	ranges->count = 0;
	for (UINTN i = 0; i < bridges; i++) {
		EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *bridge;

		if (!EFI_ERROR(efi_services->HandleProtocol(handles[i], &root_bridge_guid,
							    (void **)&bridge)))
			add_of_bridge(ranges, bridge);
	}
}

static void take_root_bridges(struct handoff *handoff)
{
	struct bus_ranges ranges = {0};
	EFI_HANDLE *handles;
	UINTN bridges;

	if (EFI_ERROR(efi_services->LocateHandleBuffer(ByProtocol, &root_bridge_guid, NULL,
						       &bridges, &handles)))
		return;
	add_of_all(&ranges, handles, bridges);
	if (EFI_ERROR(efi_services->AllocatePool(EfiLoaderData, ranges.count * sizeof(*ranges.root),
						 (void **)&ranges.root))) {
		handoff_note(handoff, "no memory for what firmware says of PCI root bridges");
	} else {
		ranges.capacity = ranges.count;
		add_of_all(&ranges, handles, bridges);
		handoff->root = ranges.root;
		handoff->root_count =
		    ranges.count < ranges.capacity ? ranges.count : ranges.capacity;
	}
	efi_services->FreePool(handles);
}

#define ARENA_MAX (256ull << 20)
#define ARENA_MIN (2ull << 20)

/* The largest power-of-two piece that firmware can spare, below 4 GiB: fw_cfg DMA from there takes
 * one port write. */
static void take_arena(struct handoff *handoff)
{
	for (uint64_t len = ARENA_MAX; len >= ARENA_MIN; len /= 2) {
		EFI_PHYSICAL_ADDRESS at = 0xffffffff;

		if (EFI_ERROR(efi_services->AllocatePages(AllocateMaxAddress, EfiLoaderData,
							  len / EFI_PAGE_SIZE, &at)))
			continue;
		handoff->arena = (struct handoff_range){.start = at, .len = len, .ram = true};
		return;
	}
}

/* Without one the run goes on, with one processor. */
static void take_low_page(struct handoff *handoff)
{
	EFI_PHYSICAL_ADDRESS at = 0x9ffff;

	if (!EFI_ERROR(efi_services->AllocatePages(AllocateMaxAddress, EfiLoaderData, 1, &at)))
		handoff->low_page = at;
}

void efi_take_machine(const EFI_SYSTEM_TABLE *system, struct handoff *handoff)
{
	handoff->rsdp = find_table(system, &acpi2_guid);
	if (!handoff->rsdp)
		handoff->rsdp = find_table(system, &acpi1_guid);
	take_root_bridges(handoff);
	take_arena(handoff);
	take_low_page(handoff);
}
