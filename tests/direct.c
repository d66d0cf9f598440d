/* Telling by time whether a read exits. */
#include <stddef.h>
#include "direct.h"
#include "io.h"
#include "session.h"
#include "stats.h"
#include "tsc.h"

#define PROBES      9
#define LATER       2   /* reads after the first, of which the fastest counts */
#define LATER_MAX   12  /* where these leave doubt */
#define SUMMARY_MAX 4   /* functions that the summary looks at */
#define TRAP_MIN    100 /* cycles: below, nothing can be told from anything; TCG has had 189 */

static const unsigned region_at[DIRECT_REGIONS] = {PCI_ID, 0x40, 0x100};

static uint64_t time_read(struct session *s, volatile uint8_t *at)
{
	uint64_t start;

	s->counts->ecam_read++;
	start = tsc_read();
	io_mmio_read32(at);
	return tsc_read() - start;
}

/* Written is the vendor ID with its own value, a register that takes no writes. */
bool direct_calibrate(struct session *s, struct cfg_address at, uint32_t id,
		      struct direct_scale *scale)
{
	volatile uint8_t *id_register = ecam_pointer(&s->found.path[PATH_ECAM], at, PCI_ID);
	uint64_t empty[PROBES], fastest = UINT64_MAX;

	if (!id_register)
		return false;
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t start = tsc_read(), cycles;

		empty[i] = tsc_read() - start;
		s->counts->ecam_write++;
		start = tsc_read();
		io_mmio_write32(id_register, id);
		tsc_wait_for_stores();
		cycles = tsc_read() - start;
		if (cycles < fastest)
			fastest = cycles;
	}
	scale->none = stats_median64(empty, PROBES);
	scale->trap = fastest > scale->none ? fastest - scale->none : 0;
	return true;
}

/*
 * An exit takes hundreds or thousands of cycles, a mapped page a few; but under TCG a read of
 * nothing exits for a third of what a write that reaches a device takes, and a mapped page whose
 * place in the emulator's table is another's is looked up for a fifth.
 */
static enum direct_answer judge(const struct direct_scale *scale, uint64_t cycles)
{
	if (scale->trap < TRAP_MIN)
		return DIRECT_UNKNOWN;
	if (cycles <= scale->trap / 4)
		return DIRECT_YES;
	return cycles >= scale->trap * 3 / 10 ? DIRECT_EXITS : DIRECT_UNKNOWN;
}

static uint32_t less_timing(const struct direct_scale *scale, uint64_t cycles)
{
	cycles = cycles > scale->none ? cycles - scale->none : 0;
	return cycles > UINT32_MAX ? UINT32_MAX : (uint32_t)cycles;
}

void direct_look_at(struct session *s, const struct direct_scale *scale, struct cfg_address at,
		    const struct direct_look *like, struct direct_look *look)
{
	for (unsigned r = 0; r < DIRECT_REGIONS; r++) {
		volatile uint8_t *p = ecam_pointer(&s->found.path[PATH_ECAM], at, region_at[r]);
		uint64_t first = time_read(s, p), later = UINT64_MAX;
		enum direct_answer answer = DIRECT_UNKNOWN;

		for (unsigned i = 0; i < LATER_MAX; i++) {
			uint64_t cycles = time_read(s, p);

			if (cycles < later)
				later = cycles;
			answer = judge(scale, less_timing(scale, later));
			if (like && i + 1 >= LATER && answer != DIRECT_UNKNOWN &&
			    like->answer[r] == answer)
				break;
		}
		look->answer[r] = answer;
		if (r == DIRECT_HEADER) {
			look->first = less_timing(scale, first);
			look->later = less_timing(scale, later);
		}
	}
}

const char *direct_summary(struct session *s)
{
	struct cfg *ecam = &s->found.path[PATH_ECAM];
	struct cfg_address at;
	struct direct_scale scale = {0};
	unsigned looked = 0, seen[3] = {0};

	if (!s->found.usable[PATH_ECAM] || !s->found.roots.count)
		return "none";
	at = (struct cfg_address){s->found.roots.root[0].segment, s->found.roots.root[0].bus, 0};
	for (unsigned device = 0; device < 32 && looked < SUMMARY_MAX; device++) {
		struct direct_look look;
		uint32_t id;

		at.devfn = (uint8_t)(device << 3);
		id = cfg_read32(ecam, at, PCI_ID);
		if (!pci_id_present(id) || (!looked && !direct_calibrate(s, at, id, &scale)))
			continue;
		looked++;
		direct_look_at(s, &scale, at, NULL, &look);
		for (unsigned r = 0; r < DIRECT_REGIONS; r++)
			seen[look.answer[r]]++;
	}
	if (!seen[DIRECT_YES])
		return "exit";
	return seen[DIRECT_EXITS] + seen[DIRECT_UNKNOWN] ? "partial" : "direct";
}
