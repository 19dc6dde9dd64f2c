// inkan otp check, resync, unlock: a value is judged and spent, a token is found again, a lock is undone.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/otp.h"
#include "cli/print.h"

static const char *person_of(const struct cli *cli)
{
	return cli->o.n_operands ? cli->o.operands[0] : NULL;
}

// --- check

static struct err *check(struct cli *cli, const struct otp_place *p, const char *serial,
			 struct judge_state *st)
{
	AUTO(secret) struct secret *value = NULL;
	AUTO(otp_token) struct otp_token *t = NULL;
	enum judgement j = JUDGED_WRONG;
	TRY(otp_find(p->tokens, serial, &t));
	// Before a value is asked for that could not be judged.
	if (t && t->state.locked)
		return otp_verdict(JUDGED_LOCKED, serial, &t->state, &judge_usual);
	TRY(otp_ask(cli, "otp", msg_new(N_("Value that the token %1 shows"), ARG_TEXT(serial)),
		    &value));
	TRY(otp_check(p->tokens, p->seal, serial, &judge_usual, value, clock_now(), p->by, &j, st));
	return otp_verdict(j, serial, st, &judge_usual);
}

static struct err *check_it(struct cli *cli, char **serial, struct judge_state *st)
{
	AUTO_PLACE struct otp_place p = { 0 };
	TRY(otp_place_open(false, &p));
	TRY(otp_which(cli, &p, person_of(cli), serial));
	return check(cli, &p, *serial, st);
}

int run_otp_check(struct cli *cli)
{
	AUTO_TEXT char *serial = NULL;
	struct judge_state st = { 0 };
	if (cli->o.profile || cli->o.role)
		return otp_check_at_server(cli, person_of(cli));
	struct err *e = check_it(cli, &serial, &st);
	if (e)
		return cli_fail(cli, e, NULL);
	say(stderr, N_("The value is right, and is spent now."));
	otp_report(cli, "accepted", 0, serial, &st);
	return 0;
}

// --- resync

static struct err *resync_it(struct cli *cli, char **serial)
{
	AUTO_PLACE struct otp_place p = { 0 };
	AUTO(secret) struct secret *first = NULL;
	AUTO(secret) struct secret *second = NULL;
	enum judgement j = JUDGED_WRONG;
	struct judge_state st = { 0 };
	AUTO(otp_token) struct otp_token *t = NULL;
	TRY(otp_place_open(false, &p));
	TRY(otp_which(cli, &p, person_of(cli), serial));
	TRY(otp_ask(cli, "otp", msg_new(N_("Value that the token %1 shows"), ARG_TEXT(*serial)),
		    &first));
	TRY(otp_ask(cli, "otp_next", msg_new(N_("The next value that it shows")), &second));
	const struct secret *row[] = { first, second };
	TRY(otp_resync(p.tokens, p.seal, *serial, &judge_usual, row, ARRAY_LEN(row), clock_now(),
		       p.by, &j));
	TRY(otp_find(p.tokens, *serial, &t));
	if (t)
		st = t->state;
	return otp_verdict(j, *serial, &st, &judge_usual);
}

int run_otp_resync(struct cli *cli)
{
	AUTO_TEXT char *serial = NULL;
	struct err *e = resync_it(cli, &serial);
	if (e)
		return cli_fail(cli, e, NULL);
	say(stderr,
	    N_("The token %1 is found again. Both values are spent; the next one that it "
	       "shows counts."),
	    ARG_TEXT(serial));
	otp_report(cli, "resynchronised", 0, serial, NULL);
	return 0;
}

// --- unlock

static struct err *unlock_it(struct cli *cli, char **serial, bool *was)
{
	AUTO_PLACE struct otp_place p = { 0 };
	TRY(otp_place_open(false, &p));
	TRY(otp_which(cli, &p, person_of(cli), serial));
	return otp_unlock(p.tokens, *serial, p.by, was);
}

int run_otp_unlock(struct cli *cli)
{
	AUTO_TEXT char *serial = NULL;
	bool was = false;
	struct err *e = unlock_it(cli, &serial, &was);
	if (e)
		return cli_fail(cli, e, NULL);
	if (was)
		say(stderr, N_("The token %1 is unlocked, and the record says by whom."),
		    ARG_TEXT(serial));
	else
		say(stderr, N_("The token %1 was not locked. Wrong values are forgotten."),
		    ARG_TEXT(serial));
	otp_report(cli, was ? "unlocked" : "nothing", 0, serial, NULL);
	return 0;
}
