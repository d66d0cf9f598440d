/*
 * The other processors: started afresh by INIT-SIPI-SIPI (Intel SDM volume 3, 8.4.4) for each job
 * that several are wanted for, and halted in ring 0 with interrupts off when it is done. A halted
 * processor takes nothing of the host, and none has to be woken in another way than it was started.
 *
 * Only the first one prints, maps and takes memory.
 */
#ifndef BAROMETER_KERNEL_SMP_H
#define BAROMETER_KERNEL_SMP_H

#include "arena.h"
#include "cpu.h"
#include "handoff.h"
#include "madt.h"
#include "traps.h"

/* Keeps the control registers that all processors are to have. Ring 0, once they are final. */
void smp_prepare(void);

struct smp_plan {
	const struct handoff *handoff;
	const struct madt *madt;
	struct arena *arena; /* for tables and stacks */
	unsigned limit;      /* processors at the most, the first one included; 1 to 256 */
	unsigned cpl;        /* that jobs run at */
	uint64_t tsc_khz;    /* 0: unknown */
};

/*
 * Starts each processor once. Those that do not come are named by APIC ID in a line of the log and
 * left out from then on. Returns how many there are, at least 1.
 */
unsigned smp_start(const struct smp_plan *plan);

/* Why smp_start() gave 1; empty where it did not. */
const char *smp_reason(void);

/*
 * Calls job(context, k) for k from 0 to count - 1, each on a processor of its own, 0 being the one
 * that calls. All of them are there before the first begins. Returns when all are done; false, and
 * no job was run, when one did not start. An exception in a job, or a processor that does not come
 * back from it, ends the run.
 */
bool smp_run(unsigned count, void (*job)(void *context, unsigned number), void *context);

/*
 * In a job that waits for another: lets others go first, and on the first processor sees to it that
 * the run ends when the other never comes.
 */
void smp_pause(unsigned number);

/* In the handler of an exception, on a processor other than the first: hands it over, and halts. */
_Noreturn void smp_fault(struct cpu *cpu, const struct trap_frame *frame);

/* kernel/trampoline.asm jumps to it, on the processor's own stack. */
_Noreturn void smp_main(struct cpu *cpu);

#endif
