// The journal: what this machine began and did. Local, always there, without a secret.
//
// $XDG_STATE_HOME/inkan/journal.db. Before an enrolment does what cannot be undone, a durable row says so; after it, what came
// of it. What is written here is enough to finish or clean up an enrolment whose process died anywhere.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

struct journal;

// ERR_FAILED tagged "journal-not-writable" (with the store's reason as cause).
MUST struct err *journal_open(struct journal **out);
// ERR_FAILED tagged "journal-no-room" when its disk has less than JOURNAL_ROOM bytes left: asked before what cannot be undone, for what
// comes of it must be written down, too.
enum { JOURNAL_ROOM = 1 << 20 };
MUST struct err *journal_room(struct journal *j);
// The same of the directory where a journal that cannot be opened should be.
MUST struct err *journal_room_in(const char *dir);
// Reads all of it. ERR_FAILED tagged "journal-damaged".
MUST struct err *journal_check(struct journal *j);
void journal_close(struct journal *j);
DEFINE_CLEANUP(journal, struct journal, journal_close)

// How far an enrolment is. Each mark is written before the act it names, or right after it ("made", "issued", …).
enum mark {
	MARK_KEY_BEGUN,	   // CKA_ID chosen, the key is about to be made
	MARK_KEY_MADE,	   // made, read back, evidence judged
	MARK_SUBMIT_BEGUN, // the request is about to leave: from here on the CA may have issued
	MARK_WAITING,	   // the CA said wait
	MARK_ISSUED,	   // certificates received, not yet judged
	MARK_STORE_BEGUN,  // judged and consented, about to be written to the token
	MARK_VERIFIED,	   // stored, read back, a challenge signed
	MARK_RETIRE_BEGUN, // the old pair is about to go
	MARK_DONE,
};
const char *mark_name(enum mark m);

enum enrolment_state {
	ENROLMENT_OPEN, // unfinished: resume or abandon
	ENROLMENT_DONE,
	ENROLMENT_CLOSED, // failed or refused, nothing left on the token
	ENROLMENT_ABANDONED,
};

// A record. Strings are owned; null or empty: not known yet.
struct record {
	char *id;
	int64_t created, updated;
	enum enrolment_state state;
	enum mark mark;
	char *profile_name, *profile_path, *profile_fingerprint;
	char *role;
	char *fields; // JSON object of the role's fields that are not secret
	char *common_name;
	char *token_uri, *module_path;
	bool module_from_profile;
	char *key_id; // hex
	char *keys_before; // the private keys that were on the token before ours was made (keypair_census)
	char *old_key_id; // hex; the pair that this one follows
	char *old_sha256; // its certificate
	bool renews; // the old certificate, still valid, vouches for the request; the new one has its name
	bool keeps_name; // the new one has its name, and nothing more: the person, or whoever carries the request, vouches
	char *vouched_by; // who vouches instead of the person's answers: SHA-256 of the certificate, a blank, its Common Name
	char *evidence;
	struct buf request;	 // DER, when it holds no secret
	struct buf ca_state;	 // opaque
	struct buf certificates; // PEM: leaf (once judged: first) and chain
	char *sha256;		 // of the leaf
	int64_t retry_at;	 // when to poll again
	int submits;   // how often the request may have left; over 1: a second issue is possible
	char *outcome; // "enrolled", "refused: …"; for people
};
void record_free(struct record *r);
DEFINE_CLEANUP(record, struct record, record_free)
struct records {
	struct record **list;
	size_t n;
};
void records_free(struct records *r);
static inline void records_cleanup(struct records *r)
{
	records_free(r);
}
#define AUTO_RECORDS __attribute__((cleanup(records_cleanup)))

// A new id: 8 letters and digits that cannot be mistaken for one another, in two groups ("k7qf-3m2x").
MUST struct err *journal_new_id(struct journal *j, char out[static 16]);
// Writes the whole record (insert or replace) and a line of its history, durably, in one transaction. ERR_FAILED tagged
// "journal-not-writable", or "journal-vanished" when the file is no longer where it was opened.
MUST struct err *journal_write(struct journal *j, struct record *r);
MUST struct err *journal_read(struct journal *j, const char *id,
			      struct record **out); // null when there is none
// Unfinished ones, oldest first; token_uri null: of every token.
MUST struct err *journal_unfinished(struct journal *j, const char *token_uri, struct records *out);
// The finished enrolment that made a certificate; null when this machine did not make it.
MUST struct err *journal_by_certificate(struct journal *j, const char *sha256, struct record **out);
// The finished enrolments whose certificate none that finished later has taken the place of; oldest first.
MUST struct err *journal_certificates(struct journal *j, struct records *out);
// The newest enrolment whose key has this CKA_ID (hex), whatever came of it; null when this machine made none.
MUST struct err *journal_by_key(struct journal *j, const char *key_id, struct record **out);
// The newest enrolment that got a certificate for a key in this slot (CKA_ID, hex) of this token: a slot number says nothing of other cards.
MUST struct err *journal_by_slot(struct journal *j, const char *token_uri, const char *key_id,
				 struct record **out);
// The finished enrolments of the token that retired the pair before them, of which the key is still in its slot; oldest first.
MUST struct err *journal_retired(struct journal *j, const char *token_uri, struct records *out);
#define OUTCOME_OLD_KEY_STAYS "enrolled, old key left in its slot"
// The n-th (from 0) module that a profile has named for an enrolment of this machine, by its path; null past the last. New string.
MUST struct err *journal_profile_module(struct journal *j, size_t n, char **path);

// Profiles that the person has agreed to use.
MUST struct err *journal_profile_known(struct journal *j, const char *path, const char *fingerprint,
				       bool *known);
MUST struct err *journal_profile_accept(struct journal *j, const char *path,
					const char *fingerprint);

// Whether a token has refused the management key with which its maker delivers it: it is not given it again unasked.
MUST struct err *journal_factory_refused(struct journal *j, const char *token_uri, bool *refused);
MUST struct err *journal_note_factory(struct journal *j, const char *token_uri, bool refused);
