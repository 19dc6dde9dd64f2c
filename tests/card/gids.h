// The applet of a card that unblocks its PIN by challenge and answer. Private to tests/card.
#pragma once

#include "card.h"

#define GIDS_PIN "123456" // the factory's; the administrator's key is 0102030405060708 three times

unsigned gids_tries(const struct card *card);
