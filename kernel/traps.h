/* Exceptions: none is expected, so each is reported with all that helps to find it, and ends the
 * run as an ERROR. */
#ifndef BAROMETER_KERNEL_TRAPS_H
#define BAROMETER_KERNEL_TRAPS_H

#include <stdbool.h>
#include <stdint.h>

/* What kernel/traps.asm pushes, lowest address first; from rip on the processor does (Intel SDM
 * volume 3, 6.14.2). */
struct trap_frame {
	uint64_t cr2;
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

/*
 * The next general protection fault is a HLT at CPL 3 that asks for ring 0: it goes on there,
 * behind the HLT.
 */
extern bool trap_raise;

/* Called with every exception; returns only to go on at frame->rip. */
void trap(struct trap_frame *frame);

/*
 * Reports an exception of a processor, in which nothing can be done any more, and ends the run. On
 * the first processor only.
 */
struct cpu;
_Noreturn void trap_report(const struct cpu *cpu, const struct trap_frame *frame);

#endif
