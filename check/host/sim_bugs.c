/* The seeded bugs, family by family. */
#include <stdlib.h>
#include <string.h>
#include "sim_bugs.h"

static const struct family {
	const struct sim_bug_table *table;
	const char *title;
} families[] = {
    {&sim_bugs_access, "ports, ECAM and what they reach"},
    {&sim_bugs_bits, "bits that must hold, and bits that must not"},
    {&sim_bugs_distance, "side effects somewhere else, buses that nothing leads to"},
    {&sim_bugs_fields, "capabilities and bridges: what takes no writes, what only clears"},
    {&sim_bugs_first, "first reads of a function"},
    {&sim_bugs_holds, "messages, error masks, bridges: what takes writes"},
    {&sim_bugs_lanes, "lanes and widths of reads"},
    {&sim_bugs_memory, "memory behind BARs"},
    {&sim_bugs_parts, "widths of writes, ends of extended space"},
    {&sim_bugs_registers, "a function's header and BARs"},
    {&sim_bugs_tables, "ACPI tables, the mask table, whole machines"},
    {&sim_bugs_vcpus, "two vCPUs"},
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

const struct sim_bug sim_no_bug = {.name = "none"};

const struct sim_bug *sim_bug_at(unsigned index)
{
	for (unsigned i = 0; i < FAMILIES; i++) {
		if (index < families[i].table->count)
			return &families[i].table->bug[index];
		index -= families[i].table->count;
	}
	return NULL;
}

const char *sim_bug_family(unsigned index, const struct sim_bug_table **table)
{
	if (index >= FAMILIES)
		return NULL;
	*table = families[index].table;
	return families[index].title;
}

const struct sim_bug *sim_bug_named(const char *name)
{
	const struct sim_bug *bug;

	for (unsigned i = 0; (bug = sim_bug_at(i)); i++)
		if (strcmp(bug->name, name) == 0)
			return bug;
	abort();
}
