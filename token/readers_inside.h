// A look through a context that is there already. Private to the room.
#pragma once

#include "token/pcsc_inside.h"

// `states` has room for READERS_MAX and is what SCardGetStatusChange said of out->list, in the same order.
LONG readers_query(SCARDCONTEXT context, struct readers *out, SCARD_READERSTATE *states);
