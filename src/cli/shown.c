// A secret that is made where the person is, shown there once, and typed back: then it is written down.
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/terminal.h"
#include "token/so_pin.h"

enum { GROUP = 4 };

// In groups of four, which are easier to copy; never through anything that keeps a copy.
static void write_secret(FILE *f, const struct secret *s)
{
	const uint8_t *bytes = secret_bytes(s);
	fputs("\n    ", f);
	for (size_t i = 0; i < secret_len(s); i++)
		fprintf(f, "%s%c", i && i % GROUP == 0 ? " " : "", bytes[i]);
	fputs("\n\n", f);
	fflush(f);
}

// Blanks between the groups do not count, nor the case of hexadecimal letters; nothing else is forgiven.
static struct err *as_meant(const struct secret *typed, bool hex, struct secret **out)
{
	AUTO(secret) struct secret *plain = NULL;
	TRY(secret_new(secret_len(typed) + 1, &plain));
	for (size_t i = 0; i < secret_len(typed); i++) {
		char c = (char)secret_bytes(typed)[i];
		if (hex && c >= 'a' && c <= 'f')
			c = (char)(c - 'a' + 'A');
		if (c != ' ')
			TRY(secret_append(plain, &c, 1));
		wipe(&c, sizeof(c));
	}
	*out = plain;
	plain = NULL;
	return NULL;
}

static struct err *typed_back(const char *prompt, const struct secret *made, bool hex, bool *same,
			      bool *stopped)
{
	AUTO(secret) struct secret *typed = NULL;
	AUTO(secret) struct secret *plain = NULL;
	TRY(terminal_line(prompt, false, &typed));
	*stopped = !typed;
	if (!typed)
		return NULL;
	TRY(as_meant(typed, hex, &plain));
	*same = secret_equal(plain, made);
	return NULL;
}

struct err *prompt_shown(const struct question *q, struct answer *out)
{
	AUTO(secret) struct secret *made = NULL;
	AUTO(msg) struct msg *ask = msg_new(N_("Type it as you wrote it down: "));
	AUTO_TEXT char *prompt = msg_render(ask);
	bool same = false, stopped = false, key = !strcmp(q->name, "new_management_key");
	if (!prompt || !q->make_from)
		return err_no_memory();
	TRY(so_pin_random(q->make_length, q->make_from, &made));
	print_blank(stderr);
	if (q->words)
		print_msg(stderr, 0, msg_copy(q->words));
	write_secret(stderr, made);
	say(stderr,
	    key ? N_("Write it down now, without the blanks, and keep it where the card is "
		     "not. Nothing can be put on the card without it, and it is shown only "
		     "now.")
		: N_("Write it down now, without the blanks, and keep it where the token is "
		     "not. It opens the token again when its PIN is locked, and is shown "
		     "only now."));
	while (!same && !stopped) {
		TRY(typed_back(prompt, made, key, &same, &stopped));
		if (!same && !stopped)
			say(stderr, N_("That is not what stands above. Look at it again."));
	}
	out->state = stopped ? ANSWER_STOPPED : ANSWER_GIVEN;
	if (stopped)
		return NULL;
	out->value = made;
	made = NULL;
	return NULL;
}
