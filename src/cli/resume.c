// inkan resume
#include <jansson.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/pulled.h"
#include "cli/unfinished.h"
#include "cli/vouching.h"

// Among all, or those on the token that --token means. *out null: there is none.
static struct err *find_one(struct cli *cli, struct journal *j, struct record **out)
{
	AUTO_TARGET struct target target = { 0 };
	if (cli->o.token)
		TRY(cli->o.wait ? name_token(cli, NULL, &target) : pick_token(cli, NULL, &target));
	AUTO_RECORDS struct records list = { 0 };
	TRY(journal_unfinished(j, target.uri, &list));
	size_t choice = 0;
	if (list.n > 1 && !cli->interactive)
		return unfinished_several(&list);
	if (list.n > 1)
		TRY(unfinished_ask(&list, &choice));
	if (list.n == 0) {
		*out = NULL;
		return NULL;
	}
	return journal_read(j, list.list[choice]->id, out);
}

static struct err *prepare(struct cli *cli, char **zone, struct job **job)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO(record) struct record *r = NULL;
	TRY(journal_open(&j));
	TRY(cli->o.n_operands ? unfinished_find(j, cli->o.operands[0], &r) : find_one(cli, j, &r));
	if (!r)
		return NULL;
	*zone = unfinished_zone(r);
	TRY(unfinished_job(cli, JOB_RESUME, r, job));
	TRY(vouching_begin(cli, r->module_from_profile ? r->module_path : NULL, *job));
	if (!cli->o.wait || !(*job)->token || !(*job)->module)
		return NULL;
	return wait_for_this(cli, *job, (*job)->token, lang_text(N_("Waiting for the token")));
}

static int nothing_to_do(const struct cli *cli)
{
	if (!cli->o.json) {
		say(stdout, N_("No enrolment is unfinished: there is nothing to resume."));
		return 0;
	}
	AUTO(json) struct json_t *o = json_object();
	json_object_set_new(o, "event", json_string("result"));
	json_object_set_new(o, "outcome", json_string("nothing"));
	json_object_set_new(o, "exit", json_integer(0));
	print_json(stdout, o);
	return 0;
}

int run_resume(struct cli *cli)
{
	AUTO_TEXT char *zone = NULL;
	AUTO(job) struct job *job = NULL;
	const char *id = cli->o.n_operands ? cli->o.operands[0] : NULL;
	struct err *e = prepare(cli, &zone, &job);
	if (e)
		return cli_fail(cli, e, id);
	return job ? job_finish(cli, job, zone) : nothing_to_do(cli);
}
