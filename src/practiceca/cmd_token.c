// account release, account vouch, attestation add: the counter's work with tokens that their maker attests, and with those that vouch. They work while the server runs.
#include <stdio.h>

#include "base/clock.h"
#include "practiceca/agent.h"
#include "practiceca/commands.h"
#include "practiceca/registered.h"
#include "practiceca/vouched.h"

static struct err *release(struct store *s, const struct holder *h)
{
	AUTO_ACCOUNT struct account a = { 0 };
	char name[NAME_MAX_LEN + 1];
	TRY(account_needed(s, h, &a));
	TRY(account_release(s, a.id));
	holder_name(h, name);
	return say_done(msg_new(N_("Account %1 may enrol with another token."), ARG_TEXT(name)));
}

static struct err *account_release_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	struct holder h;
	TRY(given_holder(g, &h));
	TRY(database_open_existing(g, &d));
	struct err *e = release(database_take(d), &h);
	database_give(d);
	return e;
}

static struct err *vouch(struct store *s, const struct holder *h, enum vouches v, bool agent)
{
	AUTO_ACCOUNT struct account a = { 0 };
	char name[NAME_MAX_LEN + 1];
	TRY(account_needed(s, h, &a));
	TRY(account_set_vouches(s, a.id, v));
	TRY(account_set_agent(s, a.id, agent));
	holder_name(h, name);
	static const char *const words[] = {
		[VOUCHES_NOBODY] = N_("Account %1 may vouch for nobody."),
		[VOUCHES_CONTRACT] = N_("Account %1 may vouch for the people of its contract."),
		[VOUCHES_ANYONE] = N_("Account %1 may vouch for everybody."),
	};
	return say_done(msg_make(words[v], (const struct msg_arg[]){ ARG_TEXT(name) }, 1));
}

static struct err *account_vouch_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	struct holder h;
	enum vouches v = VOUCHES_NOBODY;
	const char *word = NULL;
	TRY(given_needed(g, "for", &word));
	if (!vouches_read(word, &v))
		return err_new(ERR_USAGE,
			       N_("Nobody is called %1; there are contract, anyone and nobody."),
			       ARG_TEXT(word));
	TRY(given_holder(g, &h));
	TRY(database_open_existing(g, &d));
	struct err *e = vouch(database_take(d), &h, v, given_flag(g, "agent"));
	database_give(d);
	return e;
}

static struct err *attestation_add_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	AUTO_STATEMENT struct attestation_statement said = { 0 };
	struct attestation a = { 0 };
	const char *path = NULL;
	char serial[24];
	TRY(given_needed(g, "file", &path));
	TRY(database_open_existing(g, &d));
	TRY(registered_read(path, &said));
	TRY(attestation_read(&said, &a));
	struct err *e = registered_add(database_take(d), &said, clock_now());
	database_give(d);
	if (e)
		return e;
	snprintf(serial, sizeof serial, "%llu", (unsigned long long)a.serial);
	return say_done(msg_new(N_("The attestation of a key in the token with serial number %1 is "
				   "kept. It is judged when the request comes."),
				ARG_TEXT(serial)));
}

static const struct option_row release_options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "contract-id", "ID", N_("Contract ID: 10 digits.") },
	{ "user-id", "ID", N_("User ID of a user: letters and digits.") },
};
static const struct option_row vouch_options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "contract-id", "ID", N_("Contract ID: 10 digits.") },
	{ "user-id", "ID", N_("User ID of a user: letters and digits.") },
	{ "for", "WHOM", N_("contract (the people of its own), anyone or nobody.") },
	{ "agent", NULL,
	  N_("Its certificates from now on are those of an enrolment agent, as /certsrv/ wants "
	     "them.") },
};
static const struct option_row add_options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "file", "FILE", N_("The file that inkan wrote: statement and issuer (PEM).") },
};

const struct command command_account_release = {
	.name = "account release",
	.example = "inkan-practice-ca account release --dir ~/practice-ca --contract-id 1234567890",
	.summary = N_("Let an account enrol with another token than the attested one."),
	.options = release_options,
	.n_options = ARRAY_LEN(release_options),
	.run = account_release_run,
};
const struct command command_account_vouch = {
	.name = "account vouch",
	.example = "inkan-practice-ca account vouch --dir ~/practice-ca --contract-id 1234567890 "
		   "--for contract",
	.summary = N_("Let an account's certificate vouch for others (RA)."),
	.options = vouch_options,
	.n_options = ARRAY_LEN(vouch_options),
	.run = account_vouch_run,
};
const struct command command_attestation_add = {
	.name = "attestation add",
	.example = "inkan-practice-ca attestation add --dir ~/practice-ca --file key.pem",
	.summary = N_("Take an attestation that came as a file, for a request to come."),
	.options = add_options,
	.n_options = ARRAY_LEN(add_options),
	.run = attestation_add_run,
};
