/*
 * Rules that a hypervisor is known to break, so that a run under it stays useful: they are reported
 * as XFAIL. One that passes nevertheless passes, with a note: the hypervisor was mended. That the
 * table has not outlived its reasons is checked by the system tests, on the hypervisors at hand.
 */
#ifndef BAROMETER_TESTS_RULES_DEVIATIONS_H
#define BAROMETER_TESTS_RULES_DEVIATIONS_H

#include "session.h"
#include "test.h"

/*
 * Why the rule is expected to fail here, or NULL. An informative one (TEST_INFORMATIVE) is expected
 * to fail anywhere.
 */
const char *deviation_reason(const struct session *session, const struct test *test);

#endif
