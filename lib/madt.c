/* Processors in the MADT. */
#include "madt.h"
#include "mem.h"

#define ENTRIES_AT     44 /* after the header, the local APIC's address and flags */

#define LOCAL_APIC     0
#define LOCAL_APIC_LEN 8
#define X2APIC         9
#define X2APIC_LEN     16

#define ENABLED        0x1u
#define ONLINE_CAPABLE 0x2u

/* Every APIC takes these for its own: no processor can have one. */
#define ALL_XAPICS     0xffu
#define ALL_X2APICS    0xffffffffu

static void add(struct madt *madt, uint32_t id)
{
	for (unsigned i = 0; i < madt->count; i++)
		if (madt->apic_id[i] == id)
			return;
	if (madt->count == MADT_PROCESSORS_MAX)
		madt->more++;
	else
		madt->apic_id[madt->count++] = id;
}

unsigned madt_parse(struct madt *madt, const uint8_t *table, uint32_t len, const struct diag *diag)
{
	uint32_t at = ENTRIES_AT;
	unsigned bad = 0;

	*madt = (struct madt){.found = true};
	for (uint8_t size; at + 2 <= len; at += size) {
		const uint8_t *entry = table + at;
		uint32_t id, flags, none;

		size = entry[1];
		if (size < 2 || size > len - at) {
			diag_say(diag, "acpi: MADT entry at %u has length %u of %u left", at, size,
				 len - at);
			return bad + 1;
		}
		if (entry[0] == LOCAL_APIC && size >= LOCAL_APIC_LEN) {
			id = entry[3];
			flags = mem_le32(entry + 4);
			none = ALL_XAPICS;
		} else if (entry[0] == X2APIC && size >= X2APIC_LEN) {
			id = mem_le32(entry + 4);
			flags = mem_le32(entry + 8);
			none = ALL_X2APICS;
		} else {
			if (entry[0] == LOCAL_APIC || entry[0] == X2APIC) {
				diag_say(diag, "acpi: MADT entry at %u, type %u, has length %u", at,
					 entry[0], size);
				bad++;
			}
			continue;
		}
		if ((flags & (ENABLED | ONLINE_CAPABLE)) && id != none)
			add(madt, id);
	}
	if (at != len) {
		diag_say(diag, "acpi: MADT of length %u ends in the middle of an entry", len);
		bad++;
	}
	return bad;
}
