/*
 * Physical memory with ACPI tables in it. What the parser maps is a copy of exactly the bytes that
 * it asked for, so that the address sanitizer sees a read of one byte more.
 */
#ifndef BAROMETER_CHECK_HOST_SIM_ACPI_H
#define BAROMETER_CHECK_HOST_SIM_ACPI_H

#include <stddef.h>
#include <stdint.h>

/* Where sim_acpi_build() puts things. */
#define SIM_RSDP  0xf0000u
#define SIM_XSDT  0x7ff00000u
#define SIM_RSDT  0x7ff01000u
#define SIM_MCFG  0x7ff02000u
#define SIM_FADT  0x7ff04000u
#define SIM_MASKS 0x7fe00000u /* sim_acpi_add_masks() */

struct sim_mcfg {
	uint64_t base;
	uint16_t segment;
	uint8_t start, end;
};

/* Forgets all memory. */
void sim_memory_reset(void);
/* len zeroed bytes of memory at a physical address. */
uint8_t *sim_memory(uint64_t physical, size_t len);
/* The bytes at a physical address that some call above made. */
uint8_t *sim_memory_at(uint64_t physical);
/* Shortens or unmaps (len 0) the memory that starts at a physical address. */
void sim_memory_cut(uint64_t physical, size_t len);
/* acpi_map_fn */
const void *sim_memory_map(void *context, uint64_t physical, size_t len);

void sim_put(uint8_t *to, unsigned width, uint64_t value);
/* Writes the header of a table and its checksum. */
void sim_table(uint64_t physical, const char *signature, uint32_t len);
/* Makes a table's checksum right over the length that it states. */
void sim_table_seal(uint64_t physical);
void sim_rsdp_seal(void);

/* Sound tables: RSDP of a revision (0: RSDT only; 2: both), XSDT and RSDT that list MCFG and FADT,
 * PM timer at 0x608. */
void sim_acpi_build(unsigned revision, const struct sim_mcfg *entries, unsigned count);

/* One more in the XSDT: a PCI BAR mask table of len bytes. */
void sim_acpi_add_masks(const uint8_t *bytes, size_t len);

#endif
