/*
 * How configuration space is reached here, found once before any test: the mechanisms, the mask
 * table, root buses, and the numbers that we gave to bridges.
 */
#ifndef BAROMETER_TESTS_DISCOVERY_H
#define BAROMETER_TESTS_DISCOVERY_H

#include "ecam.h"
#include "first.h"
#include "fwcfg.h"
#include "mask_table.h"
#include "number.h"
#include "pio.h"
#include "vmm.h"

struct session;

enum discovery_path { PATH_PIO, PATH_ECAM, PATHS };
extern const char *const discovery_path_names[PATHS];

struct discovery {
	struct pio pio;
	struct ecam ecam;
	struct cfg path[PATHS];
	bool usable[PATHS];
	/* The same for whoever may be the first to ask for a function: what it read is kept. */
	struct cfg walk[PATHS];
	struct first_reads first[PATHS];
	const char *ecam_reads; /* as direct_summary() has it */

	struct fwcfg fwcfg;
	enum mask_table_source table;
	struct fwcfg_item table_item; /* where it is in fw_cfg */
	const char *table_unsound;    /* what offers one that cannot be used; NULL: nothing */
	struct fwcfg_item extra_roots_item;
	struct fwcfg_item record_item; /* the user's own record of a boot */
	enum vmm vmm;

	struct pci_roots roots;
	struct numbering numbering;
};

/* Fills session->found: all accesses that come before any test. */
void discovery_run(struct session *session);

/*
 * Reads and checks the mask table: one call, or two when it has grown; none where it is an ACPI
 * table. False after a diagnostic.
 */
bool discovery_read_table(struct session *session, struct mask_table *table);

/* The path that reaches a function: ECAM where it does, else ports. */
struct cfg *discovery_best_path(struct session *session, struct cfg_address at);

/*
 * Exits of accesses over a path: two each through ports, for the address and the data; one through
 * ECAM, but none of a read where all reads are direct. Where some are, not all reads exit.
 */
uint64_t discovery_exits(const struct session *session, unsigned path, uint64_t reads,
			 uint64_t writes);

/* Whether that is so for each of them: false for ECAM reads of which only some are direct. */
bool discovery_exits_known(const struct session *session, uint64_t ecam_reads);

/* True when the path is usable; otherwise the test under way is skipped with the reason. */
bool discovery_needs_path(struct session *session, unsigned path);
bool discovery_needs_table(struct session *session);

#endif
