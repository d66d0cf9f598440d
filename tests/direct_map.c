/*
 * Which ECAM reads exit: every function, present or absent, the header, what is left of the first
 * 256 bytes, and the extended space.
 */
#include "direct.h"
#include "mem.h"
#include "session.h"
#include "stats.h"
#include "test.h"

/* Absent functions of a bus that stand for all, as long as all of them exit. */
#define ABSENT_PROBED 8

static const char *const answer_names[] = {"exit", "direct", "unknown"};

/* Functions that follow each other and are alike. */
struct range {
	struct cfg_address first, last;
	unsigned functions, read; /* how many, and how many of them were looked at */
	bool present, bus;        /* the functions are there; their buses are */
	enum direct_answer answer[DIRECT_REGIONS];
};

struct map {
	struct session *s;
	struct direct_scale scale;
	uint64_t there[65536 / 64]; /* functions of the segment at hand, by bus and devfn */
	struct pci_bus_set buses;
	struct direct_look last;
	const struct direct_look *like; /* the last one, once there is one */
	struct range range;
	uint32_t *first, *later; /* of the range's functions that were looked at */
	/* For the line for people: of functions that are there, and of absent ones by bus. */
	unsigned functions, direct[DIRECT_REGIONS], unknown;
	unsigned buses_there, absent_direct_on, buses_absent, absent_buses_direct;
};

static bool is_function(const struct map *m, struct cfg_address at)
{
	unsigned key = (unsigned)at.bus << 8 | at.devfn;

	return m->there[key / 64] >> (key % 64) & 1;
}

static void report_range(struct map *m)
{
	const struct range *range = &m->range;
	struct report *r = m->s->report;
	struct cfg_address first = range->first, last = range->last;
	char name[16];

	if (!range->functions)
		return;
	first.segment = last.segment = 0;
	report_open(r, "direct");
	report_number(r, "segment", range->first.segment);
	report_string(r, "first", pci_name(name, first));
	report_string(r, "last", pci_name(name, last));
	report_number(r, "functions", range->functions);
	report_number(r, "read", range->read);
	report_bool(r, "present", range->present);
	report_bool(r, "bus", range->bus);
	report_string(r, "header", answer_names[range->answer[DIRECT_HEADER]]);
	report_string(r, "low", answer_names[range->answer[DIRECT_LOW]]);
	report_string(r, "extended", answer_names[range->answer[DIRECT_EXTENDED]]);
	stats_sort(m->first, range->read);
	stats_sort(m->later, range->read);
	report_number(r, "first_read", stats_median(m->first, range->read));
	report_number(r, "later_read", stats_median(m->later, range->read));
	report_close(r);
	m->range.functions = m->range.read = 0;
}

static bool goes_on(const struct range *range, const struct direct_look *look, bool present,
		    bool bus)
{
	return range->functions && range->present == present && range->bus == bus &&
	       range->answer[DIRECT_HEADER] == look->answer[DIRECT_HEADER] &&
	       range->answer[DIRECT_LOW] == look->answer[DIRECT_LOW] &&
	       range->answer[DIRECT_EXTENDED] == look->answer[DIRECT_EXTENDED];
}

/* One function more; looked: its times are its own. */
static void add(struct map *m, struct cfg_address at, const struct direct_look *look, bool looked)
{
	struct range *range = &m->range;
	bool present = is_function(m, at), bus = pci_bus_in(&m->buses, at.bus);

	if (!goes_on(range, look, present, bus)) {
		report_range(m);
		*range = (struct range){.first = at, .present = present, .bus = bus};
		for (unsigned r = 0; r < DIRECT_REGIONS; r++)
			range->answer[r] = look->answer[r];
	}
	range->last = at;
	range->functions++;
	if (looked) {
		m->first[range->read] = look->first;
		m->later[range->read++] = look->later;
	}
	m->functions += present;
	for (unsigned r = 0; r < DIRECT_REGIONS; r++) {
		m->direct[r] += present && look->answer[r] == DIRECT_YES;
		m->unknown += present && look->answer[r] == DIRECT_UNKNOWN;
	}
}

static void keep(struct map *m, const struct direct_look *look)
{
	m->last = *look;
	m->like = &m->last;
}

/*
 * A bus: its functions one by one. Of the absent ones a few, spread over all; when none of them is
 * anything but an exit they stand for the rest, which would cost a hypervisor 256 exits a bus; else
 * all are looked at, which then costs little.
 */
static void map_bus(struct map *m, uint16_t segment, uint8_t bus)
{
	struct direct_look sample = {{DIRECT_EXITS, DIRECT_EXITS, DIRECT_EXITS}, 0, 0}, look;
	bool all = false, some_direct = false, there = pci_bus_in(&m->buses, bus);

	for (unsigned i = 0; i < ABSENT_PROBED && !all; i++) {
		struct cfg_address at = {segment, bus, (uint8_t)(i * 256 / ABSENT_PROBED + i)};

		if (is_function(m, at))
			continue;
		direct_look_at(m->s, &m->scale, at, m->like, &look);
		keep(m, &look);
		for (unsigned r = 0; r < DIRECT_REGIONS; r++)
			all |= look.answer[r] != DIRECT_EXITS;
		sample.first = look.first;
		sample.later = look.later;
	}
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		struct cfg_address at = {segment, bus, (uint8_t)devfn};
		bool present = is_function(m, at);

		if (!present && !all) {
			/* Some of these were looked at, and came out as this one did. */
			add(m, at, &sample,
			    devfn % (256 / ABSENT_PROBED) == devfn / (256 / ABSENT_PROBED));
			continue;
		}
		direct_look_at(m->s, &m->scale, at, m->like, &look);
		keep(m, &look);
		add(m, at, &look, true);
		some_direct |= !present && look.answer[DIRECT_HEADER] == DIRECT_YES;
	}
	m->buses_there += there;
	m->absent_direct_on += there && some_direct;
	m->buses_absent += !there;
	m->absent_buses_direct += !there && some_direct;
}

static void map_segment(struct map *m, uint16_t segment)
{
	const struct inventory *all = &m->s->inventory;
	const struct acpi *acpi = m->s->platform->acpi;

	memset(m->there, 0, sizeof(m->there));
	m->buses = (struct pci_bus_set){0};
	pci_add_roots(&m->buses, &m->s->found.roots, segment);
	for (unsigned i = 0; i < all->count; i++) {
		const struct pci_function *fn = &all->known[i].fn;
		unsigned key = (unsigned)fn->at.bus << 8 | fn->at.devfn;

		if (fn->at.segment != segment)
			continue;
		m->there[key / 64] |= 1ull << (key % 64);
		pci_bus_add(&m->buses, fn->at.bus);
		if (pci_is_bridge(fn) && pci_secondary(fn))
			pci_bus_add(&m->buses, pci_secondary(fn));
	}
	for (unsigned bus = 0; bus < 256; bus++)
		if (acpi_mcfg_find(acpi, segment, (uint8_t)bus) &&
		    ecam_pointer(&m->s->found.path[PATH_ECAM],
				 (struct cfg_address){segment, (uint8_t)bus, 0}, 0))
			map_bus(m, segment, (uint8_t)bus);
	report_range(m);
}

static void say(const struct map *m)
{
	report_note(
	    m->s->report,
	    "direct: %u of %u functions, %u with the extended space; absent functions of %u of "
	    "%u buses; absent buses: %u of %u",
	    m->direct[DIRECT_HEADER], m->functions, m->direct[DIRECT_EXTENDED], m->absent_direct_on,
	    m->buses_there, m->absent_buses_direct, m->buses_absent);
	if (m->unknown)
		report_note(
		    m->s->report,
		    "%u parts of functions cannot be told: a read takes between a quarter and "
		    "three tenths of a write's %llu cycles, or that is too little",
		    m->unknown, (unsigned long long)m->scale.trap);
}

static void map_all(struct session *s, const struct test *test)
{
	const struct acpi *acpi = s->platform->acpi;
	size_t mark;
	struct map *m;
	const struct pci_map *found = inventory_map(s, PATH_ECAM);

	(void)test;
	if (!found || !inventory_know(s) || !inventory_needs_all(s))
		return;
	if (!found->count) {
		session_skip(s, "no function to compare with");
		return;
	}
	mark = arena_mark(s->arena);
	m = ARENA_TAKE(s->arena, struct map, 1);
	if (m) {
		m->first = ARENA_TAKE(s->arena, uint32_t, 65536);
		m->later = ARENA_TAKE(s->arena, uint32_t, 65536);
	}
	if (!m || !m->first || !m->later) {
		session_error(s, "no memory for a map of 65536 functions");
	} else if (m->s = s, direct_calibrate(s, found->fn[0].at, found->fn[0].id, &m->scale)) {
		for (unsigned i = 0; i < acpi->mcfg_count; i++) {
			bool again = false;

			for (unsigned j = 0; j < i; j++)
				again |= acpi->mcfg[j].segment == acpi->mcfg[i].segment;
			if (!again)
				map_segment(m, acpi->mcfg[i].segment);
		}
		say(m);
		session_pass(s);
	}
	arena_release(s->arena, mark);
}

TEST(.name = "access.direct", .flags = TEST_LONG | TEST_NEEDS_ECAM, .run = map_all);
