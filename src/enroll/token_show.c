// token show: the token's state, and every object on it; without the PIN what is public, with it the rest.
#include <jansson.h>

#include "base/json.h"
#include "enroll/ask.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/token_job.h"

static void put_room(json_t *o, const char *key, int64_t bytes)
{
	if (bytes >= 0)
		json_object_set_new(o, key, json_integer(bytes));
}

static const char *so_state_name(const struct token_info *t)
{
	static const char *const words[] = {
		[TRIES_GOOD] = "ok",
		[TRIES_LOW] = "low",
		[TRIES_FINAL] = "final",
		[TRIES_LOCKED] = "locked",
	};
	return (size_t)t->so_tries < ARRAY_LEN(words) ? words[t->so_tries] : "unknown";
}

static json_t *state_of(const struct enrolment *e)
{
	const struct token_info *t = &e->token;
	json_t *o = json_object();
	json_object_set_new(o, "label", json_string(t->label));
	json_object_set_new(o, "serial", json_string(t->serial));
	json_object_set_new(o, "manufacturer", json_string(t->manufacturer));
	json_object_set_new(o, "model", json_string(t->model));
	json_object_set_new(o, "known_as", json_string(e->model->name));
	char firmware[FIRMWARE_TEXT];
	json_object_set_new(o, "firmware", json_string(model_firmware(e->model, t, firmware)));
	json_object_set_new(o, "reader", json_string(t->slot_description));
	json_object_set_new(o, "module", json_string(module_path(e->module)));
	json_object_set_new(o, "initialised", json_boolean(t->initialised));
	json_object_set_new(o, "write_protected", json_boolean(t->write_protected));
	json_object_set_new(o, "keypad", json_boolean(t->pin_pad));
	json_object_set_new(o, "pin", json_string(pin_state_name(t)));
	json_object_set_new(o, "pin_to_be_changed", json_boolean(t->user_pin_to_be_changed));
	json_object_set_new(o, "so_pin", json_string(so_state_name(t)));
	json_object_set_new(o, "so_pin_to_be_changed", json_boolean(t->so_pin_to_be_changed));
	unsigned min = 0, max = 0;
	pin_lengths(t, &min, &max);
	json_object_set_new(o, "pin_min", json_integer(min));
	json_object_set_new(o, "pin_max", json_integer(max));
	put_room(o, "public_total", t->public_total);
	put_room(o, "public_free", t->public_free);
	put_room(o, "private_total", t->private_total);
	put_room(o, "private_free", t->private_free);
	return o;
}

static struct err *may_log_in(struct enrolment *e, bool *yes)
{
	*yes = e->job->login;
	// --yes agrees to what was asked for, and a look at everything was not.
	if (*yes || !e->face->interactive || e->job->yes || !e->token.login_required)
		return NULL;
	return ask_consent(e, "login",
			   msg_new(N_("Without the PIN of %1 only what is public can be seen. "
				      "Enter the PIN and look at the rest, too?"),
				   ARG_TEXT(e->token.label)),
			   yes);
}

static struct err *log_in(struct enrolment *e)
{
	bool yes = false;
	TRY(may_log_in(e, &yes));
	if (!yes)
		return NULL;
	TRY(session_pin_ready(e->session, e->job->last_try));
	return open_login(e);
}

static void put_things(json_t *into, const struct things *t)
{
	json_t *list = json_array();
	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(list, thing_to_json(&t->list[i]));
	json_object_set_new(into, "objects", list);
	json_object_set_new(into, "more", json_boolean(t->objects.more));
}

static struct err *look(struct enrolment *e, json_t *into)
{
	AUTO_THINGS struct things t = { 0 };
	TRY(token_begin(e, "token show", "token-look"));
	json_object_set_new(into, "state", state_of(e));
	json_object_set_new(into, "objects", json_array());
	json_object_set_new(into, "logged_in", json_false());
	if (!e->token.initialised)
		return NULL;
	TRY(journal_open(&e->journal));
	TRY(session_open(e->module, &e->token, false, &e->session));
	TRY(log_in(e));
	TRY(things_read(e, &t));
	put_things(into, &t);
	bool all = session_logged_in(e->session) || !e->token.login_required;
	json_object_set_new(into, "logged_in", json_boolean(all));
	return NULL;
}

void token_show_run(const struct job *j, struct face *f, struct result *out)
{
	struct enrolment e = { .job = j, .face = f };
	json_t *seen = json_object();
	struct err *err = look(&e, seen);
	token_end(&e, "shown", seen, err, out);
}
