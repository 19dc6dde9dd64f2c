// What a new account is made of.
#include <errno.h>
#include <jansson.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/json.h"
#include "base/lang.h"
#include "base/proc.h"
#include "practiceca/account_input.h"
#include "practiceca/openssl_error.h"

enum { SECRETS_MAX = 4096 };

void new_account_free(struct new_account *n)
{
	secret_free(n->pin);
	secret_free(n->confirm);
	wipe(n, sizeof *n);
}

struct err *pin_check(const char *field, const struct secret *pin)
{
	size_t len = secret_len(pin);
	if (len < PIN_MIN || len > PIN_MAX || !letters_and_digits(secret_text(pin), len))
		return err_new(ERR_ANSWER, N_("%1 must be %2 to %3 letters and digits."),
			       ARG_TEXT(field), ARG_NUM(PIN_MIN), ARG_NUM(PIN_MAX));
	return NULL;
}

static struct err *read_stdin(struct buf *out)
{
	uint8_t chunk[512];
	for (;;) {
		ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno("read", "stdin", errno);
		if (n == 0)
			break;
		TRY(buf_put(out, chunk, (size_t)n));
	}
	wipe(chunk, sizeof chunk);
	return NULL;
}

static struct err *take_pin(const json_t *j, const char *field, struct secret **out)
{
	const char *text = json_text(j, field);
	if (!text)
		return err_new(ERR_ANSWER, N_("The secrets hold no %1."), ARG_TEXT(field));
	TRY(secret_from(text, strlen(text), out));
	return pin_check(field, *out);
}

static struct err *take_otp(const json_t *j, struct otp_key *k)
{
	const char *totp = json_text(j, "totp");
	const char *hotp = json_text(j, "hotp");
	int64_t counter = json_number(j, "counter", 0);
	if (totp && hotp)
		return err_new(ERR_ANSWER, N_("The secrets hold both totp and hotp."));
	if (!totp && !hotp)
		return NULL;
	if (counter < 0 || (totp && counter != 0))
		return err_new(ERR_ANSWER,
			       N_("The counter must be a whole number, and only HOTP has one."));
	k->kind = totp ? OTP_TOTP : OTP_HOTP;
	k->next = (uint64_t)counter;
	return otp_secret_read(totp ? totp : hotp, k);
}

static struct err *check_keys(const json_t *j, bool user)
{
	static const char *const of_user[] = { "user_pin", "totp", "hotp", "counter", NULL };
	static const char *const of_admin[] = { "contract_pin", "confirm_pin", NULL };
	const char *const *known = user ? of_user : of_admin;
	for (void *at = json_object_iter((json_t *)(uintptr_t)j); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)j, at)) {
		const char *const *k = known;
		while (*k && strcmp(*k, json_object_iter_key(at)) != 0)
			k++;
		if (!*k)
			return err_new(ERR_ANSWER,
				       N_("The secrets hold %1, which this role does not have."),
				       ARG_TEXT(json_object_iter_key(at)));
	}
	return NULL;
}

struct err *new_account_read(const char *path, struct new_account *n)
{
	AUTO_BUF struct buf text = BUF(SECRETS_MAX);
	AUTO(json) json_t *j = NULL;
	bool user = holder_is_user(&n->account.holder);
	if (strcmp(path, "-") == 0) {
		TRY(read_stdin(&text));
	} else {
		TRY(proc_private_file(path));
		TRY(buf_read_file(path, SECRETS_MAX, &text));
	}
	TRY(json_read(text.data, text.len, SECRETS_MAX, ERR_ANSWER, path, &j));
	if (!json_is_object(j))
		return err_new(ERR_ANSWER, N_("The secrets must be one JSON object."));
	TRY(check_keys(j, user));
	TRY(take_pin(j, user ? "user_pin" : "contract_pin", &n->pin));
	if (!user)
		return take_pin(j, "confirm_pin", &n->confirm);
	return take_otp(j, &n->account.otp);
}

static struct err *read_line(struct secret *out)
{
	enum { CTRL_C = 3 };
	char c = 0;
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 1 || c == CTRL_C)
			return err_new(ERR_INTERRUPTED, N_("Stopped. No account was added."));
		if (c == '\n')
			return NULL;
		TRY(secret_append(out, &c, 1));
	}
}

// One line without echo. Echo and signals are off before the question stands there, so that nothing typed at once is shown or
// lost, and Ctrl-C cannot leave the terminal silent; it is as before afterwards.
static struct err *ask(const char *label, struct secret **out)
{
	struct termios before;
	AUTO(secret) struct secret *s = NULL;
	TRY(secret_new(PIN_MAX + 2, &s));
	if (tcgetattr(STDIN_FILENO, &before))
		return err_errno("tcgetattr", "stdin", errno);
	struct termios silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	silent.c_lflag |= ECHONL;
	silent.c_cc[VEOL] = 3; // Ctrl-C ends a line, to be read at once
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &silent))
		return err_errno("tcsetattr", "stdin", errno);
	fprintf(stderr, "%s: ", lang_text(label));
	struct err *e = read_line(s);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	if (e)
		return e;
	*out = s;
	s = NULL;
	return NULL;
}

struct err *new_account_ask(struct new_account *n)
{
	bool user = holder_is_user(&n->account.holder);
	if (!isatty(STDIN_FILENO))
		return err_hint(err_new(ERR_ANSWER, N_("The PINs are missing.")),
				N_("Give them as a JSON object with --secrets FILE, or --secrets - "
				   "for stdin."));
	TRY(ask(user ? N_("User PIN") : N_("Contract PIN"), &n->pin));
	TRY(pin_check(user ? "user_pin" : "contract_pin", n->pin));
	if (user)
		return NULL;
	TRY(ask(N_("Confirmation PIN"), &n->confirm));
	return pin_check("confirm_pin", n->confirm);
}

// Evenly drawn decimal digits; the first is not zero.
static struct err *draw_digits(char *out, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint8_t byte = 0;
		if (RAND_priv_bytes(&byte, 1) != 1)
			return openssl_error("RAND_priv_bytes");
		if (byte >= 250 || (i == 0 && byte % 10 == 0))
			continue;
		out[i++] = (char)('0' + byte % 10);
	}
	return NULL;
}

static struct err *draw_pin(struct secret **out)
{
	char digits[6];
	TRY(draw_digits(digits, sizeof digits));
	struct err *e = secret_from(digits, sizeof digits, out);
	wipe(digits, sizeof digits);
	return e;
}

struct err *new_account_draw(bool user, struct new_account *n)
{
	char contract[CONTRACT_ID_LEN + 1] = "";
	char id[] = "user0000";
	TRY(draw_digits(contract, CONTRACT_ID_LEN));
	TRY(draw_digits(id + 4, 4));
	TRY(holder_make(contract, user ? id : NULL, &n->account.holder));
	TRY(draw_pin(&n->pin));
	while (!user && (!n->confirm || secret_equal(n->pin, n->confirm))) {
		secret_free(n->confirm);
		n->confirm = NULL;
		TRY(draw_pin(&n->confirm));
	}
	return NULL;
}

struct err *new_account_finish(enum otp_kind kind, struct new_account *n)
{
	struct account *a = &n->account;
	int64_t cost = holder_pin_cost(&a->holder);
	TRY(pin_hash_make(secret_bytes(n->pin), secret_len(n->pin), cost, &a->pin));
	if (!holder_is_user(&a->holder))
		return pin_hash_make(secret_bytes(n->confirm), secret_len(n->confirm), cost,
				     &a->confirm);
	if (a->otp.kind == OTP_NONE) {
		a->otp.kind = kind;
		TRY(otp_secret_make(&a->otp));
	}
	return NULL;
}
