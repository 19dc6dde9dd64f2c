// A job as a JSON object and back: what the parent hands to its worker. It holds no secret.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "enroll/enroll.h"

static const char *const kind_names[] = {
	[JOB_ENROLL] = "enroll",
	[JOB_RENEW] = "renew",
	[JOB_RESUME] = "resume",
	[JOB_ABANDON] = "abandon",
	[JOB_VOUCH] = "vouch",
	[JOB_LOGIN] = "login",
	[JOB_REVOKE] = "revoke",
	[JOB_VERIFY] = "verify",
	[JOB_LIST] = "list",
	[JOB_TOKEN_SHOW] = "token-show",
	[JOB_TOKEN_INIT] = "token-init",
	[JOB_TOKEN_PIN] = "token-pin",
	[JOB_TOKEN_UNBLOCK] = "token-unblock",
	[JOB_TOKEN_LABEL] = "token-label",
	[JOB_TOKEN_WIPE] = "token-wipe",
	[JOB_READERS] = "readers",
	[JOB_WATCH] = "watch",
	[JOB_TRUST] = "trust",
	[JOB_CA] = "ca",
};

static void put(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_string(text));
}

struct json_t *job_to_json(const struct job *j)
{
	json_t *o = json_object();
	put(o, "job", kind_names[j->kind]);
	put(o, "module", j->module);
	put(o, "token", j->token);
	put(o, "profile", j->profile);
	put(o, "role", j->role);
	put(o, "enrolment", j->enrolment);
	put(o, "out", j->out);
	put(o, "answer", j->answer);
	put(o, "label", j->label);
	put(o, "reason", j->reason);
	put(o, "object", j->object);
	put(o, "custody", j->custody);
	put(o, "change", j->change);
	put(o, "ra_certificate", j->ra_certificate);
	put(o, "ra_token", j->ra_token);
	put(o, "ra_reader", j->ra_reader);
	put(o, "vouch", j->vouch);
	json_object_set_new(o, "ra_pss", json_boolean(j->ra_pss));
	json_object_set_new(o, "all", json_boolean(j->all));
	json_object_set_new(o, "challenge", json_boolean(j->challenge));
	json_object_set_new(o, "brief", json_boolean(j->brief));
	json_object_set_new(o, "by_file", json_boolean(j->by_file));
	json_object_set_new(o, "login", json_boolean(j->login));
	json_object_set_new(o, "module_from_profile", json_boolean(j->module_from_profile));
	json_object_set_new(o, "unlisted", json_boolean(j->unlisted));
	json_object_set_new(o, "yes", json_boolean(j->yes));
	json_object_set_new(o, "last_try", json_boolean(j->last_try));
	json_object_set_new(o, "anew", json_boolean(j->anew));
	json_object_set_new(o, "interactive", json_boolean(j->interactive));
	json_object_set_new(o, "wait_for_ca", json_boolean(j->wait_for_ca));
	json_object_set_new(o, "lease_wait_ms", json_integer(j->lease_wait_ms));
	return o;
}

struct err *job_from_json(const struct json_t *j, struct job **out)
{
	const char *kind = json_text(j, "job");
	size_t i = 0;
	while (kind && i < ARRAY_LEN(kind_names) && strcmp(kind, kind_names[i]) != 0)
		i++;
	const bool needs_module =
		i != JOB_READERS && i != JOB_WATCH && i != JOB_CA && i != JOB_TRUST;
	if (!kind || i == ARRAY_LEN(kind_names) || (needs_module && !json_text(j, "module")))
		return err_new(ERR_FAILED, N_("The job for the worker cannot be read."));
	struct job *job = calloc(1, sizeof *job);
	if (!job)
		return err_no_memory();
	*job = (struct job){
		.kind = (enum job_kind)i,
		.module = text_copy(json_text(j, "module")),
		.token = text_copy(json_text(j, "token")),
		.profile = text_copy(json_text(j, "profile")),
		.role = text_copy(json_text(j, "role")),
		.enrolment = text_copy(json_text(j, "enrolment")),
		.out = text_copy(json_text(j, "out")),
		.answer = text_copy(json_text(j, "answer")),
		.label = text_copy(json_text(j, "label")),
		.reason = text_copy(json_text(j, "reason")),
		.object = text_copy(json_text(j, "object")),
		.custody = text_copy(json_text(j, "custody")),
		.change = text_copy(json_text(j, "change")),
		.ra_certificate = text_copy(json_text(j, "ra_certificate")),
		.ra_token = text_copy(json_text(j, "ra_token")),
		.ra_reader = text_copy(json_text(j, "ra_reader")),
		.vouch = text_copy(json_text(j, "vouch")),
		.ra_pss = json_flag(j, "ra_pss", false),
		.all = json_flag(j, "all", false),
		.challenge = json_flag(j, "challenge", false),
		.brief = json_flag(j, "brief", false),
		.by_file = json_flag(j, "by_file", false),
		.login = json_flag(j, "login", false),
		.module_from_profile = json_flag(j, "module_from_profile", false),
		.unlisted = json_flag(j, "unlisted", false),
		.yes = json_flag(j, "yes", false),
		.last_try = json_flag(j, "last_try", false),
		.anew = json_flag(j, "anew", false),
		.interactive = json_flag(j, "interactive", false),
		.wait_for_ca = json_flag(j, "wait_for_ca", false),
		.lease_wait_ms = json_number(j, "lease_wait_ms", 0),
	};
	*out = job;
	return NULL;
}

void job_free(struct job *j)
{
	if (!j)
		return;
	free(j->module);
	free(j->token);
	free(j->profile);
	free(j->role);
	free(j->enrolment);
	free(j->out);
	free(j->answer);
	free(j->label);
	free(j->reason);
	free(j->object);
	free(j->custody);
	free(j->change);
	free(j->ra_certificate);
	free(j->ra_token);
	free(j->ra_reader);
	free(j->vouch);
	free(j);
}
