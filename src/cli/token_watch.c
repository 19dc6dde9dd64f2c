// inkan token list --watch: what is put in and taken out, as it happens.
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/print.h"
#include "cli/token_list.h"
#include "cli/watching.h"

struct watcher {
	struct cli *cli;
	struct screen *screen;
	struct journal *journal;
	json_t *tokens; // as they were told last; null: nothing was told yet
};

static void now_text(char out[static 16])
{
	time_t t = (time_t)clock_now();
	struct tm tm;
	if (!localtime_r(&t, &tm) || strftime(out, 16, "%H:%M:%S", &tm) == 0)
		out[0] = '\0';
}

// One line an event; takes the object.
static void put_json(json_t *o)
{
	print_json(stdout, o);
	json_decref(o);
}

static void say_reader_event(const char *change, const char *pcsc, const char *reader)
{
	static const struct {
		const char *change, *id;
	} table[] = {
		{ "reader-added", N_("%1  The reader %2 was plugged in.") },
		{ "reader-removed", N_("%1  The reader %2 was unplugged.") },
		{ "card-in", N_("%1  A card was put into %2.") },
		{ "card-out", N_("%1  The card was taken out of %2.") },
		{ "card-swapped",
		  N_("%1  The card in %2 was exchanged, or taken out and put in again.") },
		{ "card-mute", N_("%1  The card in %2 does not answer.") },
	};
	char time[16];
	now_text(time);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].change, change))
			say(stdout, table[i].id, ARG_TEXT(time), ARG_TEXT(reader));
	if (strcmp(change, "service") != 0)
		return;
	if (!strcmp(pcsc, "up"))
		say(stdout, N_("%1  The smart card service (pcscd) is there."), ARG_TEXT(time));
	else if (!strcmp(pcsc, "denied"))
		say(stdout, N_("%1  The smart card service (pcscd) does not let you in."),
		    ARG_TEXT(time));
	else
		say(stdout, N_("%1  The smart card service (pcscd) is gone."), ARG_TEXT(time));
}

static void on_reader(void *ctx, const json_t *data)
{
	const struct watcher *w = ctx;
	const char *change = json_text(data, "change"), *pcsc = json_text(data, "pcsc"),
		   *reader = json_text(json_object_get(data, "reader"), "name");
	// The first look is part of the list.
	if (!w->tokens || !change || !strcmp(change, "seen"))
		return;
	if (w->cli->o.json) {
		json_t *o = json_object();
		json_object_set_new(o, "event", json_string("reader"));
		json_object_update(o, (json_t *)(uintptr_t)data);
		put_json(o);
		return;
	}
	say_reader_event(change, pcsc ? pcsc : "", reader ? reader : "-");
	fflush(stdout);
}

static void tell_token(const struct watcher *w, const char *change, const char *id, json_t *token)
{
	const char *label = json_text(token, "label"), *uri = json_text(token, "uri");
	char time[16];
	if (w->cli->o.json) {
		json_t *o = json_object();
		json_object_set_new(o, "event", json_string("token"));
		json_object_set_new(o, "change", json_string(change));
		json_object_set(o, "token", token);
		put_json(o);
		return;
	}
	now_text(time);
	say(stdout, id, ARG_TEXT(time), ARG_TEXT(label && *label ? label : "-"));
	print_line(stdout, 2, uri ? uri : "-");
	fflush(stdout);
}

static bool same(const json_t *a, const json_t *b, const char *key)
{
	return json_equal(json_object_get(a, key), json_object_get(b, key)) == 1;
}

static json_t *find(const json_t *tokens, const json_t *token)
{
	for (size_t i = 0; i < json_array_size(tokens); i++) {
		json_t *other = json_array_get(tokens, i);
		if (same(other, token, "uri") && same(other, token, "module") &&
		    same(other, token, "reader"))
			return other;
	}
	return NULL;
}

static void tell_changes(const struct watcher *w, const json_t *now)
{
	for (size_t i = 0; i < json_array_size(w->tokens); i++) {
		json_t *was = json_array_get(w->tokens, i);
		if (!find(now, was))
			tell_token(w, "removed", N_("%1  The token %2 is gone."), was);
	}
	for (size_t i = 0; i < json_array_size(now); i++) {
		json_t *is = json_array_get(now, i), *was = find(w->tokens, is);
		if (!was)
			tell_token(w, "added", N_("%1  The token %2 is here."), is);
		else if (!json_equal(is, was))
			tell_token(w, "changed", N_("%1  Something changed on the token %2."), is);
	}
}

static struct err *first_look(struct watcher *w, bool *done)
{
	AUTO_LISTING struct listing l = { 0 };
	AUTO(json) json_t *o = NULL;
	TRY(listing_make_readers(w->cli, &w->screen->face, &l));
	TRY(status_interrupted(&l));
	TRY(status_tell_failures(&l));
	TRY(token_list_object(&l, w->journal, &o));
	w->tokens = json_incref(json_object_get(o, "tokens"));
	*done = ferror(stdout);
	if (!w->cli->o.json)
		return token_list_say(w->journal, o);
	json_t *first = json_object();
	json_object_set_new(first, "event", json_string("list"));
	json_object_update(first, o);
	put_json(first);
	return NULL;
}

// A module that fails now and then says nothing of its tokens: they stay as they were.
static void keep_unasked(const struct watcher *w, const struct listing *l, json_t *now)
{
	for (size_t i = 0; i < l->n; i++) {
		for (size_t k = 0; l->results[i].err && k < json_array_size(w->tokens); k++) {
			json_t *was = json_array_get(w->tokens, k);
			const char *module = json_text(was, "module");
			if (module && !strcmp(module, l->jobs[i]->module) && !find(now, was))
				json_array_append(now, was);
		}
	}
}

static struct err *look(void *ctx, bool *done)
{
	struct watcher *w = ctx;
	if (!w->tokens)
		return first_look(w, done);
	AUTO_LISTING struct listing l = { 0 };
	json_t *now = NULL;
	TRY(listing_make(w->cli, NULL, &w->screen->face, &l));
	TRY(status_interrupted(&l));
	*done = ferror(stdout);
	TRY(token_list_tokens(&l, w->journal, &now));
	keep_unasked(w, &l, now);
	tell_changes(w, now);
	json_decref(w->tokens);
	w->tokens = now;
	return NULL;
}

struct err *token_list_watch(struct cli *cli, struct screen *s)
{
	AUTO(journal) struct journal *j = NULL;
	TRY(journal_open(&j));
	struct watcher w = { .cli = cli, .screen = s, .journal = j };
	struct watching watching = { .screen = s, .ctx = &w, .event = on_reader, .look = look };
	struct err *e = watching_run(&watching);
	json_decref(w.tokens);
	// ^C is how it ends.
	if (e && err_kind(e) == ERR_INTERRUPTED) {
		err_free(e);
		return NULL;
	}
	return e;
}
