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
#include "log.h"
#include "memory.h"
#include "paging.h"
#include "pixels.h"
#include "power.h"
#include "privilege.h"
#include "roots.h"
#include "runner.h"
#include "screen.h"
#include "session.h"
#include "smp.h"
#include "vga_text.h"
#include "xen.h"

_Noreturn void kernel_main(struct handoff *handoff);

static struct arena arena;
static struct memory memory;
static struct options options;
static struct acpi acpi;
static struct platform platform;
static struct session session;

static void put(void *context, const char *text, size_t len)
{
	(void)context;
	log_put(text, len);
	console_put(text, len);
}

static void note(void *context, const char *text)
{
	(void)context;
	report_note(&finish_state.report, "%s", text);
}

static const struct diag diag = {note, NULL};

/* Weakest first, so that the boot loader's options win over the file's. */
static unsigned take_options(const struct handoff *handoff)
{
	unsigned bad = 0;

	options_defaults(&options);
	for (unsigned i = 0; i < 2; i++)
		bad += options_parse(&options, handoff->options[i],
				     i == 1 && handoff->loader_adds_words, &diag);
	for (unsigned i = 0; i < handoff->note_count; i++) {
		report_note(&finish_state.report, "%s", handoff->note[i].text);
		bad += handoff->note[i].options_lost;
	}
	finish_state.exit = options.exit;
	return bad;
}

static void read_acpi(struct handoff *handoff)
{
	/* Firmware without UEFI may leave the RSDP to be found. */
	if (!handoff->rsdp)
		handoff->rsdp = acpi_find_rsdp(memory_map_table, &memory);
	acpi_parse(&acpi, handoff->rsdp, cpu_physical_bits(), memory_map_table, &memory, &diag);
}

/* What the end of the run needs to know. That there is no fw_cfg, only discovery can tell. */
static void prepare_end(const struct handoff *handoff)
{
	power_machine.delivered = console_is_there();
	power_machine.map = memory_map_device;
	power_machine.context = &memory;
	acpi_power_find(&power_machine.acpi, &acpi, memory_map_table, &memory);
	power_machine.vmm = vmm_identify(&platform.hypervisor, &acpi, true);
	power_machine.virtual |= power_machine.vmm == VMM_BOCHS;
	/* Variables of a real board are not filled unless somebody asks for it. */
	finish_state.keep = keep_plan(&handoff->volume, options.log,
				      power_machine.virtual && !console_is_there(), &diag);
}

static void take_roots(const struct handoff *handoff)
{
	const struct handoff_root *root;

	if (!handoff->root_count)
		return;
	root =
	    memory_map_table(&memory, (uint64_t)handoff->root, handoff->root_count * sizeof(*root));
	if (!root) {
		note(NULL, "what firmware says of root bridges cannot be read");
		return;
	}
	platform.roots.root = ARENA_TAKE(&arena, struct pci_root, handoff->root_count);
	platform.roots.capacity = platform.roots.root ? handoff->root_count : 0;
	for (unsigned i = 0; i < handoff->root_count; i++)
		roots_add(&platform.roots, root[i].segment, root[i].bus, root[i].last, &diag);
}

static void fill_platform(struct handoff *handoff, const struct privilege *privilege)
{
	static char why[240];
	struct clock clock = clock_find(&acpi);

	platform.boot = handoff->boot;
	platform.emulated = options.emulated || hypervisor_is(&platform.hypervisor, "TCGTCGTCGTCG");
	privilege_explain(privilege, why, sizeof(why));
	platform.cpl = privilege->cpl;
	platform.cpl_reason = why;
	platform.tsc_khz = clock.tsc_khz;
	platform.tsc_source = clock.source;
	platform.acpi = &acpi;
	platform.map_device = memory_map_device;
	platform.map_context = &memory;
	platform.map_uncached = memory_map_uncached;
	platform.is_ram = memory_is_ram;
	platform.is_listed = memory_is_listed;
	platform.console = console_name();
	platform.progress = screen_progress;
	take_roots(handoff);
	report_note(&finish_state.report, "barometer %s, booted by %s under \"%s\"",
		    BAROMETER_VERSION, handoff->boot,
		    platform.hypervisor.count ? hypervisor_name(&platform.hypervisor)
					      : "no hypervisor");
	for (unsigned i = 1; i < platform.hypervisor.count; i++)
		report_note(&finish_state.report, "which also signs as \"%s\"",
			    platform.hypervisor.by[i].name);
	report_note(&finish_state.report, "%s", why);
}

static void find_screen(const struct handoff *handoff)
{
	const struct canvas *canvas = pixels_init(&handoff->screen);

	screen_init(canvas ? canvas : vga_text_init(memory_map_device, &memory));
}

/* What the screen shows at the end beside the result itself. */
static void take_lines(void)
{
	finish_state.lines[0] = session.headline;
	for (unsigned i = 0; i < SESSION_FIGURES; i++)
		finish_state.lines[1 + i] = session.figure[i];
}

static void start_others(const struct handoff *handoff)
{
	const struct smp_plan plan = {
	    .handoff = handoff,
	    .madt = &acpi.madt,
	    .arena = &arena,
	    .limit = options.list ? 1 : options.cpus,
	    .cpl = platform.cpl,
	    .tsc_khz = platform.tsc_khz,
	};

	platform.vcpus = smp_start(&plan);
	platform.vcpus_reason = smp_reason();
	platform.run_together = smp_run;
	platform.pause = smp_pause;
}

_Noreturn void kernel_main(struct handoff *handoff)
{
	struct handoff_range ram;
	struct privilege privilege;
	unsigned bad_options;
	size_t log_room;

	io_out8(FINISH_PORT, FINISH_MARK_START);
	finish_state.report = (struct report){.put = put};
	console_init();
	cpu_hypervisor(&platform.hypervisor);
	power_machine.virtual = platform.hypervisor.count > 0;
	report_version(&finish_state.report);
	bad_options = take_options(handoff);

	cpu_init();
	if (!handoff->range_count)
		memory_by_word(handoff, options.mem);
	else if (options.mem)
		note(NULL, "mem= is not needed, and not used: there is a memory map");
	memory = (struct memory){handoff, memory_align(handoff->arena), &diag};
	ram = memory.own;
	log_room = log_init(ram);
	if (!ram.len || !paging_init(&ram))
		finish_error(
		    "no memory for page tables: no memory map, or no room in it; mem=MiB says "
		    "what there is");
	arena = (struct arena){(uint8_t *)ram.start, ram.len - log_room, 0};
	find_screen(handoff);
	platform.lfence = cpu_serialise_lfence() ? "serializing" : "unconfirmed";
	xen_init();
	clock_ask_kvm();
	smp_prepare();
	privilege = privilege_choose(options.cpl);

	read_acpi(handoff);
	console_take_spcr(&acpi, memory_map_device, &memory, &diag);
	fill_platform(handoff, &privilege);
	prepare_end(handoff);
	start_others(handoff);
	session = (struct session){
	    .platform = &platform,
	    .options = &options,
	    .report = &finish_state.report,
	    .arena = &arena,
	    .counts = &finish_state.counts,
	};
	take_lines();
	runner_run(&session, bad_options);
	/* Only one that answers on every bus as it does is known to end by a reset. */
	if (session.found.vmm == VMM_KVMTOOL && pci_bus_any(&session.found.roots.aliases))
		power_machine.vmm = VMM_KVMTOOL;
	if (paging_audit())
		finish_error("a page is both writable and executable");
	finish();
}
