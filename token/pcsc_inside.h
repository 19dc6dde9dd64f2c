// What the files over PC/SC share. Private to the room.
#pragma once

#include <winscard.h>

#include "base/err.h"
#include "token/readers.h"

// The answer of a PC/SC call as an error. `reader` may be null.
struct err *pcsc_err(const char *call, LONG rv, const char *reader) MUST;
const char *pcsc_code_name(LONG rv); // "SCARD_E_NO_SERVICE"; "SCARD" for what is not known by name
// The service is not there, or is there no more: the context is of no use.
bool pcsc_is_down(LONG rv);
// Why there is no context: nobody listens, or we may not.
enum pcsc_service pcsc_service_of(LONG rv);
