/* Finding every function over each path independently, and comparing what the paths found. */
#include "session.h"
#include "test.h"

static void over_path(struct session *s, const struct test *test)
{
	const struct pci_map *map;

	if (!discovery_needs_path(s, test->path))
		return;
	map = inventory_map(s, test->path);
	if (!map)
		return;
	report_note(s->report, "%s: %u functions on %u buses", discovery_path_names[test->path],
		    pci_map_found(map), map->buses);
	if (!map->count)
		session_fail(s, "%s is there, but reaches no function, not even a host bridge",
			     discovery_path_names[test->path]);
	else if (s->inventory.map_diagnostics[test->path])
		session_fail(s, "the bus hierarchy is not sound: see the lines above");
	else
		session_pass(s);
	s->inventory.show_functions = inventory_know(s);
}

static void compare_function(struct session *s, const struct known *k)
{
	char name[16];

	for (unsigned p = 0; p < PATHS; p++) {
		const struct cfg *cfg = &s->found.path[p];
		const struct pci_function *fn = k->found[p];

		pci_name(name, k->fn.at);
		/* What a path cannot address it need not find, nor keep without memory for it. */
		if (!cfg->ops->reaches(cfg, k->fn.at, 0) || (!fn && s->inventory.map[p].left_out))
			continue;
		if (!fn) {
			session_fail(s, "%s is there over %s but not over %s", name,
				     discovery_path_names[1 - p], discovery_path_names[p]);
			s->inventory.functions_disagree = true;
		} else if (fn->id != k->fn.id || fn->class_revision != k->fn.class_revision ||
			   fn->header != k->fn.header || fn->buses != k->fn.buses) {
			session_fail(
			    s,
			    "%s reads 0x%08x 0x%08x 0x%08x 0x%08x (00h 08h 0Ch 18h) over %s, "
			    "0x%08x 0x%08x 0x%08x 0x%08x over %s",
			    name, fn->id, fn->class_revision, fn->header, fn->buses,
			    discovery_path_names[p], k->fn.id, k->fn.class_revision, k->fn.header,
			    k->fn.buses, discovery_path_names[1 - p]);
			s->inventory.functions_disagree = true;
		}
	}
}

static void agree(struct session *s, const struct test *test)
{
	(void)test;
	if (!discovery_needs_path(s, PATH_PIO) || !discovery_needs_path(s, PATH_ECAM) ||
	    !inventory_know(s))
		return;
	for (unsigned i = 0; i < s->inventory.count; i++)
		compare_function(s, &s->inventory.known[i]);
	s->inventory.show_functions = true;
	session_pass(s);
}

TEST(.name = "enumerate.pio", .run = over_path, .path = PATH_PIO);
TEST(.name = "enumerate.ecam", .run = over_path, .path = PATH_ECAM);
TEST(.name = "enumerate.agree", .run = agree);
