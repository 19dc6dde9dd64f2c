// Asking the person: fields, secrets, consents, choices.
#include "cli/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/keypad.h"
#include "cli/print.h"
#include "cli/terminal.h"

struct err *prompt_ahead(struct cli *cli, const struct question *q, bool *answered,
			 struct answer *out)
{
	*answered = true;
	*out = (struct answer){ .state = ANSWER_MISSING };
	if (q->kind == ASK_CONSENT && cli->o.yes) {
		*out = (struct answer){ .state = ANSWER_GIVEN, .yes = true };
		return NULL;
	}
	const struct secret *given =
		q->kind == ASK_CONSENT || q->kind == ASK_CHOICE || q->kind == ASK_SHOWN
			? NULL
			: inputs_get(cli->inputs, q->name);
	// What was wrong once is not given a second time where somebody can type it right.
	if (given && !(q->again && cli->interactive)) {
		TRY(secret_copy(given, &out->value));
		out->state = ANSWER_GIVEN;
		// From here on the worker has it: no copy stays behind.
		if (q->kind != ASK_TEXT && !q->check_only)
			inputs_drop(cli->inputs, q->name);
		return NULL;
	}
	*answered = q->check_only || !cli->interactive;
	return NULL;
}

static const char *pick(const struct text2 *t)
{
	return t->en ? lang_pick(t->en, t->ja) : t->ja;
}

static char *render(struct msg *m)
{
	char *text = msg_render(m);
	msg_free(m);
	return text;
}

// "PIN of the token TEST: "; a long one in lines of its own, so that the answer begins where there is room for it.
static char *prompt_for(const struct question *q)
{
	const char *label = pick(&q->label);
	AUTO_TEXT char *words = q->words ? msg_render(q->words) : NULL;
	const char *plain = label ? label : words ? words : q->name;
	AUTO_TEXT char *safe = text_safe(plain, strlen(plain), 400);
	AUTO_TEXT char *asked = safe ? text_format("%s:", safe) : NULL;
	AUTO_TEXT char *lines = NULL;
	if (asked)
		err_ignore(text_wrap(asked, PRINT_COLUMNS - 1, 0, &lines));
	size_t len = lines ? strlen(lines) : 0;
	if (len && lines[len - 1] == '\n')
		lines[len - 1] = '\0';
	return lines ? text_format("%s ", lines) : NULL;
}

// Typed on the keyboard, or on the keypad of the screen by choice.
static struct err *read_line(struct cli *cli, const struct question *q, const char *prompt,
			     struct secret **value)
{
	const bool echo = q->kind == ASK_TEXT || q->echo;
	if (!q->keypad)
		return terminal_line(prompt, echo, value);
	if (cli->o.keypad)
		return keypad_line(prompt, value);
	if (!cli->keypad_told)
		say(stderr, N_("(PINs can be typed on a keypad on the screen, too: type ?.)"));
	cli->keypad_told = true;
	AUTO(secret) struct secret *typed = NULL;
	TRY(terminal_line(prompt, echo, &typed));
	if (typed && keypad_wanted(typed))
		return keypad_line(prompt, value);
	*value = typed;
	typed = NULL;
	return NULL;
}

// A management key was written down in groups, as it was shown, and may be typed so.
static struct err *without_groups(struct secret **value)
{
	AUTO(secret) struct secret *plain = NULL;
	const uint8_t *bytes = secret_bytes(*value);
	TRY(secret_new(secret_len(*value) + 1, &plain));
	for (size_t i = 0; i < secret_len(*value); i++)
		if (bytes[i] != ' ')
			TRY(secret_append(plain, bytes + i, 1));
	secret_free(*value);
	*value = plain;
	plain = NULL;
	return NULL;
}

static struct err *ask_line(struct cli *cli, const struct question *q, struct answer *out)
{
	const char *help = pick(&q->help);
	if (q->label.en && q->words)
		print_msg(stderr, 0, msg_copy(q->words));
	// Where the form of the answer was wrong, the help says what it is.
	if (help && (!q->again || q->kind != ASK_OTP))
		print_text(stderr, 0, help);
	AUTO_TEXT char *prompt = prompt_for(q);
	if (!prompt)
		return err_no_memory();
	TRY(read_line(cli, q, prompt, &out->value));
	if (out->value && strstr(q->name, "management_key"))
		TRY(without_groups(&out->value));
	out->state = out->value ? ANSWER_GIVEN : ANSWER_STOPPED;
	return NULL;
}

// Upper and lower case, full width or not.
static bool says(const char *typed, const char *const *words)
{
	for (; *words; words++)
		if (!strcasecmp(typed, *words))
			return true;
	return false;
}

// *yes -1: neither.
static struct err *judge_yes_no(const struct secret *typed, int *yes)
{
	static const char *const yeses[] = { "y", "yes", "はい", "hai", NULL };
	static const char *const noes[] = { "n", "no", "いいえ", "iie", NULL };
	AUTO(secret) struct secret *folded = NULL;
	*yes = -1;
	struct err *e = text_fold_secret(typed, false, &folded);
	if (e) {
		err_ignore(e); // no text at all is neither yes nor no
		return NULL;
	}
	if (says(secret_text(folded), yeses))
		*yes = 1;
	else if (says(secret_text(folded), noes))
		*yes = 0;
	return NULL;
}

static struct err *ask_consent(const struct question *q, struct answer *out)
{
	print_blank(stderr);
	if (q->words)
		print_msg(stderr, 0, msg_copy(q->words));
	AUTO_TEXT char *prompt = render(msg_new(N_("Do you agree? [yes/no] ")));
	if (!prompt)
		return err_no_memory();
	for (;;) {
		AUTO(secret) struct secret *typed = NULL;
		TRY(terminal_line(prompt, true, &typed));
		int yes = -1;
		if (typed)
			TRY(judge_yes_no(typed, &yes));
		if (!typed || yes >= 0) {
			out->state = typed ? ANSWER_GIVEN : ANSWER_STOPPED;
			out->yes = yes == 1;
			return NULL;
		}
		say(stderr, N_("Please type yes or no."));
	}
}

// A number from 1 to n; 0 when it is none.
static size_t number_of(const struct secret *typed, size_t n)
{
	AUTO(secret) struct secret *folded = NULL;
	struct err *e = text_fold_secret(typed, false, &folded);
	if (e) {
		err_ignore(e);
		return 0;
	}
	size_t len = secret_len(folded);
	if (len > 4 || !text_is_digits(secret_text(folded), len))
		return 0;
	unsigned long k = strtoul(secret_text(folded), NULL, 10);
	return k <= n ? k : 0;
}

struct err *prompt_choice(struct msg *words, const char *const *choices, size_t n, size_t *choice,
			  bool *stopped)
{
	print_msg(stderr, 0, words);
	for (size_t i = 0; i < n; i++) {
		AUTO_TEXT char *safe = text_safe(choices[i], strlen(choices[i]), 1024);
		fprintf(stderr, "  %2zu  %s\n", i + 1, safe ? safe : "?");
	}
	AUTO_TEXT char *prompt = render(msg_new(N_("Number (1-%1): "), ARG_NUM(n)));
	if (!prompt)
		return err_no_memory();
	for (;;) {
		AUTO(secret) struct secret *typed = NULL;
		TRY(terminal_line(prompt, true, &typed));
		size_t k = typed ? number_of(typed, n) : 0;
		if (!typed || k) {
			*stopped = !typed;
			*choice = k ? k - 1 : 0;
			return NULL;
		}
		say(stderr, N_("Please type a number from 1 to %1."), ARG_NUM(n));
	}
}

static struct err *ask_choice(const struct question *q, struct answer *out)
{
	char **texts = calloc(q->n_choices ? q->n_choices : 1, sizeof(*texts));
	if (!texts)
		return err_no_memory();
	for (size_t i = 0; i < q->n_choices; i++)
		texts[i] = msg_render(q->choices[i]);
	bool stopped = false;
	struct err *e = prompt_choice(q->words ? msg_copy(q->words) : msg_new(N_("Which one?")),
				      (const char *const *)(const void *)texts, q->n_choices,
				      &out->choice, &stopped);
	for (size_t i = 0; i < q->n_choices; i++)
		free(texts[i]);
	free(texts);
	out->state = stopped ? ANSWER_STOPPED : ANSWER_GIVEN;
	return e;
}

struct err *prompt_person(struct cli *cli, const struct question *q, struct answer *out)
{
	*out = (struct answer){ .state = ANSWER_MISSING };
	if (q->again)
		print_msg(stderr, 0, msg_copy(q->again));
	switch (q->kind) {
	case ASK_CONSENT:
		return ask_consent(q, out);
	case ASK_CHOICE:
		return ask_choice(q, out);
	case ASK_SHOWN:
		return prompt_shown(q, out);
	default:
		return ask_line(cli, q, out);
	}
}

struct err *prompt_enter(bool *stopped)
{
	AUTO(secret) struct secret *typed = NULL;
	AUTO_TEXT char *prompt = render(msg_new(N_("Press Enter to go on, or ^C to leave: ")));
	if (!prompt)
		return err_no_memory();
	TRY(terminal_line(prompt, true, &typed));
	*stopped = !typed;
	return NULL;
}
