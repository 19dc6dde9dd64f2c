// The management key of a card whose keys and certificates are made, stored and removed with it alone (quirk needs_management). Private to
// the room.
#pragma once

#include "enroll/enrolment.h"
#include "pkcs11/keypair.h"

// Before such an act: asks for the key unless this run has it already, logs the user out and the manager in. Nothing on other tokens.
MUST struct err *management_begin(struct enrolment *e);
// After it: logs the manager out and the user in again. Key pairs of the session are to be found again.
MUST struct err *management_end(struct enrolment *e);
// Wipes the key once nothing more of this run needs it.
void management_forget(struct enrolment *e);

// Whether what this record names by CKA_ID is a slot of a card, which others may have filled since, and not 16 random bytes.
bool in_slot(const struct enrolment *e);
// Of the card: major * 100 + minor, as the quirks have it.
unsigned slot_firmware(const struct enrolment *e);
// "9a". Borrowed from `room`.
const char *slot_name(const struct key_id *id, char room[static 4]);

// The CKA_ID of the new key: random, or the number of a free slot. Where a slot that shows nothing may hold a key all the same, a person is asked:
// ERR_ANSWER tagged "slot-unknown". On a full card the slot of an old key of ours whose certificate was retired and removed.
MUST struct err *slot_choose(struct enrolment *e, struct key_id *out);
// Whether e->key, found in the slot of an enrolment that was cut off while it made its key, is the one that it made; asked where nothing tells:
// ERR_TOKEN tagged "slot-taken".
MUST struct err *slot_key_ours(struct enrolment *e, const struct key_id *id, bool *ours);

// Removes the certificates and the pair of the enrolment, as far as the token can: in a card's slot only placeholders and this certificate
// (SHA-256, may be null). Where the module keeps the key, the card itself deletes it if its firmware can, and if it is surely ours; otherwise it
// stays: *stays. The session may be another one afterwards, with the manager logged in, and e->key is gone where the card deleted a key.
MUST struct err *pair_remove(struct enrolment *e, const struct key_id *id, const char *sha256,
			     bool *stays);
// Says that the key stays in its slot, and what to do about it.
void say_key_stays(const struct enrolment *e, const struct key_id *id);

// --- slot_keys.c: keys that the card itself deletes and moves

// Whether it can, by the table of models and its firmware.
bool slot_deletes(const struct enrolment *e);
// Says before the person agrees what will become of the old pair's key.
void slot_tell_ahead(const struct enrolment *e);
// pair_remove for a card's slot.
MUST struct err *slot_remove(struct enrolment *e, const struct key_id *id, const char *sha256,
			     bool *stays);
// Deletes keys, the management key being known: the session and the module are new ones afterwards, with the manager logged in. *gone counts the slots that are empty.
struct card_key;
MUST struct err *slot_delete(struct enrolment *e, const struct card_key *keys, size_t n,
			     size_t *gone);
// The old pair has gone from 9A: the new one goes there, where programs look first. Nothing where the card cannot or the place is another.
MUST struct err *slot_settle(struct enrolment *e, const struct key_id *old);
// After a run that was cut off while its pair went to the place of the old one: finds out where it is, and writes that down.
MUST struct err *slot_find_settled(struct enrolment *e);
// ERR_TOKEN tagged "slot-taken" when somebody else's certificate is in the slot that an earlier run chose.
MUST struct err *slot_still_ours(struct enrolment *e, const struct key_id *id);
