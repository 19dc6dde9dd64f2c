// account cmp-key: the counter hands out a reference and a secret for CMP.
#include <jansson.h>
#include <stdio.h>

#include "base/json.h"
#include "base/lang.h"
#include "practiceca/cmp.h"
#include "practiceca/commands.h"

static struct err *make(struct store *s, const struct holder *h,
			char secret[static CMP_SECRET_LEN + 1])
{
	AUTO_ACCOUNT struct account a = { 0 };
	TRY(account_needed(s, h, &a));
	return cmp_secret_make(s, a.id, secret);
}

static struct err *show(const struct holder *h, const char *secret, bool as_json)
{
	char name[NAME_MAX_LEN + 1];
	holder_name(h, name);
	if (!as_json) {
		printf("%s: %s\n%s: %s\n", lang_text(N_("Reference")), name,
		       lang_text(N_("Secret (for one certificate)")), secret);
		return NULL;
	}
	AUTO(json) struct json_t *j = json_pack("{s:s,s:s}", "reference", name, "secret", secret);
	char *line = j ? json_line(j) : NULL;
	if (!line)
		return err_no_memory();
	puts(line);
	wipe_free_text(line);
	return NULL;
}

static struct err *cmp_key_run(const struct given *g)
{
	AUTO(database) struct database *d = NULL;
	struct holder h;
	char secret[CMP_SECRET_LEN + 1];
	TRY(given_holder(g, &h));
	TRY(database_open_existing(g, &d));
	struct err *e = make(database_take(d), &h, secret);
	database_give(d);
	if (!e)
		e = show(&h, secret, given_flag(g, "json"));
	wipe(secret, sizeof secret);
	return e;
}

static const struct option_row options[] = {
	{ "dir", "DIR", N_("Directory of the CA.") },
	{ "contract-id", "ID", N_("Contract ID: 10 digits.") },
	{ "user-id", "ID", N_("User ID of a user: letters and digits.") },
	{ "json", NULL, N_("Print as JSON.") },
};

const struct command command_account_cmp_key = {
	.name = "account cmp-key",
	.example = "inkan-practice-ca account cmp-key --dir ~/practice-ca --contract-id 1234567890",
	.summary = N_("Give an account a new reference and secret for CMP."),
	.options = options,
	.n_options = ARRAY_LEN(options),
	.run = cmp_key_run,
};
