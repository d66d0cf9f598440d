/*
 * What the conformance rules share: running a check on every function over every path, saying what
 * is wrong in one shape, and windows in which a BAR may hold any address. docs/adding-a-rule.md
 * shows how to write one.
 *
 * A rule leaves every register that it wrote as it found it. Where that cannot be (STATUS, whose
 * bits only clear), its comment says so.
 */
#ifndef BAROMETER_TESTS_RULES_RULE_H
#define BAROMETER_TESTS_RULES_RULE_H

#include "session.h"
#include "test.h"

#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN  0x3d

/* The BARs of a function as sized once, before any rule: which registers there are, and what is
 * expected of them. */
struct rule_bars {
	bool known;
	struct bar_registers raw; /* values and masks, as the dance gave them */
	unsigned
	    present; /* bit per index: the register moves, or is the upper half of one that does */
	unsigned upper; /* bit per index: an upper half */
};

struct bridge_windows;
struct occupied;

/* The rules' own part of a session. */
struct rules {
	struct rule_bars *bars;         /* of inventory.known[]; NULL until asked for */
	struct bridge_windows *windows; /* the same of bridges (rules/windows.h) */
	struct occupied *occupied;      /* the addresses of all (rules/occupied.h) */
	unsigned run;                   /* rules that ran so far, and all accesses they made */
	uint64_t accesses;
	/* Buses that something leads to, in the segment asked for last, plus 1; 0: none was. */
	unsigned claimed_segment;
	struct pci_bus_set claimed;
};

/* One check: a function, over one path. */
struct rule_target {
	struct session *s;
	const struct test *test;
	const struct pci_function *fn;
	struct cfg *cfg;
	unsigned path;
	const struct rule_bars *bars;
};

/* Which functions and paths a check is for. A path that did not find a function is ID-01's
 * business. */
#define RULE_ALL      0u
#define RULE_ONE_PATH 1u  /* each function once, over the best path */
#define RULE_BOTH     2u  /* only functions within reach of both paths; t->path is that of ports */
#define RULE_BARS     4u  /* only functions whose BARs may be moved about, with t->bars */
#define RULE_BY_TEST  8u  /* only the path that test->path says */
#define RULE_ENDPOINT 16u /* no bridge of any kind: the way to something may lead through one */
#define RULE_REACHED                                                                               \
	32u /* also over a path that did not find the function, if it reaches its address */

/*
 * Runs a rule and prints its result but for the result line: an object `rule` with the number of
 * checks that it made. One that made none is a SKIP.
 */
void rule_run(struct session *session, const struct test *test);

/*
 * Calls check for each target, in the order of discovery, for each function all paths. For rules
 * that have a run of their own; the others name check and filter in their declaration.
 */
void rule_each(struct session *session, const struct test *test, unsigned filter,
	       void (*check)(const struct rule_target *t));

/*
 * One comparison, counted. Where it is not good, the rule has failed, and the line "BAR-03 00:04.0
 * register 0x10 over pio: " with the text says what was written, what was read and what should have
 * been. After a few of one rule the rest are only counted. Returns good.
 */
bool rule_expect(const struct rule_target *t, bool good, unsigned reg, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for what belongs to no function. */
bool rule_expect_at(struct session *session, const struct test *test, bool good, const char *where,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A path that found known[i]: ECAM if it did. */
struct cfg *rule_path(struct session *session, unsigned known);

/* The other path onto the same function. */
struct cfg *rule_other(const struct rule_target *t);

/* The same target over that path. */
struct rule_target rule_over(const struct rule_target *t, unsigned path);

/* The target for known[i] over a path that found it, without its BARs. */
struct rule_target rule_target_of(struct session *session, const struct test *test, unsigned known);

/* The BARs of known[i], sized at the first call; NULL after session_error(). */
const struct rule_bars *rule_bars_of(struct session *session, unsigned known);

/* The bits of a BAR register that hold an address; the rest are type bits. All of an upper half. */
uint32_t rule_address_bits(const struct rule_bars *bars, unsigned index);

/* The address that a BAR held when it was sized, by its only or lower register's index. */
uint64_t rule_bar_address(const struct rule_bars *bars, unsigned index);

/* Bytes that a BAR decodes, by its only or lower register's index. */
uint64_t rule_bar_size(const struct rule_bars *bars, unsigned index);

/* Whether what it decodes is ports. */
static inline bool rule_is_ports(const struct rule_bars *bars, unsigned index)
{
	return index != BAR_ROM_INDEX && bars->raw.value[index] & 1;
}

static inline bool rule_has_bar(const struct rule_bars *bars, unsigned index)
{
	return bars->present >> index & 1;
}

/* A BAR's only or lower register. */
static inline bool rule_is_lower(const struct rule_bars *bars, unsigned index)
{
	return rule_has_bar(bars, index) && !(bars->upper >> index & 1);
}

/* Lower half of a 64-bit BAR. */
static inline bool rule_is_wide(const struct rule_bars *bars, unsigned index)
{
	return index < 5 && rule_has_bar(bars, index) && (bars->upper >> (index + 1) & 1);
}

/*
 * Decode off, so that the BARs may hold anything. rule_open() is false when it cannot be had
 * (CMD-01 tells why); then nothing was changed. rule_close() puts every BAR register back, then
 * decode. What is to be printed in between is kept until the window is closed.
 */
struct rule_window {
	uint16_t command;
	uint32_t value[BAR_COUNT];
};

bool rule_open(const struct rule_target *t, struct rule_window *w);
void rule_close(const struct rule_target *t, const struct rule_window *w);

/* Writes a dword and reads it back. */
uint32_t rule_put(const struct rule_target *t, unsigned reg, uint32_t value);

/*
 * Writes the complement into bits that take no writes, the others of that width as they are. What
 * sticks is a failure, and put back.
 */
bool rule_expect_read_only(const struct rule_target *t, unsigned reg, unsigned width,
			   uint32_t bits);

#define RULE_HEADER_DWORDS (INVENTORY_HEADER_LEN / 4)

/*
 * The bits of a header's dword that change only when they are written: not errors in STATUS, not
 * BIST.
 */
uint32_t rule_plain_bits(const struct pci_function *fn, unsigned reg);

/* A header's dwords now. */
void rule_take_header(struct cfg *cfg, struct cfg_address at, uint32_t *header);

/* Compares it with an earlier one: a line ends "should be 0x... as" and since. */
void rule_expect_header(const struct rule_target *t, const uint32_t *before, const char *since);

/*
 * Whether another address reads as the same function: all of its header but STATUS, which may
 * change. A second device of the same kind has other BARs.
 */
bool rule_same_header(const struct rule_target *t, struct cfg_address at);

/* A 32-bit or lower-half BAR (no ROM) with the most address bits that can be written, as index; 7:
 * none. */
unsigned rule_scratch(const struct rule_bars *bars);

#endif
