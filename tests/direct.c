/* Telling by time whether a read exits. */
#include <stddef.h>
#include "direct.h"
#include "io.h"
#include "session.h"
#include "stats.h"
#include "tsc.h"

#define PROBES      9
#define LATER       4   /* reads after the first, of which the fastest counts */
#define ROUNDS      12  /* of two writes and two reads, where these leave doubt; or fewer, */
#define ENOUGH      6   /* with the answer that is expected: the first writes find cold caches */
#define SUMMARY_MAX 4   /* functions that the summary looks at */
#define TRAP_MIN    100 /* cycles: below, nothing can be told from anything; TCG has had 168 */

static const unsigned region_at[DIRECT_REGIONS] = {PCI_ID, 0x40, 0x100};

static void keep_fastest(uint64_t *fastest, uint64_t cycles)
{
	if (cycles < *fastest)
		*fastest = cycles;
}

static uint64_t time_read(struct session *s, volatile uint8_t *at)
{
	uint64_t start;

	s->counts->ecam_read++;
	start = tsc_read();
	io_mmio_read32(at);
	return tsc_read() - start;
}

static uint64_t time_write(struct session *s, const struct direct_scale *scale)
{
	uint64_t start;

	s->counts->ecam_write++;
	start = tsc_read();
	io_mmio_write32(scale->id_register, scale->id);
	tsc_wait_for_stores();
	return tsc_read() - start;
}

static uint64_t less_timing(const struct direct_scale *scale, uint64_t cycles)
{
	return cycles > scale->none ? cycles - scale->none : 0;
}

/* Written is the vendor ID with its own value, a register that takes no writes. */
bool direct_calibrate(struct session *s, struct cfg_address at, uint32_t id,
		      struct direct_scale *scale)
{
	uint64_t empty[PROBES], fastest = UINT64_MAX;

	scale->id_register = ecam_pointer(&s->found.path[PATH_ECAM], at, PCI_ID);
	scale->id = id;
	if (!scale->id_register)
		return false;
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t start = tsc_read();

		empty[i] = tsc_read() - start;
		keep_fastest(&fastest, time_write(s, scale));
	}
	scale->none = stats_median64(empty, PROBES);
	scale->trap = less_timing(scale, fastest);
	return true;
}

/*
 * An exit takes hundreds or thousands of cycles, a mapped page a few; but under TCG a read of
 * nothing exits for a third of what a write that reaches a device takes, and a mapped page whose
 * place in the emulator's table is another's is looked up for a fifth.
 */
static enum direct_answer judge(uint64_t trap, uint64_t cycles)
{
	if (trap < TRAP_MIN)
		return DIRECT_UNKNOWN;
	if (cycles <= trap / 4)
		return DIRECT_YES;
	return cycles >= trap * 3 / 10 ? DIRECT_EXITS : DIRECT_UNKNOWN;
}

/*
 * A processor that is shared with others runs at half its speed now and then, and a vCPU moves from
 * one to another: the answer would be the same if the write had been timed on one twice as fast, or
 * half as fast, as the read.
 */
static bool is_plain(uint64_t trap, uint64_t cycles)
{
	return cycles <= trap / 8 || cycles >= trap * 3 / 5;
}

/* The fastest read, less timing; like: NULL, or the answer that is expected. */
static uint64_t look_at(struct session *s, const struct direct_scale *scale, volatile uint8_t *at,
			const enum direct_answer *like, enum direct_answer *answer)
{
	uint64_t write = UINT64_MAX, read = UINT64_MAX;

	for (unsigned i = 0; like && i < LATER; i++)
		keep_fastest(&read, time_read(s, at));
	*answer = judge(scale->trap, less_timing(scale, read));
	if (like && *answer == *like && is_plain(scale->trap, less_timing(scale, read)))
		return less_timing(scale, read);
	/*
	 * In turn, so that both are of the same moment. The first of each two may have to look up
	 * its page, which the other's has put out of a TLB or of an emulator's table; the second
	 * need not.
	 */
	read = UINT64_MAX;
	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned k = 0; k < 2; k++)
			keep_fastest(&write, time_write(s, scale));
		for (unsigned k = 0; k < 2; k++)
			keep_fastest(&read, time_read(s, at));
		*answer = judge(less_timing(scale, write), less_timing(scale, read));
		if (like && i + 1 >= ENOUGH && *answer == *like)
			break;
	}
	return less_timing(scale, read);
}

static uint32_t to_32(uint64_t cycles)
{
	return cycles > UINT32_MAX ? UINT32_MAX : (uint32_t)cycles;
}

void direct_look_at(struct session *s, const struct direct_scale *scale, struct cfg_address at,
		    const struct direct_look *like, struct direct_look *look)
{
	for (unsigned r = 0; r < DIRECT_REGIONS; r++) {
		volatile uint8_t *p = ecam_pointer(&s->found.path[PATH_ECAM], at, region_at[r]);
		uint64_t first = time_read(s, p), later;

		later = look_at(s, scale, p, like ? &like->answer[r] : NULL, &look->answer[r]);
		if (r == DIRECT_HEADER) {
			look->first = to_32(less_timing(scale, first));
			look->later = to_32(later);
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
