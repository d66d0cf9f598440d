/* Ending the machine. */
#include "power.h"
#include "cpu.h"
#include "io.h"

#define DEBUG_EXIT     0xf4
#define RESET_CONTROL  0xcf9 /* PCI reset register of every chipset since PIIX3 */
#define RESET_HARD     0x06
#define KEYBOARD       0x64
#define KEYBOARD_RESET 0xfe

static volatile bool ended;

bool power_ended(void)
{
	return ended;
}

/* Interrupts are off. At CPL 3 HLT is a general protection fault, whose handler halts in ring 0. */
_Noreturn void power_halt(void)
{
	for (;;)
		__asm__ volatile("hlt");
}

static void reset(void)
{
	io_out8(RESET_CONTROL, RESET_HARD & ~4);
	io_out8(RESET_CONTROL, RESET_HARD);
	io_out8(KEYBOARD, KEYBOARD_RESET);
}

_Noreturn void power_off(enum options_exit how, unsigned value)
{
	struct hypervisor hypervisor;

	ended = true;
	cpu_hypervisor(&hypervisor);
	/* Without a hypervisor port F4h belongs to whatever the board put there. */
	if (how == OPTIONS_EXIT_DEBUG || (how == OPTIONS_EXIT_AUTO && hypervisor.count))
		io_out32(DEBUG_EXIT, value);
	if (how == OPTIONS_EXIT_RESET)
		reset();
	power_halt();
}
