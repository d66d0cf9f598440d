/*
 * The only instructions in lib/ that reach outside memory: port I/O and memory-mapped I/O.
 *
 * Every back end goes through these, so the host tests replace this one file (check/host/io.h) and
 * run the same back ends against a simulated machine.
 *
 * MMIO moves go through al/ax/eax only: AMD's family 10h BKDG (section 2.11) requires it of ECAM
 * accesses, and a hypervisor's instruction emulator is sure to decode them.
 */
#ifndef BAROMETER_LIB_IO_H
#define BAROMETER_LIB_IO_H

#include <stdint.h>

static inline uint8_t io_in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t io_in16(uint16_t port)
{
	uint16_t value;
	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t io_in32(uint16_t port)
{
	uint32_t value;
	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void io_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void io_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void io_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t io_mmio_read8(const volatile void *address)
{
	uint8_t value;
	__asm__ volatile("movb (%1), %0" : "=a"(value) : "r"(address) : "memory");
	return value;
}

static inline uint16_t io_mmio_read16(const volatile void *address)
{
	uint16_t value;
	__asm__ volatile("movw (%1), %0" : "=a"(value) : "r"(address) : "memory");
	return value;
}

static inline uint32_t io_mmio_read32(const volatile void *address)
{
	uint32_t value;
	__asm__ volatile("movl (%1), %0" : "=a"(value) : "r"(address) : "memory");
	return value;
}

static inline void io_mmio_write8(volatile void *address, uint8_t value)
{
	__asm__ volatile("movb %0, (%1)" : : "a"(value), "r"(address) : "memory");
}

static inline void io_mmio_write16(volatile void *address, uint16_t value)
{
	__asm__ volatile("movw %0, (%1)" : : "a"(value), "r"(address) : "memory");
}

static inline void io_mmio_write32(volatile void *address, uint32_t value)
{
	__asm__ volatile("movl %0, (%1)" : : "a"(value), "r"(address) : "memory");
}

#endif
