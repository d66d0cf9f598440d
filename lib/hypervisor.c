/* Hypervisor signatures. */
#include "hypervisor.h"
#include "mem.h"

#define LEAF_FIRST 0x40000000u
#define LEAF_END   0x40010000u
#define LEAF_STEP  0x100u

/* What does not exist may read as the highest basic leaf does (Intel SDM volume 2, CPUID). */
static bool is_signature(const char *name, uint32_t base, uint32_t highest)
{
	for (unsigned i = 0; i < 12; i++)
		if ((name[i] < ' ' || name[i] > '~') && (i == 0 || name[i]))
			return false;
	/* KVM said 0 for a time. */
	return (highest >= base && highest < base + LEAF_STEP) ||
	       (base == LEAF_FIRST && highest == 0);
}

void hypervisor_find(struct hypervisor *found, struct hypervisor_leaf (*cpuid)(uint32_t leaf))
{
	*found = (struct hypervisor){0};
	for (uint32_t base = LEAF_FIRST; base < LEAF_END; base += LEAF_STEP) {
		struct hypervisor_leaf leaf = cpuid(base);
		char name[13] = "";

		memcpy(name, &leaf.ebx, 4);
		memcpy(name + 4, &leaf.ecx, 4);
		memcpy(name + 8, &leaf.edx, 4);
		if (!is_signature(name, base, leaf.eax) || hypervisor_is(found, name))
			continue;
		memcpy(found->by[found->count].name, name, sizeof(name));
		found->by[found->count].base = base;
		found->by[found->count].highest = leaf.eax ? leaf.eax : base + 1;
		if (++found->count == HYPERVISOR_NAMES_MAX)
			return;
	}
}

bool hypervisor_signs(const struct hypervisor *found, unsigned i, const char *name)
{
	return strcmp(found->by[i].name, name) == 0;
}

bool hypervisor_is(const struct hypervisor *found, const char *name)
{
	for (unsigned i = 0; i < found->count; i++)
		if (hypervisor_signs(found, i, name))
			return true;
	return false;
}

const char *hypervisor_name(const struct hypervisor *found)
{
	return found->count ? found->by[0].name : "";
}
