/* Address ranges that capabilities define beyond the BARs: SR-IOV VF BARs, Enhanced Allocation,
 * Resizable BAR. */
#include "caps.h"
#include "session.h"
#include "test.h"

static const char *const kinds[] = {
    [CAPS_VF_BAR] = "vf_bar", [CAPS_EA] = "enhanced_allocation", [CAPS_REBAR] = "resizable_bar"};

static void report_one(struct session *s, const struct pci_function *fn,
		       const struct caps_resource *c)
{
	struct report *r = s->report;
	struct cfg_address at = fn->at;
	char name[16];

	report_open(r, kinds[c->kind]);
	report_number(r, "segment", at.segment);
	at.segment = 0;
	report_string(r, "bdf", pci_name(name, at));
	report_number(r, "index", c->index);
	report_number(r, "size", c->size);
	if (c->kind == CAPS_REBAR) {
		report_hex(r, "sizes", c->sizes, 1);
	} else {
		report_string(r, "space", bar_space_name(c->space));
		report_bool(r, "prefetch", c->prefetch);
		report_hex(r, "address", c->address, 8);
	}
	report_close(r);
}

static void extended(struct session *s, const struct test *test)
{
	struct caps_resource list[CAPS_RESOURCES_MAX];
	unsigned diagnostics = s->diagnostics, total = 0;

	(void)test;
	if (!inventory_know(s))
		return;
	if (!s->inventory.count) {
		session_skip(s, "no functions");
		return;
	}
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct known *k = &s->inventory.known[i];
		const struct pci_function *fn = &k->fn;
		struct cfg *cfg = &s->found.path[known_path(k)];
		unsigned count = caps_resources(cfg, fn, list, &s->diag);

		for (unsigned j = 0; j < count; j++)
			report_one(s, fn, &list[j]);
		total += count;
	}
	report_note(s->report,
		    "%u ranges in SR-IOV, Enhanced Allocation and Resizable BAR capabilities",
		    total);
	if (s->diagnostics != diagnostics)
		session_fail(
		    s,
		    "some capability lists or registers are not well-formed: see the lines above");
	else
		session_pass(s);
}

TEST(.name = "resources.extended", .run = extended);
