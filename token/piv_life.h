// The life of a PIV card, for the table of models. Private to the room.
#pragma once

#include "token/life.h"

extern const struct life piv_life;
