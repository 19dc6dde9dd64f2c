// inkan otp import: the seeds of one-time password tokens from the file that came with them.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/otp.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "otp/import.h"
#include "otp/import_csv.h"

// --- the key of an encrypted file

struct file_keys {
	struct secret *preshared, *passphrase;
};
static void file_keys_cleanup(struct file_keys *k)
{
	secret_free(k->preshared);
	secret_free(k->passphrase);
}

static struct err *ask_secret(struct cli *cli, const char *name, struct msg *words,
			      struct secret **out)
{
	AUTO(msg) struct msg *m = words;
	struct question q = { .kind = ASK_SECRET, .name = name, .words = m };
	struct answer a = { 0 };
	bool answered = false;
	TRY(prompt_ahead(cli, &q, &answered, &a));
	if (!answered && !a.value)
		TRY(prompt_person(cli, &q, &a));
	if (a.state == ANSWER_STOPPED)
		return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
	*out = a.value;
	return NULL;
}

// Hexadecimal, as makers print it.
static struct err *ask_preshared(struct cli *cli, struct secret **out)
{
	AUTO(secret) struct secret *typed = NULL;
	TRY(ask_secret(cli, "preshared_key",
		       msg_new(N_("Key of the file, in hexadecimal (Enter: it has a passphrase)")),
		       &typed));
	if (!typed || !secret_len(typed))
		return NULL;
	return seed_from_hex((const char *)secret_bytes(typed), secret_len(typed), out);
}

static struct err *ask_keys(struct cli *cli, struct file_keys *k)
{
	TRY(ask_preshared(cli, &k->preshared));
	if (k->preshared)
		return NULL;
	return ask_secret(cli, "passphrase", msg_new(N_("Passphrase of the file")), &k->passphrase);
}

// Asked for only where the file wants one.
static struct err *read_pskc(struct cli *cli, const struct buf *file, struct seeds *out)
{
	__attribute__((cleanup(file_keys_cleanup))) struct file_keys k = { 0 };
	struct import_keys keys = { 0 };
	struct err *e = import_pskc(file->data, file->len, &keys, out);
	if (!e || !err_has_tag(e, "pskc-key-wanted"))
		return e;
	struct err *asked = ask_keys(cli, &k);
	if (asked || (!k.preshared && !k.passphrase)) {
		if (!asked)
			return e;
		err_free(e);
		return asked;
	}
	err_free(e);
	keys = (struct import_keys){ .preshared = k.preshared, .passphrase = k.passphrase };
	return import_pskc(file->data, file->len, &keys, out);
}

// --- the file

static struct err *read_file(const char *path, struct buf *out)
{
	struct err *e = buf_read_file(path, IMPORT_MAX, out);
	if (!e)
		return NULL;
	return err_caused_by(
		err_tag(err_new(ERR_ANSWER, N_("The file %1 cannot be read."), ARG_TEXT(path)),
			"import-unreadable"),
		e);
}

static struct err *read_seeds(struct cli *cli, const struct buf *file, struct seeds *out)
{
	switch (import_guess(file->data, file->len)) {
	case IMPORT_PSKC:
		return read_pskc(cli, file, out);
	case IMPORT_OTPAUTH:
		return import_otpauth((const char *)file->data, file->len, out);
	case IMPORT_PICTURE:
		return import_picture(file->data, file->len, out);
	default:
		return import_csv(file->data, file->len, NULL, out);
	}
}

static struct err *one_wanted(size_t n)
{
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("--serial names one token, and the file has %1."),
				ARG_NUM(n)),
			"usage"),
		N_("Nothing was imported. Leave --serial out: the file has their serial "
		   "numbers."));
}

static struct err *rename_one(const struct cli *cli, struct seeds *s)
{
	if (!cli->o.serial)
		return NULL;
	if (s->n != 1)
		return one_wanted(s->n);
	char *serial = text_copy(cli->o.serial);
	if (!serial)
		return err_no_memory();
	free(s->list[0].serial);
	s->list[0].serial = serial;
	return seed_check(&s->list[0]);
}

// --- telling and agreeing

static size_t count_weak(const struct seeds *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += seed_is_weak(&s->list[i]);
	return n;
}

static void tell(const struct seeds *s, const char *path)
{
	size_t kinds[SEED_OCRA + 1] = { 0 }, weak = count_weak(s);
	struct stat st;
	for (size_t i = 0; i < s->n; i++)
		kinds[s->list[i].kind]++;
	say(stderr,
	    N_("The file has %1 one-time password tokens: %2 by counter (HOTP), %3 by time (TOTP), "
	       "%4 that answer questions (OCRA). The first is %5, the last %6."),
	    ARG_NUM(s->n), ARG_NUM(kinds[SEED_HOTP]), ARG_NUM(kinds[SEED_TOTP]),
	    ARG_NUM(kinds[SEED_OCRA]), ARG_TEXT(s->list[0].serial),
	    ARG_TEXT(s->list[s->n - 1].serial));
	if (weak)
		say(stderr,
		    N_("%1 of them have a secret of fewer than 128 bits: RFC 4226 wants more."),
		    ARG_NUM(weak));
	if (stat(path, &st) == 0 && (st.st_mode & 077))
		say(stderr, N_("Others on this machine can read the file. Who has read it can make "
			       "every value of these tokens."));
}

static struct err *agree(struct cli *cli)
{
	AUTO(msg) struct msg *words = msg_new(N_("Import them?"));
	struct question q = { .kind = ASK_CONSENT, .name = "import", .words = words };
	struct answer a = { 0 };
	bool answered = false;
	TRY(prompt_ahead(cli, &q, &answered, &a));
	if (!answered)
		TRY(prompt_person(cli, &q, &a));
	if (a.state == ANSWER_GIVEN && a.yes)
		return NULL;
	if (a.state == ANSWER_MISSING)
		return err_hint(err_tag(err_new(ERR_ANSWER, N_("An answer is missing: %1."),
						ARG_TEXT("import")),
					"answer-missing"),
				N_("Give --yes to agree ahead of time, or run the command on a "
				   "terminal."));
	return err_hint(err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped"),
			N_("Nothing was imported."));
}

static struct err *nothing_in_it(const char *path)
{
	return err_tag(err_new(ERR_ANSWER,
			       N_("There is no one-time password token in the file %1."),
			       ARG_TEXT(path)),
		       "import-empty");
}

static struct err *import_it(struct cli *cli, size_t *n, size_t *replaced)
{
	const char *path = cli->o.operands[0];
	AUTO_BUF struct buf file = { 0 };
	AUTO_SEEDS struct seeds seeds = { 0 };
	AUTO_PLACE struct otp_place p = { 0 };
	TRY(read_file(path, &file));
	struct err *e = read_seeds(cli, &file, &seeds);
	wipe(file.data, file.len);
	if (e)
		return e;
	if (!seeds.n)
		return nothing_in_it(path);
	TRY(rename_one(cli, &seeds));
	tell(&seeds, path);
	TRY(agree(cli));
	TRY(otp_place_open(true, &p));
	TRY(otp_import(p.tokens, p.seal, &seeds, cli->o.replace ? REPLACE_ALL : REPLACE_REFUSE,
		       replaced));
	*n = seeds.n;
	return NULL;
}

int run_otp_import(struct cli *cli)
{
	size_t n = 0, replaced = 0;
	struct err *e = import_it(cli, &n, &replaced);
	if (e)
		return cli_fail(cli, e, NULL);
	say(stderr,
	    N_("%1 one-time password tokens were imported; %2 of them were here already "
	       "and have the seed of the file now. Put the file away safely, or destroy "
	       "it."),
	    ARG_NUM(n), ARG_NUM(replaced));
	if (cli->o.json) {
		json_t *o = json_pack("{s:s,s:s,s:i,s:I,s:I}", "event", "result", "outcome",
				      "imported", "exit", 0, "imported", (json_int_t)n, "replaced",
				      (json_int_t)replaced);
		print_json(stdout, o);
		json_decref(o);
	}
	return 0;
}
