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
	bool asks_pin;	    // it needs one, and from a keyboard
	struct err *failed; // why the last signature was not made
	struct screen screen;
};

void vouching_free(struct vouching *v)
{
	if (!v)
		return;
	job_free(v->job);
	secret_free(v->pin);
	err_free(v->failed);
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
	const char *token = json_text(vouch, "token");
	if (!pem || !id || !token)
		return err_new(ERR_FAILED,
			       N_("The token of the one who vouches gave no certificate."));
	free(v->job->object);
	v->job->object = text_copy(id);
	job->ra_certificate = text_copy(pem);
	job->ra_token = text_copy(token);
	job->ra_reader = text_copy(json_text(vouch, "reader"));
	job->ra_pss = json_flag(vouch, "pss", false);
	v->asks_pin = json_flag(vouch, "asks_pin", true);
	return v->job->object && job->ra_certificate && job->ra_token ? NULL : err_no_memory();
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

// Off a terminal what is missing is seen before anything is begun.
static bool can_sign(const struct vouching *v)
{
	return !v->asks_pin || v->cli.interactive || v->pin ||
	       inputs_get(v->cli.inputs, "token_pin");
}

// The enrolment hears that nobody vouched and ends as one that can go on; why is told at its end. A PIN that did not do is not used again.
static void keep_failure(struct vouching *v, struct err *e)
{
	secret_free(v->pin);
	v->pin = NULL;
	err_free(v->failed);
	v->failed = e ? of_the_ra(e) : NULL;
}

struct err *vouching_answer(struct cli *cli, const struct question *q, struct answer *out)
{
	struct vouching *v = cli->vouching;
	struct result r = { 0 };
	*out = (struct answer){ .state = ANSWER_MISSING };
	if (!v || !can_sign(v))
		return NULL;
	if (q->check_only) {
		out->state = ANSWER_GIVEN;
		return secret_new(1, &out->value);
	}
	free(v->job->vouch);
	v->job->vouch = text_copy(q->vouch);
	if (!v->job->vouch)
		return err_no_memory();
	run(v, &r);
	struct err *e = r.err;
	r.err = NULL;
	if (!e)
		e = take_signature(json_object_get(r.object, "vouch"), out);
	if (e)
		keep_failure(v, e);
	result_free(&r);
	return NULL;
}

void vouching_explain(struct cli *cli, struct result *r)
{
	struct vouching *v = cli->vouching;
	struct result why = { 0 };
	if (!v || !v->failed || !r->err || !err_has_tag(r->err, "ra-missing"))
		return;
	struct err *e = v->failed;
	v->failed = NULL;
	if (!err_next_step(e) && err_next_step(r->err))
		e = err_hint_msg(e, msg_copy(err_next_step(r->err)));
	err_free(r->err);
	result_of_error(e, NULL, &why);
	r->err = why.err;
	why.err = NULL;
	json_object_set(r->object, "outcome", json_object_get(why.object, "outcome"));
	json_object_set(r->object, "exit", json_object_get(why.object, "exit"));
	json_object_set(r->object, "error", json_object_get(why.object, "error"));
	result_free(&why);
}
