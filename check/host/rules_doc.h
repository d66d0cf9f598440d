/* The table of rules in docs/conformance.md, from the rules themselves. */
#ifndef BAROMETER_CHECK_HOST_RULES_DOC_H
#define BAROMETER_CHECK_HOST_RULES_DOC_H

/* Markdown, one row a rule in the order in which they run; valid until the next call. */
const char *rules_doc(void);

#endif
