/* Prints the table of rules, or with an argument that of seeded bugs: for tools/doc-table. */
#include <stdio.h>
#include "rules_doc.h"

int main(int argc, char **argv)
{
	(void)argv;
	fputs(argc > 1 ? bugs_doc() : rules_doc(), stdout);
	return 0;
}
