// Finds the command, shows help, runs it.
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "practiceca/commands.h"

static const struct command *const commands[] = {
	&command_serve,		  &command_account_add,	    &command_account_list,
	&command_account_unlock,  &command_account_release, &command_attestation_add,
	&command_issued,	  &command_revoke,	    &command_account_vouch,
	&command_account_cmp_key,
};

// How many words of argv name the command; 0 when they do not.
static int words_of(const struct command *c, int argc, char **argv)
{
	const char *name = c->name;
	for (int i = 0; i < argc; i++) {
		size_t len = strcspn(name, " ");
		if (strlen(argv[i]) != len || strncmp(argv[i], name, len) != 0)
			return 0;
		if (!name[len])
			return i + 1;
		name += len + 1;
	}
	return 0;
}

static struct err *set_language(int argc, char **argv)
{
	const char *wanted = NULL;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--lang=", 7) == 0)
			wanted = argv[i] + 7;
		else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
			wanted = argv[i + 1];
	}
	return lang_set(wanted);
}

static struct err *run(const struct command *c, int argc, char **argv)
{
	struct given g;
	TRY(options_parse(c, argc, argv, &g));
	if (g.help) {
		options_help(c);
		return NULL;
	}
	return c->run(&g);
}

struct err *commands_run(int argc, char **argv)
{
	TRY(set_language(argc, argv));
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		int words = words_of(commands[i], argc, argv);
		if (words)
			return run(commands[i], argc - words, argv + words);
	}
	if (argc > 0 && strcmp(argv[0], "--version") == 0) {
		printf("inkan-practice-ca %s\n", INKAN_VERSION);
		return NULL;
	}
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			options_top_help(commands, ARRAY_LEN(commands));
			return NULL;
		}
	}
	struct err *e =
		argc > 0 ? err_new(ERR_USAGE, N_("There is no command %1."), ARG_TEXT(argv[0]))
			 : err_new(ERR_USAGE, N_("A command is missing."));
	return err_hint(e, N_("inkan-practice-ca --help shows the commands."));
}
