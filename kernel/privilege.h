/*
 * The privilege level that the tests run at.
 *
 * Some hypervisors (shadow paging or PVM-style KVM in a nested cloud) emulate each ring 0
 * instruction, which drowns the figures. At CPL 3 with IOPL 3, IN, OUT, RDTSC and ECAM loads run
 * natively and exit as they do from ring 0 on VT-x and SVM.
 */
#ifndef BAROMETER_KERNEL_PRIVILEGE_H
#define BAROMETER_KERNEL_PRIVILEGE_H

#include <stdint.h>
#include "options.h"

/* An empty loop is 1 to 2 cycles an iteration natively, a few dozen under TCG, thousands when each
 * instruction is emulated. */
#define PRIVILEGE_NATIVE_MAX 50

struct privilege {
	unsigned cpl;             /* 0 or 3, now */
	uint64_t ring0_iteration; /* cycles of an empty loop's iteration in ring 0 */
	enum options_cpl asked;
};

/*
 * Cycles of one iteration, from what timed() says that a short and a long loop take. What is the
 * same for both is not in it: where reading the time-stamp counter exits, that is thousands.
 */
uint64_t privilege_iteration(uint64_t (*timed)(uint64_t iterations));

/* Measures, decides, and drops to CPL 3 for good when that was asked for or is better. Called in
 * ring 0. */
struct privilege privilege_choose(enum options_cpl asked);

/* Back to ring 0, for the end of the run: firmware is called there, and only there. */
void privilege_raise(void);
/* Drops to CPL 3 for good, as IOPL 3 and on the stack in use. Called in ring 0. */
void privilege_drop(void);

/* One sentence that says which level and why, into to[size]. */
void privilege_explain(const struct privilege *privilege, char *to, unsigned size);

#endif
