// inkan otp assign: whose token it is. At the hand-over the token in the hand has to show a value of the serial number on the list.
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/otp.h"
#include "cli/print.h"

static struct err *serial_wanted(void)
{
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("It is not said which one-time password token is "
					      "meant.")),
			"usage"),
		N_("Give its serial number with --serial."));
}

static struct err *holds_already(const struct cli *cli, const struct otp_place *p,
				 const char *serial, const char *person)
{
	AUTO(otp_token) struct otp_token *t = NULL;
	TRY(otp_find(p->tokens, serial, &t));
	if (!t || !t->person || !strcmp(t->person, person) || cli->o.replace)
		return NULL;
	// Says who, and changes nothing.
	return otp_assign(p->tokens, serial, person, false, p->by);
}

static struct err *hand_over(struct cli *cli, const char *serial, const char *person)
{
	AUTO_PLACE struct otp_place p = { 0 };
	AUTO(secret) struct secret *value = NULL;
	enum judgement j = JUDGED_WRONG;
	struct judge_state st = { 0 };
	TRY(otp_place_open(false, &p));
	TRY(holds_already(cli, &p, serial, person));
	TRY(otp_ask(cli, "otp", msg_new(N_("Value that the token %1 shows"), ARG_TEXT(serial)),
		    &value));
	TRY(otp_check(p.tokens, p.seal, serial, &judge_usual, value, clock_now(), p.by, &j, &st));
	TRY(otp_verdict(j, serial, &st, &judge_usual));
	return otp_assign(p.tokens, serial, person, cli->o.replace, p.by);
}

static struct err *take_back(const char *serial)
{
	AUTO_PLACE struct otp_place p = { 0 };
	TRY(otp_place_open(false, &p));
	return otp_assign(p.tokens, serial, NULL, false, p.by);
}

int run_otp_assign(struct cli *cli)
{
	const char *person = cli->o.n_operands ? cli->o.operands[0] : NULL, *serial = cli->o.serial;
	struct err *e = !serial	 ? serial_wanted()
			: person ? hand_over(cli, serial, person)
				 : take_back(serial);
	if (e)
		return cli_fail(cli, e, NULL);
	if (person)
		say(stderr, N_("The token in your hand is %1, and %2 holds it now."),
		    ARG_TEXT(serial), ARG_TEXT(person));
	else
		say(stderr, N_("Nobody holds the token %1 any more."), ARG_TEXT(serial));
	otp_report(cli, person ? "assigned" : "taken-back", 0, serial, NULL);
	return 0;
}
