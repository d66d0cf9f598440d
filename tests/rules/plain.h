/*
 * The registers of capabilities that may all be read, and what of them changes only when it is
 * written: to be compared before and after something else was done.
 */
#ifndef BAROMETER_TESTS_RULES_PLAIN_H
#define BAROMETER_TESTS_RULES_PLAIN_H

#include "caps.h"
#include "rules/rule.h"

/*
 * Message Control, the upper half of the first dword of MSI (PCI 3.0, 6.8.1.3) and of MSI-X
 * (6.8.2.3).
 */
#define MSI_ENABLE                  0x00010000u
#define MSI_CAPABLE(header)         ((header) >> 17 & 7u) /* 1 << this many messages at most */
#define MSI_IS_WIDE(header)         ((header) >> 23 & 1u) /* a message address of 64 bits */
#define MSI_HAS_MASKS(header)       ((header) >> 24 & 1u)
#define MSI_X_ENABLE                0x80000000u
#define MSI_X_MASK_ALL              0x40000000u

#define MSI_ADDRESS                 4
#define MSI_ADDRESS_UPPER           8 /* where it is wide */
#define MSI_DATA(header)            (MSI_IS_WIDE(header) ? 12u : 8u)
#define MSI_MASKS(header)           (MSI_DATA(header) + 4)

#define CAP_EXPRESS_VERSION(header) ((header) >> 16 & 0xfu)

/* Bytes of a capability, from its first, that may be read. */
unsigned rule_plain_length(const struct pci_function *fn, const struct caps_walk *walk);

#define RULE_CAPABILITY_DWORDS ((0x100 - 0x40) / 4)

struct rule_capabilities {
	struct rule_plain {
		uint32_t value;
		uint32_t fixed;  /* bits that only a write changes */
		uint32_t sticky; /* bits that only a write clears */
	} dword[RULE_CAPABILITY_DWORDS];
};

void rule_take_capabilities(const struct rule_target *t, struct rule_capabilities *c);

/*
 * Compares them; since as in rule_expect_header(). Nothing is said of len bytes from a register on.
 */
void rule_expect_capabilities(const struct rule_target *t, const struct rule_capabilities *before,
			      unsigned except, unsigned len, const char *since);

#endif
