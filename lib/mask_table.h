/*
 * The PCI BAR mask table (docs/paravirtual.md): a checked reader, and the walk and the sizing that
 * it replaces.
 *
 * The table is input from outside: nothing is read from it before mask_table_check() has gone
 * through all of it.
 */
#ifndef BAROMETER_LIB_MASK_TABLE_H
#define BAROMETER_LIB_MASK_TABLE_H

#include <stddef.h>
#include "bar.h"
#include "number.h"

#define MASK_TABLE_ITEM_LIVE     "etc/pci-bar-masks"
#define MASK_TABLE_ITEM_SNAPSHOT "opt/org.barometer/pci-bar-masks"

/*
 * Who offers a table: nobody; run.sh, one made beforehand; the hypervisor, one made with the ACPI
 * tables, or as it is read.
 */
enum mask_table_source {
	MASK_TABLE_NONE,
	MASK_TABLE_SNAPSHOT,
	MASK_TABLE_ACPI,
	MASK_TABLE_LIVE,
	MASK_TABLE_SOURCES
};

struct mask_table {
	const uint8_t *bytes;
	uint32_t len;
	uint32_t entries;
};

/*
 * Checks bytes as the specification lists it; false, after one diagnostic that names the check,
 * when it is no table to use. *needed is the table's own length when that is all that is wrong (the
 * read was too short), else 0.
 */
bool mask_table_check(struct mask_table *table, const uint8_t *bytes, size_t len, size_t *needed,
		      const struct diag *diag);

/*
 * Replaces the walk: fills map from the table alone, in table order, and raw[i] with the registers
 * of map->fn[i]. Bus numbers come from the bridges' entries, but for bridges in `given` from there:
 * what we wrote is newer than a table made before. A function behind a bridge that has no number
 * either way is reported and left out. raw holds map->capacity elements.
 */
void mask_table_walk(const struct mask_table *table, const struct numbering *given,
		     struct pci_map *map, struct bar_registers *raw, const struct diag *diag);

#endif
