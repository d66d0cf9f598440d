/* Buses, for rules that give bridges other numbers. */
#ifndef BAROMETER_TESTS_RULES_BUSES_H
#define BAROMETER_TESTS_RULES_BUSES_H

#include "rules/rule.h"

/* The root buses of a segment, and all that bridges claim; valid until another one is asked for. */
const struct pci_bus_set *rule_claimed_buses(const struct session *session, uint16_t segment);

/* A bus number that the root bus's host bridge passes on and that nothing uses. 0: none. */
uint8_t rule_free_bus(const struct session *session, const struct pci_root *root);

/* Some function on a bus, whose ID must follow it to a new number; PCI_ID all-ones: the bus is
 * empty. */
struct pci_function rule_occupant(const struct session *session, uint16_t segment, uint8_t bus);

/* The root bus at an address, or NULL where the bus is none. */
const struct pci_root *rule_root_of(const struct session *session, struct cfg_address at);

/* The bridges of a segment that have numbers: places in by_bus_behind from here to below *end. */
uint32_t rule_first_bridge(const struct session *session, uint16_t segment, uint32_t *end);

/* One of them. */
const struct pci_function *rule_bridge(const struct session *session, uint32_t i);

#endif
