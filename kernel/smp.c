/* Starting the other processors, and running something on several. */
#include "smp.h"
#include "apic.h"
#include "finish.h"
#include "mem.h"
#include "paging.h"
#include "power.h"
#include "privilege.h"
#include "text.h"
#include "tsc.h"

#define PAGE          0x1000ull
#define PAGES_END     0xa0000ull /* SIPI cannot name vectors A0h to BFh, and video memory begins */
#define STACK         0x4000ull
#define CPUS_MAX      MADT_PROCESSORS_MAX

/*
 * Second views of pages, far above what is identity mapped: to write the trampoline, and the
 * stacks, each with a hole below it, so that an overflow is a page fault.
 */
#define WRITABLE_VIEW (1ull << 45)
#define STACKS        (WRITABLE_VIEW + (1ull << 30))
#define STACK_STRIDE  (4 * STACK)

/* A job that takes longer has gone astray. */
#define JOB_MS        120000

extern const char trampoline[], trampoline_end[], trampoline_values[];
extern void smp_entry(void);

/* In kernel/trampoline.asm, followed by what holds addresses: the GDT's, and two far jumps'. */
struct __attribute__((packed)) trampoline_values {
	uint64_t cr0, cr4, cr3, entry;
	uint16_t gdt_limit;
	uint32_t gdt;
	uint16_t reserved;
	uint32_t to_protected, protected_selector;
	uint32_t to_long, long_selector;
};

/* By APIC ID, what a processor begins with; kernel/trampoline.asm looks here. */
struct smp_start {
	uint32_t apic_id, reserved;
	struct cpu *cpu;
	const char *stack_top;
};

struct smp_start *smp_starts;
uint32_t smp_start_count;

enum state { AWAY, ENTERED, DONE, FAULTED };
enum order { WAIT, GO, GO_HOME };

static struct {
	uint64_t cr0, cr3, cr4;
	unsigned cpl, count; /* processors that can be had, the first one included */
	uint64_t tsc_khz;
	uint32_t self; /* APIC ID of the first */
	uint8_t page;  /* number of the trampoline's */
	char reason[120];
	struct cpu *cpu[CPUS_MAX];
	struct trap_frame fault[CPUS_MAX];
	uint32_t
	    state[CPUS_MAX]; /* enum state; each written by its processor alone, but for AWAY */
	uint32_t order;      /* enum order */
	uint32_t faulted;    /* the last that had an exception; 0: none */
	uint64_t begin;      /* of the job, TSC of the first processor */
	unsigned wanted;
	void (*job)(void *context, unsigned number);
	void *context;
} smp;

static uint32_t load(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

void smp_prepare(void)
{
	__asm__ volatile("mov %%cr0, %0" : "=r"(smp.cr0));
	__asm__ volatile("mov %%cr3, %0" : "=r"(smp.cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(smp.cr4));
	smp.self = apic_id();
	apic_init();
}

static uint64_t cycles(uint64_t microseconds)
{
	/* Where the frequency is unknown, 2 GHz: these are only timeouts. */
	return (smp.tsc_khz ? smp.tsc_khz : 2000000) * microseconds / 1000;
}

static void pause(uint64_t microseconds)
{
	for (uint64_t begin = tsc_read(); tsc_read() - begin < cycles(microseconds);)
		__builtin_ia32_pause();
}

/* ---- on the others --------------------------------------------------------------------------- */

_Noreturn void smp_main(struct cpu *cpu)
{
	unsigned number = cpu->number;

	cpu->done = false;
	cpu_load(cpu);
	cpu_enable_paging_features();
	cpu_serialise_lfence();
	if (smp.cpl == 3)
		privilege_drop();
	store(&smp.state[number], ENTERED);
	while (load(&smp.order) == WAIT)
		__builtin_ia32_pause();
	/* A processor that came too late for its own job finds the next, which may be for fewer. */
	if (load(&smp.order) == GO && number < smp.wanted)
		smp.job(smp.context, number);
	/*
	 * Set before the job is reported done: by the time of the HLT the first processor may have
	 * begun the next one.
	 */
	cpu->done = true;
	store(&smp.state[number], DONE);
	power_halt();
}

/* HLT at CPL 3 comes here as well: that is how a job ends. */
_Noreturn void smp_fault(struct cpu *cpu, const struct trap_frame *frame)
{
	if (!cpu->done) {
		smp.fault[cpu->number] = *frame;
		store(&smp.state[cpu->number], FAULTED);
		store(&smp.faulted, cpu->number);
	}
	power_halt();
}

/* ---- on the first ---------------------------------------------------------------------------- */

static bool is_there(unsigned number)
{
	uint32_t state = load(&smp.state[number]);

	if (state == FAULTED)
		trap_report(smp.cpu[number], &smp.fault[number]);
	return state != AWAY;
}

static bool is_done(unsigned number)
{
	return is_there(number) && load(&smp.state[number]) == DONE;
}

/* Whether it was so for each of the others within that time. */
static bool all_are(bool (*so)(unsigned number), unsigned count, uint64_t microseconds)
{
	const uint64_t begin = tsc_read(), patience = cycles(microseconds);

	for (unsigned k = 1; k < count; k++)
		while (!so(k)) {
			if (tsc_read() - begin > patience)
				return false;
			__builtin_ia32_pause();
		}
	return true;
}

/*
 * INIT and two SIPIs to all at once, which hypervisors answer in microseconds; then once more, with
 * the 10 ms between them that the specification asks for, and patience for a host that is busy.
 */
static bool summon(unsigned count)
{
	static const struct {
		bool init;
		uint32_t before, after; /* microseconds: from INIT to SIPI, and for it to work */
	} tries[] = {{true, 200, 20000}, {false, 0, 200000}, {true, 10000, 5000000}};

	store(&smp.order, WAIT);
	for (unsigned k = 1; k < count; k++)
		store(&smp.state[k], AWAY);
	for (unsigned t = 0; t < sizeof(tries) / sizeof(tries[0]); t++) {
		bool called[CPUS_MAX];

		for (unsigned k = 1; k < count; k++) {
			called[k] = !is_there(k);
			if (called[k] && tries[t].init)
				apic_send_init(smp.cpu[k]->apic_id);
		}
		pause(tries[t].before);
		for (unsigned k = 1; k < count; k++) {
			if (!called[k])
				continue;
			/* One that came just before the INIT reached it has to come again. */
			if (tries[t].init)
				store(&smp.state[k], AWAY);
			apic_send_startup(smp.cpu[k]->apic_id, smp.page);
		}
		if (all_are(is_there, count, tries[t].after))
			return true;
	}
	return false;
}

static _Noreturn void gone_astray(void)
{
	char reason[80];
	unsigned k = 1;

	while (k + 1 < smp.wanted && is_done(k))
		k++;
	text_format(reason, sizeof(reason), "vCPU %u (APIC ID %u) does not come back from its job",
		    k, smp.cpu[k]->apic_id);
	finish_error(reason);
}

void smp_pause(unsigned number)
{
	__builtin_ia32_pause();
	if (number)
		return;
	if (load(&smp.faulted))
		is_there(load(&smp.faulted));
	if (tsc_read() - smp.begin > cycles(JOB_MS * 1000ull))
		gone_astray();
}

static void dismiss(unsigned count, enum order order)
{
	smp.begin = tsc_read();
	store(&smp.order, order);
	if (order == GO)
		smp.job(smp.context, 0);
	for (unsigned k = 1; k < count; k++)
		while (is_there(k) && !is_done(k))
			smp_pause(0);
}

bool smp_run(unsigned count, void (*job)(void *context, unsigned number), void *context)
{
	bool all;

	smp.job = job;
	smp.context = context;
	smp.wanted = count;
	all = summon(count);
	dismiss(count, all ? GO : GO_HOME);
	return all;
}

static bool is_free(const struct handoff *handoff, uint64_t page)
{
	bool ram = false;

	for (unsigned i = 0; i < handoff->range_count; i++) {
		const struct handoff_range *r = &handoff->range[i];

		if (page < r->start + r->len && r->start < page + PAGE && !r->ram)
			return false;
		ram |= r->ram && page >= r->start && page + PAGE <= r->start + r->len;
	}
	return ram && !paging_is_mapped(page);
}

/* The one that the boot path took, else the highest that nobody has; not the first, where the
 * firmware's own data are. 0: none. */
static uint64_t find_page(const struct handoff *handoff)
{
	if (handoff->low_page)
		return handoff->low_page;
	for (uint64_t page = PAGES_END - PAGE; page; page -= PAGE)
		if (is_free(handoff, page))
			return page;
	return 0;
}

/* The page is executable where it is, and written through another view: no page is both. */
static bool write_trampoline(uint64_t page)
{
	uint8_t *copy = paging_map_at(WRITABLE_VIEW, page, PAGE, PAGING_WRITE);
	struct trampoline_values *values;

	if (!copy || !paging_map(page, PAGE, PAGING_EXECUTE))
		return false;
	memcpy(copy, trampoline, (size_t)(trampoline_end - trampoline));
	values = (struct trampoline_values *)(copy + (trampoline_values - trampoline));
	values->cr0 = smp.cr0;
	values->cr3 = smp.cr3;
	values->cr4 = smp.cr4;
	values->entry = (uint64_t)smp_entry;
	values->gdt += (uint32_t)page;
	values->to_protected += (uint32_t)page;
	values->to_long += (uint32_t)page;
	smp.page = (uint8_t)(page / PAGE);
	return true;
}

/* Tables and a stack for one more; false when memory ran out. */
static bool add(struct arena *arena, uint32_t id)
{
	size_t mark = arena_mark(arena);
	struct cpu *cpu = arena_take(arena, sizeof(*cpu), 16);
	void *stack = arena_take(arena, STACK, PAGE);
	char *bottom = stack ? paging_map_at(STACKS + smp.count * STACK_STRIDE, (uint64_t)stack,
					     STACK, PAGING_WRITE)
			     : NULL;

	if (!cpu || !bottom) {
		arena_release(arena, mark);
		return false;
	}
	cpu->number = smp.count;
	cpu->apic_id = id;
	cpu->stack_bottom = bottom;
	cpu->stack_top = bottom + STACK;
	smp.cpu[smp.count] = cpu;
	smp_starts[smp.count - 1] = (struct smp_start){id, 0, cpu, cpu->stack_top};
	smp_start_count = smp.count++;
	return true;
}

static void add_all(const struct smp_plan *plan)
{
	for (unsigned i = 0; i < plan->madt->count && smp.count < plan->limit; i++) {
		uint32_t id = plan->madt->apic_id[i];

		if (id == smp.self)
			continue;
		if (!apic_reaches(id)) {
			report_note(
			    &finish_state.report,
			    "the vCPU with APIC ID %u is left alone: xAPIC cannot reach it, "
			    "and there is no x2APIC",
			    id);
			continue;
		}
		if (!add(plan->arena, id)) {
			report_note(&finish_state.report, "memory is enough for %u vCPUs",
				    smp.count);
			return;
		}
	}
}

/*
 * Leaves out those that did not come, and numbers the others anew, with the tables that they have.
 */
static void keep_those_that_came(void)
{
	unsigned kept = 1;

	for (unsigned k = 1; k < smp.count; k++) {
		struct cpu *cpu = smp.cpu[k];

		if (!is_there(k)) {
			report_note(&finish_state.report,
				    "the vCPU with APIC ID %u does not start (INIT, SIPI): the run "
				    "goes on without it",
				    cpu->apic_id);
			smp_starts[k - 1].apic_id = UINT32_MAX;
			continue;
		}
		smp.cpu[kept] = cpu;
		cpu->number = kept++;
	}
	smp.count = kept;
}

static void nothing(void *context, unsigned number)
{
	(void)context;
	(void)number;
}

/* What stands in the way of more than one; NULL: nothing. */
static const char *obstacle(const struct smp_plan *plan)
{
	const struct madt *madt = plan->madt;
	const char *fault;
	bool wide = false;
	uint64_t page;

	if (plan->limit == 1)
		return "cpus=1";
	if (!madt->found)
		return "firmware has no table of processors (MADT)";
	if (madt->count < 2)
		return "this machine has one";
	for (unsigned i = 0; i < madt->count; i++)
		wide |= madt->apic_id[i] >= 0xff;
	fault = apic_ready(wide);
	if (fault)
		return fault;
	page = find_page(plan->handoff);
	if (!page)
		return "no free page of RAM below 640 KiB for them to start in";
	if (smp.cr3 >> 32)
		return "page tables are above 4 GiB";
	smp_starts = ARENA_TAKE(plan->arena, struct smp_start, CPUS_MAX);
	return smp_starts && write_trampoline(page) ? NULL : "no memory for them to start in";
}

unsigned smp_start(const struct smp_plan *plan)
{
	const char *fault;

	smp.count = 1;
	smp.cpl = plan->cpl;
	smp.tsc_khz = plan->tsc_khz;
	fault = obstacle(plan);
	if (fault) {
		text_format(smp.reason, sizeof(smp.reason), "%s", fault);
		return 1;
	}
	if (plan->madt->more)
		report_note(&finish_state.report,
			    "%u processors beyond the first %u are left alone", plan->madt->more,
			    MADT_PROCESSORS_MAX);
	add_all(plan);
	if (!smp_run(smp.count, nothing, NULL))
		keep_those_that_came();
	if (smp.count == 1)
		text_format(smp.reason, sizeof(smp.reason), "no other starts");
	else
		report_note(&finish_state.report, "%u vCPUs, started through %s", smp.count,
			    apic_mode());
	return smp.count;
}

const char *smp_reason(void)
{
	return smp.reason;
}
