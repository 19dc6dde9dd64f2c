// One card through PC/SC: connected, for oneself while a command is at work, and spoken to in APDUs (ISO 7816-4).
//
// Workers only (token/readers.h says why). The order is lease, connect, begin, transmit, end, close: the lease (lease_take_reader in token/lease.h) keeps a second
// inkan away - also one that reaches the same card through a PKCS#11 module -, the transaction every other program. Nobody holds a
// transaction while a person types: end it, ask, begin again, and look whether the card was reset meanwhile.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

struct pcsc_card;

// How long to wait for another program, and whom to tell meanwhile.
struct pcsc_patience {
	int64_t wait_ms;
	// Called at once when another program has the card, and then about every second, with "scdaemon (1234)" or an empty string when nobody is known.
	// True stops with ERR_INTERRUPTED. May be null.
	bool (*waiting)(void *ctx, const char *who);
	void *ctx;
};

// Connects (shared) to the card in the reader, named as PC/SC has it. ERR_TOKEN tagged "pcsc-absent", "pcsc-denied", "reader-gone",
// "card-absent", "card-mute", or "card-held" when another program has it for itself until the time is over, named where it can be found.
MUST struct err *pcsc_connect(const char *reader, const struct pcsc_patience *p,
			      struct pcsc_card **out);
void pcsc_close(struct pcsc_card *c); // ends a transaction, leaves the card as it is
DEFINE_CLEANUP(pcsc_card, struct pcsc_card, pcsc_close)

// From now on no other program speaks with the card; errors as for pcsc_connect. *reset: another program reset the card since the last transaction (or this is the
// first one), so no applet is selected and nobody is logged in. After an error nothing is held.
MUST struct err *pcsc_begin(struct pcsc_card *c, const struct pcsc_patience *p, bool *reset);
void pcsc_end(struct pcsc_card *c);

struct apdu {
	uint8_t cla, ins, p1, p2;
	const void *
		data; // up to APDU_MAX_DATA bytes; over 255 they go in chained commands (ISO 7816-4 §5.3.3)
	size_t len;
	unsigned le; // 0: no answer is expected; 256: whatever comes
};
enum { APDU_MAX_DATA = 16384, APDU_OK = 0x9000 };
// Sends it once and appends what comes (GET RESPONSE while the card says 61xx; a second time with the right length for 6Cxx, and then only a command without
// data) to `answer`, whose cap holds. *sw is the last status word; any is success here. Copies of what was sent are wiped. ERR_TOKEN tagged "card-absent",
// "card-reset", "card-nonsense" (no status word, too much), and outside a transaction "pcsc-fault".
MUST struct err *pcsc_transmit(struct pcsc_card *c, const struct apdu *a, struct buf *answer,
			       unsigned *sw);
