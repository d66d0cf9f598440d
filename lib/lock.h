/*
 * A ticket lock: whoever comes first is served first. What an operating system takes around CF8 and
 * CFC, which are one register for all.
 */
#ifndef BAROMETER_LIB_LOCK_H
#define BAROMETER_LIB_LOCK_H

#include <stdint.h>

/* All zero: free. */
struct ticket_lock {
	uint32_t next, serving;
};

/* pause(who) is called as long as it is another's turn. */
static inline void ticket_lock_take(struct ticket_lock *lock, void (*pause)(unsigned who),
				    unsigned who)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		pause(who);
}

static inline void ticket_lock_give(struct ticket_lock *lock)
{
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

#endif
