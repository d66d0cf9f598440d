/* The very last rule: what the whole suite left behind. */
#include "rules/rule.h"

/* STATUS aside: the rules about it clear error bits, as kernels do. */
static void check_start(const struct rule_target *t)
{
	rule_expect_header(t, inventory_find(t->s, t->fn->at)->start, "at the start");
}

TEST(.name = "rule.untouched", .id = "SIDE-05", .check = check_start, .filter = RULE_ONE_PATH,
     .flags = TEST_NEEDS_START, .reference = "PCI Local Bus 3.0, 6.2",
     .text = "When the suite ends, every header is as it was before the first test.");
