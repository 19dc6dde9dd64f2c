// A keypad on the screen, for PINs.
#include "cli/keypad.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/print.h"
#include "cli/terminal.h"

// Letters that cannot be taken for another letter or a digit, in any font.
static const char letters[] = "abcdefghjkmnpqrstuvwxyz";
enum {
	N_LETTERS = sizeof(letters) - 1,
	N_CODES = N_LETTERS * N_LETTERS,
	DIGITS_A_ROW = 5,
	KEYS_A_ROW = 10,
};

static void keypad_cleanup(struct keypad *k)
{
	wipe(k, sizeof(*k));
}

// A number below n, each as likely as the others.
static struct err *random_below(size_t n, size_t *out)
{
	uint16_t x = 0;
	const size_t fair = (UINT16_MAX + (size_t)1) / n * n;
	do {
		if (getrandom(&x, sizeof(x), 0) != (ssize_t)sizeof(x))
			return err_tag(err_errno("getrandom", NULL, errno), "random");
	} while (x >= fair);
	*out = x % n;
	wipe(&x, sizeof(x));
	return NULL;
}

static struct err *shuffle(uint16_t *list, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = 0;
		TRY(random_below(i, &k));
		uint16_t other = list[k];
		list[k] = list[i - 1];
		list[i - 1] = other;
	}
	return NULL;
}

static struct err *fill_digits(struct keypad *k, uint16_t *order, const uint16_t *codes)
{
	TRY(shuffle(order, 10));
	for (size_t i = 0; i < 10; i++) {
		k->keys[i] = (char)('0' + order[i]);
		k->codes[i][0] = letters[codes[i] % N_LETTERS];
	}
	k->n = 10;
	k->code_len = 1;
	return NULL;
}

// Digits and letters first, for they are what PINs are made of.
static void fill_all(struct keypad *k, const uint16_t *codes)
{
	static const char order[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	memcpy(k->keys, order, sizeof(order) - 1);
	k->n = sizeof(order) - 1;
	for (int c = '!'; c <= '~'; c++)
		if (!isalnum(c))
			k->keys[k->n++] = (char)c;
	for (size_t i = 0; i < k->n; i++) {
		k->codes[i][0] = letters[codes[i] / N_LETTERS];
		k->codes[i][1] = letters[codes[i] % N_LETTERS];
	}
	k->code_len = 2;
}

struct err *keypad_make(bool digits_only, struct keypad *out)
{
	uint16_t codes[N_CODES], order[10];
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		codes[i] = (uint16_t)i;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		order[i] = (uint16_t)i;
	*out = (struct keypad){ 0 };
	// Each letter once for the digits; each pair once otherwise.
	struct err *e = shuffle(codes, digits_only ? N_LETTERS : N_CODES);
	if (!e && digits_only)
		e = fill_digits(out, order, codes);
	else if (!e)
		fill_all(out, codes);
	wipe(codes, sizeof(codes));
	wipe(order, sizeof(order));
	return e;
}

static bool find_key(const struct keypad *k, const char *code, char *key)
{
	for (size_t i = 0; i < k->n; i++) {
		if (memcmp(k->codes[i], code, k->code_len) != 0)
			continue;
		*key = k->keys[i];
		return true;
	}
	return false;
}

static struct err *not_there(void)
{
	return err_tag(err_new(ERR_ANSWER,
			       N_("Type the letters that stand beside the keys, nothing else.")),
		       "keypad");
}

struct err *keypad_read(const struct keypad *k, const struct secret *typed, struct secret **out)
{
	AUTO(secret) struct secret *folded = NULL;
	AUTO(secret) struct secret *value = NULL;
	char code[KEYPAD_MAX_CODE], key = 0;
	size_t have = 0;
	TRY(text_fold_secret(typed, false, &folded));
	TRY(secret_new(TERMINAL_MAX_LINE, &value));
	const char *text = secret_text(folded);
	struct err *e = NULL;
	for (size_t i = 0; i < secret_len(folded) && !e; i++) {
		code[have++] = (char)tolower((unsigned char)text[i]);
		if (have < k->code_len)
			continue;
		have = 0;
		e = find_key(k, code, &key) ? secret_append(value, &key, 1) : not_there();
	}
	wipe(code, sizeof(code));
	wipe(&key, sizeof(key));
	if (!e && (have > 0 || secret_len(value) == 0))
		e = not_there();
	if (e)
		return e;
	*out = value;
	value = NULL;
	return NULL;
}

static void show(const struct keypad *k)
{
	const bool digits = k->code_len == 1;
	const size_t a_row = digits ? DIGITS_A_ROW : KEYS_A_ROW;
	print_blank(stderr);
	if (digits)
		say(stderr, N_("Type the letter beside each digit of the PIN, without spaces. If "
			       "the PIN has letters, type ? and press Enter."));
	else
		say(stderr,
		    N_("Type the two letters beside each character of the PIN, without spaces."));
	for (size_t i = 0; i < k->n; i++) {
		fprintf(stderr, digits ? "    %c = %.*s" : "  %c=%.*s", k->keys[i],
			(int)k->code_len, k->codes[i]);
		if ((i + 1) % a_row == 0 || i + 1 == k->n)
			fputc('\n', stderr);
	}
}

bool keypad_wanted(const struct secret *typed)
{
	AUTO(secret) struct secret *folded = NULL;
	struct err *e = text_fold_secret(typed, false, &folded);
	bool wanted = !e && !strcmp(secret_text(folded), "?");
	err_ignore(e);
	return wanted;
}

struct err *keypad_line(const char *prompt, struct secret **out)
{
	bool digits_only = true;
	for (;;) {
		__attribute__((cleanup(keypad_cleanup))) struct keypad k = { 0 };
		AUTO(secret) struct secret *typed = NULL;
		TRY(keypad_make(digits_only, &k));
		show(&k);
		TRY(terminal_line(prompt, false, &typed));
		if (!typed) {
			*out = NULL;
			return NULL;
		}
		if (keypad_wanted(typed)) {
			digits_only = !digits_only;
			continue;
		}
		struct err *e = keypad_read(&k, typed, out);
		if (!e)
			return NULL;
		print_msg(stderr, 0, msg_copy(err_what(e)));
		err_free(e);
	}
}
