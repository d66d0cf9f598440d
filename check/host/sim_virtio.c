/* A virtio function's capabilities, and the window that one of them is (Virtual I/O Device 1.2,
 * 4.1.4). */
#include "sim_build.h"
#include "sim_bugs.h"

#define FEATURES 0x39000000u

void sim_virtio(struct sim_fn *fn)
{
	unsigned at = sim_cap(fn, 0x09, 16);

	sim_set16(fn, at + 2, 0x0110);
	fn->value[at + 4] = 4;
	sim_set32(fn, at + 8, SIM_VIRTIO_COMMON);
	sim_set32(fn, at + 12, 0x38);
	fn->window = at = sim_cap(fn, 0x09, 20);
	sim_set16(fn, at + 2, 0x0514);
	fn->writable[at + 4] = 0xff;
	for (unsigned reg = 8; reg < 20; reg += 4)
		sim_writable32(fn, at + reg, 0xffffffff);
}

/* Whether an access concerns the window's data while the window shows a dword of the common
 * configuration. */
static bool armed(const struct sim_fn *fn, const struct sim_access *a)
{
	return fn->window && a->reg < fn->window + 20 && a->reg + a->width > fn->window + 16 &&
	       sim_get32(fn, fn->window + 12) == 4 && fn->value[fn->window + 4] == 4;
}

void sim_virtio_write(struct sim_fn *fn, const struct sim_access *a)
{
	if (armed(fn, a) && sim_get32(fn, fn->window + 8) == SIM_VIRTIO_COMMON)
		fn->feature_select = sim_get32(fn, fn->window + 16);
}

void sim_virtio_read(struct sim_fn *fn, const struct sim_access *a)
{
	uint32_t reg = sim_get32(fn, fn->window + 8) - SIM_VIRTIO_COMMON;

	if (!armed(fn, a) || (a->ecam && sim_bug_is("virtio-window-stale")))
		return;
	sim_set32(fn, fn->window + 16,
		  reg == 0                              ? fn->feature_select
		  : reg == 4 && fn->feature_select == 0 ? FEATURES
		  : reg == 4 && fn->feature_select == 1 ? 1
							: 0);
}
