// Readers as JSON, for JOB_READERS and JOB_WATCH.
//
// A reader: {"name":TEXT,"state":"empty|card|mute|unavailable"} with "atr" (hexadecimal) of a card that answers, "in_use" and "exclusive" (true) where a
// program is connected to the card or has it for itself. What JOB_READERS ends with: {"pcsc":"up|absent|denied","readers":[…],"programs":[{"pid","program"}]},
// the programs that use the service where a card is in use; with "unseen" (true) where there may be others.
// The data of an EVENT_READER: {"change":"seen",…} first, with "pcsc" and "readers"; then {"change":WORD,"pcsc":WORD,"reader":{…}}, the word one of token/readers.h
// (service, reader-added, reader-removed, card-in, card-out, card-swapped, card-mute).
#pragma once

#include "token/readers.h"

struct json_t;

struct json_t *reader_to_json(const struct reader *r);	 // new object
struct json_t *readers_to_json(const struct readers *r); // new object
