/* The run, in order. */
#include <stddef.h>
#include "acpi.h"
#include "arena.h"
#include "clock.h"
#include "console.h"
#include "cpu.h"
#include "finish.h"
#include "handoff.h"
#include "io.h"
#include "mem.h"
#include "paging.h"
#include "privilege.h"
#include "roots.h"
#include "runner.h"
#include "screen.h"
#include "session.h"

_Noreturn void kernel_main(struct handoff *handoff);

static struct arena arena;
static struct words words;
static struct acpi acpi;
static struct platform platform;
static struct session session;

static void put(void *context, const char *text, size_t len)
{
	(void)context;
	console_put(text, len);
}

static void note(void *context, const char *text)
{
	(void)context;
	report_note(&finish_state.report, "%s", text);
}

static const struct diag diag = {note, NULL};

/* Weakest first, so that the boot loader's words win over the file's. */
static unsigned take_words(const struct handoff *handoff)
{
	unsigned bad = 0;

	words_defaults(&words);
	for (unsigned i = 0; i < 2; i++)
		bad += words_parse(&words, handoff->words[i], &diag);
	for (unsigned i = 0; i < handoff->note_count; i++) {
		report_note(&finish_state.report, "%s", handoff->note[i]);
		bad++;
	}
	finish_state.exit = words.exit;
	return bad;
}

/* Tables may lie only in memory that the firmware lists: reading anywhere else could reach a
 * device. */
static const void *map_table(void *context, uint64_t physical, size_t len)
{
	const struct handoff *handoff = context;

	for (unsigned i = 0; i < handoff->range_count; i++) {
		const struct handoff_range *r = &handoff->range[i];

		if (physical >= r->start && physical - r->start < r->len &&
		    len <= r->len - (physical - r->start))
			return paging_map(physical, len, PAGING_READ);
	}
	/* The BIOS area, which not every map lists (ACPI 6.4, 5.2.5.1). */
	if (physical >= 0xe0000 && physical < 0x100000 && len <= 0x100000 - physical)
		return paging_map(physical, len, PAGING_READ);
	return NULL;
}

static void read_acpi(struct handoff *handoff)
{
	/* Firmware without UEFI may leave the RSDP to be found. */
	if (!handoff->rsdp)
		handoff->rsdp = acpi_find_rsdp(0xe0000, 0x20000, map_table, handoff);
	acpi_parse(&acpi, handoff->rsdp, map_table, handoff, &diag);
}

/* To 2 MiB, where there is enough of it: a thousand small pages at its ends take tens of
 * milliseconds to map where ring 0 is emulated. */
static void align_arena(struct handoff_range *range)
{
	const uint64_t large = 2ull << 20, end = (range->start + range->len) & ~(large - 1);
	const uint64_t start = (range->start + large - 1) & ~(large - 1);

	if (range->len >= 4 * large)
		*range = (struct handoff_range){.start = start, .len = end - start};
}

static volatile uint8_t *map_device(void *context, uint64_t physical, uint64_t len)
{
	const struct handoff *handoff = context;

	/* An MCFG that claims our own memory must not make it device memory. */
	if (physical < handoff->arena.start + handoff->arena.len &&
	    handoff->arena.start < physical + len) {
		diag_say(&diag, "ecam: MCFG claims 0x%llx bytes at 0x%llx, which is RAM in use",
			 (unsigned long long)len, (unsigned long long)physical);
		return NULL;
	}
	return paging_map(physical, len, PAGING_WRITE | PAGING_UNCACHED);
}

static bool is_ram(void *context, uint64_t physical, uint64_t len)
{
	const struct handoff *handoff = context;

	for (unsigned i = 0; i < handoff->range_count; i++) {
		const struct handoff_range *r = &handoff->range[i];

		if (r->ram && physical < r->start + r->len && r->start < physical + len)
			return true;
	}
	return false;
}

/* Far above all memory that is identity mapped. */
#define UNCACHED_VIEW (1ull << 46)

static volatile uint8_t *map_uncached(void *page)
{
	return paging_map_at(UNCACHED_VIEW + (uint64_t)page, (uint64_t)page, 4096,
			     PAGING_READ | PAGING_WRITE | PAGING_UNCACHED);
}

static void take_roots(const struct handoff *handoff)
{
	for (unsigned i = 0; i < handoff->root_count; i++)
		roots_add(&platform.roots, handoff->root[i].segment, handoff->root[i].bus,
			  handoff->root[i].last, &diag);
}

static void fill_platform(struct handoff *handoff, const struct privilege *privilege)
{
	static char why[240];
	struct clock clock = clock_find(&acpi);

	platform.boot = handoff->boot;
	cpu_hypervisor(platform.hypervisor);
	platform.emulated = strcmp(platform.hypervisor, "TCGTCGTCGTCG") == 0;
	privilege_explain(privilege, why, sizeof(why));
	platform.cpl = privilege->cpl;
	platform.cpl_reason = why;
	platform.tsc_khz = clock.tsc_khz;
	platform.tsc_source = clock.source;
	platform.acpi = &acpi;
	platform.map_device = map_device;
	platform.map_context = handoff;
	platform.map_uncached = map_uncached;
	platform.is_ram = is_ram;
	take_roots(handoff);
	report_note(&finish_state.report, "barometer %s, booted by %s under \"%s\"",
		    BAROMETER_VERSION, handoff->boot,
		    platform.hypervisor[0] ? platform.hypervisor : "no hypervisor");
	report_note(&finish_state.report, "%s", why);
}

_Noreturn void kernel_main(struct handoff *handoff)
{
	struct privilege privilege;
	unsigned bad_words;

	io_out8(FINISH_PORT, FINISH_MARK_START);
	finish_state.report = (struct report){.put = put};
	console_init();
	report_version(&finish_state.report);
	bad_words = take_words(handoff);

	cpu_init();
	align_arena(&handoff->arena);
	arena = (struct arena){(uint8_t *)handoff->arena.start, handoff->arena.len, 0};
	if (!handoff->arena.len || !paging_init(&arena))
		finish_error("no memory for page tables");
	screen_init(&handoff->screen);
	privilege = privilege_choose(words.cpl);

	read_acpi(handoff);
	fill_platform(handoff, &privilege);
	session = (struct session){
	    .platform = &platform,
	    .words = &words,
	    .report = &finish_state.report,
	    .arena = &arena,
	    .counts = &finish_state.counts,
	};
	finish_state.headline = session.headline;
	runner_run(&session, bad_words);
	if (paging_audit())
		finish_error("a page is both writable and executable");
	finish();
}
