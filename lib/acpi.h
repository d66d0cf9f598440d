/*
 * The few ACPI tables that say how configuration space is reached: RSDP, XSDT or RSDT, MCFG, FADT,
 * and the DSDT where there is no MCFG (ACPI 6.4 section 5.2; PCI Firmware 3.3 section 4.1.2 for
 * MCFG); the MADT for the processors; SPCR and the PCI BAR mask table for others to read.
 *
 * Nothing in a table is believed before its length and checksum are: a table that is wrong is named
 * in a diagnostic and skipped; what remains is used. Strings handed to the diagnostic sink live
 * only during the call.
 */
#ifndef BAROMETER_LIB_ACPI_H
#define BAROMETER_LIB_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"
#include "madt.h"

/* More entries than this are reported and dropped: QEMU and VMware have one, the largest servers a
 * few dozen. */
#define ACPI_MCFG_MAX 64

/* One MCFG allocation. base is where bus 0 of the segment would be, whatever start is; bus b's
 * functions begin at base + (b << 20). start <= end. */
struct acpi_mcfg_entry {
	uint64_t base;
	uint16_t segment;
	uint8_t start, end;
};

struct acpi_pm_timer {
	uint16_t port; /* 0: none */
	bool extended; /* 32 bits wide rather than 24 (FADT flag TMR_VAL_EXT) */
};

struct acpi {
	bool found;      /* an RSDP and a root table were there and sound */
	bool mcfg_found; /* an MCFG was there, sound or not */
	bool from_cba;   /* mcfg[] comes from _CBA in the DSDT (lib/aml.h), for want of an MCFG */
	const uint8_t *mcfg_table; /* the whole MCFG once its checksum is right, else NULL */
	uint32_t mcfg_len;         /* of that, bytes */
	const uint8_t *spcr;       /* likewise, the SPCR (lib/spcr.h) */
	uint32_t spcr_len;         /* of that, bytes */
	const uint8_t *masks;      /* what a sound OEMP holds (docs/paravirtual.md), or NULL */
	uint32_t masks_len;        /* of that, bytes; what is in it is unchecked */
	unsigned tables;           /* sound tables under the root table */
	unsigned bad;              /* tables or entries found wrong and skipped */
	struct acpi_mcfg_entry mcfg[ACPI_MCFG_MAX];
	unsigned mcfg_count;
	struct acpi_pm_timer pm_timer;
	const uint8_t *fadt; /* the whole FADT, sound, or NULL: lib/acpi_power.h reads on */
	uint32_t fadt_len;   /* of that, bytes */
	uint64_t dsdt;       /* as the FADT says, physical; 0: not known */
	char oem[7];         /* OEM ID of a sound RSDP, blanks at the end included */
	struct madt madt;
	unsigned address_bits; /* that the processor has for physical addresses */
};

/* Gives len readable bytes at a physical address, or NULL where there is no memory to read. */
typedef const void *(*acpi_map_fn)(void *context, uint64_t physical, size_t len);

/*
 * rsdp is a physical address; 0 means that firmware gave none, which is reported as such.
 * address_bits is the processor's MAXPHYADDR: nothing can be beyond.
 */
void acpi_parse(struct acpi *acpi, uint64_t rsdp, unsigned address_bits, acpi_map_fn map,
		void *context, const struct diag *diag);

/* One sound table and its length, or NULL; says nothing. */
const uint8_t *acpi_table(uint64_t physical, acpi_map_fn map, void *context, uint32_t *len);

/*
 * The first sound RSDP where a BIOS has it: in the first KiB of the EBDA, or from e0000h to fffffh,
 * on a 16-byte boundary (ACPI 6.4 section 5.2.5.1). 0: there is none.
 */
uint64_t acpi_find_rsdp(acpi_map_fn map, void *context);

/* The entry that holds a bus of a segment, or NULL. */
const struct acpi_mcfg_entry *acpi_mcfg_find(const struct acpi *acpi, uint16_t segment,
					     uint8_t bus);

#endif
