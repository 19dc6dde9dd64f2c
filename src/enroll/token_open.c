// Taking the token: module, the one token that fits, its lease, a session, the PIN.
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "enroll/ask.h"
#include "enroll/factory.h"
#include "enroll/say.h"
#include "token/life.h"

static struct err *load_module(struct enrolment *e)
{
	struct module_source source = { 0 };
	TRY(module_find(e->job->module, e->job->module_from_profile, &source));
	struct err *err = module_load(&source, &e->module);
	module_source_free(&source);
	return err;
}

static struct err *absent(const char *uri)
{
	return err_hint(err_tag(err_new(ERR_TOKEN, N_("The token %1 is not there."), ARG_TEXT(uri)),
				"token-absent"),
			N_("Put the token in, then try again. `inkan status` shows the tokens that "
			   "can be seen."));
}

static struct err *pick(struct enrolment *e, const char *wanted, size_t *n)
{
	AUTO(token_uri) struct token_uri *uri = NULL;
	TRY(token_uri_parse(wanted, &uri));
	__attribute__((cleanup(token_list_cleanup))) struct token_list tokens = { 0 };
	TRY(slot_tokens_fitting(e->module, uri, &tokens));
	*n = tokens.n;
	if (tokens.n == 0)
		return absent(wanted);
	if (tokens.n > 1)
		return err_hint(
			err_tag(err_new(ERR_TOKEN, N_("Several tokens fit %1."), ARG_TEXT(wanted)),
				"token-ambiguous"),
			N_("Take the others out, or give the whole URI of the one that is meant."));
	e->token = tokens.list[0];
	return NULL;
}

static struct err *pick_token(struct enrolment *e)
{
	size_t n = 0;
	struct err *err = pick(e, e->job->token, &n);
	e->unseen = e->job->unlisted && n != 1;
	if (err)
		return err;
	e->token_uri = token_info_uri(&e->token);
	return e->token_uri ? NULL : err_no_memory();
}

struct waiting {
	const struct enrolment *e;
	int64_t told; // the holder that the person knows of
};

// Told once for each holder: a screen shows by itself how the time passes.
static bool tell_who_has_it(void *ctx, const struct lease_holder *who)
{
	struct waiting *w = ctx;
	if (who->pid && who->pid != w->told) {
		w->told = who->pid;
		say_wait(w->e,
			 msg_new(N_("Another inkan (process %1, %2) is using this token. Waiting "
				    "for it."),
				 ARG_NUM(who->pid), ARG_TEXT(who->what)),
			 -1, false);
	}
	return said_stop(w->e);
}

struct err *token_usable(const struct enrolment *e)
{
	const struct token_info *t = &e->token;
	if (!t->initialised)
		return err_hint(err_tag(err_new(ERR_TOKEN, N_("The token is not initialised.")),
					"token-blank"),
				N_("Give it a label and a PIN first: `inkan token init`."));
	if (t->write_protected)
		return err_tag(err_new(ERR_TOKEN, N_("The token %1 is write-protected."),
				       ARG_TEXT(t->label)),
			       "token-read-only");
	return NULL;
}

struct err *find_token(struct enrolment *e)
{
	TRY(load_module(e));
	// Only now: the linker loads one library at a time.
	enum job_kind kind = e->job->kind;
	if (kind == JOB_ENROLL || kind == JOB_RENEW || kind == JOB_RESUME)
		ca_ahead(e->profile);
	return pick_token(e);
}

void leave_token(struct enrolment *e)
{
	keypair_free(e->key);
	e->key = NULL;
	session_close(e->session);
	e->session = NULL;
	module_unload(e->module);
	e->module = NULL;
	module_finalise_now();
	e->away = true;
}

struct err *return_to_token(struct enrolment *e)
{
	size_t n = 0;
	TRY(load_module(e));
	TRY(pick(e, e->token_uri, &n));
	TRY(session_open(e->module, &e->token, true, &e->session));
	e->away = false;
	return NULL;
}

struct err *take_token(struct enrolment *e, const char *what)
{
	if (!e->token_uri)
		TRY(find_token(e));
	e->model = model_of(&e->token);
	struct waiting waiting = { .e = e };
	TRY(lease_take(&e->token, what, e->job->lease_wait_ms, tell_who_has_it, &waiting,
		       &e->lease));
	if (!e->place)
		e->place = card_place_take(&e->token);
	return NULL;
}

struct err *open_token(struct enrolment *e, const char *what)
{
	TRY(take_token(e, what));
	TRY(token_usable(e));
	TRY(factory_look(e));
	TRY(session_open(e->module, &e->token, true, &e->session));
	TRY(session_pin_ready(e->session, e->job->last_try));
	if (e->token.user_pin_to_be_changed)
		say_note(e, msg_new(N_("The PIN of the token %1 is a first one that is to be "
				       "changed. If the token goes on no further, change it with "
				       "`inkan token pin` and run inkan again."),
				    ARG_TEXT(e->token.label)));
	return NULL;
}

static struct err *login_with_keypad(struct enrolment *e)
{
	say_wait(e,
		 msg_new(N_("Type the PIN of %1 on the keypad of the reader."),
			 ARG_TEXT(e->token.label)),
		 -1, true);
	return session_login(e->session, NULL, e->job->last_try);
}

static struct err *type_pin(struct enrolment *e, const void *ctx, const struct msg *again,
			    struct secret **out)
{
	(void)ctx;
	return ask_pin(e, again, out);
}

static struct err *pin_fits(const struct enrolment *e, const void *ctx, const struct secret *pin)
{
	(void)ctx;
	TRY(life_pin_fits(&e->token, NAME_PIN, pin));
	return factory_pin_possible(e, pin);
}

// The maker's protects nothing. What is refused is not asked for once more as if it held.
static struct err *judge_pin(struct enrolment *e)
{
	struct err *err = factory_pin_judge(e);
	if (err) {
		secret_free(e->pin);
		e->pin = NULL;
	}
	return err;
}

// A PIN that cannot be right costs no try, so it may be asked again; one that was tried is never tried again.
static const struct secret_ask the_pin = { .ask = type_pin, .fits = pin_fits };

struct err *open_login(struct enrolment *e)
{
	if (session_logged_in(e->session) || !e->token.login_required)
		return NULL;
	if (e->token.pin_pad)
		return login_with_keypad(e);
	if (!e->pin) {
		TRY(ask_fitting(e, &the_pin, NULL, &e->pin));
		TRY(judge_pin(e));
	}
	return session_login(e->session, e->pin, e->job->last_try);
}

struct err *pin_for_signature(void *ctx, struct secret **pin)
{
	struct enrolment *e = ctx;
	if (e->token.pin_pad) {
		say_wait(e,
			 msg_new(N_("Type the PIN of %1 on the keypad of the reader, for the "
				    "signature."),
				 ARG_TEXT(e->token.label)),
			 -1, true);
		*pin = NULL;
		return NULL;
	}
	return e->pin ? secret_copy(e->pin, pin) : ask_pin(e, NULL, pin);
}
