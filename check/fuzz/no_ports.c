/* For targets that touch no port: any access is a finding. */
#include "fuzz.h"
#include "io.h"

uint32_t sim_port_in(uint16_t port, unsigned width)
{
	(void)port;
	(void)width;
	abort();
}

void sim_port_out(uint16_t port, unsigned width, uint32_t value)
{
	(void)port;
	(void)width;
	(void)value;
	abort();
}
