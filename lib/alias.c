/* Telling an alias by a write. */
#include "alias.h"

/* PCI 3.0, 6.2.1 and 6.2.4. */
#define CACHE_LINE     0x0c
#define INTERRUPT_LINE 0x3c

static uint8_t put(struct cfg *cfg, struct cfg_address at, unsigned reg, uint8_t value)
{
	cfg_write(cfg, at, reg, 1, value);
	return cfg_read8(cfg, at, reg);
}

enum answer { SAME, DIFFERENT, CANNOT_TELL };

/* Two values: one alone may be there by chance. */
static enum answer ask(struct cfg *cfg, struct cfg_address at, struct cfg_address other,
		       unsigned reg)
{
	uint8_t before = cfg_read8(cfg, at, reg);
	enum answer answer = SAME;

	for (unsigned i = 0; i < 2 && answer == SAME; i++) {
		uint8_t value = (uint8_t)(before ^ (i ? 0x0f : 0xf0));

		if (put(cfg, at, reg, value) != value)
			answer = CANNOT_TELL;
		else if (cfg_read8(cfg, other, reg) != value)
			answer = DIFFERENT;
	}
	cfg_write(cfg, at, reg, 1, before);
	return answer;
}

static enum answer compare(struct cfg *cfg, struct cfg_address at, struct cfg_address other)
{
	enum answer answer = ask(cfg, at, other, INTERRUPT_LINE);

	return answer == CANNOT_TELL ? ask(cfg, at, other, CACHE_LINE) : answer;
}

bool alias_bus(struct cfg *cfg, uint16_t segment, uint8_t bus, uint8_t other)
{
	struct pci_bus_walk on = {.segment = segment, .bus = bus};
	struct pci_function fn;

	while (pci_bus_next(cfg, &on, &fn)) {
		struct cfg_address there = fn.at;
		enum answer answer;

		there.bus = other;
		if (cfg_read32(cfg, there, PCI_ID) != fn.id)
			return false;
		answer = compare(cfg, fn.at, there);
		if (answer != CANNOT_TELL)
			return answer == SAME;
	}
	return false;
}
