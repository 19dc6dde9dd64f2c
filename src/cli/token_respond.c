// inkan token respond: the help desk's side of `inkan token unblock --challenge`. No token, no worker: one question and a little arithmetic.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "token/challenge.h"

static struct err *missing(void)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("An answer is missing: %1."), ARG_TEXT("admin_key")),
			"answer-missing"),
		N_("Give it in the file of --answers, or run the command on a terminal."));
}

static struct err *ask_key(struct cli *cli, struct secret **out)
{
	AUTO(msg)
	struct msg *words = msg_new(N_("Administrator's key of the token (48 digits, not shown)"));
	struct question q = { .kind = ASK_SECRET, .name = "admin_key", .words = words };
	struct answer a = { 0 };
	bool answered = false;
	TRY(prompt_ahead(cli, &q, &answered, &a));
	if (!answered && cli->interactive)
		TRY(prompt_person(cli, &q, &a));
	if (a.state == ANSWER_STOPPED)
		return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
	if (!a.value)
		return missing();
	*out = a.value;
	return NULL;
}

static struct err *respond(struct cli *cli, uint8_t answer[CHALLENGE_LEN])
{
	AUTO(secret) struct secret *typed = NULL;
	AUTO(secret) struct secret *key = NULL;
	uint8_t challenge[CHALLENGE_LEN];
	const char *given = cli->o.operands[0];
	TRY(secret_from(given, strlen(given), &typed));
	TRY(challenge_read(typed, challenge));
	TRY(ask_key(cli, &key));
	return challenge_solve(key, challenge, answer);
}

int run_token_respond(struct cli *cli)
{
	uint8_t answer[CHALLENGE_LEN];
	char text[CHALLENGE_TEXT];
	struct err *e = respond(cli, answer);
	if (e)
		return cli_fail(cli, e, NULL);
	challenge_write(answer, text);
	say(stderr, N_("The answer, to be read out:"));
	print_line(stdout, 0, text);
	return 0;
}
