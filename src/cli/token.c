// inkan token show, init, pin, unblock, label, wipe: each is a job of a worker.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/token_show.h"
#include "profile/profile.h"

// The job for one token. `any`: also one that is blank, or makes no keys.
static struct err *prepare(struct cli *cli, enum job_kind kind, bool any, struct job **out)
{
	AUTO_TARGET struct target target = { 0 };
	AUTO(profile) struct profile *profile = NULL;
	AUTO(job) struct job *job = NULL;
	if (cli->o.profile)
		TRY(profile_load(cli->o.profile, &profile));
	cli->any_token = any;
	TRY(name_token(cli, profile ? profile->module : NULL, &target));
	TRY(job_make(cli, kind, &target, &job));
	job->profile = profile ? text_copy(profile->path) : NULL;
	job->custody = text_copy(cli->o.custody);
	job->all = cli->o.all;
	job->challenge = cli->o.challenge;
	job->login = cli->o.login;
	*out = job;
	job = NULL;
	return NULL;
}

static int run(struct cli *cli, enum job_kind kind, bool any)
{
	AUTO(job) struct job *job = NULL;
	struct err *e = prepare(cli, kind, any, &job);
	if (e)
		return cli_fail(cli, e, NULL);
	if (kind == JOB_TOKEN_INIT || kind == JOB_TOKEN_LABEL)
		job->label = text_copy(cli->o.operands[0]);
	if (kind == JOB_TOKEN_LABEL && cli->o.n_operands > 1)
		job->object = text_copy(cli->o.operands[1]);
	return job_finish(cli, job, NULL);
}

int run_token_init(struct cli *cli)
{
	return run(cli, JOB_TOKEN_INIT, true);
}

// --custody is of what somebody keeps.
static struct err *what_to_change(const struct options *o, const char **out)
{
	const char *what = o->all		     ? "all"
			   : o->puk && o->management ? "puk-management-key"
			   : o->puk		     ? "puk"
			   : o->management	     ? "management-key"
						     : NULL;
	if (o->custody && !what)
		return err_hint(err_tag(err_new(ERR_USAGE, N_("--custody needs --puk, "
							      "--management-key or --all.")),
					"usage"),
				N_("See: inkan %1 --help"), ARG_TEXT("token pin"));
	*out = what;
	return NULL;
}

int run_token_pin(struct cli *cli)
{
	AUTO(job) struct job *job = NULL;
	const char *change = NULL;
	struct err *e = what_to_change(&cli->o, &change);
	if (!e)
		e = prepare(cli, JOB_TOKEN_PIN, false, &job);
	if (e)
		return cli_fail(cli, e, NULL);
	job->change = text_copy(change);
	return job_finish(cli, job, NULL);
}

int run_token_unblock(struct cli *cli)
{
	// A card that is unblocked over the telephone need not be one that makes keys.
	return run(cli, JOB_TOKEN_UNBLOCK, cli->o.challenge);
}

int run_token_label(struct cli *cli)
{
	return run(cli, JOB_TOKEN_LABEL, false);
}

int run_token_wipe(struct cli *cli)
{
	return run(cli, JOB_TOKEN_WIPE, false);
}

int run_token_show(struct cli *cli)
{
	AUTO(job) struct job *job = NULL;
	struct result r = { 0 };
	struct err *e = prepare(cli, JOB_TOKEN_SHOW, false, &job);
	if (!e)
		e = job_do(cli, job, &r);
	if (e)
		return cli_fail(cli, e, NULL);
	int status = token_show_print(cli, &r);
	result_free(&r);
	return status;
}
