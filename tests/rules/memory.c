/*
 * Where a function's memory really answers. Told by registers that are the same on every device of
 * a kind; configuration space alone cannot show it (cloud-hypervisor once moved a BAR's register
 * and not the memory behind it).
 */
#include "io.h"
#include "rules/place.h"

/* A dword in a memory BAR that identifies the device: its bits under mask are not all the same. */
static const struct identity {
	uint32_t id;    /* vendor and device; 0: any */
	uint32_t class; /* of the latter */
	unsigned bar, offset;
	uint32_t mask;
} identities[] = {
    {0x11e81234, 0, 0, 0, 0xffffffff},  /* QEMU's edu: identification (docs/specs/edu.rst) */
    {0, 0x010802, 0, 8, 0xffffff00},    /* NVMe: version (NVM Express 1.4, 3.1.2) */
    {0, 0x0c0330, 0, 0, 0xffff00ff},    /* xHCI: version and length (xHCI 1.2, 5.3) */
    {0, 0x010601, 5, 0x10, 0xffffffff}, /* AHCI: version (AHCI 1.3.1, 3.1.5) */
    {0, 0x040300, 0, 0, 0xffffffff},    /* HD Audio: capabilities, version (HDA 1.0a, 3.3) */
};

static const struct identity *identity_of(const struct rule_target *t)
{
	for (unsigned i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
		const struct identity *known = &identities[i];
		bool same = known->id ? known->id == t->fn->id : known->class == pci_class(t->fn);

		if (same && rule_is_lower(t->bars, known->bar) &&
		    !(t->bars->raw.value[known->bar] & 1))
			return known;
	}
	return NULL;
}

struct probe {
	const struct rule_target *t;
	const struct rule_place *place;
	const struct identity *identity;
	volatile uint8_t *window; /* both places, mapped */
};

static uint32_t look(const struct probe *p, unsigned which)
{
	uint64_t at = rule_place_of(p->t, p->place, which, p->identity->bar) + p->identity->offset;

	return io_mmio_read32(p->window + (at - p->place->memory)) & p->identity->mask;
}

/* All places are as if nothing were there: zeros or ones, as the chipset has it. */
static bool is_nothing(const struct probe *p, uint32_t value)
{
	return value == 0 || value == p->identity->mask;
}

static void decode(const struct probe *p, bool on)
{
	uint16_t command = cfg_read16(p->t->cfg, p->t->fn->at, PCI_COMMAND);

	cfg_write16(p->t->cfg, p->t->fn->at, PCI_COMMAND,
		    on ? command | PCI_COMMAND_MEMORY : (uint16_t)(command & ~PCI_COMMAND_MEMORY));
}

static void expect_answers(const struct probe *p, const uint32_t *got)
{
	unsigned reg = bar_offset(p->t->fn, p->identity->bar);
	unsigned long long first = rule_place_of(p->t, p->place, 0, p->identity->bar),
			   second = rule_place_of(p->t, p->place, 1, p->identity->bar);

	if (!rule_expect(
		p->t, !is_nothing(p, got[0]), reg,
		"wrote 0x%llx with decode on, memory there reads 0x%08x, should be the device",
		first, got[0]))
		return;
	rule_expect(p->t, got[1] == got[0], reg,
		    "moved to 0x%llx, memory there reads 0x%08x, should be 0x%08x", second, got[1],
		    got[0]);
	rule_expect(p->t, is_nothing(p, got[2]), reg,
		    "moved away, memory at 0x%llx still reads 0x%08x, should be nothing", first,
		    got[2]);
	rule_expect(p->t, is_nothing(p, got[3]), PCI_COMMAND,
		    "decode off, memory at 0x%llx still reads 0x%08x, should be nothing", second,
		    got[3]);
	rule_expect(p->t, got[4] == got[0], PCI_COMMAND,
		    "decode on again, memory at 0x%llx reads 0x%08x, should be 0x%08x", second,
		    got[4], got[0]);
	for (unsigned i = 5; p->place->bridges && i < 7; i++)
		rule_expect(
		    p->t, is_nothing(p, got[i]), PCI_COMMAND,
		    "%s of the bridge above, memory at 0x%llx still reads 0x%08x, should be "
		    "nothing",
		    i == 5 ? "decode off in COMMAND" : "closed the memory window", second, got[i]);
}

#define BRIDGE_MEMORY        0x20
#define BRIDGE_MEMORY_CLOSED 0x0000fff0u /* base above limit */

/* The bridge above stops passing memory on, for one look: by COMMAND, or by a closed window. */
static uint32_t look_behind_closed_bridge(const struct probe *p, unsigned reg, uint32_t closed)
{
	struct cfg_address bridge = p->place->bridge[0].at;
	unsigned width = reg == PCI_COMMAND ? 2 : 4;
	uint32_t value = cfg_read(p->t->cfg, bridge, reg, width), got;

	cfg_write(p->t->cfg, bridge, reg, width, closed);
	got = look(p, 1);
	cfg_write(p->t->cfg, bridge, reg, width, value);
	return got;
}

static void check_memory(const struct rule_target *t)
{
	const struct platform *platform = t->s->platform;
	struct rule_place place;
	struct probe p = {t, &place, identity_of(t), NULL};
	uint32_t got[7] = {0};

	if (!p.identity || !rule_place(t, &place))
		return;
	p.window = platform->map_device(platform->map_context, place.memory, 2 * place.span);
	if (p.window) {
		decode(&p, true);
		got[0] = look(&p, 0);
		decode(&p, false);
		rule_place_in(t, &place, 1);
		decode(&p, true);
		got[1] = look(&p, 1);
		got[2] = look(&p, 0);
		decode(&p, false);
		got[3] = look(&p, 1);
		decode(&p, true);
		got[4] = look(&p, 1);
		if (place.bridges) {
			got[5] = look_behind_closed_bridge(&p, PCI_COMMAND, PCI_COMMAND_IO);
			got[6] = look_behind_closed_bridge(&p, BRIDGE_MEMORY, BRIDGE_MEMORY_CLOSED);
		}
	}
	rule_unplace(t, &place);
	if (p.window)
		expect_answers(&p, got);
}

TEST(.name = "rule.destructive.memory", .id = "DST-04", .check = check_memory,
     .filter = RULE_BARS | RULE_ENDPOINT, .flags = TEST_DESTRUCTIVE,
     .idle = "no function whose memory can be told",
     .reference = "PCI Local Bus 3.0, 6.2.2 and 6.2.5.1; PCI-to-PCI Bridge 1.2, 3.2.4.3",
     .text = "A function's memory answers where its BAR says, nowhere else, and only while memory "
	     "decode is on in it and the bridge above passes it on.");
