// The PIV applet of a card in APDUs (NIST SP 800-73-4 part 2, and what Yubico adds). Private to the room.
//
// piv_open and piv_close enclose one piece of work: a transaction, no person in between. Whoever calls has the token's lease.
#pragma once

#include <stdint.h>

#include "base/secret.h"
#include "token/life.h"
#include "token/pcsc.h"

enum { PIV_PIN = 0x80, PIV_PUK = 0x81, PIV_MANAGEMENT = 0x9b, PIV_PIN_LEN = 8 };

struct piv {
	struct pcsc_card *card;
	const struct token_info *token; // borrowed
	unsigned firmware;		// 0x050403
};

// Connects to the card of the token, has it for oneself, and selects the applet. ERR_TOKEN as pcsc_connect, and tagged "token-absent" where another card is in the
// reader, "piv-refused" where there is no such applet.
MUST struct err *piv_open(const struct token_info *t, const struct pcsc_patience *p,
			  struct piv **out);
// Ends whatever login there is, and the transaction.
void piv_close(struct piv *p);
DEFINE_CLEANUP(piv, struct piv, piv_close)

// Sends one command. `answer` may be null.
MUST struct err *piv_send(struct piv *p, uint8_t ins, uint8_t p1, uint8_t p2, const void *data,
			  size_t len, struct buf *answer, unsigned *sw);
// The card's refusal as an error: ERR_TOKEN tagged "piv-refused", with the command and the status word.
struct err *piv_refused(const struct piv *p, const char *command, unsigned sw) MUST;

// What the firmware (5.3 and later) says of PIN, PUK, management key. *known false: this one says nothing.
struct piv_metadata {
	bool known, factory;
	int left;	   // tries; of PIN and PUK
	uint8_t algorithm; // of the management key
};
MUST struct err *piv_metadata(struct piv *p, uint8_t reference, struct piv_metadata *out);

// --- piv_identity.c

// CHUID and CCC, by which Windows knows a card, each where it is missing, or (anew) both; the manager is logged in. A new GUID is random.
MUST struct err *piv_write_identity(struct piv *p, bool anew, struct card_identity_done *out);

// --- piv_keys.c: firmware 5.7 and later; but for the first the manager is logged in

// Whether the key is in the slot. A module may make one up where there is only a certificate (ykcs11 does).
MUST struct err *piv_has_key(struct piv *p, const struct card_key *k, bool *yes);
// *gone false: another key is in the slot, and was left alone.
MUST struct err *piv_delete_key(struct piv *p, const struct card_key *k, bool *gone);
// With the certificate of its slot. *moved false: it is not there, or has no certificate, or the place is not free; nothing was changed.
MUST struct err *piv_move_key(struct piv *p, const struct card_key *k, uint8_t to, bool *moved);

// --- piv_management.c

// Bytes of a management key of this algorithm (SP 800-78-4); 0: it is none.
size_t piv_management_len(uint8_t algorithm);
bool piv_management_is_des(uint8_t algorithm);
// The algorithm of the card's key.
MUST struct err *piv_management_algorithm(struct piv *p, uint8_t *algorithm);
// Shows the key (hexadecimal) once: mutual authentication, so that the card proves itself, too. ERR_PIN tagged "management-key-wrong", "management-key-form".
MUST struct err *piv_manage(struct piv *p, const struct secret *key);
// Another key with the algorithm of the present one, by one who has shown that.
MUST struct err *piv_set_management(struct piv *p, const struct secret *fresh);
