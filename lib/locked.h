/* Ports that several vCPUs share: each access under a lock. */
#ifndef BAROMETER_LIB_LOCKED_H
#define BAROMETER_LIB_LOCKED_H

#include "cfg.h"
#include "lock.h"

struct locked {
	struct cfg *below; /* this vCPU's own, with counts of its own */
	struct ticket_lock *lock;
	void (*pause)(unsigned vcpu);
	unsigned vcpu;
};

/* All members of locked are the caller's to set. It is for ports, and named so. */
void locked_init(struct cfg *cfg, struct locked *locked);

#endif
