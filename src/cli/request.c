// inkan request: an enrolment, or a renewal, up to the file that somebody carries to the CA.
#include "base/buf.h"
#include "cli/choose.h"
#include "cli/commands.h"
#include "cli/job.h"

static struct err *misplaced_id(const struct cli *cli)
{
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("The word %1 means a certificate only with --renew."),
				ARG_TEXT(cli->o.operands[0])),
			"usage"),
		N_("See: inkan %1 --help"), ARG_TEXT(cli->o.command->name));
}

// A renewal finds profile and role by the certificate.
static struct err *choose(struct cli *cli, struct profile **profile,
			  const struct profile_role **role)
{
	if (!cli->o.renew && cli->o.n_operands)
		return misplaced_id(cli);
	if (!cli->o.renew || cli->o.profile)
		TRY(choose_profile(cli, profile));
	return cli->o.renew ? NULL : choose_role(cli, *profile, role);
}

static struct err *prepare(struct cli *cli, struct profile **profile, struct job **job)
{
	const struct profile_role *role = NULL;
	AUTO_TARGET struct target target = { 0 };
	TRY(choose(cli, profile, &role));
	TRY(name_token(cli, *profile ? (*profile)->module : NULL, &target));
	TRY(job_make(cli, cli->o.renew ? JOB_RENEW : JOB_ENROLL, &target, job));
	struct job *j = *job;
	const char *name = role ? role->name : cli->o.role;
	j->by_file = true;
	j->profile = *profile ? text_copy((*profile)->path) : NULL;
	j->role = text_copy(name);
	j->object = cli->o.n_operands ? text_copy(cli->o.operands[0]) : NULL;
	j->out = text_copy(cli->o.out);
	bool whole = (!*profile || j->profile) && (!name || j->role) &&
		     (!cli->o.n_operands || j->object) && (!cli->o.out || j->out);
	return whole ? NULL : err_no_memory();
}

int run_request(struct cli *cli)
{
	AUTO(profile) struct profile *profile = NULL;
	AUTO(job) struct job *job = NULL;
	struct err *e = prepare(cli, &profile, &job);
	if (e)
		return cli_fail(cli, e, NULL);
	return job_finish(cli, job, profile ? profile->window.zone : NULL);
}
