// inkan enroll
#include "base/buf.h"
#include "cli/choose.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/vouching.h"
#include "cli/wizard.h"

static struct err *prepare(struct cli *cli, struct profile **profile, struct job **job)
{
	const struct profile_role *role = NULL;
	AUTO_TARGET struct target target = { 0 };
	TRY(choose_profile(cli, profile));
	TRY(choose_role(cli, *profile, &role));
	if (cli->wizard)
		TRY(wizard_at_hand(role));
	TRY(name_token(cli, (*profile)->module, &target));
	TRY(job_make(cli, JOB_ENROLL, &target, job));
	(*job)->profile = text_copy((*profile)->path);
	(*job)->role = text_copy(role->name);
	if (!(*job)->profile || !(*job)->role)
		return err_no_memory();
	return vouching_begin(cli, (*profile)->module, *job);
}

int run_enroll(struct cli *cli)
{
	AUTO(profile) struct profile *profile = NULL;
	AUTO(job) struct job *job = NULL;
	struct err *e = prepare(cli, &profile, &job);
	if (e)
		return cli_fail(cli, e, NULL);
	return job_finish(cli, job, profile->window.zone);
}
