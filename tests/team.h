/*
 * Several vCPUs at work on one thing. Each member has paths and counts of its own, since those of
 * the session are for one vCPU alone; team_run() adds them to the session's when all are done.
 */
#ifndef BAROMETER_TESTS_TEAM_H
#define BAROMETER_TESTS_TEAM_H

#include "locked.h"
#include "session.h"

struct team_member {
	/* Only one member may use the bare ports at a time. */
	struct cfg path[PATHS];
	/* Ports as an operating system uses them, the lock taken for each access. */
	struct cfg locked;
	struct locked locked_state;
	struct cfg_counts counts;
} __attribute__((aligned(128))); /* no two write to one cache line */

struct team {
	struct session *s;
	unsigned count;
	struct team_member *member;
	void (*job)(struct team *team, unsigned vcpu);
	void *context;
	struct ticket_lock lock __attribute__((aligned(128)));
	uint32_t turn __attribute__((aligned(128)));
};

/* A team in the arena; NULL after session_error(). count is at most the platform's vcpus. */
struct team *team_new(struct session *session, unsigned count);

/* Runs job on every member's vCPU at once. False, after session_error(), when one did not start. */
bool team_run(struct team *team, void (*job)(struct team *team, unsigned vcpu), void *context);

/* 1, 2, 4 and so on, and last all of them: the number of vCPUs after that of count, or 0. */
unsigned team_next_count(unsigned count, unsigned all);

/*
 * Turns: what was written before team_turn() is seen after team_await() of the same number by
 * another member. The first turn of a run is 0.
 */
void team_await(struct team *team, unsigned vcpu, uint32_t turn);
void team_turn(struct team *team, uint32_t turn);

/*
 * True where there are two vCPUs or more; otherwise the test under way is skipped with the reason.
 */
bool team_needs_two(struct session *session);

#endif
