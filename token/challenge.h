// A locked PIN opened over the telephone: the card asks, who has its administrator's key answers, and neither key nor PIN is ever spoken.
//
// Of the Generic Identity Device Specification, version 2 (Microsoft, 2012): the card's challenge of eight bytes, taken with GENERAL AUTHENTICATE,
// is encrypted once with the administrator's key of 24 bytes (3DES); RESET RETRY COUNTER then sets a new PIN. A challenge lives until another applet
// is selected or the card loses power. Every card counts or may count wrong answers: each is given once.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"
#include "pkcs11/slot.h"
#include "token/pcsc.h"

enum { CHALLENGE_LEN = 8, ADMIN_KEY_LEN = 24 };

bool can_be_challenged(const struct token_info *t); // by the table of models

// Connects to the card in the token's reader; nothing is held but the connection. Another card that comes into the reader from now on is noticed,
// so whoever calls looks through the module whether this is still the token, and then takes the challenge. The lease must be the caller's. Errors as
// pcsc_connect.
MUST struct err *challenge_open(const struct token_info *t, const struct pcsc_patience *p,
				struct pcsc_card **out);
// Takes a challenge from that very card and ends the transaction. ERR_TOKEN tagged "challenge-unknown" when the card gives none, "token-absent" when the
// card was taken out or reset since challenge_open.
MUST struct err *challenge_take(struct pcsc_card *c, const struct token_info *t,
				const struct pcsc_patience *p, uint8_t challenge[CHALLENGE_LEN]);
// Gives the answer to the same card, once, and sets the new PIN. ERR_PIN tagged "challenge-over" when the card has forgotten its challenge, and
// nothing was judged; "challenge-wrong" when the answer was not the right one; "pin-refused" when the card does not like the PIN.
MUST struct err *challenge_answer(struct pcsc_card *c, const struct pcsc_patience *p,
				  const uint8_t answer[CHALLENGE_LEN], const struct secret *fresh);

// What a person types: 16 hexadecimal digits; blanks and hyphens between them, and full-width ones, are forgiven. ERR_ANSWER tagged "challenge-form".
MUST struct err *challenge_read(const struct secret *typed, uint8_t out[CHALLENGE_LEN]);
// "A1B2 C3D4 E5F6 0718": how it is read aloud.
enum { CHALLENGE_TEXT = CHALLENGE_LEN * 2 + 4 };
void challenge_write(const uint8_t bytes[CHALLENGE_LEN], char out[CHALLENGE_TEXT]);
// The help desk's side: the answer to a challenge, by the administrator's key in 48 hexadecimal digits. ERR_ANSWER tagged "admin-key-form".
MUST struct err *challenge_solve(const struct secret *admin_key,
				 const uint8_t challenge[CHALLENGE_LEN],
				 uint8_t answer[CHALLENGE_LEN]);
