// inkan revoke
#include "base/buf.h"
#include "cli/choose.h"
#include "cli/commands.h"
#include "cli/job.h"

static struct err *prepare(struct cli *cli, struct profile **profile, struct job **job)
{
	AUTO_TARGET struct target target = { 0 };
	if (cli->o.profile)
		TRY(choose_profile(cli, profile));
	TRY(name_token(cli, *profile ? (*profile)->module : NULL, &target));
	TRY(job_make(cli, JOB_REVOKE, &target, job));
	struct job *j = *job;
	j->profile = *profile ? text_copy((*profile)->path) : NULL;
	j->role = text_copy(cli->o.role);
	j->reason = text_copy(cli->o.reason);
	j->object = cli->o.n_operands ? text_copy(cli->o.operands[0]) : NULL;
	bool whole = (!*profile || j->profile) && (!cli->o.role || j->role) &&
		     (!cli->o.reason || j->reason) && (!cli->o.n_operands || j->object);
	return whole ? NULL : err_no_memory();
}

int run_revoke(struct cli *cli)
{
	AUTO(profile) struct profile *profile = NULL;
	AUTO(job) struct job *job = NULL;
	struct err *e = prepare(cli, &profile, &job);
	if (e)
		return cli_fail(cli, e, NULL);
	return job_finish(cli, job, profile ? profile->window.zone : NULL);
}
