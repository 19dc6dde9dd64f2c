// Events as JSON objects and back, and the names of steps.
#include "enroll/face.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

static const char *const event_names[] = {
	[EVENT_STEP] = "step",
	[EVENT_NOTE] = "note",
	[EVENT_WAIT] = "wait",
	[EVENT_READER] = "reader",
};

static const char *const state_names[] = {
	[STEP_BEGUN] = "begun",
	[STEP_DONE] = "done",
	[STEP_FAILED] = "failed",
	[STEP_SKIPPED] = "skipped",
};

const char *step_state_name(enum step_state s)
{
	return (size_t)s < ARRAY_LEN(state_names) ? state_names[s] : "unknown";
}

const char *step_words(const char *step)
{
	static const struct {
		const char *step, *words;
	} table[] = {
		{ "prepare", N_("Preparing") },
		{ "consent-key", N_("Asking before the key is made") },
		{ "generate-key", N_("Making the key on the token") },
		{ "prove-key", N_("Checking that the key cannot leave the token") },
		{ "sign-request", N_("Signing the request on the token") },
		{ "authenticate", N_("Preparing the proof of who you are") },
		{ "submit", N_("Sending the request to the certificate authority") },
		{ "wait", N_("Waiting for the certificate authority") },
		{ "check-certificate", N_("Checking the certificate") },
		{ "consent-store", N_("Asking before the certificate is stored") },
		{ "store-certificate", N_("Storing the certificate on the token") },
		{ "verify-token", N_("Trying out token, key and certificate together") },
		{ "confirm", N_("Telling the certificate authority") },
		{ "login", N_("Logging in with the certificate") },
		{ "retire-old", N_("Retiring the old key and certificate") },
		{ "receipt", N_("Writing the receipt") },
		{ "clean-token", N_("Cleaning up the token") },
		{ "revoke", N_("Having the certificate revoked") },
		{ "token-look", N_("Looking at the token") },
		{ "token-init", N_("Initialising the token") },
		{ "token-pins", N_("Setting the PINs of the token") },
		{ "token-login", N_("Trying the new PIN once") },
		{ "token-label", N_("Writing the label") },
		{ "token-wipe", N_("Removing objects from the token") },
		// Other words for a step of the same place, where what is done is not what its name says.
		{ "find-key", N_("Looking for the key on the token") },
		{ "write-request", N_("Writing the request to its file") },
		{ "read-certificate", N_("Reading the certificate from its file") },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].step, step))
			return table[i].words;
	return step;
}

struct json_t *event_to_json(const struct event *e)
{
	json_t *o = json_object();
	json_object_set_new(o, "event", json_string(event_names[e->kind]));
	if (e->enrolment)
		json_object_set_new(o, "enrolment", json_string(e->enrolment));
	if (e->step)
		json_object_set_new(o, "step", json_string(e->step));
	if (e->kind == EVENT_STEP)
		json_object_set_new(o, "state", json_string(step_state_name(e->state)));
	if (e->kind == EVENT_WAIT || e->seconds)
		json_object_set_new(o, "seconds", json_integer(e->seconds));
	if (e->keypad)
		json_object_set_new(o, "keypad", json_true());
	if (e->why)
		json_object_set_new(o, "exit", json_integer(e->why));
	if (e->data)
		json_object_set(o, "data", (json_t *)(uintptr_t)e->data);
	if (e->words)
		json_object_set_new(o, "words", msg_to_json(e->words));
	return o;
}

static int name_index(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

struct err *event_from_json(const struct json_t *j, struct event **out)
{
	int kind = name_index(event_names, ARRAY_LEN(event_names), json_text(j, "event"));
	int state = name_index(state_names, ARRAY_LEN(state_names), json_text(j, "state"));
	if (kind < 0 || (kind == EVENT_STEP && (state < 0 || !json_text(j, "step"))))
		return err_new(ERR_FAILED, N_("A worker sent an event that cannot be read."));
	AUTO(event) struct event *e = calloc(1, sizeof *e);
	if (!e)
		return err_no_memory();
	e->kind = (enum event_kind)kind;
	e->state = state < 0 ? STEP_BEGUN : (enum step_state)state;
	e->enrolment = text_copy(json_text(j, "enrolment"));
	e->step = text_copy(json_text(j, "step"));
	e->seconds = json_number(j, "seconds", 0);
	e->keypad = json_flag(j, "keypad", false);
	e->why = (int)json_number(j, "exit", 0);
	e->words = msg_from_json(json_object_get(j, "words"));
	e->data = json_incref(json_object_get(j, "data"));
	*out = e;
	e = NULL;
	return NULL;
}

void event_free(struct event *e)
{
	if (!e)
		return;
	free((char *)(uintptr_t)e->enrolment);
	free((char *)(uintptr_t)e->step);
	msg_free((struct msg *)(uintptr_t)e->words);
	json_drop((json_t *)(uintptr_t)e->data);
	free(e);
}
