/* What the conformance rules share. */
#include <stddef.h>
#include "rules/rule.h"
#include "mem.h"
#include "text.h"

#define NOTES_MAX 4 /* of one rule; a broken mechanism breaks a rule on every function */

#define DECODE    (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

__attribute__((format(printf, 5, 0))) static bool expect(struct session *s, const struct test *test,
							 bool good, const char *where,
							 const char *format, va_list args)
{
	char text[OUTCOME_NOTE_MAX];

	s->outcome.checks++;
	if (good || ++s->outcome.failures > NOTES_MAX)
		return good;
	text_vformat(text, sizeof(text), format, args);
	session_fail(s, "%s %s: %s", test->id, where, text);
	return false;
}

bool rule_expect_at(struct session *s, const struct test *test, bool good, const char *where,
		    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	expect(s, test, good, where, format, args);
	va_end(args);
	return good;
}

bool rule_expect(const struct rule_target *t, bool good, unsigned reg, const char *format, ...)
{
	char name[16], where[64] = "";
	va_list args;

	if (!good) {
		text_format(where, sizeof(where), "%s register 0x%02x over %s",
			    pci_name(name, t->fn->at), reg, discovery_path_names[t->path]);
		t->s->outcome.on_root |= !inventory_bridge_to(t->s, t->fn->at);
	}
	va_start(args, format);
	expect(t->s, t->test, good, where, format, args);
	va_end(args);
	return good;
}

struct cfg *rule_path(struct session *s, unsigned known)
{
	return &s->found.path[known_path(&s->inventory.known[known])];
}

struct rule_target rule_target_of(struct session *s, const struct test *test, unsigned known)
{
	unsigned path = known_path(&s->inventory.known[known]);

	return (struct rule_target){s,    test, &s->inventory.known[known].fn, &s->found.path[path],
				    path, NULL};
}

struct cfg *rule_other(const struct rule_target *t)
{
	return &t->s->found.path[1 - t->path];
}

struct rule_target rule_over(const struct rule_target *t, unsigned path)
{
	struct rule_target over = *t;

	over.path = path;
	over.cfg = &t->s->found.path[path];
	return over;
}

static bool reaches(const struct session *s, unsigned path, struct cfg_address at)
{
	return s->found.usable[path] &&
	       s->found.path[path].ops->reaches(&s->found.path[path], at, 0);
}

/* Firmware may leave a ROM that it did not assign holding just what it reads when it is probed. */
static bool has_rom(uint32_t value, uint32_t mask)
{
	uint32_t bits = mask & BAR_PROBE_ROM;

	return bits && (mask != value || (bits | ((bits & -bits) - 1)) == 0xffffffff);
}

/* Which registers are BARs, by the registers alone: bar_decode() would leave out what it finds
 * strange. */
static void find_bars(const struct pci_function *fn, struct rule_bars *bars)
{
	unsigned count = bar_registers_of(fn);

	for (unsigned i = 0; i < count; i++) {
		uint32_t value = bars->raw.value[i], mask = bars->raw.mask[i];
		bool wide = (value & 7) == 4 && i + 1 < count;

		if (mask == value && (!wide || bars->raw.mask[i + 1] == bars->raw.value[i + 1])) {
			i += wide;
			continue;
		}
		bars->present |= 1u << i;
		if (!wide)
			continue;
		bars->present |= 1u << ++i;
		bars->upper |= 1u << i;
	}
	if (has_rom(bars->raw.value[BAR_ROM_INDEX], bars->raw.mask[BAR_ROM_INDEX]))
		bars->present |= 1u << BAR_ROM_INDEX;
}

const struct rule_bars *rule_bars_of(struct session *s, unsigned known)
{
	const struct pci_function *fn = &s->inventory.known[known].fn;
	struct rule_bars *bars;

	if (!s->rules->bars)
		s->rules->bars = ARENA_TAKE(s->arena, struct rule_bars, s->inventory.count);
	if (!s->rules->bars) {
		session_error(s, "no memory for the BARs of %u functions", s->inventory.count);
		return NULL;
	}
	bars = &s->rules->bars[known];
	if (!bars->known) {
		const struct sizing_strategy *lean = &sizing_strategies[SIZING_STRATEGIES - 1];

		bars->known = true;
		sizing_run(&s->found.path[known_path(&s->inventory.known[known])], lean, fn,
			   &bars->raw);
		find_bars(fn, bars);
	}
	return bars;
}

uint32_t rule_address_bits(const struct rule_bars *bars, unsigned index)
{
	if (index == BAR_ROM_INDEX)
		return BAR_PROBE_ROM;
	if (bars->upper >> index & 1)
		return 0xffffffff;
	return bars->raw.value[index] & 1 ? 0xfffffffc : 0xfffffff0;
}

uint64_t rule_bar_address(const struct rule_bars *bars, unsigned index)
{
	uint64_t address = bars->raw.value[index] & rule_address_bits(bars, index);

	return rule_is_wide(bars, index) ? address | (uint64_t)bars->raw.value[index + 1] << 32
					 : address;
}

uint64_t rule_bar_size(const struct rule_bars *bars, unsigned index)
{
	uint64_t mask = bars->raw.mask[index] & rule_address_bits(bars, index);

	if (rule_is_wide(bars, index))
		mask |= (uint64_t)bars->raw.mask[index + 1] << 32;
	else if (rule_is_ports(bars, index))
		mask |= 0xffff0000; /* which may be hard-wired to 0 (PCI 3.0, 6.2.5.1) */
	return mask & -mask;
}

static bool wanted(const struct rule_target *t, const struct known *k, unsigned filter)
{
	const struct session *s = t->s;
	struct cfg_address at = t->fn->at;
	unsigned seen = k->seen;

	if (filter & RULE_REACHED)
		seen = (reaches(s, PATH_PIO, at) ? 1u << PATH_PIO : 0) |
		       (reaches(s, PATH_ECAM, at) ? 1u << PATH_ECAM : 0);
	if (!(seen >> t->path & 1))
		return false;
	if ((filter & RULE_BY_TEST) && t->path != t->test->path)
		return false;
	if ((filter & RULE_ENDPOINT) &&
	    (pci_header_type(t->fn) != 0 || pci_class(t->fn) >> 16 == 0x06))
		return false;
	if (filter & RULE_BOTH)
		return t->path == PATH_PIO && seen >> PATH_ECAM & 1;
	if (filter & RULE_ONE_PATH)
		return t->path == known_path(k);
	return true;
}

void rule_each(struct session *s, const struct test *test, unsigned filter,
	       void (*check)(const struct rule_target *t))
{
	if (!inventory_know(s))
		return;
	for (unsigned i = 0; i < s->inventory.count; i++)
		for (unsigned path = 0; path < PATHS; path++) {
			const struct known *k = &s->inventory.known[i];
			struct rule_target t = {s, test, &k->fn, &s->found.path[path], path, NULL};

			if (!wanted(&t, k, filter))
				continue;
			/* Host bridges must go on decoding: memory itself may be behind them. */
			if ((filter & RULE_BARS) && pci_is_host_bridge(t.fn))
				continue;
			if (filter & RULE_BARS) {
				t.bars = rule_bars_of(s, i);
				if (!t.bars)
					return;
				if (!t.bars->present)
					continue;
			}
			check(&t);
		}
}

/* Calls the rule's check for each BAR, ROM included, inside one window. */
static void each_bar(const struct rule_target *t)
{
	struct rule_window w;

	if (!rule_open(t, &w))
		return;
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (rule_is_lower(t->bars, i))
			t->test->check_bar(t, i, &w);
	rule_close(t, &w);
}

static void report_rule(struct session *s, const struct test *test, uint64_t accesses)
{
	report_open(s->report, "rule");
	report_string(s->report, "id", test->id);
	report_string(s->report, "test", test->name);
	report_number(s->report, "checks", s->outcome.checks);
	report_number(s->report, "failures", s->outcome.failures);
	report_number(s->report, "accesses", accesses);
	if (test->flags & TEST_INFORMATIVE)
		report_bool(s->report, "informative", true);
	report_close(s->report);
}

void rule_run(struct session *s, const struct test *test)
{
	uint64_t before = cfg_counts_sum(s->counts), accesses;

	if (test->run)
		test->run(s, test);
	else if (test->check_bar)
		rule_each(s, test, RULE_BARS, each_bar);
	else
		rule_each(s, test, test->filter, test->check);
	if (s->outcome.failures > NOTES_MAX)
		session_fail(s, "%s: and %u more like these", test->id,
			     s->outcome.failures - NOTES_MAX);
	if (s->outcome.checks)
		session_pass(s);
	else
		session_skip(s, "%s", test->idle ? test->idle : "no function that this applies to");
	accesses = cfg_counts_sum(s->counts) - before;
	s->rules->run++;
	s->rules->accesses += accesses;
	report_rule(s, test, accesses);
}

uint32_t rule_put(const struct rule_target *t, unsigned reg, uint32_t value)
{
	cfg_write32(t->cfg, t->fn->at, reg, value);
	return cfg_read32(t->cfg, t->fn->at, reg);
}

bool rule_open(const struct rule_target *t, struct rule_window *w)
{
	w->command = cfg_read16(t->cfg, t->fn->at, PCI_COMMAND);
	if (w->command & DECODE) {
		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, (uint16_t)(w->command & ~DECODE));
		if (cfg_read16(t->cfg, t->fn->at, PCI_COMMAND) & DECODE) {
			cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, w->command);
			return false;
		}
	}
	outcome_hold(t->s);
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (rule_has_bar(t->bars, i))
			w->value[i] = cfg_read32(t->cfg, t->fn->at, bar_offset(t->fn, i));
	return true;
}

void rule_close(const struct rule_target *t, const struct rule_window *w)
{
	for (unsigned i = 0; i < BAR_COUNT; i++)
		if (rule_has_bar(t->bars, i))
			cfg_write32(t->cfg, t->fn->at, bar_offset(t->fn, i), w->value[i]);
	if (w->command & DECODE)
		cfg_write16(t->cfg, t->fn->at, PCI_COMMAND, w->command);
	outcome_release(t->s);
}

unsigned rule_scratch(const struct rule_bars *bars)
{
	unsigned best = BAR_COUNT, most = 0;

	for (unsigned i = 0; i < BAR_ROM_INDEX; i++) {
		unsigned bits = 0;

		if (!rule_is_lower(bars, i))
			continue;
		for (uint32_t m = bars->raw.mask[i] & rule_address_bits(bars, i); m; m &= m - 1)
			bits++;
		if (bits > most) {
			most = bits;
			best = i;
		}
	}
	return best;
}

bool rule_expect_read_only(const struct rule_target *t, unsigned reg, unsigned width, uint32_t bits)
{
	uint32_t before = cfg_read(t->cfg, t->fn->at, reg, width), wrote = before ^ bits, after;

	cfg_write(t->cfg, t->fn->at, reg, width, wrote);
	after = cfg_read(t->cfg, t->fn->at, reg, width);
	if (after != before)
		cfg_write(t->cfg, t->fn->at, reg, width, before);
	return rule_expect(t, !((after ^ before) & bits), reg,
			   "wrote 0x%x, read 0x%x, should still be 0x%x", wrote, after, before);
}

#define STATUS_PLAIN  0x06b00000u /* capability list, 66 MHz, fast back-to-back, DEVSEL timing */
#define BRIDGE_IO     0x1c        /* of a type 1 header: its upper half is secondary STATUS */
#define STATUS_SHARES 0x0000ffffu

uint32_t rule_plain_bits(const struct pci_function *fn, unsigned reg)
{
	if (reg == PCI_COMMAND || (reg == BRIDGE_IO && pci_is_bridge(fn)))
		return STATUS_SHARES | STATUS_PLAIN;
	return reg == PCI_CACHE_LINE_HEADER ? 0x00ffffff : 0xffffffff;
}

void rule_take_header(struct cfg *cfg, struct cfg_address at, uint32_t *header)
{
	for (unsigned i = 0; i < RULE_HEADER_DWORDS; i++)
		header[i] = cfg_read32(cfg, at, 4 * i);
}

void rule_expect_header(const struct rule_target *t, const uint32_t *before, const char *since)
{
	for (unsigned i = 0; i < RULE_HEADER_DWORDS; i++) {
		uint32_t plain = rule_plain_bits(t->fn, 4 * i), want = before[i] & plain;
		uint32_t now = cfg_read32(t->cfg, t->fn->at, 4 * i) & plain;

		if (!rule_expect(t, now == want, 4 * i, "read 0x%08x, should be 0x%08x as %s", now,
				 want, since))
			return;
	}
}

bool rule_same_header(const struct rule_target *t, struct cfg_address at)
{
	for (unsigned reg = 0; reg < 0x40; reg += 4)
		if (reg != PCI_COMMAND &&
		    cfg_read32(t->cfg, t->fn->at, reg) != cfg_read32(t->cfg, at, reg))
			return false;
	return true;
}
