// One enrolment on its way: everything that its steps share. Private to the room.
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "ca/ca.h"
#include "enroll/enroll.h"
#include "enroll/face.h"
#include "journal/journal.h"
#include "pkcs11/keypair.h"
#include "pkcs11/module.h"
#include "pkcs11/session.h"
#include "pkcs11/slot.h"
#include "profile/answers.h"
#include "profile/profile.h"
#include "token/attest.h"
#include "token/card_place.h"
#include "token/evidence.h"
#include "token/lease.h"
#include "token/life.h"
#include "token/models.h"
#include "x509/cert.h"

enum { REPLACED_PIN = 1, REPLACED_PUK = 2, REPLACED_MANAGEMENT = 4 };

struct enrolment {
	const struct job *job;
	struct face *face;
	struct journal *journal;
	struct record *record;
	bool written;	  // the record stands in the journal
	bool resumed;	  // it was begun by an earlier run
	const char *step; // the present one

	// the institution
	struct profile *profile;
	const struct profile_role *role;
	struct answers *answers;
	char *common_name;

	// the token
	struct module *module;
	struct token_info token;
	char *token_uri;
	bool pulled; // the token went away while it was in use
	bool away;   // between leave_token and return_to_token
	bool unseen; // the job's token was named without a look, and it is not exactly one
	const struct model *model;
	struct lease *lease;
	struct card_place *place; // of a token in a reader
	struct lease *renamed;	  // of the token under the name that it got in this run
	struct session *session;
	struct secret *pin; // as long as this run still has to log in; null with a keypad

	struct card_secrets secrets; // what the card said of them, where it was asked
	unsigned replaced;	     // what of the maker's got another value in this run
	bool have_identity;
	struct card_identity_done identity; // what became of CHUID and CCC

	struct secret *
		management; // a card's management key, from the first act that needs it until the last

	// the key
	struct keypair *key;
	struct cert *ra;       // of the RA that vouches; null: the person's answers do
	struct cert *old_cert; // whose name the new one gets; null: an enrolment
	bool made_key;	       // in this run
	bool old_key_stays;    // the pair that this one follows lost its certificate alone
	bool old_key_deleted;  // the card itself deleted it
	struct evidence evidence;
	bool have_evidence;
	struct attestation_statement
		attested; // what the maker says of it, judged good; of no kind where nothing was said

	// the CA
	struct ca *ca;
	char *request_file; // where a new request goes when the CA takes files; replace_file: the person agreed to lose what is there
	bool replace_file;
	struct ca_constraints constraints;
	struct ca_questions questions;
	struct buf request;
	struct cert_list beside; // certificates that travel with it
	struct secret *challenge;
	struct ca_challenges challenges;
	bool waits_anew; // the CA gave no ticket: it wants the credentials once more
	struct cert_list issued;
	struct cert_list anchors;
	struct cert *leaf;
	struct json_t *login; // what came of logging in with it; null: not tried
};

// Whether the new certificate gets the name of the old one, byte for byte.
static inline bool takes_name(const struct enrolment *e)
{
	return e->record->renews || e->record->keeps_name;
}

void enrolment_end(struct enrolment *e); // frees and wipes everything, drops the lease last

// A step. *skipped is set when there was nothing to do. Steps of an enrolment that is resumed see by the record and the token what is done.
struct step {
	const char *name;
	struct err *(*run)(struct enrolment *e, bool *skipped);
	enum mark until; // nothing to do once the record's mark is past this one
};

MUST struct err *step_prepare(struct enrolment *e, bool *skipped);
MUST struct err *step_consent_key(struct enrolment *e, bool *skipped);
MUST struct err *step_generate_key(struct enrolment *e, bool *skipped);
MUST struct err *step_prove_key(struct enrolment *e, bool *skipped);
MUST struct err *step_sign_request(struct enrolment *e, bool *skipped);
MUST struct err *step_authenticate(struct enrolment *e, bool *skipped);
MUST struct err *step_submit(struct enrolment *e, bool *skipped);
MUST struct err *step_wait(struct enrolment *e, bool *skipped);
MUST struct err *step_check_certificate(struct enrolment *e, bool *skipped);
MUST struct err *step_consent_store(struct enrolment *e, bool *skipped);
MUST struct err *step_store_certificate(struct enrolment *e, bool *skipped);
MUST struct err *step_verify_token(struct enrolment *e, bool *skipped);
MUST struct err *step_confirm(struct enrolment *e, bool *skipped);
MUST struct err *step_login(struct enrolment *e, bool *skipped);
MUST struct err *step_retire_old(struct enrolment *e, bool *skipped);
MUST struct err *step_receipt(struct enrolment *e, bool *skipped);

// After an error: whether the token is gone. Then the error is its own ("token-absent"), and ERR_INTERRUPTED where the enrolment can be resumed.
// Where the reader's service ended instead it is "pcsc-ended".
struct err *enrolment_pulled(struct enrolment *e, struct err *err) MUST;
// After an error, and after a little time: what the reader says of the token. PLACE_SAME for one that stands in no reader.
enum place_state enrolment_place(const struct enrolment *e);

// Runs one step: tells the face, looks whether to stop, remembers the step's name.
MUST struct err *enrolment_step(struct enrolment *e, const struct step *s);

// Writes the record with its new mark, durably.
MUST struct err *enrolment_mark(struct enrolment *e, enum mark mark);
// The new certificate, from the journal where this run did not get it: e->leaf; null where it has none.
MUST struct err *recall_leaf(struct enrolment *e);
// Ends the record (done, closed, abandoned) with a word for people.
MUST struct err *enrolment_close(struct enrolment *e, enum enrolment_state state,
				 const char *outcome);
// The end of an enrolment that was refused: the key (and whatever has its CKA_ID) goes, the record is closed. `why` is
// taken and given back, with what could not be cleaned up as its cause.
MUST struct err *enrolment_undo(struct enrolment *e, struct err *why);

// Removes the pair that an earlier run made on a module that ignores CKA_ID, when that run died before it could name the pair.
MUST struct err *enrolment_clear_stray(struct enrolment *e);
// What a module that died left of the key, for a run that begins anew (keypair_clear_fragments). A token that keeps it is no worse for it: the
// next key is made all the same.
void enrolment_clear_fragments(struct enrolment *e);

// The institution and the token, for every job that needs them.
MUST struct err *open_profile(struct enrolment *e, const char *path);
MUST struct err *open_role(struct enrolment *e, const char *name);
// Finds the job's token: loads the module and picks the one that fits. ERR_TOKEN tagged "token-absent" or "token-ambiguous".
MUST struct err *find_token(struct enrolment *e);
// Finds it, unless that is done, and takes its lease.
MUST struct err *take_token(struct enrolment *e, const char *what);
// ERR_TOKEN tagged "token-blank" or "token-read-only".
MUST struct err *token_usable(const struct enrolment *e);
// For commands to the card itself: the session and the module are closed, for the one would end the other's login, and a module goes on
// believing what it saw of the card before. e->key is gone. Then both are opened anew, with the same token, and nobody is logged in.
void leave_token(struct enrolment *e);
MUST struct err *return_to_token(struct enrolment *e);
// Takes it, and opens a session.
MUST struct err *open_token(struct enrolment *e, const char *what);
MUST struct err *open_login(
	struct enrolment *e); // asks for the PIN unless it is known, and logs in
// A struct pin_asker's ask, for a key that wants its PIN at each use: the known one, the keypad, or asked anew. ctx is the enrolment.
MUST struct err *pin_for_signature(void *ctx, struct secret **pin);
// Everything about the role's person and the CA before the key: answers judged ahead, IDs asked, name made, CA asked.
MUST struct err *prepare_role(struct enrolment *e);
MUST struct err *subject_name(struct enrolment *e);
