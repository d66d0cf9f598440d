/* Ending the machine. */
#include "power.h"
#include "io.h"
#include "text.h"
#include "tsc.h"
#include "xen.h"

#define DEBUG_EXIT     0xf4
#define BOCHS_SHUTDOWN 0x8900
#define RESET_CONTROL  0xcf9 /* PCI reset register of every chipset since PIIX3 */
#define RESET_HARD     0x06
#define KEYBOARD       0x64
#define KEYBOARD_RESET 0xfe

/* What a step may take before the next one: a tenth of a second at 4 GHz. */
#define WAIT_CYCLES    400000000ull

struct power_machine power_machine;

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

static void wait(void)
{
	uint64_t start = tsc_read();

	while (tsc_read() - start < WAIT_CYCLES)
		__asm__ volatile("pause");
}

static void write8(const struct acpi_register *r, uint8_t value)
{
	volatile uint8_t *at;

	if (r->is_port) {
		io_out8((uint16_t)r->address, value);
		return;
	}
	at = power_machine.map(power_machine.context, r->address, 1);
	if (at)
		io_mmio_write8(at, value);
}

static void debug_exit(unsigned value)
{
	io_out32(DEBUG_EXIT, value);
}

static void sleep_control(unsigned value)
{
	(void)value;
	write8(&power_machine.acpi.sleep_control, ACPI_SLEEP(power_machine.acpi.type[0]));
}

/* The type goes out a write before the bit that makes it so (ACPI 6.4, 16.1.7). */
static void pm1_write(unsigned enable)
{
	const struct acpi_power *acpi = &power_machine.acpi;

	for (unsigned i = 0; i < 2; i++) {
		uint16_t port = acpi->pm1_control[i];

		if (port)
			io_out16(port, (uint16_t)((io_in16(port) &
						   ~(ACPI_PM1_TYPE_MASK | ACPI_PM1_ENABLE)) |
						  ACPI_PM1_TYPE(acpi->type[i]) | enable));
	}
}

static void pm1_control(unsigned value)
{
	(void)value;
	pm1_write(0);
	pm1_write(ACPI_PM1_ENABLE);
}

/* Some take it in ACPI mode only, which firmware may still have to switch to (4.8.2.5). */
static void pm1_control_after_enable(unsigned value)
{
	io_out8(power_machine.acpi.smi_command, power_machine.acpi.acpi_enable);
	wait();
	pm1_control(value);
}

static void xen_power_off(unsigned value)
{
	(void)value;
	xen_shutdown();
}

static void bochs(unsigned value)
{
	(void)value;
	for (const char *c = "Shutdown"; *c; c++)
		io_out8(BOCHS_SHUTDOWN, (uint8_t)*c);
}

static void keyboard_reset(unsigned value)
{
	(void)value;
	io_out8(KEYBOARD, KEYBOARD_RESET);
}

static void reset_register(unsigned value)
{
	(void)value;
	write8(&power_machine.acpi.reset, power_machine.acpi.reset_value);
}

static void reset_control(unsigned value)
{
	(void)value;
	io_out8(RESET_CONTROL, RESET_HARD & ~4);
	io_out8(RESET_CONTROL, RESET_HARD);
}

/*
 * An exception without a table of handlers. The table is found and not replaced, which CPL 3 may
 * do.
 */
static void triple_fault(unsigned value)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} idt;

	(void)value;
	__asm__ volatile("sidt %0" : "=m"(idt));
	for (unsigned i = 0; i <= idt.limit; i++)
		((volatile uint8_t *)idt.base)[i] = 0;
	__asm__ volatile("int3");
}

struct step {
	const char *name;
	void (*take)(unsigned value);
};

#define STEPS_MAX 8

struct steps {
	struct step step[STEPS_MAX];
	unsigned count;
};

static void add(struct steps *steps, bool wanted, const char *name, void (*take)(unsigned value))
{
	if (wanted)
		steps->step[steps->count++] = (struct step){name, take};
}

static void add_power_off(struct steps *steps)
{
	const struct power_machine *m = &power_machine;
	bool soft_off = m->acpi.soft_off, pm1 = soft_off && m->acpi.pm1_control[0];

	add(steps, soft_off && m->acpi.sleep_control.address, "S5 by SLEEP_CONTROL", sleep_control);
	add(steps, pm1, "S5 by PM1_CNT", pm1_control);
	add(steps, pm1 && m->acpi.smi_command && m->acpi.acpi_enable, "the same in ACPI mode",
	    pm1_control_after_enable);
	add(steps, xen_present(), "Xen's shutdown hypercall", xen_power_off);
	add(steps, m->vmm == VMM_BOCHS, "Bochs's port 8900h", bochs);
	/* A reset is the end of these, and not a start. */
	add(steps, m->vmm == VMM_FIRECRACKER || m->vmm == VMM_KVMTOOL, "i8042 reset",
	    keyboard_reset);
}

/* Without a hypervisor port F4h belongs to whatever the board put there. */
bool power_tells(enum options_exit how)
{
	return how == OPTIONS_EXIT_DEBUG || (how == OPTIONS_EXIT_AUTO && power_machine.virtual);
}

static struct steps steps_of(enum options_exit how)
{
	const struct power_machine *m = &power_machine;
	struct steps steps = {.count = 0};

	add(&steps, power_tells(how), "port F4h", debug_exit);
	if (how == OPTIONS_EXIT_OFF || (how == OPTIONS_EXIT_AUTO && m->virtual && m->delivered))
		add_power_off(&steps);
	if (how == OPTIONS_EXIT_RESET) {
		add(&steps, m->acpi.reset.address, "RESET_REG", reset_register);
		add(&steps, true, "port CF9h", reset_control);
		add(&steps, true, "i8042 reset", keyboard_reset);
		add(&steps, true, "triple fault", triple_fault);
	}
	return steps;
}

const char *power_plan(enum options_exit how)
{
	static char text[160];
	struct steps steps = steps_of(how);
	size_t len = 0;

	for (unsigned i = 0; i < steps.count && len < sizeof(text); i++)
		len += text_format(text + len, sizeof(text) - len, "%s, ", steps.step[i].name);
	if (len < sizeof(text))
		text_format(text + len, sizeof(text) - len, "halt");
	return text;
}

_Noreturn void power_off(enum options_exit how, unsigned value)
{
	struct steps steps = steps_of(how);

	ended = true;
	for (unsigned i = 0; i < steps.count; i++) {
		steps.step[i].take(value);
		wait();
	}
	power_halt();
}
