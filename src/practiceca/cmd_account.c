// account add, account list, account unlock, issued: the bank's counter. They work while the server runs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "practiceca/account_output.h"
#include "practiceca/commands.h"
#include "practiceca/digest.h"

enum { RANDOM_MAX = 1000 };

static const struct option_row add_options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "role", "ROLE", N_("admin or user.") },
	{ "contract-id", "ID", N_("Contract ID: 10 digits.") },
	{ "user-id", "ID", N_("User ID of a user: letters and digits.") },
	{ "secrets", "FILE",
	  N_("JSON with contract_pin and confirm_pin, or user_pin and totp or hotp (base32) and "
	     "counter; - is stdin; asked for on a terminal.") },
	{ "otp", "KIND", N_("Kind of secret to make when none is given: totp or hotp.") },
	{ "pending-polls", "N", N_("Answer N times with wait (202) before a certificate.") },
	{ "pending-seconds", "SECONDS",
	  N_("Answer with wait (202) for so long before a certificate.") },
	{ "digest", NULL,
	  N_("Keep the PINs readable: HTTP Digest (serve --digest) is judged with them.") },
	{ "random", "N", N_("Make N accounts with random IDs and PINs.") },
	{ "json", NULL, N_("Print the new accounts as JSON.") },
};

struct batch {
	struct new_account *list;
	size_t n;
};

static void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		new_account_free(&b->list[i]);
	free(b->list);
}

static struct err *read_role(const struct given *g, bool *user)
{
	const char *role = NULL;
	TRY(given_needed(g, "role", &role));
	*user = strcmp(role, "user") == 0;
	if (!*user && strcmp(role, "admin") != 0)
		return err_new(ERR_USAGE, N_("There is no role %1; there are admin and user."),
			       ARG_TEXT(role));
	return NULL;
}

static struct err *read_kind(const struct given *g, enum otp_kind *kind)
{
	const char *text = given_text(g, "otp");
	bool hotp = text && strcmp(text, "hotp") == 0;
	if (text && !hotp && strcmp(text, "totp") != 0)
		return err_new(ERR_USAGE, N_("There is no kind %1; there are totp and hotp."),
			       ARG_TEXT(text));
	*kind = hotp ? OTP_HOTP : OTP_TOTP;
	return NULL;
}

static struct err *fill_named(const struct given *g, bool user, struct new_account *n)
{
	const char *contract = NULL;
	const char *id = given_text(g, "user-id");
	const char *secrets = given_text(g, "secrets");
	TRY(given_needed(g, "contract-id", &contract));
	if (user)
		TRY(given_needed(g, "user-id", &id));
	else if (id)
		return err_new(ERR_USAGE, N_("An administrator has no user ID."));
	TRY(holder_make(contract, id, &n->account.holder));
	return secrets ? new_account_read(secrets, n) : new_account_ask(n);
}

static struct err *fill(const struct given *g, struct batch *b)
{
	bool user = false;
	bool drawn = given_flag(g, "random");
	enum otp_kind kind = OTP_TOTP;
	int64_t polls = 0;
	int64_t seconds = 0;
	TRY(read_role(g, &user));
	TRY(read_kind(g, &kind));
	TRY(given_number(g, "pending-polls", 0, 1000, 0, &polls));
	TRY(given_number(g, "pending-seconds", 0, 86400, 0, &seconds));
	if (drawn &&
	    (given_text(g, "contract-id") || given_text(g, "user-id") || given_text(g, "secrets")))
		return err_new(ERR_USAGE, N_("With --random, IDs and secrets are not given."));
	for (size_t i = 0; i < b->n; i++) {
		struct new_account *n = &b->list[i];
		TRY(drawn ? new_account_draw(user, n) : fill_named(g, user, n));
		n->account.pending_polls = polls;
		n->account.pending_seconds = seconds;
		TRY(new_account_finish(kind, n));
	}
	return NULL;
}

// All or none: what is printed exists.
static struct err *keep(struct database *d, const struct batch *b, bool digest)
{
	struct store *s = database_take(d);
	struct err *e = store_begin(s);
	for (size_t i = 0; !e && i < b->n; i++) {
		const struct new_account *n = &b->list[i];
		e = account_add(s, &n->account, clock_now());
		if (!e && digest)
			e = digest_keep(s, &n->account.holder, n->pin, n->confirm);
	}
	if (!e)
		e = store_commit(s);
	database_give(d);
	return e;
}

static struct err *account_add_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	const char *dir = NULL;
	int64_t n = 1;
	TRY(given_needed(g, "dir", &dir));
	TRY(given_number(g, "random", 1, RANDOM_MAX, 1, &n));
	TRY(database_open(dir, &d));
	struct batch b = { .list = calloc((size_t)n, sizeof *b.list), .n = (size_t)n };
	if (!b.list)
		return err_no_memory();
	struct err *e = fill(g, &b);
	if (!e)
		e = keep(d, &b, given_flag(g, "digest"));
	if (!e)
		e = show_new_accounts(b.list, b.n, given_flag(g, "json"));
	batch_free(&b);
	return e;
}

struct err *database_open_existing(const struct given *g, struct database **d)
{
	const char *dir = NULL;
	TRY(given_needed(g, "dir", &dir));
	AUTO_TEXT char *path = text_format("%s/practice-ca.db", dir);
	if (!path)
		return err_no_memory();
	if (access(path, F_OK))
		return err_hint(
			err_new(ERR_USAGE, N_("There is no practice CA in %1."), ARG_TEXT(dir)),
			N_("inkan-practice-ca serve and account add make one."));
	return database_open(dir, d);
}

static struct err *account_list_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	TRY(database_open_existing(g, &d));
	struct err *e = show_accounts(database_take(d), given_flag(g, "json"));
	database_give(d);
	return e;
}

static struct err *issued_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	TRY(database_open_existing(g, &d));
	struct err *e = show_issued(database_take(d), given_flag(g, "json"));
	database_give(d);
	return e;
}

struct err *account_needed(struct store *s, const struct holder *h, struct account *out)
{
	char name[NAME_MAX_LEN + 1];
	bool there = false;
	holder_name(h, name);
	TRY(account_find(s, h, &there, out));
	if (there)
		return NULL;
	return err_hint(err_new(ERR_ANSWER, N_("There is no account %1."), ARG_TEXT(name)),
			N_("inkan-practice-ca account list shows all accounts."));
}

struct err *say_done(struct msg *m)
{
	AUTO_TEXT char *text = msg_render(m);
	msg_free(m);
	if (!text)
		return err_no_memory();
	puts(text);
	return NULL;
}

struct err *given_holder(const struct given *g, struct holder *out)
{
	const char *contract = NULL;
	TRY(given_needed(g, "contract-id", &contract));
	return holder_make(contract, given_text(g, "user-id"), out);
}

static struct err *unlock(struct store *s, const struct holder *h)
{
	AUTO_ACCOUNT struct account a = { 0 };
	char name[NAME_MAX_LEN + 1];
	TRY(account_needed(s, h, &a));
	holder_name(h, name);
	TRY(failures_clear(s, name));
	return say_done(msg_new(N_("Account %1 is unlocked."), ARG_TEXT(name)));
}

static struct err *account_unlock_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	struct holder h;
	TRY(given_holder(g, &h));
	TRY(database_open_existing(g, &d));
	struct err *e = unlock(database_take(d), &h);
	database_give(d);
	return e;
}

static const struct option_row list_options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "json", NULL, N_("Print as JSON.") },
};
static const struct option_row unlock_options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "contract-id", "ID", N_("Contract ID: 10 digits.") },
	{ "user-id", "ID", N_("User ID of a user: letters and digits.") },
};

const struct command command_account_add = {
	.name = "account add",
	.example = "inkan-practice-ca account add --dir ~/practice-ca --role user --random 1",
	.summary = N_("Add accounts: PINs and the secret for one-time passwords."),
	.options = add_options,
	.n_options = ARRAY_LEN(add_options),
	.run = account_add_run,
};
const struct command command_account_list = {
	.name = "account list",
	.example = "inkan-practice-ca account list --dir ~/practice-ca",
	.summary = N_("Show all accounts, without secrets."),
	.options = list_options,
	.n_options = ARRAY_LEN(list_options),
	.run = account_list_run,
};
const struct command command_account_unlock = {
	.name = "account unlock",
	.example = "inkan-practice-ca account unlock --dir ~/practice-ca --contract-id 1234567890",
	.summary = N_("Unlock an account after too many errors."),
	.options = unlock_options,
	.n_options = ARRAY_LEN(unlock_options),
	.run = account_unlock_run,
};
const struct command command_issued = {
	.name = "issued",
	.example = "inkan-practice-ca issued --dir ~/practice-ca",
	.summary = N_("Show the certificates that were issued."),
	.options = list_options,
	.n_options = ARRAY_LEN(list_options),
	.run = issued_run,
};
