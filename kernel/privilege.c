/* Choosing and dropping the privilege level. */
#include "privilege.h"
#include "cpu.h"
#include "text.h"
#include "traps.h"
#include "tsc.h"

/* Two lengths of the loop, and how often each is timed: one that an interrupt of the host fell into
 * says nothing. */
#define SHORT_LOOP 64
#define LONG_LOOP  4160
#define TIMES      5

/* Cycles of the loop and of the two readings around it. */
static uint64_t empty_loop(uint64_t iterations)
{
	uint64_t start = tsc_read();

	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(iterations) : : "cc");
	return tsc_read() - start;
}

static uint64_t smallest(uint64_t (*timed)(uint64_t iterations), uint64_t iterations)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < TIMES; i++) {
		uint64_t cycles = timed(iterations);

		if (cycles < least)
			least = cycles;
	}
	return least;
}

uint64_t privilege_iteration(uint64_t (*timed)(uint64_t iterations))
{
	uint64_t less = smallest(timed, SHORT_LOOP), more = smallest(timed, LONG_LOOP);

	return more > less ? (more - less) / (LONG_LOOP - SHORT_LOOP) : 0;
}

/* IRET to the next instruction with the CPL 3 selectors and IOPL 3; interrupts stay off. */
void privilege_drop(void)
{
	__asm__ volatile(
	    "pushfq\n\torq $0x3000, (%%rsp)\n\tpopfq\n\tmovq %%rsp, %%rax\n\tpushq %0\n\tpushq "
	    "%%rax\n\tpushfq\n\tpushq %1\n\tleaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tiretq\n"
	    "1:\n\tmovl %2, %%eax\n\tmovl %%eax, %%ds\n\tmovl %%eax, %%es"
	    :
	    : "i"(CPU_DATA3), "i"(CPU_CODE3), "i"(CPU_DATA3)
	    : "rax", "memory", "cc");
}

struct privilege privilege_choose(enum options_cpl asked)
{
	struct privilege p = {.asked = asked, .ring0_iteration = privilege_iteration(empty_loop)};

	if (asked == OPTIONS_CPL_3 ||
	    (asked == OPTIONS_CPL_AUTO && p.ring0_iteration > PRIVILEGE_NATIVE_MAX)) {
		privilege_drop();
		p.cpl = 3;
	}
	return p;
}

/* HLT is refused at CPL 3; the handler goes on behind it in ring 0. */
void privilege_raise(void)
{
	uint16_t cs;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	if (!(cs & 3))
		return;
	trap_raise = true;
	__asm__ volatile("hlt\n\tmovl %0, %%eax\n\tmovl %%eax, %%ds\n\tmovl %%eax, %%es"
			 :
			 : "i"(CPU_DATA0)
			 : "rax", "memory");
}

void privilege_explain(const struct privilege *p, char *to, unsigned size)
{
	if (p->asked != OPTIONS_CPL_AUTO)
		text_format(
		    to, size,
		    "CPL %u as asked; an empty loop in ring 0 costs %llu cycles an iteration",
		    p->cpl, (unsigned long long)p->ring0_iteration);
	else if (p->cpl == 3)
		text_format(
		    to, size,
		    "CPL 3: an empty loop in ring 0 costs %llu cycles an iteration (more than %u), "
		    "so this hypervisor emulates ring 0; IN, OUT, RDTSC and loads run natively at "
		    "CPL 3",
		    (unsigned long long)p->ring0_iteration, PRIVILEGE_NATIVE_MAX);
	else
		text_format(
		    to, size,
		    "CPL 0: an empty loop costs %llu cycles an iteration (at most %u), so ring 0 "
		    "runs natively",
		    (unsigned long long)p->ring0_iteration, PRIVILEGE_NATIVE_MAX);
}
