// inkan-practice-ca: hardened first, then the command, then what went wrong in words.
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/proc.h"
#include "base/secret.h"
#include "practiceca/commands.h"

// PINs and one-time-password secrets come and go as JSON: no copy of them stays in freed memory.
static void wiping_release(void *p)
{
	if (p)
		wipe(p, malloc_usable_size(p));
	free(p);
}

int main(int argc, char **argv)
{
	struct err *e = proc_harden();
	json_set_alloc_funcs(malloc, wiping_release);
	if (!e)
		e = commands_run(argc - 1, argv + 1);
	if (!e && fflush(stdout))
		e = err_new(ERR_FAILED, N_("The output could not be written."));
	if (!e)
		return 0;
	char *text = err_render(e);
	fprintf(stderr, "%s\n", text ? text : "inkan-practice-ca: out of memory");
	free(text);
	int status = (int)err_kind(e);
	err_free(e);
	return status;
}
