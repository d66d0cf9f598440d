/* For targets that touch no device memory: any access is a finding. */
#include "fuzz.h"
#include "io.h"

uint32_t sim_mmio_read(const volatile void *address, unsigned width)
{
	(void)address;
	(void)width;
	abort();
}

void sim_mmio_write(volatile void *address, unsigned width, uint32_t value)
{
	(void)address;
	(void)width;
	(void)value;
	abort();
}
