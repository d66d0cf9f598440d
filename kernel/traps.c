/* Reporting an exception. */
#include "traps.h"
#include "apic.h"
#include "cpu.h"
#include "finish.h"
#include "image.h"
#include "power.h"
#include "smp.h"
#include "text.h"

#define BACKTRACE_MAX 16

static const char *const names[32] = {
    [0] = "divide error",
    [1] = "debug",
    [2] = "NMI",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range",
    [6] = "invalid opcode",
    [7] = "no FPU",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "no segment",
    [12] = "stack fault",
    [13] = "general protection",
    [14] = "page fault",
    [16] = "x87",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD",
    [20] = "virtualization",
    [21] = "control protection",
};

/*
 * Frame pointers are chained through the processor's stack and end in 0; anything outside it ends
 * the walk.
 */
static void backtrace(struct report *report, const struct cpu *cpu, const struct trap_frame *f)
{
	const uint64_t *frame = (const uint64_t *)f->rbp;

	report_note(report, "backtrace (image at 0x%llx):", (unsigned long long)image_start);
	report_note(report, "  0x%llx", (unsigned long long)f->rip);
	for (unsigned i = 0; i < BACKTRACE_MAX; i++) {
		if ((const char *)frame < cpu->stack_bottom ||
		    (const char *)(frame + 2) > cpu->stack_top || (uint64_t)frame % 8 != 0)
			return;
		report_note(report, "  0x%llx", (unsigned long long)frame[1]);
		frame = (const uint64_t *)frame[0];
	}
}

static void registers(struct report *report, const struct trap_frame *f)
{
	const struct {
		const char *name;
		uint64_t value;
	} all[] = {
	    {"rax", f->rax}, {"rbx", f->rbx}, {"rcx", f->rcx},    {"rdx", f->rdx}, {"rsi", f->rsi},
	    {"rdi", f->rdi}, {"rbp", f->rbp}, {"rsp", f->rsp},    {"r8", f->r8},   {"r9", f->r9},
	    {"r10", f->r10}, {"r11", f->r11}, {"r12", f->r12},    {"r13", f->r13}, {"r14", f->r14},
	    {"r15", f->r15}, {"rip", f->rip}, {"rfl", f->rflags}, {"cs", f->cs},   {"ss", f->ss},
	    {"cr2", f->cr2},
	};

	for (unsigned i = 0; i + 2 < sizeof(all) / sizeof(all[0]); i += 3)
		report_note(report, "  %-3s %016llx  %-3s %016llx  %-3s %016llx", all[i].name,
			    (unsigned long long)all[i].value, all[i + 1].name,
			    (unsigned long long)all[i + 1].value, all[i + 2].name,
			    (unsigned long long)all[i + 2].value);
}

bool trap_raise;

#define GENERAL_PROTECTION 13

_Noreturn void trap_report(const struct cpu *cpu, const struct trap_frame *f)
{
	static bool again;
	const char *name = f->vector < 32 && names[f->vector] ? names[f->vector] : "reserved";
	struct report *report = &finish_state.report;
	char reason[120], where[48] = "";

	finish_after_fault();
	if (again) /* reporting faulted: nothing left but to say so by the exit status */
		power_off(finish_state.exit, POWER_ERROR);
	again = true;
	if (report->open)
		report->put(report->context, "\n", 1);
	report->open = false;
	if (cpu->number)
		text_format(where, sizeof(where), " on vCPU %u (APIC ID %u)", cpu->number,
			    cpu->apic_id);
	report_note(report, "exception %llu (%s)%s, error code 0x%llx",
		    (unsigned long long)f->vector, name, where, (unsigned long long)f->error);
	registers(report, f);
	backtrace(report, cpu, f);
	text_format(reason, sizeof(reason), "exception %llu (%s)%s at 0x%llx",
		    (unsigned long long)f->vector, name, where, (unsigned long long)f->rip);
	finish_error(reason);
}

static void go_on_in_ring0(struct trap_frame *f)
{
	trap_raise = false;
	f->cs = CPU_CODE0;
	f->ss = CPU_DATA0;
	f->rip += 1; /* HLT is F4h */
}

/* What CPL 3 asks of ring 0: the one WRMSR that is for that. */
static bool serve(struct trap_frame *f)
{
	if (f->cs != CPU_CODE3 || f->rip != (uint64_t)apic_wrmsr)
		return false;
	__asm__ volatile("wrmsr" : : "c"(f->rcx), "a"(f->rax), "d"(f->rdx) : "memory");
	f->rip += 2;
	return true;
}

void trap(struct trap_frame *f)
{
	struct cpu *cpu = cpu_this();

	if (f->vector == GENERAL_PROTECTION && !cpu->number && trap_raise) {
		go_on_in_ring0(f);
		return;
	}
	if (f->vector == GENERAL_PROTECTION && serve(f))
		return;
	if (f->vector == GENERAL_PROTECTION && cpu->trap_resume) {
		f->rip = cpu->trap_resume;
		cpu->trap_resume = 0;
		return;
	}
	if (cpu->number)
		smp_fault(cpu, f);
	if (power_ended())
		power_halt();
	trap_report(cpu, f);
}
