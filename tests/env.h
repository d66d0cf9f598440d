/* The `env` object: what machine this was, and how it was reached. */
#ifndef BAROMETER_TESTS_ENV_H
#define BAROMETER_TESTS_ENV_H

#include "session.h"

void env_report(struct session *session);

#endif
