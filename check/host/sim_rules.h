/*
 * A whole run on the host: a simulated machine that has something for every rule, with a seeded
 * bug, and the image's own session and runner over it.
 */
#ifndef BAROMETER_CHECK_HOST_SIM_RULES_H
#define BAROMETER_CHECK_HOST_SIM_RULES_H

#include "session.h"
#include "sim.h"
#include "test.h"

/* Builds the machine, its ACPI tables and its mask table, and gives it the bug. */
void sim_rules_machine(const struct sim_bug *bug);

/*
 * The same machine as firmware leaves it that assigns nothing: no BAR has an address, none decodes.
 */
void sim_rules_unassigned(void);

/*
 * The same machine with its mask table as an ACPI table, damaged by one bit where it is not sound,
 * and in fw_cfg under this name as well (NULL: no fw_cfg).
 */
void sim_rules_acpi_table(bool sound, const char *fwcfg_name);

/* The same for a machine of sim_random(), without a bug. */
void sim_rules_random(uint64_t seed);

/* A machine of sim_large(). */
void sim_rules_large(unsigned functions);

/*
 * A machine like kvmtool's: four devices on one bus that answers under every number, no ECAM, no
 * ACPI, no fw_cfg; no firmware names its root bus.
 */
void sim_rules_aliases(void);

/*
 * Runs the tests that match the globs under a hypervisor of that name; gives all that was printed.
 */
const char *sim_rules_run(const char *globs, const char *hypervisor);

/* What the last run would end as: "pass", "fail", "error" or "skip". */
const char *sim_rules_status(void);

/* Whether the last run printed anything while decode was off somewhere. */
extern bool sim_rules_printed_in_window;

/* reads= of the next runs; 0, as at first: none. */
extern uint32_t sim_rules_reads;

/* Bytes of memory that the next runs have; at first 8 MiB, at most 128. */
extern size_t sim_rules_memory;

/* vCPUs of the machines that follow; at first 2. */
extern unsigned sim_rules_vcpus;

/* Whether the CPU of the next runs is an emulated one. */
extern bool sim_rules_emulated;

/* Whether the run counted the accesses that the machine saw. */
bool sim_rules_counts_agree(void);

/*
 * Whether a log has this result line for a test: "ok" or "not ok", with a directive (NULL: none).
 */
bool sim_rules_result(const char *log, const char *status, const char *name, const char *directive);

/* Whether the rule failed: one that is informative as an XFAIL. */
bool sim_rules_broken(const char *log, const struct test *test);

#endif
