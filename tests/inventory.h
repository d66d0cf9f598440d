/* The `function` and `bar` objects, once every test has added what it found. */
#ifndef BAROMETER_TESTS_INVENTORY_H
#define BAROMETER_TESTS_INVENTORY_H

#include "session.h"

void inventory_report(struct session *session);

/* "lean/ecam", "paravirtual": how an answer of struct known was obtained. to holds 24 bytes;
 * returns to. */
const char *inventory_sized_by(char *to, unsigned by);

#endif
