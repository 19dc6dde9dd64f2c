// The readers of this machine, through PC/SC: which there are, what is in them, and what changes.
//
// Who may call this: workers only. libpcsclite is no maker's module - it runs no maker's code here, but writes to a socket whose other end,
// pcscd, runs the drivers - so trust alone would let the terminal's process use it. Its calls wait, though, for a daemon that may be starting,
// stopped, or stuck in a driver; they cannot be put into poll() beside a terminal, and none of them may be called from a signal handler. A face has to
// answer ^C at once. So the terminal starts a worker that watches (JOB_WATCH in enroll/enroll.h) and gets events in frames; when nobody wants
// them any more, or the daemon hangs, that worker is ended like any other.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum { READERS_MAX = 64, READER_NAME_MAX = 128, READER_ATR_MAX = 33 };

enum pcsc_service {
	PCSC_UP,
	PCSC_ABSENT, // nobody listens on pcscd's socket
	PCSC_DENIED, // the socket, or polkit, does not let us
};
const char *pcsc_service_name(enum pcsc_service s); // "up", "absent", "denied"

enum reader_state {
	READER_EMPTY,
	READER_CARD,
	READER_MUTE,	    // a card that does not answer
	READER_UNAVAILABLE, // the reader itself does not answer
};
const char *reader_state_name(enum reader_state s); // "empty", "card", "mute", "unavailable"

struct reader {
	char name[READER_NAME_MAX]; // as PC/SC has it; may hold any bytes
	enum reader_state state;
	bool in_use, exclusive; // some program is connected to the card; one has it for itself
	uint8_t atr[READER_ATR_MAX];
	size_t atr_len;
	unsigned counter; // of cards put in or taken out since pcscd knows the reader
};

struct readers {
	enum pcsc_service service;
	struct reader list[READERS_MAX];
	size_t n;
};
// One look. That there is no service, or no reader, is no error but what was seen. What PC/SC answers otherwise is ERR_TOKEN tagged "pcsc-fault".
MUST struct err *readers_look(struct readers *out);
// The reader that a slot of a PKCS#11 module is about: modules put its name into CK_SLOT_INFO's slotDescription, 64 bytes of it at most. ERR_TOKEN tagged
// "reader-unknown" when none or more than one has such a name.
MUST struct err *reader_of_slot(const char *description, char name[READER_NAME_MAX]);

// How many readers a description may mean: 1 for one that holds a whole name, without a look; 0 where it cannot be told.
size_t readers_called(const char *description);

enum reader_change {
	SERVICE_CHANGED, // see service
	READER_ADDED,
	READER_REMOVED,
	CARD_IN,
	CARD_OUT,
	CARD_SWAPPED, // another card, or the same one again: it was out between two looks
	CARD_SILENT,  // the card in it does not answer (any more)
};
const char *reader_change_name(
	enum reader_change
		c); // "service", "reader-added", …, "card-in", "card-out", "card-swapped", "card-mute"

struct reader_event {
	enum reader_change change;
	const struct reader *reader; // null for SERVICE_CHANGED; as it was for READER_REMOVED
	enum pcsc_service service;
};
// What happened between two looks, told one after the other. A reader that goes with its card tells both, and so does one that comes with
// one. How many there were is returned; `tell` may be null.
size_t readers_compare(const struct readers *before, const struct readers *now,
		       void (*tell)(void *ctx, const struct reader_event *e), void *ctx);

struct readers_watch;
MUST struct err *readers_watch_new(struct readers_watch **out);
void readers_watch_free(struct readers_watch *w);
DEFINE_CLEANUP(readers_watch, struct readers_watch, readers_watch_free)
// Looks, hands the first look to `seen`, and then everything that changes to `event`, with the look that shows it. pcscd may stop, start, and
// readers come and go: it goes on until `stopped` (asked some four times a second) says true, or readers_watch_cancel is called. An event of PC/SC comes
// at once; nothing is lost while a callback takes its time, for looks are compared by the counters of pcscd.
struct readers_listener {
	void *ctx;
	void (*seen)(void *ctx, const struct readers *now); // may be null
	void (*event)(void *ctx, const struct reader_event *e, const struct readers *now);
	bool (*stopped)(void *ctx); // may be null
};
MUST struct err *readers_watch_run(struct readers_watch *w, const struct readers_listener *l);
// From any thread (SCardCancel), not from a signal handler: readers_watch_run returns soon, with success.
void readers_watch_cancel(struct readers_watch *w);
