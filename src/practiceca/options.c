// Reading the command line by a command's table, and showing the table as --help.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "base/text.h"
#include "practiceca/options.h"

enum { TERM_WIDTH = 26, HELP_WIDTH = 80 };

static const struct option_row common[] = {
	{ "lang", "LANGUAGE", N_("Language of the messages: en or ja.") },
	{ "help", NULL, N_("Show this help.") },
};

static struct err *see_help(struct err *e, const struct command *c)
{
	return err_hint(e, N_("inkan-practice-ca %1 --help shows what it takes."),
			ARG_TEXT(c->name));
}

static int place_of(const struct command *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->n_options; i++)
		if (strlen(c->options[i].name) == len &&
		    strncmp(c->options[i].name, name, len) == 0)
			return (int)i;
	return -1;
}

// One "--name", "--name value" or "--name=value" at argv[*i].
static struct err *parse_one(const struct command *c, int argc, char **argv, int *i,
			     struct given *out)
{
	const char *word = argv[*i];
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	int place = strncmp(word, "--", 2) == 0 ? place_of(c, name, len) : -1;
	if (place < 0)
		return see_help(err_new(ERR_USAGE, N_("%1 does not know %2."), ARG_TEXT(c->name),
					ARG_TEXT(word)),
				c);
	bool has_value = name[len] == '=';
	bool wants_value = c->options[place].arg != NULL;
	if (out->values[place])
		return see_help(err_new(ERR_USAGE, N_("The option --%1 stands twice."),
					ARG_TEXT(c->options[place].name)),
				c);
	if (has_value && !wants_value)
		return see_help(err_new(ERR_USAGE, N_("The option --%1 takes no value."),
					ARG_TEXT(c->options[place].name)),
				c);
	if (wants_value && !has_value && *i + 1 >= argc)
		return see_help(err_new(ERR_USAGE, N_("The option --%1 needs a value."),
					ARG_TEXT(c->options[place].name)),
				c);
	if (!wants_value)
		out->values[place] = "";
	else
		out->values[place] = has_value ? name + len + 1 : argv[++*i];
	return NULL;
}

struct err *options_parse(const struct command *c, int argc, char **argv, struct given *out)
{
	struct given g = { .command = c };
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			g.help = true;
		else if (strcmp(argv[i], "--lang") == 0)
			i++; // main has read it
		else if (strncmp(argv[i], "--lang=", 7) != 0)
			TRY(parse_one(c, argc, argv, &i, &g));
	}
	*out = g;
	return NULL;
}

const char *given_text(const struct given *g, const char *name)
{
	int place = place_of(g->command, name, strlen(name));
	return place < 0 ? NULL : g->values[place];
}

bool given_flag(const struct given *g, const char *name)
{
	return given_text(g, name) != NULL;
}

struct err *given_needed(const struct given *g, const char *name, const char **out)
{
	const char *text = given_text(g, name);
	if (!text || !*text)
		return see_help(
			err_new(ERR_USAGE, N_("The option --%1 is missing."), ARG_TEXT(name)),
			g->command);
	*out = text;
	return NULL;
}

struct err *given_number(const struct given *g, const char *name, int64_t low, int64_t high,
			 int64_t otherwise, int64_t *out)
{
	const char *text = given_text(g, name);
	if (!text) {
		*out = otherwise;
		return NULL;
	}
	bool digits = text_is_digits(text, strlen(text)) && strlen(text) < 18;
	int64_t n = digits ? strtoll(text, NULL, 10) : 0;
	if (!digits || n < low || n > high)
		return see_help(err_new(ERR_USAGE,
					N_("The option --%1 takes a number from %2 to %3."),
					ARG_TEXT(name), ARG_NUM(low), ARG_NUM(high)),
				g->command);
	*out = n;
	return NULL;
}

// "  --listen ADDRESS:PORT   The summary, wrapped and
//                           indented on."
static void print_row(const char *term, const char *summary)
{
	AUTO_TEXT char *wrapped = NULL;
	struct err *e = text_wrap(summary, HELP_WIDTH - TERM_WIDTH, 0, &wrapped);
	if (e || !wrapped) {
		err_ignore(e);
		printf("  %s  %s\n", term, summary);
		return;
	}
	size_t used = strlen(term) + 2;
	printf("  %s", term);
	if (used + 2 > TERM_WIDTH) {
		putchar('\n');
		used = 0;
	}
	for (const char *line = wrapped; *line; used = 0) {
		int len = (int)strcspn(line, "\n");
		printf("%*s%.*s\n", (int)(TERM_WIDTH - used), "", len, line);
		line += len;
		line += *line == '\n';
	}
}

static void print_option(const struct option_row *o)
{
	const char *dash = strcmp(o->name, "help") == 0 ? "-h, --" : "--";
	AUTO_TEXT char *term =
		text_format("%s%s%s%s", dash, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	if (term)
		print_row(term, lang_text(o->summary));
}

void options_help(const struct command *c)
{
	printf("%s\n\n%s\n\n", c->example, lang_text(c->summary));
	for (size_t i = 0; i < c->n_options; i++)
		print_option(&c->options[i]);
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		print_option(&common[i]);
}

void options_top_help(const struct command *const *commands, size_t n)
{
	static const struct option_row version = { "version", NULL, N_("Show the version.") };
	printf("inkan-practice-ca serve --dir ~/practice-ca\n\n%s\n\n",
	       lang_text(N_(
		       "A certificate authority to practise with: a small, strict EST server.")));
	for (size_t i = 0; i < n; i++)
		print_row(commands[i]->name, lang_text(commands[i]->summary));
	putchar('\n');
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		print_option(&common[i]);
	print_option(&version);
}
