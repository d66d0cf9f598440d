/*
 * Every function's configuration space, as `lspci -xxxx` prints it, so that tools/lspci can hand it
 * to lspci -F. On request only: a thousand lines are too long for every log.
 */
#include "caps.h"
#include "session.h"
#include "test.h"
#include "text.h"

#define SPACE            256
#define SPACE_EXTENDED   4096
#define LINE             16

#define PCIX_STATUS      0x04
/* 266 or 533 MHz: PCI-X 2.0, which has extended space (PCI-X 2.0, 7.2.4). */
#define PCIX_STATUS_MODE 0xc0000000u

/* Bridges that drop the upper address bits show the first 256 bytes again and again. */
static bool is_aliased(struct cfg *cfg, const struct pci_function *fn)
{
	for (unsigned reg = SPACE; reg < SPACE_EXTENDED; reg += SPACE)
		if (cfg_read32(cfg, fn->at, reg) != fn->id)
			return false;
	return true;
}

/*
 * What Linux, and with it lspci, would show: extended space of what can have one and answers there.
 */
static unsigned space_of(struct session *s, struct cfg *cfg, const struct pci_function *fn)
{
	unsigned pcix;

	if (!cfg->ops->reaches(cfg, fn->at, SPACE))
		return SPACE;
	if (!pci_is_host_bridge(fn) && !caps_find(cfg, fn, CAP_EXPRESS, &s->diag)) {
		pcix = caps_find(cfg, fn, CAP_PCI_X, &s->diag);
		if (!pcix || pci_header_type(fn) != 0 ||
		    !(cfg_read32(cfg, fn->at, pcix + PCIX_STATUS) & PCIX_STATUS_MODE))
			return SPACE;
	}
	if (cfg_read32(cfg, fn->at, SPACE) == 0xffffffff || is_aliased(cfg, fn))
		return SPACE;
	return SPACE_EXTENDED;
}

static void dump_function(struct session *s, const struct known *k)
{
	const struct pci_function *fn = &k->fn;
	struct cfg *cfg = &s->found.path[known_path(k)];
	unsigned space = space_of(s, cfg, fn);
	char name[16], line[LINE * 3 + 1];

	/* As lspci -n has it; the blank after the address is what lspci -F knows the line by. */
	report_note(s->report, "%s %04x: %04x:%04x (rev %02x)", pci_name(name, fn->at),
		    pci_class(fn) >> 8, fn->id & 0xffff, fn->id >> 16, fn->class_revision & 0xff);
	for (unsigned reg = 0; reg < space; reg += LINE) {
		for (unsigned i = 0; i < LINE; i += 4) {
			uint32_t value = cfg_read32(cfg, fn->at, reg + i);

			text_format(line + i * 3, sizeof(line) - i * 3, " %02x %02x %02x %02x",
				    value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff,
				    value >> 24);
		}
		report_note(s->report, "%02x:%s", reg, line);
	}
}

static void dump(struct session *s, const struct test *test)
{
	(void)test;
	if (!s->found.usable[PATH_PIO] && !s->found.usable[PATH_ECAM]) {
		session_skip(s, "no configuration mechanism");
		return;
	}
	if (!inventory_know(s))
		return;
	for (unsigned i = 0; i < s->inventory.count; i++)
		dump_function(s, &s->inventory.known[i]);
	session_pass(s);
}

TEST(.name = "dump", .flags = TEST_ON_REQUEST, .run = dump);
