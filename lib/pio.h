/*
 * Configuration mechanism 1: CONFIG_ADDRESS at port CF8h, CONFIG_DATA at CFCh (PCI Local Bus 3.0,
 * 3.2.2.3.2). Reaches segment 0, all 256 buses, registers 0 to FFh.
 */
#ifndef BAROMETER_LIB_PIO_H
#define BAROMETER_LIB_PIO_H

#include "cfg.h"

#define PIO_CONFIG_ADDRESS 0xcf8
#define PIO_CONFIG_DATA    0xcfc
#define PIO_ENABLE         0x80000000u

/*
 * What is behind the ports. CF8 that reads back what was written is how every operating system
 * tells that the mechanism is there. Where it does not, CFC is asked all the same: a mechanism that
 * answers is there and wrong, which is no reason to leave it out.
 */
enum pio_kind {
	PIO_ABSENT, /* both ports read the same, as ports do that nobody claims */
	PIO_SOUND,
	PIO_NO_LATCH, /* CF8 does not read back, but CFC answers as it was told to */
	PIO_STUCK,    /* CFC answers, and the same whatever CF8 was told: nothing can be reached */
	PIO_SILENT,   /* somebody answers at CF8, and CFC shows no function */
};

struct pio {
	enum pio_kind kind;
	uint32_t found; /* what CF8 held when the path was probed; pio_restore() puts it back */
	uint32_t latch; /* what it read after PIO_ENABLE was written */
	uint32_t id;    /* what CFC reads for 00:00.0, when CF8 did not read back */
};

void pio_init(struct cfg *cfg, struct pio *pio, struct cfg_counts *counts);

/* Leaves CF8 as the probe found it. A run that probed the path ends with this. */
void pio_restore(struct cfg *cfg);

/*
 * CONFIG_ADDRESS itself, for checking how it behaves. An ordinary dword, and a smaller write at
 * CF8h + offset, which a host bridge passes on as an ordinary I/O access (3.2.2.3.2). Nothing may
 * be written to CF9h alone: that is the reset control register of PC chipsets.
 */
uint32_t pio_address_read(struct cfg *cfg);
void pio_address_write(struct cfg *cfg, uint32_t value);
void pio_address_write_part(struct cfg *cfg, unsigned offset, unsigned width, uint32_t value);

/* The two halves of an access, which have costs of their own. reg selects a dword; the byte lane
 * is CONFIG_DATA + reg % 4. */
void pio_select(struct cfg *cfg, struct cfg_address at, unsigned reg);
uint32_t pio_data_read(struct cfg *cfg, unsigned lane, unsigned width);
void pio_data_write(struct cfg *cfg, unsigned lane, unsigned width, uint32_t value);

#endif
