// A look through a context that is there already. Private to the room.
#pragma once

#include "token/pcsc_inside.h"

// Whether the description of a module's slot may mean this reader.
bool reader_is_called(const struct reader *r, const char *description);
// `states` has room for READERS_MAX and is what SCardGetStatusChange said of out->list, in the same order.
LONG readers_query(SCARDCONTEXT context, struct readers *out, SCARD_READERSTATE *states);
