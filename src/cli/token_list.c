// inkan token list: the readers, the tokens, and what is on them.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/finish.h"
#include "cli/print.h"
#include "cli/token_list.h"
#include "enroll/window.h"

static int64_t days_here(int64_t t)
{
	int64_t days = 0;
	err_ignore(days_until(NULL, clock_now(), t, &days));
	return days;
}

// Where no profile of the journal says in which zone its days are counted, this machine's count.
static void put_days(const json_t *token)
{
	const json_t *list = json_object_get(token, "certificates");
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *c = json_array_get(list, i);
		int64_t end = finish_time(json_text(c, "not_after"));
		if (end >= 0 && !json_object_get(c, "days_left"))
			json_object_set_new(c, "days_left", json_integer(days_here(end)));
	}
}

static struct err *put_token(struct journal *j, const json_t *listed, json_t *tokens)
{
	AUTO(json) json_t *o = NULL;
	TRY(status_token(j, listed, &o));
	json_t *room = json_object_get(listed, "room"),
	       *unreadable = json_object_get(listed, "unreadable");
	if (room)
		json_object_set(o, "room", room);
	if (unreadable)
		json_object_set_new(o, "unreadable", json_true());
	if (json_flag(listed, "more", false))
		json_object_set_new(o, "more", json_true());
	json_object_set_new(o, "initialised", json_boolean(json_flag(listed, "initialised", true)));
	put_days(o);
	if (!status_is_there(tokens, o))
		json_array_append(tokens, o);
	return NULL;
}

struct err *token_list_tokens(const struct listing *l, struct journal *j, struct json_t **out)
{
	AUTO(json) json_t *tokens = json_array();
	for (size_t i = 0; i < l->n; i++) {
		const json_t *list = json_object_get(l->results[i].object, "tokens");
		for (size_t k = 0; k < json_array_size(list); k++)
			TRY(put_token(j, json_array_get(list, k), tokens));
	}
	*out = tokens;
	tokens = NULL;
	return NULL;
}

struct err *token_list_object(const struct listing *l, struct journal *j, struct json_t **out)
{
	json_t *tokens = NULL;
	TRY(token_list_tokens(l, j, &tokens));
	json_t *o = json_object(), *seen = l->readers.object;
	json_object_set_new(o, "tokens", tokens);
	static const char *const keys[] = { "pcsc", "readers", "programs" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_object_get(seen, keys[i]))
			json_object_set(o, keys[i], json_object_get(seen, keys[i]));
	*out = o;
	return NULL;
}

static void say_programs(const json_t *programs)
{
	AUTO_BUF struct buf b = BUF(4096);
	for (size_t i = 0; i < json_array_size(programs); i++) {
		const json_t *p = json_array_get(programs, i);
		const char *name = json_text(p, "program");
		err_ignore(buf_printf(&b, "%s%s (%lld)", b.len ? ", " : "", name ? name : "?",
				      (long long)json_number(p, "pid", 0)));
	}
	if (b.data)
		say_in(stdout, 2, N_("These programs use readers now: %1."),
		       ARG_TEXT((const char *)b.data));
}

static void say_reader(const json_t *r)
{
	static const struct {
		const char *state, *id;
	} table[] = {
		{ "empty", N_("Reader %1: empty.") },
		{ "card", N_("Reader %1: a card is in it.") },
		{ "mute", N_("Reader %1: the card in it does not answer.") },
		{ "unavailable", N_("Reader %1: the reader does not answer.") },
	};
	const char *state = json_text(r, "state"), *name = json_text(r, "name");
	for (size_t i = 0; state && i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].state, state))
			say(stdout, table[i].id, ARG_TEXT(name ? name : "-"));
	if (json_flag(r, "exclusive", false))
		say_in(stdout, 2, N_("A program has the card in it for itself."));
}

static void say_readers(const json_t *o)
{
	const char *pcsc = json_text(o, "pcsc");
	const json_t *readers = json_object_get(o, "readers");
	if (pcsc && !strcmp(pcsc, "absent"))
		say(stdout,
		    N_("The smart card service (pcscd) does not run: no reader can be seen."));
	else if (pcsc && !strcmp(pcsc, "denied"))
		say(stdout,
		    N_("You are not allowed to use the smart card service (pcscd): no reader "
		       "can be seen."));
	else if (pcsc && json_array_size(readers) == 0)
		say(stdout, N_("No reader is here."));
	for (size_t i = 0; i < json_array_size(readers); i++)
		say_reader(json_array_get(readers, i));
	say_programs(json_object_get(o, "programs"));
	print_blank(stdout);
}

static void say_pin(const json_t *token)
{
	static const struct {
		const char *state, *id;
	} table[] = {
		{ "ok", N_("Its PIN is set, and no wrong one was typed last.") },
		{ "low", N_("A wrong PIN was typed, so fewer tries are left.") },
		{ "final", N_("The PIN is on its last try.") },
		{ "locked", N_("The PIN is locked.") },
		{ "not-set", N_("It has no PIN yet.") },
	};
	const char *pin = json_text(token, "pin");
	for (size_t i = 0; pin && i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].state, pin))
			print_msg(stdout, 2, msg_make(table[i].id, NULL, 0));
}

static void say_room(const json_t *room)
{
	int64_t keys = json_number(room, "private_free", -1);
	int64_t rest = json_number(room, "public_free", -1);
	if (keys >= 0 && rest >= 0 && keys != rest)
		say_in(stdout, 2, N_("Room left: %1 bytes for keys, %2 for certificates."),
		       ARG_NUM(keys), ARG_NUM(rest));
	else if (keys >= 0 || rest >= 0)
		say_in(stdout, 2, N_("Room left: %1 bytes."), ARG_NUM(keys >= 0 ? keys : rest));
}

static void say_days(const json_t *certificate)
{
	int64_t left = json_number(certificate, "days_left", 0);
	if (json_object_get(certificate, "window"))
		return; // the window's own words say it
	if (left >= 0)
		say_in(stdout, 4, N_("%1 days are left."), ARG_NUM(left));
	else
		say_in(stdout, 4, N_("It expired %1 days ago."), ARG_NUM(-left));
}

static struct err *say_certificates(struct journal *j, const json_t *token)
{
	const json_t *list = json_object_get(token, "certificates");
	bool more = json_flag(token, "more", false);
	if (json_flag(token, "unreadable", false))
		say_in(stdout, 2, N_("What is on it cannot be read."));
	else if (json_array_size(list) == 0 && !more)
		say_in(stdout, 2, N_("No certificate is on it."));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *c = json_array_get(list, i);
		TRY(status_say_certificate(j, c));
		say_days(c);
	}
	if (more)
		say_in(stdout, 2,
		       N_("There are more certificates on it than inkan looks at: these are not "
			  "all."));
	return NULL;
}

static struct err *say_token(struct journal *j, const json_t *t)
{
	const char *label = json_text(t, "label"), *uri = json_text(t, "uri"),
		   *model = json_text(t, "model"), *serial = json_text(t, "serial"),
		   *maker = json_text(t, "manufacturer"), *reader = json_text(t, "reader");
	if (label && *label)
		say(stdout, N_("Token %1"), ARG_TEXT(label));
	else if (!json_flag(t, "initialised", true))
		say(stdout, N_("A blank token"));
	else
		say(stdout, N_("Token %1"), ARG_TEXT("-"));
	print_line(stdout, 2, uri ? uri : "-");
	say_in(stdout, 2, N_("%1 by %2, serial number %3"), ARG_TEXT(model && *model ? model : "-"),
	       ARG_TEXT(maker && *maker ? maker : "-"), ARG_TEXT(serial && *serial ? serial : "-"));
	if (reader && *reader)
		say_in(stdout, 2, N_("In: %1"), ARG_TEXT(reader));
	if (!json_flag(t, "initialised", true)) {
		say_in(stdout, 2,
		       N_("It is blank: it has to be initialised before it can be used."));
	} else {
		say_pin(t);
		say_room(json_object_get(t, "room"));
		TRY(say_certificates(j, t));
	}
	print_blank(stdout);
	return NULL;
}

struct err *token_list_say(struct journal *j, const struct json_t *o)
{
	const json_t *tokens = json_object_get(o, "tokens");
	say_readers(o);
	if (json_array_size(tokens) == 0)
		say(stdout, N_("No token was found."));
	for (size_t i = 0; i < json_array_size(tokens); i++)
		TRY(say_token(j, json_array_get(tokens, i)));
	fflush(stdout);
	return NULL;
}

// That readers cannot be looked at keeps no token from being shown.
static void tell_readers(struct listing *l)
{
	if (l->readers.err && err_kind(l->readers.err) != ERR_INTERRUPTED)
		print_err(stderr, l->readers.err);
}

static struct err *list(struct cli *cli, struct screen *s)
{
	AUTO_LISTING struct listing l = { 0 };
	AUTO(journal) struct journal *j = NULL;
	AUTO(json) json_t *o = NULL;
	TRY(journal_open(&j));
	TRY(listing_make_readers(cli, &s->face, &l));
	TRY(status_interrupted(&l));
	TRY(status_tell_failures(&l));
	tell_readers(&l);
	TRY(token_list_object(&l, j, &o));
	if (!cli->o.json)
		return token_list_say(j, o);
	print_json(stdout, o);
	return NULL;
}

int run_token_list(struct cli *cli)
{
	AUTO_SCREEN struct screen screen;
	screen_open(&screen, cli);
	struct err *e = cli->o.watch ? token_list_watch(cli, &screen) : list(cli, &screen);
	return e ? cli_fail(cli, e, NULL) : 0;
}
