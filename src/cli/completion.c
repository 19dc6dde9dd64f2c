// inkan completion: what shells need to complete the command line, made from the tables that also make --help.
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/print.h"
#include "cli/topics.h"
#include "journal/journal.h"
#include "profile/profile.h"

// What stands after an option, or as an operand, in words of the scripts: "files", "profiles", "ids", "topics", "lang", "custody"; "" nothing.
static const char *value_kind(const struct option_row *o)
{
	switch (o->id) {
	case OPT_PROFILE:
		return "profiles";
	case OPT_MODULE:
	case OPT_ANSWERS:
	case OPT_BUNDLE:
	case OPT_OUT:
		return "files";
	case OPT_LANG:
		return "lang";
	case OPT_CUSTODY:
		return "custody";
	default:
		return "";
	}
}

static const char *operand_kind(const struct command *c)
{
	if (!strcmp(c->name, "help"))
		return "topics";
	if (!strcmp(c->name, "resume") || !strcmp(c->name, "abandon"))
		return "ids";
	if (!strcmp(c->name, "install"))
		return "files";
	return !strncmp(c->name, "profile ", strlen("profile ")) && c->operands ? "profiles" : "";
}

// The first words of commands: "profile list" and "profile show" have one between them.
static void put_first_words(void)
{
	const char *last = "";
	size_t last_len = 0;
	for (size_t i = 0; i < n_commands; i++) {
		size_t len = strcspn(commands[i].name, " ");
		if (commands[i].hidden ||
		    (len == last_len && !strncmp(commands[i].name, last, len)))
			continue;
		printf("%s%.*s", last_len ? " " : "", (int)len, commands[i].name);
		last = commands[i].name;
		last_len = len;
	}
}

// "profile": the first of the commands that begin so.
static bool opens_group(size_t i)
{
	const char *name = commands[i].name;
	size_t len = strcspn(name, " ");
	if (!name[len] || commands[i].hidden)
		return false;
	for (size_t k = 0; k < i; k++)
		if (!strncmp(commands[k].name, name, len + 1))
			return false;
	return true;
}

// "profile_commands) offer='list check show' ;;" for each such word.
static void put_second_words(void)
{
	for (size_t i = 0; i < n_commands; i++) {
		if (!opens_group(i))
			continue;
		size_t len = strcspn(commands[i].name, " ");
		printf("    %.*s_commands) offer='", (int)len, commands[i].name);
		for (size_t k = i; k < n_commands; k++)
			if (!strncmp(commands[k].name, commands[i].name, len + 1))
				printf(" %s", commands[k].name + len + 1);
		puts("' ;;");
	}
}

static void put_options(uint64_t which)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].id & which)
			printf(" %s", option_rows[i].name);
}

// The words themselves, "profile|token" as a pattern of the shell, or each with what it offers.
static void put_groups(bool as_cases)
{
	const char *between = "";
	for (size_t i = 0; i < n_commands; i++) {
		if (!opens_group(i))
			continue;
		int len = (int)strcspn(commands[i].name, " ");
		const char *name = commands[i].name;
		if (!as_cases) {
			printf("%s%.*s", between, len, name);
			between = " | ";
			continue;
		}
		printf("    %.*s) operand=%.*s_commands options='", len, name, len, name);
		put_options(OPT_ALWAYS);
		puts("' ;;");
	}
}

static void put_topics(void)
{
	put_first_words();
	for (size_t i = 0; i < n_topics; i++)
		printf(" %s", topics[i].name);
}

// "enroll) options='--profile …' operand='' ;;": the same shell text serves bash and zsh.
static void put_cases(void)
{
	for (size_t i = 0; i < n_commands; i++) {
		if (commands[i].hidden)
			continue;
		printf("    '%s') operand='%s' options='", commands[i].name,
		       operand_kind(&commands[i]));
		put_options(commands[i].options | OPT_ALWAYS);
		puts("' ;;");
	}
	printf("    *) operand=commands options='");
	put_options(OPT_ALONE);
	puts("' ;;");
}

static void put_values(void)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].value)
			printf("    %s) kind='%s' ;;\n", option_rows[i].name,
			       *value_kind(&option_rows[i]) ? value_kind(&option_rows[i])
							    : "nothing");
}

// From the words typed so far (`words`, the last one unfinished) to what may stand there (`kind`, or a list of words in `offer`).
static void put_thinking(void)
{
	puts("  command='' kind='' offer='' options='' operand=''\n"
	     "  for word in \"${before[@]}\"; do\n"
	     "    case $word in\n"
	     "    -*) ;;\n"
	     "    *) case $command in");
	printf("       ");
	put_groups(false);
	puts(") command=\"$command $word\" ;;\n"
	     "       '') command=$word ;;\n"
	     "       esac ;;\n"
	     "    esac\n"
	     "  done\n"
	     "  case $command in");
	put_groups(true);
	put_cases();
	puts("  esac\n"
	     "  case $previous in");
	put_values();
	puts("  esac\n"
	     "  if [ -z \"$kind\" ]; then\n"
	     "    case $current in -*) offer=$options ;; *) kind=$operand ;; esac\n"
	     "  fi\n"
	     "  case $kind in");
	printf("    commands) offer='");
	put_first_words();
	puts("' ;;");
	put_second_words();
	printf("    topics) offer='");
	put_topics();
	puts("' ;;\n"
	     "    lang) offer='en ja' ;;\n"
	     "    custody) offer='show escrow derive typed' ;;\n"
	     "    profiles) offer=$(\"$program\" completion profiles 2>/dev/null) ;;\n"
	     "    ids) offer=$(\"$program\" completion ids 2>/dev/null) ;;\n"
	     "  esac");
}

static void put_bash(void)
{
	puts("# bash completion for inkan. Made by: inkan completion bash\n"
	     "_inkan() {\n"
	     "  local program=$1 current=$2 previous=$3\n"
	     "  local command kind offer options operand word\n"
	     "  local -a before=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
	     "  COMPREPLY=()");
	put_thinking();
	puts("  if [ -n \"$offer\" ]; then mapfile -t COMPREPLY < <(compgen -W \"$offer\" -- "
	     "\"$current\"); fi\n"
	     "  case $kind in files | profiles) compopt -o filenames 2>/dev/null || :\n"
	     "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
	     "  esac\n"
	     "}\n"
	     "complete -F _inkan inkan");
}

static void put_zsh(void)
{
	puts("#compdef inkan\n"
	     "# zsh completion for inkan. Made by: inkan completion zsh\n"
	     "_inkan() {\n"
	     "  local program=$words[1] current=$words[CURRENT] previous=$words[CURRENT-1]\n"
	     "  local command kind offer options operand word\n"
	     "  local -a before\n"
	     "  before=(${words[2,CURRENT-1]})");
	put_thinking();
	puts("  if [ -n \"$offer\" ]; then compadd -- ${=offer}; fi\n"
	     "  case $kind in files | profiles) _files ;; esac\n"
	     "}\n"
	     "if [ \"$funcstack[1]\" = _inkan ]; then _inkan \"$@\"; else compdef _inkan inkan; "
	     "fi");
}

static struct err *put_profiles(void)
{
	struct profile_entry *entries = NULL;
	size_t n = 0;
	TRY(profile_list(&entries, &n));
	for (size_t i = 0; i < n; i++)
		if (entries[i].profile)
			print_line(stdout, 0, entries[i].name);
	profile_list_free(entries, n);
	return NULL;
}

static struct err *put_ids(void)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO_RECORDS struct records list = { 0 };
	TRY(journal_open(&j));
	TRY(journal_unfinished(j, NULL, &list));
	for (size_t i = 0; i < list.n; i++)
		print_line(stdout, 0, list.list[i]->id);
	return NULL;
}

int run_completion(struct cli *cli)
{
	const char *what = cli->o.operands[0];
	struct err *e = NULL;
	if (!strcmp(what, "bash"))
		put_bash();
	else if (!strcmp(what, "zsh"))
		put_zsh();
	else if (!strcmp(what, "profiles"))
		e = put_profiles();
	else if (!strcmp(what, "ids"))
		e = put_ids();
	else
		e = err_tag(err_new(ERR_USAGE, N_("completion knows bash and zsh, not %1."),
				    ARG_TEXT(what)),
			    "usage");
	return e ? cli_fail(cli, e, NULL) : 0;
}
