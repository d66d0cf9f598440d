/* FADT and \_S5 to registers and values. */
#include "acpi_power.h"
#include "aml.h"
#include "mem.h"

/* Offsets in the FADT (ACPI 6.4, table 5.9). */
#define SMI_CMD          48
#define ACPI_ENABLE      52
#define PM1A_CNT         64
#define PM1B_CNT         68
#define FLAGS            112
#define RESET_REG        116
#define RESET_VALUE      128
#define X_PM1A_CNT       172
#define X_PM1B_CNT       184
#define SLEEP_CONTROL    244

#define FLAG_RESET       (1u << 10)
#define FLAG_REDUCED     (1u << 20)

#define GENERIC_LEN      12 /* a generic address structure (5.2.3.2) */
#define SPACE_MEMORY     0
#define SPACE_IO         1
#define TABLE_HEADER_LEN 36

static uint32_t field32(const struct acpi *acpi, unsigned at)
{
	return acpi->fadt_len >= at + 4 ? mem_le32(acpi->fadt + at) : 0;
}

static struct acpi_register generic(const struct acpi *acpi, unsigned at)
{
	struct acpi_register none = {0}, r;
	const uint8_t *g = acpi->fadt + at;

	if (acpi->fadt_len < at + GENERIC_LEN || (g[0] != SPACE_MEMORY && g[0] != SPACE_IO))
		return none;
	r = (struct acpi_register){mem_le64(g + 4), g[0] == SPACE_IO};
	return r.is_port && r.address > 0xffff ? none : r;
}

/* The extended field wins where it is an I/O address. */
static uint16_t pm1_control(const struct acpi *acpi, unsigned extended, unsigned plain)
{
	struct acpi_register r = generic(acpi, extended);
	uint64_t port = r.is_port && r.address ? r.address : field32(acpi, plain);

	return port <= 0xfffe ? (uint16_t)port : 0;
}

static void find_soft_off(struct acpi_power *power, const struct acpi *acpi, acpi_map_fn map,
			  void *context)
{
	uint32_t len;
	const uint8_t *dsdt = acpi_table(acpi->dsdt, map, context, &len);

	power->soft_off =
	    dsdt && memcmp(dsdt, "DSDT", 4) == 0 &&
	    aml_soft_off(dsdt + TABLE_HEADER_LEN, len - TABLE_HEADER_LEN, power->type) &&
	    power->type[0] < 8 && power->type[1] < 8;
}

void acpi_power_find(struct acpi_power *power, const struct acpi *acpi, acpi_map_fn map,
		     void *context)
{
	uint32_t flags, smi;

	*power = (struct acpi_power){0};
	if (!acpi->fadt)
		return;
	flags = field32(acpi, FLAGS);
	if (flags & FLAG_RESET && acpi->fadt_len > RESET_VALUE) {
		power->reset = generic(acpi, RESET_REG);
		power->reset_value = acpi->fadt[RESET_VALUE];
	}
	if (flags & FLAG_REDUCED) {
		power->sleep_control = generic(acpi, SLEEP_CONTROL);
	} else {
		power->pm1_control[0] = pm1_control(acpi, X_PM1A_CNT, PM1A_CNT);
		power->pm1_control[1] = pm1_control(acpi, X_PM1B_CNT, PM1B_CNT);
		smi = field32(acpi, SMI_CMD);
		power->smi_command = smi <= 0xffff ? (uint16_t)smi : 0;
		power->acpi_enable = acpi->fadt_len > ACPI_ENABLE ? acpi->fadt[ACPI_ENABLE] : 0;
	}
	find_soft_off(power, acpi, map, context);
}
