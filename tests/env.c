/* The environment of a run. */
#include "env.h"

static void mcfg_report(struct report *r, const struct acpi *acpi)
{
	report_array(r, "mcfg");
	for (unsigned i = 0; i < acpi->mcfg_count; i++) {
		const struct acpi_mcfg_entry *e = &acpi->mcfg[i];

		report_object(r, NULL);
		report_number(r, "segment", e->segment);
		report_number(r, "start", e->start);
		report_number(r, "end", e->end);
		report_hex(r, "base", e->base, 8);
		report_object_end(r);
	}
	report_array_end(r);
}

static void roots_report(struct report *r, const struct pci_roots *roots)
{
	report_array(r, "roots");
	for (unsigned i = 0; i < roots->count; i++) {
		report_object(r, NULL);
		report_number(r, "segment", roots->root[i].segment);
		report_number(r, "bus", roots->root[i].bus);
		report_object_end(r);
	}
	report_array_end(r);
}

static void hypervisors_report(struct report *r, const struct hypervisor *h)
{
	report_array(r, "hypervisors");
	for (unsigned i = 0; i < h->count; i++)
		report_string(r, NULL, h->by[i].name);
	report_array_end(r);
}

void env_report(struct session *s)
{
	static const char *const table_names[] = {[MASK_TABLE_NONE] = "none",
						  [MASK_TABLE_SNAPSHOT] = "opt",
						  [MASK_TABLE_ACPI] = "acpi",
						  [MASK_TABLE_LIVE] = "etc"};
	const struct platform *p = s->platform;
	struct report *r = s->report;

	report_open(r, "env");
	report_number(r, "schema", REPORT_SCHEMA);
	report_string(r, "version", BAROMETER_VERSION);
	report_string(r, "boot", p->boot);
	report_string(r, "hypervisor", hypervisor_name(&p->hypervisor));
	report_bool(r, "emulated", p->emulated);
	report_number(r, "cpl", p->cpl);
	report_number(r, "tsc_khz", p->tsc_khz);
	report_string(r, "tsc_source", p->tsc_source);
	mcfg_report(r, p->acpi);
	report_string(r, "ecam_source",
		      !p->acpi->mcfg_count ? "none"
		      : p->acpi->from_cba  ? "dsdt-cba"
					   : "mcfg");
	report_string(r, "paravirtual", table_names[s->found.table]);
	report_string(r, "ecam_reads", s->found.ecam_reads);
	report_string(r, "cpl_reason", p->cpl_reason);
	report_bool(r, "pio", s->found.usable[PATH_PIO]);
	roots_report(r, &s->found.roots);
	hypervisors_report(r, &p->hypervisor);
	report_string(r, "vmm", vmm_name(s->found.vmm));
	report_string(r, "lfence", p->lfence);
	report_string(r, "console", p->console);
	report_number(r, "bridges_numbered", s->found.numbering.given.count);
	report_number(r, "vcpus", p->vcpus);
	report_close(r);
	if (p->emulated)
		report_note(r, "the CPU is emulated: counts are exact, cycles are the emulator's");
}
