/* Shared by the host tests. */
#include "check.h"
#include "scan.h"
#include "sim.h"
#include "sim_bugs.h"
#include "sim_build.h"

static char said[1 << 16];
static size_t said_len;
static unsigned said_lines;

static void hear(void *context, const char *text)
{
	size_t len = strlen(text);

	(void)context;
	assert_true(len <= 240);
	assert_null(strchr(text, '\n'));
	said_lines++;
	if (said_len + len + 2 > sizeof(said))
		return;
	memcpy(said + said_len, text, len);
	memcpy(said + said_len + len, "\n", 2);
	said_len += len + 1;
}

const struct diag heard = {hear, NULL};

void heard_reset(void)
{
	said_len = 0;
	said_lines = 0;
	said[0] = '\0';
}

const char *heard_text(void)
{
	return said;
}

unsigned heard_lines(void)
{
	return said_lines;
}

void assert_heard(const char *text)
{
	if (!strstr(said, text))
		fail_msg("nothing says '%s' in:\n%s", text, said);
}

void assert_silent(void)
{
	if (said_lines)
		fail_msg("expected no diagnostics, heard:\n%s", said);
}

void rig_init(struct rig *rig)
{
	*rig = (struct rig){0};
	rig->acpi.found = rig->acpi.mcfg_found = true;
	for (unsigned i = 0; i < sim.regions; i++) {
		const struct sim_region *region = &sim.region[i];

		rig->acpi.mcfg[rig->acpi.mcfg_count++] = (struct acpi_mcfg_entry){
		    region->base, region->segment, region->start, region->end};
	}
	rig->ecam_state.acpi = &rig->acpi;
	rig->ecam_state.map = sim_map;
	pio_init(&rig->pio, &rig->pio_state, &rig->counts);
	ecam_init(&rig->ecam, &rig->ecam_state, &rig->counts);
	rig->ecam.ops->probe(&rig->ecam);
	sim.counts = (struct cfg_counts){0};
	heard_reset();
}

void assert_counts(const struct rig *rig)
{
	assert_int_equal(rig->counts.cf8_read, sim.counts.cf8_read);
	assert_int_equal(rig->counts.cf8_write, sim.counts.cf8_write);
	assert_int_equal(rig->counts.cfc_read, sim.counts.cfc_read);
	assert_int_equal(rig->counts.cfc_write, sim.counts.cfc_write);
	assert_int_equal(rig->counts.ecam_read, sim.counts.ecam_read);
	assert_int_equal(rig->counts.ecam_write, sim.counts.ecam_write);
	assert_int_equal(rig->counts.calls, sim.counts.calls);
	assert_int_equal(sim.other_ports, 0);
}

void walked_init(struct walked *walked)
{
	memset(walked, 0, sizeof(*walked));
	walked->map = (struct pci_map){.fn = walked->fn, .capacity = MAP_MAX};
}

void sim_roots(struct pci_roots *roots)
{
	static struct pci_root room[SIM_ROOTS_MAX];

	*roots = (struct pci_roots){.root = room, .capacity = SIM_ROOTS_MAX};
	for (unsigned i = 0; i < sim.roots; i++) {
		const struct sim_bus *bus = sim.root[i];
		bool next = i + 1 < sim.roots && sim.root[i + 1]->segment == bus->segment;

		roots->root[roots->count++] = (struct pci_root){
		    bus->segment, bus->number, next ? (uint8_t)(sim.root[i + 1]->number - 1) : 255};
	}
}

const struct pci_function *find_in(const struct pci_map *map, struct cfg_address at)
{
	for (unsigned i = 0; i < map->count; i++)
		if (cfg_key(map->fn[i].at) == cfg_key(at))
			return &map->fn[i];
	return NULL;
}

void walk_tree(struct walked *walked, struct cfg *cfg)
{
	struct pci_roots roots;

	sim_roots(&roots);
	walked_init(walked);
	scan_tree(&(struct scan){.cfg = cfg, .roots = &roots, .diag = &heard}, &walked->map);
}

static uintptr_t stack_start, stack_deepest;

static bool note_stack(struct sim_access *a)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	(void)a;
	if (here < stack_deepest)
		stack_deepest = here;
	return false;
}

void stack_watch(void)
{
	static const struct sim_bug watch = {.name = "stack-watched", .decoded = note_stack};

	sim.bug = &watch;
	stack_start = stack_deepest = (uintptr_t)__builtin_frame_address(0);
}

size_t stack_used(void)
{
	return stack_start - stack_deepest;
}

void assert_found_all(const struct walked *walked, unsigned segments_below)
{
	unsigned expected = 0;

	for (unsigned i = 0; i < sim.functions; i++) {
		struct cfg_address at = sim_address(sim.fn[i]);
		const struct pci_function *fn;

		if (at.segment >= segments_below)
			continue;
		expected++;
		fn = find_in(&walked->map, at);
		if (!fn)
			fail_msg("%04x:%02x:%02x.%u was not found", at.segment, at.bus,
				 cfg_device(at), cfg_fn(at));
		else
			assert_int_equal(fn->id, sim_get32(sim.fn[i], 0));
	}
	assert_int_equal(walked->map.count, expected);
}
