/* Configuration mechanism 1. */
#include "pio.h"
#include "io.h"

void pio_select(struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	cfg->counts->cf8_write++;
	io_out32(PIO_CONFIG_ADDRESS,
		 PIO_ENABLE | (uint32_t)at.bus << 16 | (uint32_t)at.devfn << 8 | (reg & 0xfc));
}

uint32_t pio_data_read(struct cfg *cfg, unsigned lane, unsigned width)
{
	uint16_t port = (uint16_t)(PIO_CONFIG_DATA + lane);

	cfg->counts->cfc_read++;
	switch (width) {
	case 1:
		return io_in8(port);
	case 2:
		return io_in16(port);
	default:
		return io_in32(port);
	}
}

void pio_data_write(struct cfg *cfg, unsigned lane, unsigned width, uint32_t value)
{
	uint16_t port = (uint16_t)(PIO_CONFIG_DATA + lane);

	cfg->counts->cfc_write++;
	switch (width) {
	case 1:
		io_out8(port, (uint8_t)value);
		break;
	case 2:
		io_out16(port, (uint16_t)value);
		break;
	default:
		io_out32(port, value);
	}
}

uint32_t pio_address_read(struct cfg *cfg)
{
	cfg->counts->cf8_read++;
	return io_in32(PIO_CONFIG_ADDRESS);
}

void pio_address_write(struct cfg *cfg, uint32_t value)
{
	cfg->counts->cf8_write++;
	io_out32(PIO_CONFIG_ADDRESS, value);
}

void pio_address_write_part(struct cfg *cfg, unsigned offset, unsigned width, uint32_t value)
{
	uint16_t port = (uint16_t)(PIO_CONFIG_ADDRESS + offset);

	cfg->counts->cf8_write++;
	if (width == 1)
		io_out8(port, (uint8_t)value);
	else
		io_out16(port, (uint16_t)value);
}

/*
 * Without the latch, by what CFC says: 00:00.0 is there on every PC, the last function of the last
 * bus is not. FFFFh and 0000h are no vendors. Where nobody claims ports, both read the same:
 * all-ones, or 0 under some hypervisors.
 */
static enum pio_kind kind_without_latch(struct cfg *cfg)
{
	static const struct cfg_address first = {0, 0, 0}, last = {0, 255, 255};
	struct pio *pio = cfg->state;

	pio_select(cfg, first, 0);
	pio->id = pio_data_read(cfg, 0, 4);
	if ((pio->id & 0xffff) == 0xffff || (pio->id & 0xffff) == 0)
		return pio->latch == pio->id ? PIO_ABSENT : PIO_SILENT;
	pio_select(cfg, last, 0);
	return pio_data_read(cfg, 0, 4) == pio->id ? PIO_STUCK : PIO_NO_LATCH;
}

static bool pio_probe(struct cfg *cfg)
{
	struct pio *pio = cfg->state;

	pio->found = pio_address_read(cfg);
	pio_address_write(cfg, PIO_ENABLE);
	pio->latch = pio_address_read(cfg);
	pio->kind = pio->latch == PIO_ENABLE ? PIO_SOUND : kind_without_latch(cfg);
	pio_address_write(cfg, pio->found);
	return pio->kind == PIO_SOUND || pio->kind == PIO_NO_LATCH;
}

static bool pio_reaches(const struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	(void)cfg;
	return at.segment == 0 && reg < 0x100;
}

static uint32_t pio_read(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width)
{
	if (!pio_reaches(cfg, at, reg))
		return cfg_ones(width);
	cfg->reads++;
	pio_select(cfg, at, reg);
	return pio_data_read(cfg, reg & 3, width);
}

static void pio_write(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width,
		      uint32_t value)
{
	if (!pio_reaches(cfg, at, reg))
		return;
	cfg->writes++;
	pio_select(cfg, at, reg);
	pio_data_write(cfg, reg & 3, width, value);
}

static const struct cfg_ops pio_ops = {
    .name = "pio",
    .probe = pio_probe,
    .reaches = pio_reaches,
    .read = pio_read,
    .write = pio_write,
};

void pio_init(struct cfg *cfg, struct pio *pio, struct cfg_counts *counts)
{
	*cfg = (struct cfg){.ops = &pio_ops, .state = pio, .counts = counts};
}

void pio_restore(struct cfg *cfg)
{
	const struct pio *pio = cfg->state;

	pio_address_write(cfg, pio->found);
}
