/*
 * Seeded bugs, each seen in a hypervisor or firmware, or one step from it; and changes that the
 * specification allows, which must not be held against anyone.
 *
 * A bug is one entry in the table of its family (sim_bugs_*.c), beside the hooks that make it: what
 * it is called, where it sits, which rules fail of it. A new family is a file with a table, named
 * in sim_bugs.c.
 */
#ifndef BAROMETER_CHECK_HOST_SIM_BUGS_H
#define BAROMETER_CHECK_HOST_SIM_BUGS_H

#include <string.h>
#include "sim.h"

#define SIM_BUG_RULES_MAX 16

/*
 * What a bug changes; any subset. A hook that returns true has dealt with the access and ends it.
 */
struct sim_bug {
	const char *name;
	bool (*port)(struct sim_port *p);          /* before ports are decoded */
	void (*port_answered)(struct sim_port *p); /* after */
	bool (*decoded)(struct sim_access *a);     /* before routing; may change where it goes */
	/* After; fn NULL: nothing was there. */
	void (*answered)(struct sim_access *a, const struct sim_fn *fn);
	bool (*fn_write)(struct sim_fn *fn, struct sim_access *a);
	void (*fn_read)(struct sim_fn *fn, struct sim_access *a);
	void (*machine)(void); /* once it is built */
	void (*tables)(void);  /* once the ACPI tables are built */
	/* Once the mask table is generated; returns its length. */
	uint32_t (*mask_table)(uint8_t *table, uint32_t len);
	/* Exactly the rules that fail, and what the first line of each must hold; none: it is
	 * legal. */
	struct {
		const char *id, *says;
	} fails[SIM_BUG_RULES_MAX];
};

struct sim_bug_table {
	const struct sim_bug *bug;
	unsigned count;
};

extern const struct sim_bug_table sim_bugs_access, sim_bugs_bits, sim_bugs_distance,
    sim_bugs_fields, sim_bugs_first, sim_bugs_holds, sim_bugs_lanes, sim_bugs_memory,
    sim_bugs_parts, sim_bugs_registers, sim_bugs_tables, sim_bugs_vcpus;

/* What sim.bug is on a sound machine. */
extern const struct sim_bug sim_no_bug;

/* All of them, from 0 on; NULL after the last. */
const struct sim_bug *sim_bug_at(unsigned index);

/* What the bugs of a family are about, and its table; NULL after the last. */
const char *sim_bug_family(unsigned index, const struct sim_bug_table **table);

/* By its name; there must be one. */
const struct sim_bug *sim_bug_named(const char *name);

/* For bugs that no hook can make. */
static inline bool sim_bug_is(const char *name)
{
	return strcmp(sim.bug->name, name) == 0;
}

#endif
