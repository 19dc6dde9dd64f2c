// inkan: a person's terminal, or (started by itself) a worker that holds one token.
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/proc.h"
#include "cli/cli.h"
#include "worker/worker.h"

int main(int argc, char **argv)
{
	struct err *e = proc_harden();
	if (e) {
		char *text = err_render(e);
		fprintf(stderr, "%s", text ? text : "inkan: proc_harden\n");
		free(text);
		int status = (int)err_kind(e);
		err_free(e);
		return status;
	}
	if (worker_wanted(argc, argv))
		return worker_main();
	return cli_main(argc, argv);
}
