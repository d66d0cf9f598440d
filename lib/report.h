/*
 * The output contract, schema 1 (docs/output.md): KTAP version 1, diagnostics that start with "# ",
 * and JSON objects, one a line, each starting with {"kind":
 */
#ifndef BAROMETER_LIB_REPORT_H
#define BAROMETER_LIB_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cfg.h"

#define REPORT_SCHEMA 1

/*
 * What became of a test. ERROR: the harness or its environment is wrong; FAIL: the hypervisor is.
 * XFAIL: it is, in a way that is known and was accepted: neither passed nor failed. NONE at the end
 * is an ERROR.
 */
enum report_outcome {
	REPORT_NONE,
	REPORT_PASS,
	REPORT_SKIP,
	REPORT_XFAIL,
	REPORT_FAIL,
	REPORT_ERROR
};

struct report {
	void (*put)(void *context, const char *text, size_t len);
	void *context;
	bool planned;    /* report_plan() was called */
	bool unreached;  /* what the run was about could not be reached: it does not pass */
	unsigned number; /* of the last result line */
	unsigned passed, failed, errors, skipped, xfailed;
	/* Name of the test under way, for whoever must end the run in the middle of it; or NULL. */
	const char *running;
	bool open;   /* a JSON object is being written */
	bool member; /* the JSON object or array being written has a member already */
};

/* Opening lines. */
void report_version(struct report *report);
void report_plan(struct report *report, unsigned tests);

/* "# text". Cut at 240 characters. */
void report_note(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The result line of a test, and its count. reason may be NULL except for SKIP, XFAIL and ERROR. */
void report_result(struct report *report, const char *name, enum report_outcome outcome,
		   const char *reason);

/* A whole object: report_open(), members, report_close(). Strings are escaped; hex values are
 * strings of `digits` digits. */
void report_open(struct report *report, const char *kind);
void report_string(struct report *report, const char *key, const char *value);
void report_number(struct report *report, const char *key, uint64_t value);
void report_hex(struct report *report, const char *key, uint64_t value, unsigned digits);
void report_bool(struct report *report, const char *key, bool value);
/* Nested containers; key NULL inside an array, also for the members above. */
void report_array(struct report *report, const char *key);
void report_array_end(struct report *report);
void report_object(struct report *report, const char *key);
void report_object_end(struct report *report);
void report_close(struct report *report);

/*
 * "error" if any, else "fail" if any, else "pass" if any passed or failed as expected, else "skip".
 */
const char *report_status(const struct report *report);

/* The last line of every run. */
void report_done(struct report *report, const struct cfg_counts *counts);

#endif
