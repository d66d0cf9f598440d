/* One configuration space behind two mechanisms: what one writes the other reads at once. */
#include "rules/rule.h"

#define SECTION       "PCI Express Base 4.0, 7.2.1"
#define NOTHING_TAKEN "no function within reach of both takes anything that is written"

/*
 * Writes through one, reads the dword through the other; t->cfg is the writer's. mask: the dword's
 * bits that take what is written.
 */
static void cross(const struct rule_target *t, struct cfg *reader, unsigned reg, unsigned width,
		  uint32_t value, uint32_t mask)
{
	uint32_t got;

	cfg_write(t->cfg, t->fn->at, reg, width, value);
	got = cfg_read32(reader, t->fn->at, reg);
	/* A register that did not take the value is no matter of coherence. */
	if (!mask ||
	    (((got ^ value) & mask) && ((cfg_read32(t->cfg, t->fn->at, reg) ^ value) & mask)))
		return;
	rule_expect(t, !((got ^ value) & mask), reg,
		    "wrote 0x%x, read 0x%x over %s, should be what was written", value & mask,
		    got & mask, reader->ops->name);
}

static void cross_line(const struct rule_target *t, struct cfg *reader)
{
	uint8_t before = (uint8_t)cfg_read32(t->cfg, t->fn->at, PCI_INTERRUPT_LINE);

	cross(t, reader, PCI_INTERRUPT_LINE, 1, 0x5a, 0xff);
	cross(t, reader, PCI_INTERRUPT_LINE, 1, 0xa5, 0xff);
	cfg_write(t->cfg, t->fn->at, PCI_INTERRUPT_LINE, 1, before);
}

static void cross_bar(const struct rule_target *t, struct cfg *reader)
{
	unsigned index = rule_scratch(t->bars);
	struct rule_window w;
	uint32_t mask;

	if (index == BAR_COUNT || !rule_open(t, &w))
		return;
	mask = t->bars->raw.mask[index] & rule_address_bits(t->bars, index);
	cross(t, reader, bar_offset(t->fn, index), 4, 0x5a5a5a50, mask);
	cross(t, reader, bar_offset(t->fn, index), 4, 0xa5a5a5a0, mask);
	rule_close(t, &w);
}

static void check_line(const struct rule_target *t)
{
	struct rule_target writer = rule_over(t, t->test->path);

	cross_line(&writer, rule_other(&writer));
}

static void check_bar(const struct rule_target *t)
{
	struct rule_target writer = rule_over(t, t->test->path);

	cross_bar(&writer, rule_other(&writer));
}

/* Every function has the one register, not every function a BAR. */
static void writes(struct session *s, const struct test *test)
{
	rule_each(s, test, RULE_BOTH, check_line);
	rule_each(s, test, RULE_BOTH | RULE_BARS, check_bar);
}

/*
 * A copy that is brought up to date only when its own register is written goes stale when writing
 * another changes it. Decode is turned off and on, which functions react to most; then everything
 * must still be the same on both.
 */
static void check_internal(const struct rule_target *t)
{
	struct cfg *other = rule_other(t);
	struct rule_window w;

	if (!rule_open(t, &w))
		return;
	rule_close(t, &w);
	for (unsigned reg = 0; reg < 0x100; reg += 4) {
		uint32_t pio = cfg_read32(t->cfg, t->fn->at, reg),
			 ecam = cfg_read32(other, t->fn->at, reg);

		if (!rule_expect(
			t,
			pio == ecam || cfg_read32(t->cfg, t->fn->at, reg) != pio ||
			    cfg_read32(other, t->fn->at, reg) != ecam,
			reg, "after decode off and on read 0x%08x, should be 0x%08x as over ecam",
			pio, ecam))
			return;
	}
}

TEST(.name = "rule.coherence.pio-ecam", .id = "COH-01", .run = writes, .path = PATH_PIO,
     .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM, .idle = NOTHING_TAKEN, .reference = SECTION,
     .text = "A write through ports is at once visible through ECAM, read-only mapped or not.");
TEST(.name = "rule.coherence.ecam-pio", .id = "COH-02", .run = writes, .path = PATH_ECAM,
     .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM, .idle = NOTHING_TAKEN, .reference = SECTION,
     .text = "A write through ECAM is at once visible through ports.");
TEST(.name = "rule.coherence.internal", .id = "COH-03", .check = check_internal,
     .filter = RULE_BOTH | RULE_BARS, .flags = TEST_NEEDS_PIO | TEST_NEEDS_ECAM,
     .reference = SECTION,
     .text = "What a function changes in its own registers, when others are written, is visible "
	     "through both.");
