/* The seeded bugs, family by family. */
#include <stdlib.h>
#include <string.h>
#include "sim_bugs.h"

static const struct sim_bug_table *const tables[] = {
    &sim_bugs_access, &sim_bugs_bits,      &sim_bugs_distance, &sim_bugs_fields,
    &sim_bugs_first,  &sim_bugs_holds,     &sim_bugs_lanes,    &sim_bugs_memory,
    &sim_bugs_parts,  &sim_bugs_registers, &sim_bugs_tables,   &sim_bugs_vcpus,
};

const struct sim_bug sim_no_bug = {.name = "none"};

const struct sim_bug *sim_bug_at(unsigned index)
{
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (index < tables[i]->count)
			return &tables[i]->bug[index];
		index -= tables[i]->count;
	}
	return NULL;
}

const struct sim_bug *sim_bug_named(const char *name)
{
	const struct sim_bug *bug;

	for (unsigned i = 0; (bug = sim_bug_at(i)); i++)
		if (strcmp(bug->name, name) == 0)
			return bug;
	abort();
}
