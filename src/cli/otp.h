// What the commands for one-time passwords share. Private to the room.
#pragma once

#include "cli/inside.h"
#include "otp/tokens.h"

// The tokens that this machine judges, and the key of their seeds.
struct otp_place {
	struct otp_tokens *tokens;
	struct seal *seal;
	char *by; // who works here, for the record
};
void otp_place_close(struct otp_place *p);
#define AUTO_PLACE __attribute__((cleanup(otp_place_close)))
// `make`: the key is made where there is none yet.
MUST struct err *otp_place_open(bool make, struct otp_place *out);

// A value: from the answers (`name`), from the person, or the next line of standard input. Folded, so that blanks and full-width digits do not
// matter. ERR_ANSWER tagged "answer-missing" where there is none.
MUST struct err *otp_ask(struct cli *cli, const char *name, struct msg *words, struct secret **out);
// A PIN in the same ways: digits are folded, anything else stays as it was typed.
MUST struct err *otp_ask_pin(struct cli *cli, const char *name, struct msg *words,
			     struct secret **out);
// The token that --serial or the person's name (the operand, may be null) means. New string; ERR_USAGE where neither says which one.
MUST struct err *otp_which(struct cli *cli, const struct otp_place *p, const char *person,
			   char **serial);

// Null for JUDGED_RIGHT; otherwise ERR_ANSWER that says why, tagged "otp-wrong", "otp-used", "otp-wait", "otp-locked", "otp-outside".
MUST struct err *otp_verdict(enum judgement j, const char *serial, const struct judge_state *st,
			     const struct judge_rules *r);
// "hotp, 6 digits, SHA-1". New string.
char *otp_kind_words(const struct otp_token *t);
// The result line of a program (takes nothing).
void otp_report(const struct cli *cli, const char *outcome, int exit, const char *serial,
		const struct judge_state *st);

// otp check with --profile: the server of the role judges a value of the person (otp_server.c). The exit status.
int otp_check_at_server(struct cli *cli, const char *person);
