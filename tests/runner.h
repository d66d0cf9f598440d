/* Selecting tests and running them, one after the other. */
#ifndef BAROMETER_TESTS_RUNNER_H
#define BAROMETER_TESTS_RUNNER_H

#include "session.h"

/*
 * Prints everything from the plan to the last result and the inventory, everything but the `done`
 * object. bad_options: how many options of the command line were not understood; then, or when a
 * glob matches nothing, nothing is run.
 */
void runner_run(struct session *session, unsigned bad_options);

#endif
