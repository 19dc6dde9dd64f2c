// One-time passwords: what the commands share.
#include "cli/otp.h"

#include <errno.h>
#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/print.h"
#include "cli/prompt.h"

// --- where they are

void otp_place_close(struct otp_place *p)
{
	otp_tokens_close(p->tokens);
	seal_free(p->seal);
	free(p->by);
	*p = (struct otp_place){ 0 };
}

static char *who(void)
{
	struct passwd entry, *found = NULL;
	char room[4096];
	if (getpwuid_r(getuid(), &entry, room, sizeof(room), &found) == 0 && found)
		return text_copy(found->pw_name);
	return text_format("uid %u", (unsigned)getuid());
}

struct err *otp_place_open(bool make, struct otp_place *out)
{
	AUTO_PLACE struct otp_place p = { .by = who() };
	AUTO_TEXT char *key = NULL;
	bool first = true;
	if (!p.by)
		return err_no_memory();
	TRY(otp_tokens_open(NULL, &p.tokens));
	TRY(otp_tokens_key_path(NULL, &key));
	// A key that is made where tokens are already would not open their seeds.
	TRY(otp_is_empty(p.tokens, &first));
	if (make || !first)
		TRY(seal_from_file(key, make && first, &p.seal));
	*out = p;
	p = (struct otp_place){ 0 };
	return NULL;
}

// --- which one

static struct err *none_of(const char *person)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("%1 holds no one-time password token."),
				ARG_TEXT(person)),
			"otp-unknown"),
		N_("`inkan otp list` shows who holds which; `inkan otp assign` gives one."));
}

static struct err *several_of(const char *person)
{
	return err_hint(err_tag(err_new(ERR_USAGE, N_("%1 holds several one-time password tokens."),
					ARG_TEXT(person)),
				"otp-several"),
			N_("Say with --serial which one is meant; `inkan otp list` shows them."));
}

static struct err *which_wanted(void)
{
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("It is not said which one-time password token is "
					      "meant.")),
			"usage"),
		N_("Give its serial number with --serial, or the name of the person who "
		   "holds it."));
}

struct err *otp_which(struct cli *cli, const struct otp_place *p, const char *person, char **serial)
{
	struct otp_list of = { 0 };
	struct err *e = NULL;
	if (cli->o.serial)
		*serial = text_copy(cli->o.serial);
	else if (!person)
		return which_wanted();
	else if ((e = otp_of_person(p->tokens, person, &of)))
		return e;
	else if (of.n != 1)
		e = of.n ? several_of(person) : none_of(person);
	else
		*serial = text_copy(of.list[0]->serial);
	otp_list_free(&of);
	return e ? e : *serial ? NULL : err_no_memory();
}

// --- asking

static struct err *missing(const char *name)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("An answer is missing: %1."), ARG_TEXT(name)),
			"answer-missing"),
		N_("Give it as a line of standard input or in the file of --answers, or "
		   "run the command on a terminal."));
}

static struct err *too_long(void)
{
	return err_tag(err_new(ERR_ANSWER, N_("This is no one-time password: it is too long.")),
		       "otp-form");
}

// Byte by byte: what stands behind the line is the next value's.
static struct err *read_line(const char *name, struct secret **out)
{
	enum { LINE_MAX_BYTES = 256 };
	AUTO(secret) struct secret *line = NULL;
	bool any = false;
	TRY(secret_new(LINE_MAX_BYTES, &line));
	for (;;) {
		char c = 0;
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && !any)
			return missing(name);
		if (n <= 0 || c == '\n')
			break;
		any = true;
		if (secret_len(line) == secret_cap(line))
			return too_long();
		if (c != '\r')
			TRY(secret_append(line, &c, 1));
	}
	*out = line;
	line = NULL;
	return NULL;
}

static struct err *ask(struct cli *cli, const char *name, const struct msg *words,
		       struct secret **out)
{
	struct question q = { .kind = ASK_OTP, .name = name, .words = words };
	struct answer a = { 0 };
	bool answered = false;
	TRY(prompt_ahead(cli, &q, &answered, &a));
	if (a.value) {
		*out = a.value;
		return NULL;
	}
	if (!cli->interactive)
		return read_line(name, out);
	TRY(prompt_person(cli, &q, &a));
	if (a.state == ANSWER_STOPPED)
		return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
	if (!a.value)
		return missing(name);
	*out = a.value;
	return NULL;
}

struct err *otp_ask(struct cli *cli, const char *name, struct msg *words, struct secret **out)
{
	AUTO(msg) struct msg *m = words;
	AUTO(secret) struct secret *typed = NULL;
	TRY(ask(cli, name, m, &typed));
	return text_fold_secret(typed, true, out);
}

struct err *otp_ask_pin(struct cli *cli, const char *name, struct msg *words, struct secret **out)
{
	AUTO(msg) struct msg *m = words;
	AUTO(secret) struct secret *typed = NULL, *folded = NULL;
	TRY(ask(cli, name, m, &typed));
	TRY(text_fold_secret(typed, false, &folded));
	bool digits = text_is_digits(secret_text(folded), secret_len(folded));
	*out = digits ? folded : typed;
	*(digits ? &folded : &typed) = NULL;
	return NULL;
}

// --- what came of it

static struct err *refused(struct err *e, const char *tag, const struct judge_state *st,
			   const struct judge_rules *r)
{
	e = err_tag(e, tag);
	if (st->locked)
		return err_hint(e, N_("It is locked now: an administrator unlocks it with "
				      "`inkan otp unlock`."));
	if (!r->lock_after)
		return err_hint(e, N_("Type the value that the token shows now."));
	return err_hint(
		e,
		N_("Type the value that the token shows now. After %1 more wrong ones it "
		   "is locked. Where it is never right, `inkan otp resync` finds it again."),
		ARG_NUM(r->lock_after - st->failures));
}

static struct err *wait_for(const char *serial, int64_t seconds)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("After wrong values the token %1 has to wait."),
				ARG_TEXT(serial)),
			"otp-wait"),
		N_("The value was not looked at, and is not spent. Try again in %1 seconds."),
		ARG_NUM(seconds > 0 ? seconds : 1));
}

struct err *otp_verdict(enum judgement j, const char *serial, const struct judge_state *st,
			const struct judge_rules *r)
{
	switch (j) {
	case JUDGED_RIGHT:
		return NULL;
	case JUDGED_USED:
		return refused(err_new(ERR_ANSWER,
				       N_("This value of the token %1 was used already."),
				       ARG_TEXT(serial)),
			       "otp-used", st, r);
	case JUDGED_WAIT:
		return wait_for(serial, st->wait_until - clock_now());
	case JUDGED_LOCKED:
		return err_hint(
			err_tag(err_new(ERR_ANSWER, N_("The one-time password token %1 is locked."),
					ARG_TEXT(serial)),
				"otp-locked"),
			N_("The value was not looked at. An administrator makes sure of the person "
			   "and unlocks it with `inkan otp unlock`."));
	case JUDGED_OUTSIDE:
		return err_hint(
			err_tag(err_new(ERR_ANSWER,
					N_("The one-time password token %1 is not to be used "
					   "today, by the file that it came with."),
					ARG_TEXT(serial)),
				"otp-outside"),
			N_("Give the person another token."));
	default:
		return refused(err_new(ERR_ANSWER,
				       N_("This is not a value of the token %1, or no more."),
				       ARG_TEXT(serial)),
			       "otp-wrong", st, r);
	}
}

char *otp_kind_words(const struct otp_token *t)
{
	static const char *const hashes[] = { "SHA-1", "SHA-256", "SHA-512" };
	static const char *const kinds[] = { "HOTP", "TOTP", "OCRA" };
	AUTO(msg)
	struct msg *m = t->kind == SEED_TOTP
				? msg_new(N_("%1, %2 digits, %3, every %4 seconds"),
					  ARG_TEXT(kinds[t->kind]), ARG_NUM(t->digits),
					  ARG_TEXT(hashes[t->hash]), ARG_NUM(t->step))
				: msg_new(N_("%1, %2 digits, %3"), ARG_TEXT(kinds[t->kind]),
					  ARG_NUM(t->digits), ARG_TEXT(hashes[t->hash]));
	return msg_render(m);
}

void otp_report(const struct cli *cli, const char *outcome, int exit, const char *serial,
		const struct judge_state *st)
{
	if (!cli->o.json)
		return;
	json_t *o = json_pack("{s:s,s:s,s:i,s:s}", "event", "result", "outcome", outcome, "exit",
			      exit, "serial", serial);
	if (st) {
		json_object_set_new(o, "failures", json_integer(st->failures));
		json_object_set_new(o, "locked", json_boolean(st->locked));
	}
	print_json(stdout, o);
	json_decref(o);
}
