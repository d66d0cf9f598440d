/*
 * Rules that a hypervisor is known to break, so that a run under it stays useful: they are reported
 * as XFAIL. One that passes nevertheless passes, with a note: the hypervisor was mended. That the
 * table has not outlived its reasons is checked by the system tests, on the hypervisors at hand.
 */
#ifndef BAROMETER_TESTS_RULES_DEVIATIONS_H
#define BAROMETER_TESTS_RULES_DEVIATIONS_H

#include "session.h"

/* Why the rule with this ID is expected to fail here, or NULL. */
const char *deviation_reason(const struct session *session, const char *id);

#endif
