/* What the conformance rules share. */
#include <stddef.h>
#include "rules/rule.h"
#include "mem.h"
#include "text.h"

#define NOTES_MAX                                                                                  \
	SESSION_HELD_MAX /* of one rule; a broken mechanism breaks a rule on every function */

#define DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

__attribute__((format(printf, 4, 0))) static void fail(struct session *s, const struct test *test,
						       const char *where, const char *format,
						       va_list args)
{
	char text[SESSION_NOTE_MAX], note[SESSION_NOTE_MAX];

	if (++s->failures > NOTES_MAX)
		return;
	text_vformat(text, sizeof(text), format, args);
	text_format(note, sizeof(note), "%s %s: %s", test->id, where, text);
	if (!s->hold_notes)
		session_fail(s, "%s", note);
	else if (s->held < SESSION_HELD_MAX)
		memcpy(s->held_note[s->held++], note, sizeof(note));
}

void rule_end(struct session *s, const struct test *test)
{
	if (s->failures > NOTES_MAX)
		session_fail(s, "%s: and %u more like these", test->id, s->failures - NOTES_MAX);
}

void rule_fail_at(struct session *s, const struct test *test, const char *where, const char *format,
		  ...)
{
	va_list args;

	va_start(args, format);
	fail(s, test, where, format, args);
	va_end(args);
}

void rule_fail(const struct rule_target *t, unsigned reg, const char *format, ...)
{
	char name[16], where[64];
	va_list args;

	text_format(where, sizeof(where), "%s register 0x%02x over %s", pci_name(name, t->fn->at),
		    reg, session_path_names[t->path]);
	va_start(args, format);
	fail(t->s, t->test, where, format, args);
	va_end(args);
}

/* The path to a function when one will do. */
static unsigned path_to(const struct known *k)
{
	return k->seen >> PATH_ECAM & 1 ? PATH_ECAM : PATH_PIO;
}

struct cfg *rule_path(struct session *s, unsigned known)
{
	return &s->path[path_to(&s->known[known])];
}

struct cfg *rule_other(const struct rule_target *t)
{
	return &t->s->path[1 - t->path];
}

struct rule_target rule_over(const struct rule_target *t, unsigned path)
{
	struct rule_target over = *t;

	over.path = path;
	over.cfg = &t->s->path[path];
	return over;
}

static bool reaches(const struct session *s, unsigned path, struct cfg_address at)
{
	return s->usable[path] && s->path[path].ops->reaches(&s->path[path], at, 0);
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
	if (bars->raw.mask[BAR_ROM_INDEX] & BAR_PROBE_ROM &&
	    bars->raw.mask[BAR_ROM_INDEX] != bars->raw.value[BAR_ROM_INDEX])
		bars->present |= 1u << BAR_ROM_INDEX;
}

const struct rule_bars *rule_bars_of(struct session *s, unsigned known)
{
	const struct pci_function *fn = &s->known[known].fn;
	struct rule_bars *bars;

	if (!s->rule_bars)
		s->rule_bars = ARENA_TAKE(s->arena, struct rule_bars, s->known_count);
	if (!s->rule_bars) {
		session_error(s, "no memory for the BARs of %u functions", s->known_count);
		return NULL;
	}
	bars = &s->rule_bars[known];
	if (!bars->known) {
		const struct sizing_strategy *lean = &sizing_strategies[SIZING_STRATEGIES - 1];

		bars->known = true;
		sizing_run(&s->path[path_to(&s->known[known])], lean, fn, &bars->raw);
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
		return t->path == path_to(k);
	return true;
}

void rule_each(struct session *s, const struct test *test, unsigned filter, rule_check check)
{
	unsigned checked = 0;

	if (!session_know(s))
		return;
	for (unsigned i = 0; i < s->known_count; i++)
		for (unsigned path = 0; path < PATHS; path++) {
			struct rule_target t = {s,    test, &s->known[i].fn, &s->path[path],
						path, NULL};

			if (!wanted(&t, &s->known[i], filter))
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
			checked++;
		}
	if (checked)
		session_pass(s);
	else
		session_skip(s, "no function that this applies to");
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
	t->s->hold_notes = true;
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
	t->s->hold_notes = false;
	for (unsigned i = 0; i < t->s->held; i++)
		session_fail(t->s, "%s", t->s->held_note[i]);
	t->s->held = 0;
}

unsigned rule_scratch(const struct rule_bars *bars)
{
	unsigned best = BAR_COUNT, most = 0;

	for (unsigned i = 0; i < BAR_ROM_INDEX; i++) {
		unsigned bits = 0;

		if (!rule_has_bar(bars, i) || bars->upper >> i & 1)
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
