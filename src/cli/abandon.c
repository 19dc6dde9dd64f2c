// inkan abandon: the worker asks before it removes anything.
#include "base/buf.h"
#include "cli/commands.h"
#include "cli/unfinished.h"

static struct err *prepare(struct cli *cli, struct job **job)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO(record) struct record *r = NULL;
	TRY(journal_open(&j));
	TRY(unfinished_find(j, cli->o.operands[0], &r));
	return unfinished_job(cli, JOB_ABANDON, r, job);
}

int run_abandon(struct cli *cli)
{
	AUTO(job) struct job *job = NULL;
	struct err *e = prepare(cli, &job);
	if (e)
		return cli_fail(cli, e, cli->o.operands[0]);
	return job_finish(cli, job, NULL);
}
