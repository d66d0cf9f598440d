/* When several tests fail of one thing: what it is, and which tests it explains. */
#ifndef BAROMETER_TESTS_CAUSE_H
#define BAROMETER_TESTS_CAUSE_H

#include "session.h"
#include "test.h"

/* More tests than this are not looked at. */
#define CAUSE_TESTS_MAX 128

/* A test that failed. */
struct failure {
	const struct test *test;
	bool on_root; /* of a function that no bridge leads to, among others */
};

/*
 * A line and an object `cause` for each likely cause of at least two failures, which are in the
 * order in which they ran.
 */
void cause_report(struct session *session, const struct failure *failed, unsigned count);

#endif
