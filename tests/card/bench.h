// What the tests that speak to the card without a reader share: a new card, and commands written in hexadecimal.
#pragma once

#include "check.h"

#include "piv.h"

#define SELECT_PIV "00a4040005a000000308"
#define PIN_RIGHT  "313233343536ffff"
#define PIN_WRONG  "393939393939ffff"
#define PUK_RIGHT  "3132333435363738"
#define PUK_WRONG  "3939393939393939"

struct bench {
	struct card card;
	struct bytes answer; // without the status word
	char dir[64], state[96], root[96];
};

// A card as the factory sends it, with a state file in a directory of its own. All cards of one test program have the same F9
// under the same root: making them anew takes too long.
void bench_open(struct bench *b, unsigned firmware);
// The program ends and begins again with the same state file.
void bench_restart(struct bench *b);
void bench_close(struct bench *b);

// One command in hexadecimal (blanks are allowed); the status word. With le in it when an answer is wanted.
unsigned bench_do(struct bench *b, const char *hex);
unsigned bench_send(struct bench *b, const void *command, size_t len);
// The header of the command, and data of any length in links of 255 bytes; answers are collected with GET RESPONSE.
unsigned bench_long(struct bench *b, const char *head, const struct bytes *data);
// The answer is this, in hexadecimal.
bool bench_got(const struct bench *b, const char *hex);
// Shows the factory's management key by external authentication; the status word of the last step.
unsigned bench_manage(struct bench *b);
// The value behind these tags, one inside the other, in the answer.
struct span bench_value(const struct bench *b, unsigned outer, unsigned inner);
// The public key that a generated pair was answered with.
EVP_PKEY *bench_rsa_key(const struct bench *b);
