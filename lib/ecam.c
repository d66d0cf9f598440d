/* Enhanced Configuration Access Mechanism. */
#include <stddef.h>
#include "ecam.h"
#include "io.h"

#define BUS_SHIFT   20
#define DEVFN_SHIFT 12

volatile uint8_t *ecam_pointer(const struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	const struct ecam *ecam = cfg->state;
	const struct acpi_mcfg_entry *entry = acpi_mcfg_find(ecam->acpi, at.segment, at.bus);
	volatile uint8_t *base = entry ? ecam->window[entry - ecam->acpi->mcfg] : NULL;

	if (!base || reg > 0xfff)
		return NULL;
	return base + ((uint64_t)(at.bus - entry->start) << BUS_SHIFT) +
	       ((uint64_t)at.devfn << DEVFN_SHIFT) + reg;
}

static bool ecam_reaches(const struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	return ecam_pointer(cfg, at, reg) != NULL;
}

static uint32_t ecam_read(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width)
{
	volatile uint8_t *p = ecam_pointer(cfg, at, reg);

	if (!p)
		return cfg_ones(width);
	cfg->reads++;
	cfg->counts->ecam_read++;
	switch (width) {
	case 1:
		return io_mmio_read8(p);
	case 2:
		return io_mmio_read16(p);
	default:
		return io_mmio_read32(p);
	}
}

static void ecam_write(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width,
		       uint32_t value)
{
	volatile uint8_t *p = ecam_pointer(cfg, at, reg);

	if (!p)
		return;
	cfg->writes++;
	cfg->counts->ecam_write++;
	switch (width) {
	case 1:
		io_mmio_write8(p, (uint8_t)value);
		break;
	case 2:
		io_mmio_write16(p, (uint16_t)value);
		break;
	default:
		io_mmio_write32(p, value);
	}
}

/* MCFG is the statement that ECAM is there; the mechanism is usable when one of its windows could
 * be mapped. */
static bool ecam_probe(struct cfg *cfg)
{
	struct ecam *ecam = cfg->state;
	bool any = false;

	for (unsigned i = 0; i < ecam->acpi->mcfg_count; i++) {
		const struct acpi_mcfg_entry *entry = &ecam->acpi->mcfg[i];

		ecam->window[i] =
		    ecam->map(ecam->context, entry->base + ((uint64_t)entry->start << BUS_SHIFT),
			      (uint64_t)(entry->end - entry->start + 1) << BUS_SHIFT);
		any |= ecam->window[i] != NULL;
	}
	return any;
}

static const struct cfg_ops ecam_ops = {
    .name = "ecam",
    .probe = ecam_probe,
    .reaches = ecam_reaches,
    .read = ecam_read,
    .write = ecam_write,
};

void ecam_init(struct cfg *cfg, struct ecam *ecam, struct cfg_counts *counts)
{
	*cfg = (struct cfg){.ops = &ecam_ops, .state = ecam, .counts = counts};
}
