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
#include "cli/topics.h"

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

static void option_rows_help(FILE *f, uint64_t which)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].id & which)
			option_help(f, &option_rows[i]);
}

static void options_help(FILE *f, uint64_t which)
{
	say(f, N_("Options:"));
	option_rows_help(f, which);
}

static void command_row(FILE *f, const struct command *c)
{
	AUTO_TEXT char *term = text_format("%s%s%s", c->name, c->operands ? " " : "",
					   c->operands ? c->operands : "");
	if (term)
		row(f, term, c->summary);
}

// The usual example comes first: most who ask for help want no more.
static void usual_way(FILE *f, const char *example)
{
	enum { SHORT = 12 };
	if (strlen(example) < SHORT) {
		say(f, N_("The usual way: %1"), ARG_TEXT(example));
		return;
	}
	say(f, N_("The usual way:"));
	fprintf(f, "%*s%s\n", EXAMPLE_INDENT, "", example);
}

// The names of the topics, on one line.
static void topics_help(FILE *f)
{
	AUTO_BUF struct buf names = BUF(1024);
	for (size_t i = 0; i < n_topics; i++)
		err_ignore(buf_printf(&names, "%s%s", i ? ", " : "", topics[i].name));
	say(f, N_("Topics: %1"), ARG_TEXT(names.data ? (const char *)names.data : ""));
}

// Commands that have a first word in common stand on one line: `inkan help WORD` shows them all.
static const struct {
	const char *word, *term, *summary;
} groups[] = {
	{ "token ", "token COMMAND", N_("Look after tokens; see: inkan help token") },
	{ "otp ", "otp COMMAND", N_("One-time password tokens; see: inkan help otp") },
	{ "profile ", "profile COMMAND", N_("Read and check profiles; see: inkan help profile") },
};

static bool in_group(const char *name, size_t *group)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (!strncmp(name, groups[i].word, strlen(groups[i].word))) {
			*group = i;
			return true;
		}
	return false;
}

static void all_commands(FILE *f)
{
	bool shown[ARRAY_LEN(groups)] = { false };
	for (size_t i = 0; i < n_commands; i++) {
		size_t g = 0;
		if (commands[i].hidden)
			continue;
		if (!in_group(commands[i].name, &g)) {
			command_row(f, &commands[i]);
		} else if (!shown[g]) {
			row(f, groups[g].term, groups[g].summary);
			shown[g] = true;
		}
	}
}

void help_all(FILE *f)
{
	usual_way(f, "inkan");
	say(f, N_("inkan alone asks for everything. Usage: inkan [COMMAND] [OPTIONS]"));
	say(f, N_("Commands:"));
	all_commands(f);
	say(f, N_("Options of all commands (a command's own: inkan COMMAND --help):"));
	option_rows_help(f, OPT_ALWAYS);
}

void help_command(FILE *f, const struct command *c)
{
	AUTO_TEXT char *usage =
		text_format("inkan %s%s%s%s", c->name, c->operands ? " " : "",
			    c->operands ? c->operands : "", c->options ? " [OPTIONS]" : "");
	usual_way(f, c->example);
	for (const char *const *p = c->about; *p; p++)
		print_msg(f, 0, msg_make(*p, NULL, 0));
	say(f, N_("Usage: %1"), ARG_TEXT(usage ? usage : c->name));
	options_help(f, c->options | OPT_ALWAYS);
	if (c->run == run_help)
		topics_help(f);
}

void help_group(FILE *f, const char *word)
{
	size_t len = strlen(word);
	say(f, N_("Commands:"));
	for (size_t i = 0; i < n_commands; i++)
		if (!strncmp(commands[i].name, word, len) && commands[i].name[len] == ' ')
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
	const bool whole = c && used == cli->o.n_operands;
	if (whole && c->hidden && topic_show(stdout, c->name))
		return 0;
	if (whole) {
		help_command(stdout, c);
		// "resume" is a topic, too.
		(void)topic_show(stdout, c->name);
		return 0;
	}
	AUTO_TEXT char *group = cli->o.n_operands == 1 ? command_group(cli->o.operands[0]) : NULL;
	if (group) {
		help_group(stdout, cli->o.operands[0]);
		return 0;
	}
	if (cli->o.n_operands == 1 && topic_show(stdout, cli->o.operands[0]))
		return 0;
	return cli_fail(cli,
			err_hint(err_tag(err_new(ERR_USAGE, N_("There is no command or topic %1."),
						 ARG_TEXT(cli->o.operands[0])),
					 "usage"),
				 N_("See: inkan --help")),
			NULL);
}
