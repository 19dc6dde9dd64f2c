// token label: another label for the token, or for one pair of ours on it.
//
// PKCS#11 sets a token's label in C_InitToken alone, which takes everything with it. So the token's own label is only changed where a model brings
// another way (token/life.h); what the standard can do is to label the objects of a pair (C_SetAttributeValue of CKA_LABEL), which is
// what other programs show of it. A pair that inkan did not make is left alone.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/token_job.h"

static struct err *label_stays(const struct enrolment *e)
{
	return err_hint(
		err_tag(err_new(ERR_TOKEN,
				N_("The label of the token %1 cannot be changed without "
				   "wiping the token: tokens take a label only when they are "
				   "initialised. Nothing was changed."),
				ARG_TEXT(e->token.label)),
			"token-label-stays"),
		N_("`inkan token init` wipes it and gives it a label. The label of a key and "
		   "its certificate is another thing: `inkan token label LABEL ID`, with the "
		   "ID that `inkan token show` tells."));
}

static struct err *relabel_token(struct enrolment *e)
{
	const struct life *life = life_of(&e->token);
	AUTO_TEXT char *label = NULL;
	AUTO(secret) struct secret *so_pin = NULL;
	if (!life->relabel)
		return label_stays(e);
	TRY(token_usable(e));
	TRY(session_open(e->module, &e->token, true, &e->session));
	TRY(so_pin_ready(&e->token, e->job->last_try));
	TRY(token_ask_label(e, &label));
	if (!e->token.pin_pad)
		TRY(token_ask_pin(e, NAME_SO_PIN, false, &so_pin));
	TRY(go_on(e));
	token_step(e, "token-label");
	return life->relabel(e->session, so_pin, label);
}

static struct err *no_such_pair(const struct enrolment *e)
{
	return err_hint(
		err_tag(err_new(ERR_USAGE,
				N_("inkan made nothing with the CKA_ID %1 on the token %2."),
				ARG_TEXT(e->job->object), ARG_TEXT(e->token.label)),
			"object-not-ours"),
		N_("`inkan token show --login` shows what is on the token. What others made is "
		   "left alone."));
}

// A module that takes no label for a new key has none to change: its objects are called after their slots.
static struct err *names_its_keys(const struct enrolment *e)
{
	return err_hint(err_tag(err_new(ERR_TOKEN,
					N_("The token %1 names keys and certificates by itself, "
					   "after the slots of the card: they take no label. "
					   "Nothing was changed."),
					ARG_TEXT(e->token.label)),
				"token-label-stays"),
			N_("Tell them apart by their certificates: `inkan token show`."));
}

// A label that was cut off in the middle of the pair is given again to all of it: setting the same twice is one.
static struct err *relabel_pair(struct enrolment *e, size_t *done)
{
	struct key_id id = { 0 };
	AUTO_THINGS struct things t = { 0 };
	AUTO_TEXT char *label = NULL;
	struct err *odd = key_id_from_hex(e->job->object, &id);
	if (odd) {
		err_ignore(odd);
		return no_such_pair(e);
	}
	TRY(journal_open(&e->journal));
	TRY(open_token(e, "token label"));
	if (e->model->quirks.no_label)
		return names_its_keys(e);
	TRY(token_ask_label(e, &label));
	TRY(open_login(e));
	TRY(things_read(e, &t));
	TRY(go_on(e));
	token_step(e, "token-label");
	for (size_t i = 0; i < t.n; i++) {
		const struct thing *thing = &t.list[i];
		if (thing->maker != MADE_BY_INKAN || !key_id_same(&thing->object->id, &id))
			continue;
		TRY(object_rename(e->session, thing->object, label));
		++*done;
	}
	return *done ? NULL : no_such_pair(e);
}

static struct err *begin(struct enrolment *e)
{
	if (e->job->unlisted)
		TRY(find_token(e));
	e->step = "token-look";
	say_step(e, STEP_BEGUN, NULL, 0);
	return NULL;
}

static struct err *relabel(struct enrolment *e, size_t *done)
{
	if (!e->job->object) {
		TRY(token_begin(e, "token label", "token-look"));
		return relabel_token(e);
	}
	TRY(begin(e));
	return relabel_pair(e, done);
}

void token_label_run(const struct job *j, struct face *f, struct result *out)
{
	struct enrolment e = { .job = j, .face = f };
	size_t done = 0;
	struct err *err = relabel(&e, &done);
	json_t *extra = json_object();
	json_object_set_new(extra, "labelled", json_integer((json_int_t)done));
	token_end(&e, "labelled", extra, err, out);
}
