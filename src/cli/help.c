// --help, from the tables of commands and options.
//
// Commands and options are indented by two to six columns and their summaries stand in a second column: scripts/checks/man reads
// them so. Examples are indented by eight.
#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/print.h"

enum { TERM_COLUMNS = 24, EXAMPLE_INDENT = 8 };

// "  term                    summary", wrapped in the second column.
static void row(FILE *f, const char *term, const char *summary_id)
{
	size_t used = 2 + text_width(term);
	fprintf(f, "  %s", term);
	if (used + 2 > TERM_COLUMNS + 2) {
		fputc('\n', f);
		used = 0;
	}
	AUTO_TEXT char *text = NULL;
	err_ignore(text_wrap(lang_text(summary_id), PRINT_COLUMNS - TERM_COLUMNS - 2, 0, &text));
	for (char *line = text; line && *line;) {
		size_t len = strcspn(line, "\n");
		fprintf(f, "%*s%.*s\n", (int)(TERM_COLUMNS + 2 - used), "", (int)len, line);
		line += len + (line[len] == '\n');
		used = 0;
	}
}

static void option_help(FILE *f, const struct option_row *o)
{
	AUTO_TEXT char *term =
		text_format("%s%s%s%s%s", o->brief ? o->brief : "", o->brief ? ", " : "", o->name,
			    o->value ? " " : "", o->value ? o->value : "");
	if (term)
		row(f, term, o->summary);
}

static void options_help(FILE *f, unsigned which)
{
	print_blank(f);
	say(f, N_("Options:"));
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].id & which)
			option_help(f, &option_rows[i]);
}

static void command_row(FILE *f, const struct command *c)
{
	AUTO_TEXT char *term = text_format("%s%s%s", c->name, c->operands ? " " : "",
					   c->operands ? c->operands : "");
	if (term)
		row(f, term, c->summary);
}

static void exit_statuses(FILE *f)
{
	print_blank(f);
	say(f, N_("Exit status: 0 done; 1 failed; 2 usage; 3 the CA says wait; 4 the CA refused; 5 "
		  "refused by policy; "
		  "6 no usable token; 7 PIN wrong or locked; 8 answers or one-time password "
		  "invalid; 9 network; 10 profile "
		  "or configuration invalid; 11 interrupted, resumable."));
}

void help_all(FILE *f)
{
	say(f, N_("inkan registers a key that never leaves a smart card or USB token."));
	print_blank(f);
	say(f, N_("Usage: inkan COMMAND [OPTIONS]"));
	print_blank(f);
	say(f, N_("The usual way:"));
	fprintf(f, "%*sinkan enroll --profile practice --role user\n", EXAMPLE_INDENT, "");
	print_blank(f);
	say(f, N_("Commands:"));
	for (size_t i = 0; i < n_commands; i++)
		command_row(f, &commands[i]);
	options_help(f, ~0U);
	exit_statuses(f);
}

void help_command(FILE *f, const struct command *c)
{
	AUTO_TEXT char *usage =
		text_format("inkan %s%s%s%s", c->name, c->operands ? " " : "",
			    c->operands ? c->operands : "", c->options ? " [OPTIONS]" : "");
	say(f, N_("Usage: %1"), ARG_TEXT(usage ? usage : c->name));
	print_blank(f);
	say(f, N_("The usual way:"));
	fprintf(f, "%*s%s\n", EXAMPLE_INDENT, "", c->example);
	for (const char *const *p = c->about; *p; p++) {
		print_blank(f);
		print_msg(f, 0, msg_make(*p, NULL, 0));
	}
	options_help(f, c->options | OPT_ALWAYS);
}

void help_profile(FILE *f)
{
	say(f, N_("Commands:"));
	for (size_t i = 0; i < n_commands; i++)
		if (!strncmp(commands[i].name, "profile ", strlen("profile ")))
			command_row(f, &commands[i]);
}

void help_short(FILE *f)
{
	say(f, N_("inkan registers a key that never leaves a smart card or USB token."));
	print_blank(f);
	say(f, N_("To begin:  inkan enroll"));
	say(f, N_("What is on my token?  inkan status"));
	say(f, N_("All commands:  inkan --help"));
}

int run_help(struct cli *cli)
{
	if (cli->o.n_operands == 0) {
		help_all(stdout);
		return 0;
	}
	size_t used = 0;
	const struct command *c = command_find(cli->o.operands, cli->o.n_operands, &used);
	if (c && used == cli->o.n_operands) {
		help_command(stdout, c);
		return 0;
	}
	if (cli->o.n_operands == 1 && !strcmp(cli->o.operands[0], "profile")) {
		help_profile(stdout);
		return 0;
	}
	return cli_fail(cli,
			err_hint(err_tag(err_new(ERR_USAGE, N_("There is no command %1."),
						 ARG_TEXT(cli->o.operands[0])),
					 "usage"),
				 N_("See: inkan --help")),
			NULL);
}
