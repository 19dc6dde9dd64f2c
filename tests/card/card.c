#include "card.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "state.h"

#define INS_SELECT	 0xa4
#define INS_GET_RESPONSE 0xc0
#define CLA_CHAIN	 0x10
#define CHAIN_MOST	 3072 // the message buffer of a YubiKey 4 or 5

bool firmware_read(const char *text, unsigned *firmware)
{
	unsigned a, b, c;
	int end = 0;
	if (sscanf(text, "%3u.%3u.%3u%n", &a, &b, &c, &end) != 3 || text[end] != '\0')
		return false;
	if (a > 255 || b > 255 || c > 255)
		return false;
	*firmware = FIRMWARE(a, b, c);
	return true;
}

void card_birth(struct card *card)
{
	const struct applet *const *applets = card_applets(card);
	card->selected = -1;
	for (size_t i = 0; applets[i]; i++) {
		if (i >= CARD_APPLETS_MOST)
			die("card_birth", "more applets than there is room for");
		if (applets[i]->birth)
			card->applet[i] = applets[i]->birth(card);
	}
	if (!state_load(card)) {
		for (size_t i = 0; applets[i]; i++)
			if (applets[i]->factory)
				applets[i]->factory(card, card->applet[i]);
		card_changed(card);
	}
	state_save(card);
	card->changed = false;
}

void card_free(struct card *card)
{
	const struct applet *const *applets = card_applets(card);
	for (size_t i = 0; applets[i]; i++)
		if (applets[i]->death)
			applets[i]->death(card->applet[i]);
	bytes_free(&card->chain);
	bytes_free(&card->rest);
}

void card_changed(struct card *card)
{
	card->changed = true;
}

void *card_applet_state(const struct card *card, const struct applet *applet)
{
	const struct applet *const *applets = card_applets(card);
	for (size_t i = 0; applets[i]; i++)
		if (applets[i] == applet)
			return card->applet[i];
	die("no such applet", applet->name);
}

static void leave(struct card *card)
{
	if (card->selected >= 0 && card_applets(card)[card->selected]->leave)
		card_applets(card)[card->selected]->leave(card, card->applet[card->selected]);
	card->selected = -1;
}

void card_power(struct card *card)
{
	leave(card);
	bytes_empty(&card->chain);
	bytes_empty(&card->rest);
}

struct span card_atr(const struct card *card)
{
	static const uint8_t four[] = { 0x3b, 0xf8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xfe, 0x15,
					'Y',  'u',  'b',  'i',	'k',  'e',  'y',  '4',	0xd4 };
	static const uint8_t five[] = { 0x3b, 0xfd, 0x13, 0x00, 0x00, 0x81, 0x31, 0xfe,
					0x15, 0x80, 0x73, 0xc0, 0x21, 0xc0, 0x57, 'Y',
					'u',  'b',  'i',  'K',	'e',  'y',  0x40 };
	static const uint8_t gids[] = { 0x3b, 0x80, 0x01, 0x81 };
	if (card->gids)
		return (struct span){ gids, sizeof(gids) };
	if (card->firmware < FIRMWARE(5, 0, 0))
		return (struct span){ four, sizeof(four) };
	return (struct span){ five, sizeof(five) };
}

static enum sw select_applet(struct card *card, const struct apdu *a, struct bytes *out)
{
	const struct applet *const *applets = card_applets(card);
	if (a->p1 != 0x04 || a->p2 != 0x00)
		return SW_WRONG_P1P2;
	for (int i = 0; applets[i]; i++) {
		const struct applet *one = applets[i];
		if (a->data.len < one->aid_least || a->data.len > one->aid_len)
			continue;
		if (memcmp(a->data.data, one->aid, a->data.len) != 0)
			continue;
		leave(card);
		card->selected = i;
		return one->select ? one->select(card, card->applet[i], out) : SW_OK;
	}
	return SW_NOT_FOUND;
}

static enum sw run(struct card *card, const struct apdu *a, struct bytes *out)
{
	if (a->ins == INS_SELECT)
		return select_applet(card, a, out);
	if (card->selected < 0)
		return SW_UNKNOWN_INS;
	return card_applets(card)[card->selected]->command(card, card->applet[card->selected], a,
							   out);
}

// Takes a link of a chain. False: the command is not complete, or cannot be, and *sw says which.
static bool chain(struct card *card, struct apdu *a, enum sw *sw)
{
	const uint8_t head[4] = { a->cla & (uint8_t)~CLA_CHAIN, a->ins, a->p1, a->p2 };
	bool more = a->cla & CLA_CHAIN;
	if (card->chain.len > 0 && memcmp(head, card->chain_head, sizeof(head)) != 0) {
		bytes_empty(&card->chain);
		*sw = SW_CHAIN_CONTINUES;
		return false;
	}
	if (card->chain.len + a->data.len > CHAIN_MOST) {
		bytes_empty(&card->chain);
		*sw = SW_WRONG_LENGTH;
		return false;
	}
	if (!more && card->chain.len == 0)
		return true;
	memcpy(card->chain_head, head, sizeof(head));
	bytes_put(&card->chain, a->data.data, a->data.len);
	*sw = SW_OK;
	if (more)
		return false;
	a->data = (struct span){ card->chain.data, card->chain.len };
	return true;
}

static enum sw class_fits(const struct apdu *a)
{
	if (a->cla & 0xe0)
		return SW_UNKNOWN_CLA;
	if (a->cla & 0x0c)
		return SW_NO_SECURE_MESSAGING;
	if (a->cla & 0x03)
		return SW_NO_CHANNEL;
	return SW_OK;
}

// As much of the answer as the reader has room for, then the status word: 61xx while more is left.
static void answer_part(struct card *card, size_t le, struct bytes *answer)
{
	struct bytes *rest = &card->rest;
	size_t n = rest->len;
	if (n > le)
		n = le;
	bytes_put(answer, rest->data, n);
	bytes_drop(rest, n);
	enum sw sw = card->rest_sw;
	if (rest->len > 0)
		sw = SW_MORE | (rest->len > 0xff ? 0 : (unsigned)rest->len);
	bytes_number(answer, sw, 2);
}

static void answer_sw(struct bytes *answer, enum sw sw)
{
	bytes_number(answer, sw, 2);
}

static void transmit(struct card *card, const uint8_t *command, size_t len, struct bytes *answer)
{
	struct apdu a;
	enum sw sw;
	if (!apdu_read(command, len, &a)) {
		answer_sw(answer, SW_WRONG_LENGTH);
		return;
	}
	sw = class_fits(&a);
	if (sw != SW_OK) {
		answer_sw(answer, sw);
		return;
	}
	if (a.ins == INS_GET_RESPONSE) {
		if (card->rest.len == 0)
			answer_sw(answer, SW_CONDITIONS);
		else
			answer_part(card, a.le ? a.le : 256, answer);
		return;
	}
	bytes_empty(&card->rest);
	if (!chain(card, &a, &sw)) {
		answer_sw(answer, sw);
		return;
	}
	card->rest_sw = run(card, &a, &card->rest);
	bytes_empty(&card->chain);
	// A command that leaves Le out (as T=0 has to) gets 61xx when there is more than fits.
	answer_part(card, a.le ? a.le : 256, answer);
}

static void spoil(const struct card *card, struct bytes *answer)
{
	uint8_t noise[300];
	if (card->faults.garbage) {
		if (RAND_bytes(noise, sizeof(noise)) != 1)
			die("RAND_bytes", "failed");
		bytes_empty(answer);
		bytes_put(answer, noise + 2, 1 + (size_t)(noise[0] << 8 | noise[1]) % 297);
	} else if (card->faults.cut) {
		answer->len = (answer->len + 1) / 2;
	}
}

void card_transmit(struct card *card, const uint8_t *command, size_t len, struct bytes *answer)
{
	bytes_empty(answer);
	card->counts.apdus++;
	if (card->faults.sw) {
		answer_sw(answer, card->faults.sw);
		return;
	}
	transmit(card, command, len, answer);
	if (card->changed) {
		state_save(card);
		card->changed = false;
	}
	spoil(card, answer);
}
