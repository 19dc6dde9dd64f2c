// inkan otp list: the one-time password tokens that this machine judges.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/otp.h"
#include "cli/print.h"

enum { INDENT = 2 };

static void put_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

static void put_time(json_t *o, const char *key, int64_t at)
{
	char text[24];
	if (!at)
		return;
	clock_utc(at, text);
	json_object_set_new(o, key, json_string(text));
}

static json_t *to_json(const struct otp_token *t)
{
	json_t *o = json_pack("{s:s,s:s,s:i}", "serial", t->serial, "kind", seed_kind_name(t->kind),
			      "digits", (int)t->digits);
	put_text(o, "hash", seed_hash_name(t->hash));
	if (t->kind == SEED_TOTP)
		json_object_set_new(o, "step", json_integer(t->step));
	put_text(o, "person", t->person);
	put_text(o, "issuer", t->issuer);
	put_text(o, "maker", t->maker);
	put_text(o, "model", t->model);
	put_time(o, "imported", t->imported);
	put_time(o, "used", t->state.next && t->used ? t->used : 0);
	json_object_set_new(o, "failures", json_integer(t->state.failures));
	json_object_set_new(o, "locked", json_boolean(t->state.locked));
	return o;
}

static void print_json_list(const struct otp_list *l)
{
	json_t *all = json_array();
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(all, to_json(l->list[i]));
	json_t *o = json_pack("{s:o}", "otp_tokens", all);
	print_json(stdout, o);
	json_decref(o);
}

static void print_used(const struct otp_token *t)
{
	char at[48];
	if (!t->used) {
		say_in(stdout, INDENT, N_("Never used."));
		return;
	}
	clock_shown(t->used, NULL, at);
	say_in(stdout, INDENT, N_("Last right value: %1."), ARG_TEXT(at));
}

static void print_one(const struct otp_token *t)
{
	AUTO_TEXT char *kind = otp_kind_words(t);
	print_line(stdout, 0, t->serial);
	print_text(stdout, INDENT, kind ? kind : "");
	if (t->person)
		say_in(stdout, INDENT, N_("Held by %1."), ARG_TEXT(t->person));
	else
		say_in(stdout, INDENT, N_("Nobody holds it."));
	print_used(t);
	if (t->state.locked)
		say_in(stdout, INDENT, N_("LOCKED after %1 wrong values: `inkan otp unlock`."),
		       ARG_NUM(t->state.failures));
	else if (t->state.failures)
		say_in(stdout, INDENT, N_("%1 wrong values since the last right one."),
		       ARG_NUM(t->state.failures));
}

static struct err *read_all(struct otp_list *out)
{
	AUTO(otp_tokens) struct otp_tokens *t = NULL;
	TRY(otp_tokens_open(NULL, &t));
	return otp_all(t, out);
}

int run_otp_list(struct cli *cli)
{
	struct otp_list l = { 0 };
	struct err *e = read_all(&l);
	if (e)
		return cli_fail(cli, e, NULL);
	if (cli->o.json)
		print_json_list(&l);
	else if (!l.n)
		say(stdout, N_("No one-time password token is known here. `inkan otp import` "
			       "brings the file that came with them."));
	for (size_t i = 0; i < l.n && !cli->o.json; i++) {
		if (i)
			print_blank(stdout);
		print_one(l.list[i]);
	}
	otp_list_free(&l);
	return 0;
}
