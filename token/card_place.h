// The reader that a token stands in, remembered while inkan works with it: a module may go on telling of a card that is out (ykcs11 does), or call the
// pulling a fault like any other. PC/SC knows better.
//
// Workers only (token/readers.h says why).
#pragma once

#include "base/attr.h"
#include "pkcs11/slot.h"

struct card_place;

// Null where the token stands in no reader that PC/SC knows now.
struct card_place *card_place_take(const struct token_info *t);
void card_place_free(struct card_place *p);
DEFINE_CLEANUP(card_place, struct card_place, card_place_free)

enum place_state {
	PLACE_SAME, // the card is in it, and was all the time
	PLACE_LEFT, // it was taken out, whether or not one is in the reader again, or the reader was
	PLACE_SERVICE_ENDED, // pcscd ended, whether or not one runs again: no session with the card is left
};
// Waits up to wait_ms for the card to leave: pcscd looks only some times a second, and a call that fails is earlier. Null is PLACE_SAME.
enum place_state card_place_look(const struct card_place *p, unsigned wait_ms);
