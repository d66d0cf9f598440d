/* The tables in docs/conformance.md that come from the sources. */
#ifndef BAROMETER_CHECK_HOST_RULES_DOC_H
#define BAROMETER_CHECK_HOST_RULES_DOC_H

/* Markdown, one row a rule in the order in which they run; valid until the next call. */
const char *rules_doc(void);

/* The same of the simulator's seeded bugs, one row a family, and their sum. */
const char *bugs_doc(void);

#endif
