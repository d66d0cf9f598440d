/*
 * lib/io.h on the host: the same names, answered by the simulated machine.
 *
 * Given to the compiler with -include, because a quoted include looks beside the including file
 * first: this defines the guard of lib/io.h, which makes the real one empty.
 */
#ifndef BAROMETER_LIB_IO_H
#define BAROMETER_LIB_IO_H

#include <stdint.h>

uint32_t sim_port_in(uint16_t port, unsigned width);
void sim_port_out(uint16_t port, unsigned width, uint32_t value);
uint32_t sim_mmio_read(const volatile void *address, unsigned width);
void sim_mmio_write(volatile void *address, unsigned width, uint32_t value);

static inline uint8_t io_in8(uint16_t port)
{
	return (uint8_t)sim_port_in(port, 1);
}

static inline uint16_t io_in16(uint16_t port)
{
	return (uint16_t)sim_port_in(port, 2);
}

static inline uint32_t io_in32(uint16_t port)
{
	return sim_port_in(port, 4);
}

static inline void io_out8(uint16_t port, uint8_t value)
{
	sim_port_out(port, 1, value);
}

static inline void io_out16(uint16_t port, uint16_t value)
{
	sim_port_out(port, 2, value);
}

static inline void io_out32(uint16_t port, uint32_t value)
{
	sim_port_out(port, 4, value);
}

static inline uint8_t io_mmio_read8(const volatile void *address)
{
	return (uint8_t)sim_mmio_read(address, 1);
}

static inline uint16_t io_mmio_read16(const volatile void *address)
{
	return (uint16_t)sim_mmio_read(address, 2);
}

static inline uint32_t io_mmio_read32(const volatile void *address)
{
	return sim_mmio_read(address, 4);
}

static inline void io_mmio_write8(volatile void *address, uint8_t value)
{
	sim_mmio_write(address, 1, value);
}

static inline void io_mmio_write16(volatile void *address, uint16_t value)
{
	sim_mmio_write(address, 2, value);
}

static inline void io_mmio_write32(volatile void *address, uint32_t value)
{
	sim_mmio_write(address, 4, value);
}

#endif
