// Running a job in a worker, behind the right face.
#include "cli/job.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/faces.h"
#include "cli/finish.h"
#include "cli/pulled.h"
#include "cli/vouching.h"
#include "worker/worker.h"

// A person may wait for as long as another enrolment lasts; a script is told soon who has the token.
enum { PERSON_WAITS_MS = 5 * 60 * 1000, SCRIPT_WAITS_MS = 15 * 1000 };

struct err *job_make(const struct cli *cli, enum job_kind kind, const struct target *t,
		     struct job **out)
{
	AUTO(job) struct job *j = calloc(1, sizeof(*j));
	if (!j)
		return err_no_memory();
	*j = (struct job){
		.kind = kind,
		.module = text_copy(t->module),
		.module_from_profile = t->module_from_profile,
		.token = text_copy(t->uri),
		.unlisted = t->unlisted,
		.yes = cli->o.yes,
		.last_try = cli->o.last_try,
		.interactive = cli->interactive,
		// Off a terminal nobody watches a countdown: the command ends and inkan resume asks again.
		.wait_for_ca = cli->interactive && !cli->o.no_wait,
		.lease_wait_ms = cli->o.no_wait	    ? 0
				 : cli->interactive ? PERSON_WAITS_MS
						    : SCRIPT_WAITS_MS,
	};
	if ((t->module && !j->module) || (t->uri && !j->token))
		return err_no_memory();
	*out = j;
	j = NULL;
	return NULL;
}

static void run(struct cli *cli, const struct job *j, struct result *r)
{
	struct screen screen;
	screen_open(&screen, cli);
	worker_run(j, &screen.face, r);
	screen_close(&screen);
}

// Its token was named without a look, and it is not exactly one: nothing has begun. The look tells the person what there is, or
// asks which one is meant.
static struct err *look_after_all(struct cli *cli, struct job *j)
{
	AUTO_TARGET struct target t = { 0 };
	TRY(pick_token(cli, j->module_from_profile ? j->module : NULL, &t));
	free(j->token);
	j->token = t.uri;
	t.uri = NULL;
	j->unlisted = false;
	return NULL;
}

// As often as the token is pulled and put back. *r is the end that counts.
static struct err *run_to_end(struct cli *cli, const struct job *j, struct result *r)
{
	AUTO(job) struct job *again = NULL;
	run(cli, j, r);
	while (pulled(cli, j, r)) {
		struct job *next = NULL;
		TRY(pulled_again(cli, j, r, &next));
		job_free(again);
		j = again = next;
		result_free(r);
		run(cli, j, r);
	}
	return NULL;
}

struct err *job_do(struct cli *cli, struct job *j, struct result *out)
{
	struct result r = { 0 };
	struct err *left = run_to_end(cli, j, &r);
	if (j->unlisted && json_flag(r.object, "unseen", false)) {
		struct err *e = look_after_all(cli, j);
		result_free(&r);
		r = (struct result){ 0 };
		if (e)
			return e;
		left = run_to_end(cli, j, &r);
	}
	if (left) {
		result_free(&r);
		return left;
	}
	vouching_explain(cli, &r);
	*out = r;
	return NULL;
}

int job_finish(struct cli *cli, struct job *j, const char *zone)
{
	struct result r = { 0 };
	struct err *e = job_do(cli, j, &r);
	if (e)
		return cli_fail(cli, e, NULL);
	int status = finish(cli, &r, zone);
	result_free(&r);
	return status;
}
