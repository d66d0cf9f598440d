/* The firmware tables that say where configuration space is. */
#include "session.h"
#include "test.h"

/* The parser has named each fault in the log already, when the kernel read the tables. */
static void tables(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;

	(void)test;
	if (!acpi->found && !acpi->bad) {
		session_skip(s, "firmware gives no ACPI tables");
		return;
	}
	if (acpi->bad)
		session_fail(
		    s,
		    "%u faults in RSDP, root table, MCFG or FADT (named at the start of the log)",
		    acpi->bad);
	report_note(s->report, "%u sound tables, %u ECAM windows%s", acpi->tables, acpi->mcfg_count,
		    acpi->from_cba ? " (from _CBA in the DSDT)" : "");
	session_pass(s);
}

TEST(.name = "acpi.tables", .run = tables, .flags = TEST_NO_PCI);
