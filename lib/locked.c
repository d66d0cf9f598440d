/* Accesses under a lock. */
#include "locked.h"

static bool locked_reaches(const struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	const struct locked *locked = cfg->state;

	return locked->below->ops->reaches(locked->below, at, reg);
}

static uint32_t locked_read(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width)
{
	struct locked *locked = cfg->state;
	uint32_t value;

	ticket_lock_take(locked->lock, locked->pause, locked->vcpu);
	value = cfg_read(locked->below, at, reg, width);
	ticket_lock_give(locked->lock);
	return value;
}

static void locked_write(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width,
			 uint32_t value)
{
	struct locked *locked = cfg->state;

	ticket_lock_take(locked->lock, locked->pause, locked->vcpu);
	cfg_write(locked->below, at, reg, width, value);
	ticket_lock_give(locked->lock);
}

static const struct cfg_ops locked_ops = {
    .name = "pio",
    .reaches = locked_reaches,
    .read = locked_read,
    .write = locked_write,
};

void locked_init(struct cfg *cfg, struct locked *locked)
{
	*cfg = (struct cfg){.ops = &locked_ops, .state = locked, .counts = locked->below->counts};
}
