/* Prints the table of rules: tools/doc-table puts it into docs/conformance.md. */
#include <stdio.h>
#include "rules_doc.h"

int main(void)
{
	fputs(rules_doc(), stdout);
	return 0;
}
