/*
 * Several vCPUs of the simulated machine: each job has a stack of its own, one of them runs at a
 * time, and before an access to the machine another may be let on. Which one is drawn from a
 * generator that begins anew with each run, so that the same run comes out the same.
 */
#ifndef BAROMETER_CHECK_HOST_SIM_SMP_H
#define BAROMETER_CHECK_HOST_SIM_SMP_H

#include <stdbool.h>

#define SIM_VCPUS_MAX 4

/* platform.run_together and platform.pause. */
bool sim_run_together(unsigned count, void (*job)(void *context, unsigned vcpu), void *context);
void sim_pause(unsigned vcpu);

/*
 * Before each access; and for a bug that does its work in parts. Nothing while one vCPU runs alone.
 */
void sim_maybe_switch(void);
void sim_switch(void);

#endif
