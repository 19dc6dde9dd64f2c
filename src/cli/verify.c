// inkan verify
#include "base/buf.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "profile/profile.h"

static struct err *prepare(struct cli *cli, struct profile **profile, struct job **job)
{
	AUTO_TARGET struct target target = { 0 };
	if (cli->o.profile)
		TRY(profile_load(cli->o.profile, profile));
	TRY(name_token(cli, *profile ? (*profile)->module : NULL, &target));
	TRY(job_make(cli, JOB_VERIFY, &target, job));
	(*job)->login = cli->o.login;
	if (*profile)
		(*job)->profile = text_copy((*profile)->path);
	return NULL;
}

static struct err *odd_options(const struct options *o)
{
	if ((o->set_up || o->remove) && !o->applications)
		return err_hint(err_tag(err_new(ERR_USAGE, N_("%1 belongs to --applications."),
						ARG_TEXT(o->set_up ? "--set-up" : "--remove")),
					"usage"),
				N_("See: inkan %1 --help"), ARG_TEXT("verify"));
	if (o->set_up && o->remove)
		return err_hint(
			err_tag(err_new(ERR_USAGE, N_("--set-up and --remove exclude each other.")),
				"usage"),
			N_("See: inkan %1 --help"), ARG_TEXT("verify"));
	if (o->login && o->applications)
		return err_hint(
			err_tag(err_new(ERR_USAGE,
					N_("--login and --applications exclude each other.")),
				"usage"),
			N_("See: inkan %1 --help"), ARG_TEXT("verify"));
	return NULL;
}

int run_verify(struct cli *cli)
{
	struct err *odd = odd_options(&cli->o);
	if (odd)
		return cli_fail(cli, odd, NULL);
	if (cli->o.applications)
		return run_applications(cli);
	AUTO(profile) struct profile *profile = NULL;
	AUTO(job) struct job *job = NULL;
	struct err *e = prepare(cli, &profile, &job);
	if (e)
		return cli_fail(cli, e, NULL);
	return job_finish(cli, job, profile ? profile->window.zone : NULL);
}
