// From the command line to a command, and what all commands share.
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lang.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/inside.h"
#include "cli/print.h"
#include "cli/signals.h"
#include "cli/vouching.h"
#include "worker/worker.h"

static struct err *read_inputs(const struct cli *cli, const char *answers, struct inputs *in)
{
	if (answers)
		TRY(inputs_read(in, answers));
	const char *pin_source = cli->uri ? token_uri_pin_source(cli->uri) : NULL;
	return pin_source ? inputs_read_pin(in, pin_source) : NULL;
}

struct err *cli_inputs(struct cli *cli)
{
	TRY(inputs_new(&cli->inputs));
	if (cli->o.token)
		TRY(token_uri_parse(cli->o.token, &cli->uri));
	// The doctor only looks whether others can read them.
	const bool reads = !cli->o.command || cli->o.command->run != run_doctor;
	return reads ? read_inputs(cli, cli->o.answers, cli->inputs) : NULL;
}

void cli_inputs_again(struct cli *cli)
{
	AUTO(inputs) struct inputs *again = NULL;
	const bool standard = cli->o.answers && !strcmp(cli->o.answers, "-");
	struct err *e = inputs_new(&again);
	if (!e)
		e = read_inputs(cli, standard ? NULL : cli->o.answers, again);
	err_ignore(e);
	if (again && cli->inputs)
		inputs_refill(cli->inputs, again);
}

// These end in one object of their own kind, and no result line.
static bool ends_in_result(const struct cli *cli)
{
	const struct command *c = cli->o.command;
	return cli->o.json && c && (c->options & OPT_JSON) && c->run != run_status &&
	       c->run != run_token_list && c->run != run_doctor;
}

int cli_fail(struct cli *cli, struct err *e, const char *enrolment)
{
	struct result r = { 0 };
	result_of_error(e, enrolment, &r);
	if (ends_in_result(cli))
		print_json(stdout, r.object);
	print_err(stderr, r.err);
	int status = (int)err_kind(r.err);
	result_free(&r);
	return status;
}

// Off a terminal there is no guide whom they could tell anything.
static bool has_guide_options(const struct options *o)
{
	return o->profile || o->role || o->token || o->module || o->last_try || o->keypad;
}

static int without_command(struct cli *cli)
{
	if (cli->o.version)
		return run_version(cli);
	if (cli->o.help && cli->o.n_operands > 0)
		help_group(stdout, cli->o.operands[0]);
	else if (cli->o.help)
		help_all(stdout);
	else if (cli->interactive)
		return run_wizard(cli);
	else if (has_guide_options(&cli->o))
		return cli_fail(
			cli,
			err_hint(err_tag(err_new(ERR_USAGE, N_("These options need a command, or "
							       "a terminal.")),
					 "usage"),
				 N_("See: inkan --help")),
			NULL);
	else
		help_short(stdout);
	return 0;
}

static int run(struct cli *cli)
{
	const struct command *c = cli->o.command;
	if (!c)
		return without_command(cli);
	if (cli->o.help) {
		help_command(stdout, c);
		return 0;
	}
	if (c->options) {
		struct err *e = cli_inputs(cli);
		if (e)
			return cli_fail(cli, e, NULL);
	}
	return c->run(cli);
}

// What was printed must have got to where it goes: a full disk is no success.
static int flush(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	AUTO(err) struct err *e = err_new(ERR_FAILED, N_("The output could not be written."));
	print_err(stderr, e);
	return status ? status : (int)err_kind(e);
}

// Who cannot use a screen that changes says so once and for all, as programs agree on it.
static bool wants_plain(void)
{
	const char *term = getenv("TERM"), *accessible = getenv("ACCESSIBLE");
	return !term || !*term || !strcmp(term, "dumb") || (accessible && *accessible);
}

int cli_main(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct err *e = lang_set(options_language(argc, argv));
	if (!e)
		e = options_parse(argc, argv, &cli.o);
	if (e)
		return cli_fail(&cli, e, NULL);
	if (cli.o.debug)
		log_open(LOG_DEBUG, STDERR_FILENO);
	cli.interactive = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
	cli.plain = cli.o.plain || wants_plain();
	signals_install();
	int status = run(&cli);
	vouching_free(cli.vouching);
	inputs_free(cli.inputs);
	token_uri_free(cli.uri);
	return flush(status);
}
