/* Jobs that take turns. */
#include <stdlib.h>
#include <ucontext.h>
#include "measure.h"
#include "sim.h"
#include "sim_smp.h"

#define STACK (256u << 10)

/* The address sanitizer wants to know which stack is in use. */
void __sanitizer_start_switch_fiber(void **fake, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake, const void **bottom, size_t *size);

static struct vcpu {
	ucontext_t context;
	void *fake;
	const void *bottom;
	size_t size;
	bool done;
} vcpus[SIM_VCPUS_MAX];

/* Of all but the first, which has the program's. */
static uint8_t stacks[SIM_VCPUS_MAX - 1][STACK] __attribute__((aligned(64)));

static unsigned count;
static void (*job)(void *context, unsigned vcpu);
static void *job_context;
static uint64_t random_state;

static void arrived(void)
{
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(vcpus[sim.vcpu].fake, &bottom, &size);
	/* Where the first's stack is, nobody else can tell. */
	if (!vcpus[0].bottom) {
		vcpus[0].bottom = bottom;
		vcpus[0].size = size;
	}
}

static void go_to(unsigned next)
{
	struct vcpu *from = &vcpus[sim.vcpu], *to = &vcpus[next];

	if (from == to)
		return;
	sim.vcpu = next;
	/* One that is done never comes back: the sanitizer may forget its stack. */
	__sanitizer_start_switch_fiber(from->done ? NULL : &from->fake, to->bottom, to->size);
	swapcontext(&from->context, &to->context);
	arrived();
}

/* Another that is not done; itself, if there is none. */
static unsigned draw(void)
{
	unsigned next = (unsigned)(measure_random(&random_state) % count);

	for (unsigned i = 0; i < count; i++, next = (next + 1) % count)
		if (next != sim.vcpu && !vcpus[next].done)
			return next;
	return sim.vcpu;
}

void sim_switch(void)
{
	if (sim.together)
		go_to(draw());
}

void sim_maybe_switch(void)
{
	/* One time in four. */
	if (sim.together && (measure_random(&random_state) >> 32 & 3) == 0)
		sim_switch();
}

void sim_pause(unsigned vcpu)
{
	(void)vcpu;
	sim_switch();
}

static void begin(void)
{
	arrived();
	job(job_context, sim.vcpu);
	vcpus[sim.vcpu].done = true;
	/* The first waits for all, so it is always there to go on with. */
	go_to(draw() == sim.vcpu ? 0 : draw());
	abort();
}

static void set_up(struct vcpu *vcpu, uint8_t *stack)
{
	*vcpu = (struct vcpu){.bottom = stack, .size = STACK};
	getcontext(&vcpu->context);
	vcpu->context.uc_stack.ss_sp = stack;
	vcpu->context.uc_stack.ss_size = STACK;
	makecontext(&vcpu->context, begin, 0);
}

bool sim_run_together(unsigned wanted, void (*what)(void *context, unsigned vcpu), void *context)
{
	if (wanted > SIM_VCPUS_MAX)
		abort();
	count = wanted;
	job = what;
	job_context = context;
	random_state = 1;
	vcpus[0] = (struct vcpu){0};
	for (unsigned k = 1; k < count; k++)
		set_up(&vcpus[k], stacks[k - 1]);
	sim.together = count > 1;
	what(context, 0);
	for (unsigned k = 1; k < count; k++)
		while (!vcpus[k].done)
			go_to(k);
	sim.together = false;
	return true;
}
