/* Running on several vCPUs, and adding up what they did. */
#include "team.h"

struct team *team_new(struct session *s, unsigned count)
{
	const struct platform *p = s->platform;
	struct team *team = arena_take(s->arena, sizeof(*team), _Alignof(struct team));

	if (team)
		team->member = ARENA_TAKE(s->arena, struct team_member, count);
	if (!team || !team->member) {
		session_error(s, "no memory for %u vCPUs", count);
		return NULL;
	}
	team->s = s;
	team->count = count;
	for (unsigned k = 0; k < count; k++) {
		struct team_member *m = &team->member[k];

		for (unsigned path = 0; path < PATHS; path++) {
			m->path[path] = s->found.path[path];
			m->path[path].counts = &m->counts;
			m->path[path].reads = m->path[path].writes = 0;
		}
		m->locked_state = (struct locked){&m->path[PATH_PIO], &team->lock, p->pause, k};
		locked_init(&m->locked, &m->locked_state);
	}
	return team;
}

static void add(uint64_t *to, uint64_t *from)
{
	*to += *from;
	*from = 0;
}

static void gather(struct session *s, struct team_member *m)
{
	struct cfg_counts *to = s->counts, *from = &m->counts;

	add(&to->cf8_read, &from->cf8_read);
	add(&to->cf8_write, &from->cf8_write);
	add(&to->cfc_read, &from->cfc_read);
	add(&to->cfc_write, &from->cfc_write);
	add(&to->ecam_read, &from->ecam_read);
	add(&to->ecam_write, &from->ecam_write);
	for (unsigned path = 0; path < PATHS; path++) {
		add(&s->found.path[path].reads, &m->path[path].reads);
		add(&s->found.path[path].writes, &m->path[path].writes);
	}
}

static void member_job(void *context, unsigned vcpu)
{
	struct team *team = context;

	team->job(team, vcpu);
}

bool team_run(struct team *team, void (*job)(struct team *team, unsigned vcpu), void *context)
{
	struct session *s = team->s;
	bool ran;

	team->job = job;
	team->context = context;
	team->turn = 0;
	ran = s->platform->run_together(team->count, member_job, team);
	if (!ran)
		session_error(s, "a vCPU that started before does not start any more");
	for (unsigned k = 0; k < team->count; k++)
		gather(s, &team->member[k]);
	return ran;
}

unsigned team_next_count(unsigned count, unsigned all)
{
	if (count >= all)
		return 0;
	return 2 * count < all ? 2 * count : all;
}

void team_await(struct team *team, unsigned vcpu, uint32_t turn)
{
	while (__atomic_load_n(&team->turn, __ATOMIC_ACQUIRE) != turn)
		team->s->platform->pause(vcpu);
}

void team_turn(struct team *team, uint32_t turn)
{
	__atomic_store_n(&team->turn, turn, __ATOMIC_RELEASE);
}

bool team_needs_two(struct session *s)
{
	if (s->platform->vcpus >= 2)
		return true;
	session_skip(s, "one vCPU: %s", s->platform->vcpus_reason);
	return false;
}
