// The RA's token, and signatures of its key.
#include "cli/vouching.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/faces.h"
#include "cli/job.h"
#include "cli/prompt.h"
#include "worker/worker.h"

struct vouching {
	struct cli
		cli; // the command as it is for the RA's token: another URI, and its PIN under its usual name
	struct job *job;    // for the RA's token
	struct secret *pin; // once it was given: for the next signature
	struct screen screen;
};

void vouching_free(struct vouching *v)
{
	if (!v)
		return;
	job_free(v->job);
	secret_free(v->pin);
	inputs_free(v->cli.inputs);
	token_uri_free(v->cli.uri);
	free(v);
}

// The PIN of this run is used once more for another signature; one that was wrong is not (refused).
static struct err *ask(void *ctx, const struct question *q, struct answer *out)
{
	struct vouching *v = ctx;
	bool is_pin = q->kind == ASK_PIN && !strcmp(q->name, "token_pin");
	if (is_pin && v->pin && !q->again) {
		*out = (struct answer){ .state = ANSWER_GIVEN };
		return secret_copy(v->pin, &out->value);
	}
	TRY(screen_ask(&v->screen, q, out));
	if (!is_pin)
		return NULL;
	secret_free(v->pin);
	v->pin = NULL;
	return out->value ? secret_copy(out->value, &v->pin) : NULL;
}

static void event(void *ctx, const struct event *e)
{
	struct vouching *v = ctx;
	if (e->kind == EVENT_WAIT || e->kind == EVENT_NOTE)
		v->screen.face.event(&v->screen, e);
}

static bool stopped(void *ctx)
{
	struct vouching *v = ctx;
	return screen_stopped(&v->screen);
}

static void run(struct vouching *v, struct result *out)
{
	screen_open(&v->screen, &v->cli);
	struct face face = { .ctx = v,
			     .interactive = v->cli.interactive,
			     .event = event,
			     .ask = ask,
			     .stopped = stopped };
	worker_run(v->job, &face, out);
	screen_close(&v->screen);
}

static struct err *of_the_ra(struct err *e)
{
	return err_while(e, N_("The token of the one who vouches was asked."));
}

// What the look brought, into the job of the enrolment.
static struct err *take_certificate(const struct json_t *vouch, struct vouching *v, struct job *job)
{
	const char *pem = json_text(vouch, "certificate"), *id = json_text(vouch, "id");
	if (!pem || !id)
		return err_new(ERR_FAILED,
			       N_("The token of the one who vouches gave no certificate."));
	free(v->job->object);
	v->job->object = text_copy(id);
	job->ra_certificate = text_copy(pem);
	job->ra_pss = json_flag(vouch, "pss", false);
	return v->job->object && job->ra_certificate ? NULL : err_no_memory();
}

static struct err *look(struct vouching *v, struct job *job)
{
	struct result r = { 0 };
	run(v, &r);
	struct err *e = r.err;
	r.err = NULL;
	if (!e)
		e = take_certificate(json_object_get(r.object, "vouch"), v, job);
	result_free(&r);
	return e ? of_the_ra(e) : NULL;
}

static struct err *same_token(void)
{
	return err_hint(err_tag(err_new(ERR_USAGE, N_("The token of the one who vouches and the "
						      "person's are the same.")),
				"on-behalf-same"),
			N_("Put both in, and name the person's with --token."));
}

// ra_pin of the answers, or the pin-source of its own URI.
static struct err *take_pin(struct cli *cli, struct cli *ra)
{
	const struct secret *given = inputs_get(cli->inputs, "ra_pin");
	const char *source = token_uri_pin_source(ra->uri);
	AUTO(secret) struct secret *copy = NULL;
	TRY(inputs_new(&ra->inputs));
	if (!given)
		return source ? inputs_read_pin(ra->inputs, source) : NULL;
	TRY(secret_copy(given, &copy));
	inputs_drop(cli->inputs, "ra_pin");
	struct secret *taken = copy;
	copy = NULL;
	return inputs_put(ra->inputs, "token_pin", taken);
}

struct err *vouching_begin(struct cli *cli, const char *profile_module, struct job *job)
{
	AUTO_TARGET struct target target = { 0 };
	if (!cli->o.on_behalf)
		return NULL;
	struct vouching *v = calloc(1, sizeof(*v));
	if (!v)
		return err_no_memory();
	cli->vouching = v; // freed with the command
	v->cli = (struct cli){ .o = cli->o, .interactive = cli->interactive, .plain = cli->plain };
	v->cli.o.token = cli->o.on_behalf;
	TRY(token_uri_parse(v->cli.o.token, &v->cli.uri));
	TRY(take_pin(cli, &v->cli));
	TRY(pick_token(&v->cli, profile_module, &target));
	if (job->token && !strcmp(target.uri, job->token))
		return same_token();
	TRY(job_make(&v->cli, JOB_VOUCH, &target, &v->job));
	return look(v, job);
}

static struct err *take_signature(const struct json_t *vouch, struct answer *out)
{
	const char *hex = json_text(vouch, "signature");
	size_t len = hex ? strlen(hex) / 2 : 0;
	AUTO(secret) struct secret *signature = NULL;
	if (!len)
		return err_new(ERR_FAILED,
			       N_("The token of the one who vouches gave no signature."));
	TRY(secret_new(len, &signature));
	TRY(text_unhex(hex, secret_room(signature), &len));
	secret_set_len(signature, len);
	*out = (struct answer){ .state = ANSWER_GIVEN, .value = signature };
	signature = NULL;
	return NULL;
}

// A PIN that did not do is not used again.
static struct err *refused(struct vouching *v, struct err *e)
{
	secret_free(v->pin);
	v->pin = NULL;
	return of_the_ra(e);
}

struct err *vouching_answer(struct cli *cli, const struct question *q, struct answer *out)
{
	struct vouching *v = cli->vouching;
	struct result r = { 0 };
	*out = (struct answer){ .state = ANSWER_MISSING };
	if (!v || !q->vouch)
		return NULL;
	free(v->job->vouch);
	v->job->vouch = text_copy(q->vouch);
	if (!v->job->vouch)
		return err_no_memory();
	run(v, &r);
	struct err *e = r.err;
	r.err = NULL;
	e = e ? refused(v, e) : take_signature(json_object_get(r.object, "vouch"), out);
	result_free(&r);
	return e;
}
