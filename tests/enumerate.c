/* Finding every function over each path independently, and comparing what the paths found. */
#include "session.h"
#include "test.h"

static void over_path(struct session *s, const struct test *test)
{
	const struct pci_map *map;

	if (!session_needs_path(s, test->path))
		return;
	map = session_map(s, test->path);
	if (!map)
		return;
	report_note(s->report, "%s: %u functions on %u buses", session_path_names[test->path],
		    map->count, map->buses);
	if (s->map_diagnostics[test->path])
		session_fail(s, "the bus hierarchy is not sound: see the lines above");
	else
		session_pass(s);
	s->show_functions = session_know(s);
}

static void compare_function(struct session *s, const struct known *k)
{
	char name[16];

	for (unsigned p = 0; p < PATHS; p++) {
		const struct cfg *cfg = &s->path[p];
		const struct pci_function *fn = pci_map_find(&s->map[p], k->fn.at);

		pci_name(name, k->fn.at);
		/* What a path cannot address it need not find. */
		if (!cfg->ops->reaches(cfg, k->fn.at, 0))
			continue;
		if (!fn) {
			session_fail(s, "%s is there over %s but not over %s", name,
				     session_path_names[1 - p], session_path_names[p]);
			s->functions_disagree = true;
		} else if (fn->id != k->fn.id || fn->class_revision != k->fn.class_revision ||
			   fn->header != k->fn.header || fn->buses != k->fn.buses) {
			session_fail(
			    s,
			    "%s reads 0x%08x 0x%08x 0x%08x 0x%08x (00h 08h 0Ch 18h) over %s, "
			    "0x%08x 0x%08x 0x%08x 0x%08x over %s",
			    name, fn->id, fn->class_revision, fn->header, fn->buses,
			    session_path_names[p], k->fn.id, k->fn.class_revision, k->fn.header,
			    k->fn.buses, session_path_names[1 - p]);
			s->functions_disagree = true;
		}
	}
}

static void agree(struct session *s, const struct test *test)
{
	(void)test;
	if (!session_needs_path(s, PATH_PIO) || !session_needs_path(s, PATH_ECAM) ||
	    !session_know(s))
		return;
	for (unsigned i = 0; i < s->known_count; i++)
		compare_function(s, &s->known[i]);
	s->show_functions = true;
	session_pass(s);
}

TEST(.name = "enumerate.pio", .run = over_path, .path = PATH_PIO);
TEST(.name = "enumerate.ecam", .run = over_path, .path = PATH_ECAM);
TEST(.name = "enumerate.agree", .run = agree);
