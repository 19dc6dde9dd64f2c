// Reading the command line.
#include "cli/options.h"

#include <string.h>

#include "base/buf.h"
#include "profile/fault.h"

const struct option_row option_rows[] = {
	{ OPT_PROFILE, "--profile", NULL, "NAME|FILE",
	  N_("The institution's profile, by name or file") },
	{ OPT_ROLE, "--role", NULL, "NAME", N_("The role in the profile: who you are there") },
	{ OPT_TOKEN, "--token", NULL, "URI", N_("The token, as a PKCS#11 URI (RFC 7512)") },
	{ OPT_MODULE, "--module", NULL, "NAME|PATH",
	  N_("The token's PKCS#11 module, by name or path") },
	{ OPT_ANSWERS, "--answers", NULL, "FILE|-",
	  N_("Answers: a JSON object in a file of mode 0600, or -") },
	{ OPT_LOGIN, "--login", NULL, NULL,
	  N_("show: what needs the PIN, too; verify: log in, too") },
	{ OPT_ALL, "--all", NULL, NULL, N_("wipe: what others made, too; pin: PUK and key, too") },
	{ OPT_PUK, "--puk", NULL, NULL, N_("Change the security officer's PIN (the PUK)") },
	{ OPT_MANAGEMENT, "--management-key", NULL, NULL,
	  N_("Change the management key of a PIV card") },
	{ OPT_CHALLENGE, "--challenge", NULL, NULL,
	  N_("Over the telephone: the card asks, the help desk answers") },
	{ OPT_CUSTODY, "--custody", NULL, "show|escrow|derive|typed",
	  N_("What becomes of a new PUK or management key") },
	{ OPT_OUT, "--out", NULL, "FILE", N_("The file that the request is written to") },
	{ OPT_RENEW, "--renew", NULL, NULL,
	  N_("For the name of the certificate that is on the token") },
	{ OPT_CHECK, "--check", NULL, NULL,
	  N_("Only tell by the status whether something is due") },
	{ OPT_WARN, "--warn", NULL, "DAYS", N_("With --check: days before the end, as in 30,10") },
	{ OPT_NAGIOS, "--nagios", NULL, NULL, N_("--check for a monitoring system") },
	{ OPT_REMIND, "--remind", NULL, NULL, N_("Tell the person what is due, each thing once") },
	{ OPT_REASON, "--reason", NULL, "WORD", N_("Why it is revoked, by the names of RFC 5280") },
	{ OPT_ON_BEHALF, "--on-behalf", NULL, "URI",
	  N_("Vouch with the certificate on this other token") },
	{ OPT_SERIAL, "--serial", NULL, "NUMBER",
	  N_("The one-time password token, by the number on its back") },
	{ OPT_REPLACE, "--replace", NULL, NULL, N_("In the place of what is there") },
	{ OPT_YES, "--yes", NULL, NULL, N_("Agree to everything that needs consent") },
	{ OPT_JSON, "--json", NULL, NULL, N_("One JSON object a line, for programs") },
	{ OPT_LAST_TRY, "--last-try", NULL, NULL, N_("Use the PIN although only one try is left") },
	{ OPT_NO_WAIT, "--no-wait", NULL, NULL, N_("Do not wait for the CA or for another inkan") },
	{ OPT_WAIT, "--wait", NULL, NULL, N_("Wait until the token is put in") },
	{ OPT_WATCH, "--watch", NULL, NULL, N_("Go on and tell what is put in and taken out") },
	{ OPT_APPLICATIONS, "--applications", NULL, NULL,
	  N_("See whether browsers reach the token, instead") },
	{ OPT_SET_UP, "--set-up", NULL, NULL, N_("With --applications: set them up") },
	{ OPT_REMOVE, "--remove", NULL, NULL,
	  N_("With --applications: take back what inkan set up") },
	{ OPT_BUNDLE, "--bundle", NULL, "FILE",
	  N_("Write what the help desk needs to know to a new file") },
	{ OPT_FINGERPRINT, "--fingerprint", NULL, "SHA256",
	  N_("SHA-256 of the root certificate, as the institution gave it") },
	{ OPT_NAMES, "--with-names", NULL, NULL,
	  N_("Put names of certificates into the bundle, too") },
	{ OPT_KEYPAD, "--keypad", NULL, NULL, N_("Type PINs on a keypad on the screen") },
	{ OPT_PLAIN, "--plain", NULL, NULL,
	  N_("Plain lines for screen readers: nothing is redrawn") },
	{ OPT_LANG, "--lang", NULL, "en|ja", N_("The language: English or Japanese") },
	{ OPT_DEBUG, "--debug", NULL, NULL,
	  N_("Tell on standard error what happens; never a secret") },
	{ OPT_HELP, "--help", "-h", NULL, N_("Show this help") },
	{ OPT_VERSION, "--version", "-V", NULL, N_("Show the version") },
};
const size_t n_option_rows = ARRAY_LEN(option_rows);

static const struct option_row *find_row(const char *name, size_t len)
{
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *r = &option_rows[i];
		if (strlen(r->name) == len && !strncmp(r->name, name, len))
			return r;
		if (r->brief && strlen(r->brief) == len && !strncmp(r->brief, name, len))
			return r;
	}
	return NULL;
}

static const char **text_slot(struct options *o, uint64_t id)
{
	switch (id) {
	case OPT_PROFILE:
		return &o->profile;
	case OPT_ROLE:
		return &o->role;
	case OPT_TOKEN:
		return &o->token;
	case OPT_MODULE:
		return &o->module;
	case OPT_ANSWERS:
		return &o->answers;
	case OPT_BUNDLE:
		return &o->bundle;
	case OPT_CUSTODY:
		return &o->custody;
	case OPT_OUT:
		return &o->out;
	case OPT_WARN:
		return &o->warn;
	case OPT_REASON:
		return &o->reason;
	case OPT_FINGERPRINT:
		return &o->fingerprint;
	case OPT_ON_BEHALF:
		return &o->on_behalf;
	case OPT_SERIAL:
		return &o->serial;
	default:
		return &o->lang;
	}
}

static bool *flag_slot(struct options *o, uint64_t id)
{
	switch (id) {
	case OPT_YES:
		return &o->yes;
	case OPT_JSON:
		return &o->json;
	case OPT_LAST_TRY:
		return &o->last_try;
	case OPT_NO_WAIT:
		return &o->no_wait;
	case OPT_PLAIN:
		return &o->plain;
	case OPT_WATCH:
		return &o->watch;
	case OPT_WAIT:
		return &o->wait;
	case OPT_NAMES:
		return &o->names;
	case OPT_KEYPAD:
		return &o->keypad;
	case OPT_APPLICATIONS:
		return &o->applications;
	case OPT_SET_UP:
		return &o->set_up;
	case OPT_REMOVE:
		return &o->remove;
	case OPT_RENEW:
		return &o->renew;
	case OPT_REPLACE:
		return &o->replace;
	case OPT_CHECK:
		return &o->check;
	case OPT_NAGIOS:
		return &o->nagios;
	case OPT_REMIND:
		return &o->remind;
	case OPT_LOGIN:
		return &o->login;
	case OPT_PUK:
		return &o->puk;
	case OPT_MANAGEMENT:
		return &o->management;
	case OPT_ALL:
		return &o->all;
	case OPT_CHALLENGE:
		return &o->challenge;
	case OPT_DEBUG:
		return &o->debug;
	case OPT_HELP:
		return &o->help;
	default:
		return &o->version;
	}
}

// What is being read: the words, where we are, and what was found.
struct reading {
	char **words;
	size_t n, at;
	uint64_t seen;
	struct options o;
	char *loose[MAX_OPERANDS + 3]; // words that are no options
	size_t n_loose;
};

static struct err *usage(struct msg *what, const struct command *c) MUST;
static struct err *usage(struct msg *what, const struct command *c)
{
	struct err *e = err_tag(err_make(ERR_USAGE, what), "usage");
	return c ? err_hint(e, N_("See: inkan %1 --help"), ARG_TEXT(c->name))
		 : err_hint(e, N_("See: inkan --help"));
}

static struct err *read_option(struct reading *r)
{
	char *word = r->words[r->at++];
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_row *row = find_row(word, len);
	if (!row) {
		// What follows '=' may be meant to be secret: it is not repeated.
		AUTO_TEXT char *name = text_format("%.*s", (int)(len < 60 ? len : 60), word);
		return usage(msg_new(N_("There is no option %1."), ARG_TEXT(name ? name : "?")),
			     NULL);
	}
	if (r->seen & row->id)
		return usage(msg_new(N_("The option %1 is there twice."), ARG_TEXT(row->name)),
			     NULL);
	r->seen |= row->id;
	if (!row->value) {
		if (equals)
			return usage(
				msg_new(N_("The option %1 takes no value."), ARG_TEXT(row->name)),
				NULL);
		*flag_slot(&r->o, row->id) = true;
		return NULL;
	}
	const char *value = equals ? equals + 1 : r->at < r->n ? r->words[r->at++] : NULL;
	if (!value || !*value)
		return usage(msg_new(N_("The option %1 needs a value: %2."), ARG_TEXT(row->name),
				     ARG_TEXT(row->value)),
			     NULL);
	*text_slot(&r->o, row->id) = value;
	return NULL;
}

static struct err *read_words(struct reading *r)
{
	bool only_operands = false;
	while (r->at < r->n) {
		char *word = r->words[r->at];
		if (!only_operands && !strcmp(word, "--")) {
			only_operands = true;
			r->at++;
		} else if (!only_operands && word[0] == '-' && word[1]) {
			TRY(read_option(r));
		} else if (r->n_loose == ARRAY_LEN(r->loose)) {
			return usage(msg_new(N_("These are too many words.")), NULL);
		} else {
			r->loose[r->n_loose++] = word;
			r->at++;
		}
	}
	return NULL;
}

// The option that the command does not take, by name; null when all fit.
static const char *misplaced(const struct reading *r, uint64_t allowed)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (r->seen & option_rows[i].id & ~allowed)
			return option_rows[i].name;
	return NULL;
}

static struct err *take_operands(struct reading *r, const struct command *c, size_t used)
{
	size_t n = r->n_loose - used;
	if (r->o.help)
		return NULL;
	if (n < c->min_operands && !strcmp(c->name, "abandon"))
		return err_hint(err_tag(err_new(ERR_USAGE, N_("%1 needs: %2."), ARG_TEXT(c->name),
						ARG_TEXT(c->operands)),
					"usage"),
				N_("inkan status shows the unfinished enrolments and their IDs."));
	if (n < c->min_operands)
		return usage(msg_new(N_("%1 needs: %2."), ARG_TEXT(c->name), ARG_TEXT(c->operands)),
			     c);
	if (n > c->max_operands)
		return usage(msg_new(N_("%1 does not take the word %2."), ARG_TEXT(c->name),
				     ARG_TEXT(r->loose[used + c->max_operands])),
			     c);
	for (size_t i = 0; i < n; i++)
		r->o.operands[i] = r->loose[used + i];
	r->o.n_operands = n;
	return NULL;
}

// The command that the person probably meant; null when none is near.
static const char *near_command(const char *word)
{
	const char *words[64] = { NULL };
	for (size_t i = 0; i < n_commands && i < ARRAY_LEN(words) - 1; i++)
		words[i] = commands[i].name;
	return near_word(word, words);
}

static struct err *no_such_command(const struct reading *r)
{
	const char *meant = near_command(r->loose[0]);
	if (meant)
		return err_hint(err_tag(err_new(ERR_USAGE, N_("There is no command %1."),
						ARG_TEXT(r->loose[0])),
					"usage"),
				N_("Did you mean inkan %1? All commands: inkan --help"),
				ARG_TEXT(meant));
	AUTO_TEXT char *group = command_group(r->loose[0]);
	if (group)
		return usage(
			msg_new(N_("%1 needs one of: %2."), ARG_TEXT(r->loose[0]), ARG_TEXT(group)),
			NULL);
	return usage(msg_new(N_("There is no command %1."), ARG_TEXT(r->loose[0])), NULL);
}

struct err *options_parse(int argc, char **argv, struct options *out)
{
	struct reading r = { .words = argv, .n = argc > 0 ? (size_t)argc : 0, .at = 1 };
	TRY(read_words(&r));
	uint64_t allowed = OPT_ALONE;
	if (r.n_loose > 0) {
		size_t used = 0;
		r.o.command = command_find(r.loose, r.n_loose, &used);
		AUTO_TEXT char *group = command_group(r.loose[0]);
		// `inkan profile --help` shows the commands that begin so.
		if (!r.o.command && !(r.o.help && group))
			return no_such_command(&r);
		if (r.o.command)
			TRY(take_operands(&r, r.o.command, used));
		else
			r.o.operands[r.o.n_operands++] = r.loose[0];
		allowed = r.o.command ? r.o.command->options | OPT_ALWAYS : OPT_ALWAYS;
	}
	const char *name = misplaced(&r, allowed);
	if (name && r.o.command)
		return usage(msg_new(N_("%1 does not take the option %2."),
				     ARG_TEXT(r.o.command->name), ARG_TEXT(name)),
			     r.o.command);
	if (name)
		return usage(msg_new(N_("The option %1 needs a command."), ARG_TEXT(name)), NULL);
	*out = r.o;
	return NULL;
}

const char *options_language(int argc, char **argv)
{
	static const char flag[] = "--lang";
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strncmp(argv[i], flag, sizeof(flag) - 1) && argv[i][sizeof(flag) - 1] == '=')
			return argv[i] + sizeof(flag);
		if (!strcmp(argv[i], flag) && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}
