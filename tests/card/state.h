// The state file: what survives the end of the program. Text, one thing a line; each applet writes and reads its own lines.
#pragma once

#include "card.h"

// False: there is no state yet (or no state file), the card is new.
bool state_load(struct card *card);
// Whole or not at all: written beside and renamed. Does nothing without a state file, or when nothing has changed.
void state_save(const struct card *card);
