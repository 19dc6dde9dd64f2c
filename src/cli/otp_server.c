// inkan otp check --profile: a server of the institution judges the value, not this machine.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/choose.h"
#include "cli/otp.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/signals.h"
#include "journal/journal.h"
#include "otp/server.h"

enum { QUESTIONS_MAX = 5 }; // that a server may have in a row

struct asking {
	struct cli *cli;
	const struct profile_otp_server *terms;
	const char *person;
	struct otp_server *server;
};

static struct err *usage(struct msg *what)
{
	return err_hint(err_tag(err_make(ERR_USAGE, what), "usage"),
			N_("inkan otp check --profile PROFILE --role ROLE PERSON"));
}

// A profile decides where secrets go, so a person agrees to it before the first one does.
static struct err *agree(struct cli *cli, const struct profile *p, const char *server)
{
	AUTO(journal) struct journal *j = NULL;
	bool known = false;
	TRY(journal_open(&j));
	TRY(journal_profile_known(j, p->path, p->fingerprint, &known));
	if (known)
		return NULL;
	AUTO(msg)
	struct msg *words = msg_new(
		N_("This profile is used for the first time, or has changed: %1 (%2). It decides "
		   "which site gets your secrets: %3. Its fingerprint (SHA-256) is %4. Compare it "
		   "with the one that your institution gave you. Use this profile?"),
		ARG_BOTH(p->institution), ARG_TEXT(p->path), ARG_TEXT(server),
		ARG_TEXT(p->fingerprint));
	const struct question q = { .kind = ASK_CONSENT, .name = "profile", .words = words };
	struct answer a = { 0 };
	bool answered = false;
	TRY(prompt_ahead(cli, &q, &answered, &a));
	if (!answered && cli->interactive)
		TRY(prompt_person(cli, &q, &a));
	if (!a.yes)
		return err_tag(
			err_hint(err_new(ERR_INTERRUPTED,
					 N_("The profile was not agreed to; nothing was begun.")),
				 N_("Agree to it on a terminal, or with --yes.")),
			"consent-refused");
	return journal_profile_accept(j, p->path, p->fingerprint);
}

static bool stopped(void *ctx)
{
	(void)ctx;
	return signals_count() > 0;
}

static struct err *open_server(struct asking *a)
{
	const struct profile_otp_server *t = a->terms;
	AUTO(secret) struct secret *shared = NULL;
	if (t->protocol == OTP_BY_RADIUS)
		TRY(otp_shared_secret(t->secret_file, &shared));
	signals_forget();
	TRY(otp_server_open(
		&(struct otp_server_terms){
			.protocol = t->protocol == OTP_BY_RADIUS ? OTP_SERVER_RADIUS
								 : OTP_SERVER_VALIDATE,
			.servers = (const char *const *)(const void *)t->servers,
			.n_servers = t->n_servers,
			.seconds = t->timeout,
			.tries = t->tries,
			.shared = shared,
			.nas = t->nas_identifier,
			.unsigned_answers = t->unsigned_answers,
			.realm = t->realm,
			.anchors_pem = t->anchors.data,
			.anchors_len = t->anchors.len,
			.stop = stopped },
		&a->server));
	struct msg *warning = otp_server_warning(a->server);
	if (warning)
		print_msg(stderr, 0, warning);
	return NULL;
}

static struct err *ask_value(const struct asking *a, const char *name, struct secret **out)
{
	return otp_ask(a->cli, name, msg_new(N_("One-time password of %1"), ARG_TEXT(a->person)),
		       out);
}

static struct err *ask_pin(const struct asking *a, struct secret **out)
{
	return otp_ask_pin(
		a->cli, "otp_pin",
		msg_new(N_("PIN of %1 for the server of one-time passwords"), ARG_TEXT(a->person)),
		out);
}

// What the conversation begins with.
static struct err *ask_first(const struct asking *a, struct secret **out)
{
	AUTO(secret) struct secret *pin = NULL, *value = NULL, *both = NULL;
	switch (a->terms->first) {
	case OTP_FIRST_PIN:
		return ask_pin(a, out);
	case OTP_FIRST_PIN_AND_VALUE:
		TRY(ask_pin(a, &pin));
		TRY(ask_value(a, "otp", &value));
		TRY(secret_new(secret_len(pin) + secret_len(value) + 1, &both));
		TRY(secret_append(both, secret_bytes(pin), secret_len(pin)));
		TRY(secret_append(both, secret_bytes(value), secret_len(value)));
		*out = both;
		both = NULL;
		return NULL;
	case OTP_FIRST_VALUE:
		break;
	}
	return ask_value(a, "otp", out);
}

static void say_words(const struct otp_reply *r)
{
	if (r->words && r->words[0])
		say(stderr, N_("The server says: %1"), ARG_TEXT(r->words));
}

static struct err *rejected(const struct otp_reply *r)
{
	struct err *e = err_tag(err_new(ERR_ANSWER, N_("The server says that this is not right.")),
				"otp-rejected");
	e = r->unsure ? err_hint(e, N_("Another server was asked before it and did not answer: it "
				       "may have spent the value. Try again with the next one."))
		      : err_hint(e, N_("Try again with the next value. The server counts what is "
				       "wrong."));
	if (r->words && r->words[0])
		e = err_caused_by(
			e, err_new(ERR_ANSWER, N_("The server says: %1"), ARG_TEXT(r->words)));
	return e;
}

static struct err *too_many_questions(void)
{
	return err_hint(err_tag(err_new(ERR_NETWORK, N_("The server asks too many questions.")),
				"otp-questions"),
			N_("Nothing was accepted. Tell the administrator of the server."));
}

static struct err *converse(const struct asking *a)
{
	AUTO(secret) struct secret *typed = NULL;
	bool value_given = a->terms->first != OTP_FIRST_PIN;
	TRY(ask_first(a, &typed));
	for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
		AUTO_REPLY struct otp_reply r = { 0 };
		TRY(otp_server_ask(a->server, a->person, typed, &r));
		if (r.verdict == OTP_ACCEPTED)
			return NULL;
		if (r.verdict == OTP_REJECTED)
			return rejected(&r);
		say_words(&r);
		secret_free(typed);
		typed = NULL;
		TRY(ask_value(a, value_given ? "otp_next" : "otp", &typed));
		value_given = true;
	}
	return too_many_questions();
}

static struct err *check(struct cli *cli, const char *person, const char **protocol)
{
	AUTO(profile) struct profile *p = NULL;
	const struct profile_role *role = NULL;
	if (cli->o.serial)
		return usage(msg_new(N_("A server knows persons, not serial numbers.")));
	if (!person)
		return usage(msg_new(N_("It is not said whose value the server is to judge.")));
	TRY(choose_profile(cli, &p));
	TRY(choose_role(cli, p, &role));
	const struct profile_otp_server *t = &role->otp.server;
	if (t->n_servers == 0)
		return err_hint(err_tag(err_new(ERR_PROFILE,
						N_("The role %1 of the profile names no server "
						   "that judges one-time passwords."),
						ARG_TEXT(role->name)),
					"otp-server-wrong"),
				N_("Name another role or profile; without --profile a token is "
				   "judged whose seed was imported here."));
	TRY(agree(cli, p, t->servers[0]));
	struct asking a = { .cli = cli, .terms = t, .person = person };
	struct err *e = open_server(&a);
	if (!e)
		e = converse(&a);
	otp_server_close(a.server);
	*protocol = t->protocol == OTP_BY_RADIUS ? "radius" : "validate";
	return e;
}

int otp_check_at_server(struct cli *cli, const char *person)
{
	const char *protocol = "";
	struct err *e = check(cli, person, &protocol);
	if (e)
		return cli_fail(cli, e, NULL);
	say(stderr, N_("The server accepts the value. It is spent now."));
	if (cli->o.json) {
		json_t *o = json_pack("{s:s,s:s,s:i,s:s,s:s}", "event", "result", "outcome",
				      "accepted", "exit", 0, "person", person, "by", protocol);
		print_json(stdout, o);
		json_decref(o);
	}
	return 0;
}
