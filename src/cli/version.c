// inkan version
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/print.h"

int run_version(struct cli *cli)
{
	(void)cli;
	printf("inkan %s\n", INKAN_VERSION);
	return 0;
}
