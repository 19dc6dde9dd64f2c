// PIN and PUK: compared, counted, changed (SP 800-73-4 part 2, 3.2).
#include "piv.h"

#include <string.h>

#include <openssl/crypto.h>

#define TRIES_FACTORY 3
#define SHORTEST      6

static const uint8_t pin_at_birth[] = { '1', '2', '3', '4', '5', '6', 0xff, 0xff };
static const uint8_t puk_at_birth[] = { '1', '2', '3', '4', '5', '6', '7', '8' };

static void put(struct piv_secret *s, const uint8_t *value)
{
	memcpy(s->value, value, PIV_SECRET_LEN);
	s->tries = s->total;
}

void pin_factory(struct piv *p)
{
	p->pin.total = p->puk.total = TRIES_FACTORY;
	put(&p->pin, pin_at_birth);
	put(&p->puk, puk_at_birth);
	pin_forget(p);
}

void pin_forget(struct piv *p)
{
	p->pin_verified = p->pin_fresh = false;
}

bool pin_is_factory(const struct piv *p, enum reference ref)
{
	if (ref == REF_PIN)
		return memcmp(p->pin.value, pin_at_birth, PIV_SECRET_LEN) == 0;
	return memcmp(p->puk.value, puk_at_birth, PIV_SECRET_LEN) == 0;
}

// A try is written before it is judged, as on a card whose power may go.
static enum sw compare(struct card *card, struct piv_secret *s, const uint8_t *given)
{
	if (s->tries == 0)
		return SW_BLOCKED;
	s->tries--;
	card_changed(card);
	if (CRYPTO_memcmp(s->value, given, PIV_SECRET_LEN) != 0)
		return SW_TRIES | s->tries;
	s->tries = s->total;
	return SW_OK;
}

// At least six bytes, then nothing but padding.
static bool may_be_new(const uint8_t *value)
{
	size_t n = PIV_SECRET_LEN;
	while (n > 0 && value[n - 1] == 0xff)
		n--;
	return n >= SHORTEST && !memchr(value, 0xff, n);
}

static struct piv_secret *secret_at(struct piv *p, unsigned ref)
{
	if (ref == REF_PIN)
		return &p->pin;
	return ref == REF_PUK ? &p->puk : NULL;
}

enum sw pin_verify(struct card *card, struct piv *p, const struct apdu *a)
{
	if (a->p1 != 0)
		return SW_WRONG_P1P2;
	if (a->p2 != REF_PIN)
		return SW_NO_KEY;
	if (a->data.len == 0) {
		if (p->pin_verified)
			return SW_OK;
		return p->pin.tries ? SW_TRIES | p->pin.tries : SW_BLOCKED;
	}
	card->counts.verify++;
	if (a->data.len != PIV_SECRET_LEN)
		return SW_WRONG_DATA;
	enum sw sw = compare(card, &p->pin, a->data.data);
	p->pin_verified = p->pin_fresh = sw == SW_OK;
	return sw;
}

// The secret that is shown first allows another to be set.
static enum sw replace(struct card *card, struct piv *p, const struct apdu *a,
		       struct piv_secret *shown, struct piv_secret *set)
{
	if (a->data.len != 2 * PIV_SECRET_LEN)
		return SW_WRONG_DATA;
	const uint8_t *value = a->data.data + PIV_SECRET_LEN;
	if (!may_be_new(value))
		return SW_WRONG_DATA;
	enum sw sw = compare(card, shown, a->data.data);
	if (sw != SW_OK) {
		if (shown == &p->pin)
			pin_forget(p);
		return sw;
	}
	put(set, value);
	return SW_OK;
}

enum sw pin_change(struct card *card, struct piv *p, const struct apdu *a)
{
	struct piv_secret *s = secret_at(p, a->p2);
	if (a->p1 != 0)
		return SW_WRONG_P1P2;
	if (!s)
		return SW_NO_KEY;
	card->counts.change++;
	return replace(card, p, a, s, s);
}

enum sw pin_unblock(struct card *card, struct piv *p, const struct apdu *a)
{
	if (a->p1 != 0)
		return SW_WRONG_P1P2;
	if (a->p2 != REF_PIN)
		return SW_NO_KEY;
	card->counts.unblock++;
	return replace(card, p, a, &p->puk, &p->pin);
}

// Sets how many tries there are, and PIN and PUK to those of the factory.
enum sw pin_set_tries(struct card *card, struct piv *p, const struct apdu *a)
{
	if (!p->managed || !p->pin_verified)
		return SW_SECURITY;
	if (a->p1 == 0 || a->p2 == 0 || a->data.len != 0)
		return SW_WRONG_DATA;
	pin_factory(p);
	p->pin.tries = p->pin.total = a->p1;
	p->puk.tries = p->puk.total = a->p2;
	card_changed(card);
	return SW_OK;
}
