/*
 * Who signs as the hypervisor. Each interface that one offers has leaves of its own, from 40000000h
 * on in steps of 100h (Linux, hypervisor_cpuid_base()): a KVM that offers Microsoft's interface
 * signs as that at 40000000h and as itself at 40000100h.
 */
#ifndef BAROMETER_LIB_HYPERVISOR_H
#define BAROMETER_LIB_HYPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#define HYPERVISOR_NAMES_MAX 4

struct hypervisor_leaf {
	uint32_t eax, ebx, ecx, edx;
};

struct hypervisor {
	unsigned count; /* 0: CPUID says that there is none, or it does not sign */
	struct {
		char name[13];          /* 12 characters, NUL-terminated */
		uint32_t base, highest; /* leaves */
	} by[HYPERVISOR_NAMES_MAX];
};

/* Collects the signatures; cpuid executes CPUID. To be called only where CPUID says hypervisor. */
void hypervisor_find(struct hypervisor *found, struct hypervisor_leaf (*cpuid)(uint32_t leaf));

/* Whether one of them is this. */
bool hypervisor_is(const struct hypervisor *found, const char *name);

/* Whether that of the i-th interface is this. */
bool hypervisor_signs(const struct hypervisor *found, unsigned i, const char *name);

/* The first signature, or "". */
const char *hypervisor_name(const struct hypervisor *found);

#endif
