// A card: what it is, what it is told to get wrong, its applets, and how a command goes through it. Nothing here knows of
// readers or sockets: main.c, reader.c and control.c put the card into a reader; the unit tests call card_transmit.
#pragma once

#include <stdio.h>

#include "bytes.h"

// Status words (ISO 7816-4, 5.6).
enum sw {
	SW_NONE = 0, // what no card says
	SW_OK = 0x9000,
	SW_MORE = 0x6100,  // | how many
	SW_TRIES = 0x63c0, // | tries left
	SW_WRONG_LENGTH = 0x6700,
	SW_NO_CHANNEL = 0x6881,
	SW_NO_SECURE_MESSAGING = 0x6882,
	SW_CHAIN_CONTINUES = 0x6883,
	SW_SECURITY = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_CONDITIONS = 0x6985,
	SW_WRONG_DATA = 0x6a80,
	SW_NOT_FOUND = 0x6a82,
	SW_NO_SPACE = 0x6a84,
	SW_WRONG_P1P2 = 0x6a86,
	SW_NO_KEY = 0x6a88,
	SW_WRONG_SLOT = 0x6b00,
	SW_UNKNOWN_INS = 0x6d00,
	SW_UNKNOWN_CLA = 0x6e00,
	SW_NO_DIAGNOSIS = 0x6f00,
};

#define FIRMWARE(major, minor, patch)                                                              \
	((unsigned)(major) << 16 | (unsigned)(minor) << 8 | (unsigned)(patch))
bool firmware_read(const char *text, unsigned *firmware); // "5.4.3"
bool management_read(const char *text, unsigned *alg);	  // "AES128"

// A command after chaining: all of its data.
struct apdu {
	uint8_t cla, ins, p1, p2;
	struct span data;
	size_t le; // 0: no answer is expected
};

struct card;

// An applet of the card. Its state is its own; null where there is nothing to do. What a command answers is put into out,
// and the status word is returned.
struct applet {
	const char *name;
	const uint8_t *aid;
	size_t aid_len;
	size_t aid_least; // a SELECT may name so many of its first bytes
	void *(*birth)(struct card *card);
	void (*factory)(struct card *card, void *self); // only for a card without a past
	void (*death)(void *self);
	enum sw (*select)(struct card *card, void *self, struct bytes *out);
	// Another applet was selected, or power was lost: logins end.
	void (*leave)(struct card *card, void *self);
	enum sw (*command)(struct card *card, void *self, const struct apdu *a, struct bytes *out);
	// Lines for the state file, and a line read from it again: false when it is none of this applet.
	void (*save)(const struct card *card, const void *self, FILE *to);
	bool (*load)(struct card *card, void *self, char *line);
};
extern const struct applet *const gids_applets[]; // ends with null
struct card;
const struct applet *const *card_applets(const struct card *card); // the same, of this card
#define CARD_APPLETS_MOST 8

struct card {
	uint32_t serial;
	unsigned firmware;
	unsigned
		management; // algorithm of the management key at birth (enum alg); 0: as the firmware has it
	bool gids;	    // no YubiKey: a card after the Generic Identity Device Specification
	const char *state_file; // null: the card forgets when the program ends
	const char *root_file;	// where the attestation root goes; its key beside it in FILE.key

	// What is wrong with it.
	struct {
		bool garbage, cut;
		bool foreign_attestation, self_signed_attestation, other_serial;
		bool garbled_attestation, bare_attestation, empty_attestation;
		unsigned attested_firmware, attested_slot; // 0: what is true
		enum sw sw;				   // SW_NONE: it answers as it should
	} faults;

	// What was seen, for tests to compare.
	struct {
		unsigned long apdus, verify, change, unblock;
		unsigned long management, management_failed;
	} counts;

	// Private to card.c.
	void *applet[CARD_APPLETS_MOST];
	int selected;	    // -1: none
	struct bytes chain; // what came so far of a command in links
	uint8_t chain_head[4];
	struct bytes rest; // what GET RESPONSE will take
	enum sw rest_sw;
	bool changed;
};

// Makes the card as the factory does, or takes up what the state file says.
void card_birth(struct card *card);
void card_free(struct card *card);

// One command, one answer: data and status word, or what the faults make of it. The answer is never empty.
void card_transmit(struct card *card, const uint8_t *command, size_t len, struct bytes *answer);
// Power went, or the reader reset the card: nothing is selected, nobody is logged in. Counters stay.
void card_power(struct card *card);
// What the reader is told when power comes.
struct span card_atr(const struct card *card);
void *card_applet_state(const struct card *card, const struct applet *applet);

// To be called where something that survives power loss has changed; it is written before the answer leaves.
void card_changed(struct card *card);

// apdu.c: a command as it stands on the wire (ISO 7816-3, 12.1.3), short and extended. False: the length is wrong.
bool apdu_read(const uint8_t *command, size_t len, struct apdu *a);
