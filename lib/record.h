/*
 * A record of the configuration accesses of a boot: what some firmware or operating system read and
 * wrote on some machine, in its order. tools/record makes one from QEMU's trace; a user may give
 * his own, so that nothing in it is believed before record_check() has gone through all of it.
 *
 * Text, a line each, in this order:
 *
 *   barometer-record 1
 *   # comment                        anywhere after the first line
 *   function 00:1c.0 port            each function that was there; any other was absent
 *   00:1c.0 r00 r0e.1 w04.2=103      accesses, in order
 *   07:00.0-ff:1f.0/8 r00.2          the same ones of every 8th function from here to there
 *
 * Numbers are hexadecimal. r or w, the register (a byte offset below 1000h, aligned to the width),
 * .1 or .2 for a width other than 4 bytes, and what was written. The segment is 0. What was read is
 * not kept.
 */
#ifndef BAROMETER_LIB_RECORD_H
#define BAROMETER_LIB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "diag.h"

#define RECORD_ITEM          "opt/org.barometer/pci-record" /* of fw_cfg: the user's own */
#define RECORD_ACCESSES_MAX  65536
#define RECORD_FUNCTIONS_MAX 1024
#define RECORD_ADDRESSES     65536 /* bus << 8 | device << 3 | function */

enum record_kind {
	RECORD_ABSENT,
	RECORD_HOST,     /* a host bridge: class 0600h */
	RECORD_PORT,     /* a type 1 header, and a PCI Express link below */
	RECORD_BRIDGE,   /* any other type 1 header */
	RECORD_EXPRESS,  /* any other with a PCI Express capability */
	RECORD_ENDPOINT, /* the rest */
	RECORD_KINDS
};
extern const char *const record_kind_names[RECORD_KINDS];

struct record {
	const char *text;
	size_t len;
	uint8_t *kind;      /* enum record_kind of each address; the caller's, RECORD_ADDRESSES */
	unsigned functions; /* that are not absent, at most RECORD_FUNCTIONS_MAX */
	size_t body;        /* offset of the first line of accesses */
	unsigned body_line; /* its number, from 1 */
	unsigned accesses;  /* 1 to RECORD_ACCESSES_MAX */
};

/*
 * Takes text over, which must stay; kind holds RECORD_ADDRESSES bytes. False, after one diagnostic
 * that names the line and what is wrong with it, when it is no record.
 */
bool record_check(struct record *record, const char *text, size_t len, uint8_t *kind,
		  const struct diag *diag);

struct record_access {
	uint16_t function; /* bus << 8 | device << 3 | function */
	uint16_t reg;
	uint8_t width; /* 1, 2 or 4 */
	bool write;
	uint32_t value; /* written; 0 for a read */
};

/* The accesses one after the other. fault and line are record_check()'s. */
struct record_walk {
	const struct record *record;
	size_t at;
	unsigned line;
	bool inside;       /* a line of accesses, from `words` on */
	size_t words;      /* where its first access is */
	uint32_t function; /* that it is about now */
	uint32_t last, step;
	const char *fault;
};

void record_begin(struct record_walk *walk, const struct record *record);
bool record_next(struct record_walk *walk, struct record_access *access);

#endif
