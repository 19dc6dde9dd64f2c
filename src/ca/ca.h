// A CA is a conversation (docs/ARCHITECTURE.md says how EST, SCEP, CMP, portal and file each fill it):
//
//   open -> constraints -> questions -> (terms) -> authenticate -> submit -> poll … -> confirm | reject -> close
//
// One file per protocol behind this header. A conversation holds no key: what it needs of the token comes as function
// tables. What it must remember over a restart it gives as opaque bytes (save), which hold no secret.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "profile/answers.h"
#include "profile/profile.h"
#include "x509/cert.h"
#include "x509/private_key.h"
#include "x509/request.h"

struct ca;

// A key on a token, for the protocols that log in with it, or sign or decrypt messages of their own. Borrowed; used by one thread at a time.
struct ca_key {
	struct private_key *key; // null: not there
	const struct cert *cert; // the certificate it has already; null: none
	bool pss;		 // it makes PSS signatures
};

struct ca_terms {
	const struct profile *profile; // borrowed for the whole conversation
	const struct profile_role *role;
	const char *transaction; // the enrolment's id: a protocol's transaction IDs derive from it
	// What is renewed (TLS client authentication, RenewalReq, kur): a certificate that is valid, and vouches for the new one. Null: a
	// first enrolment, and the person's answers vouch.
	const struct cert *renews;
	// A CA that takes files: where a new request goes, an absolute path, and whether what is there may be replaced (null: the state
	// knows); and the file with what the CA answered (null: nobody has brought one). Other protocols never look at them.
	const char *request_file;
	bool replace_file;
	const char *answer_file;
	// An authority of the institution's own (RA) vouches for the person, whose secrets are then not wanted: its key is in ca_request.ra.
	bool on_behalf;
	// Called while waiting for the network; true stops with ERR_INTERRUPTED.
	bool (*stop)(void *ctx);
	void *stop_ctx;
};

// One part of the subject, where the CA says what it is made of.
struct ca_rdn {
	char *type;   // short name
	char *value;  // UTF-8; null: as the role's subject has it
	size_t place; // there
};

// What the CA wants of key and request, known before the key is made.
struct ca_constraints {
	unsigned rsa_bits; // 0: the profile's word holds
	bool decrypt; // the key must decrypt (SCEP, CMP encrypted answers, keyEncipherment asked)
	bool key_usage_signature, key_usage_encipherment; // asked for in the request
	bool challenge_password;			  // the CA wants one in the request
	bool identity_linking; // what binds the request to its connection goes into estIdentityLinking (RFC 7894 §3.3), not into challengePassword
	struct ca_rdn *subject; // in its order; none: the role's subject as it is
	size_t n_subject;
	struct buf request_attributes; // DER Attributes to be put in as they stand
	bool certified_encipherment;   // what is issued must allow keyEncipherment
	struct msg *notice; // something that the person should know of this CA; null: nothing
};
void ca_constraints_free(struct ca_constraints *c);

// One thing to ask, and when. IDs and PINs are asked in one go before the key, so that a slip costs none; a one-time password at the
// latest moment at which the conversation can still use it.
struct ca_question {
	const char *field; // a field's name in the role, or "otp"; borrowed from the profile
	enum profile_ask when;
};
enum { CA_MAX_QUESTIONS = 32 };
struct ca_questions {
	struct ca_question q[CA_MAX_QUESTIONS];
	size_t n;
};

enum ca_state {
	CA_ISSUED,    // certificates are there
	CA_WAIT,      // ask again after retry_seconds
	CA_WAIT_ANEW, // ask again, and the credentials are needed anew (a CA without a ticket)
};

struct ca_outcome {
	enum ca_state state;
	int64_t retry_seconds; // at least 1; 0: there is nobody to ask, somebody brings the answer (ca_request_file)
	struct cert_list issued; // CA_ISSUED: leaf and chain in any order, unjudged
};
void ca_outcome_free(struct ca_outcome *o);

// The request as it goes out: the DER that was signed on the token, and a way to have another one signed with the same key
// (channel binding, a new challenge). Null resign: not possible now.
struct ca_request {
	const void *der;
	size_t len;
	struct ca_key own; // the request's key, where ca_needs_own_key; it has no certificate yet
	struct ca_key old; // that of the certificate that is renewed
	struct ca_key
		ra; // that of the RA that vouches; not there in a run that was begun without it
	// Bound to a connection by `channel`, which goes into challengePassword, or as ca_constraints.identity_linking says.
	struct err *(*resign)(void *ctx, const struct secret *channel, struct buf *der);
	void *ctx;
};

// Gets ready what a conversation needs of this machine, in a thread of its own, while the caller finds its token; the end waits for it.
// Nothing for a profile that says that nobody is spoken to; null: it is not known yet.
void ca_ahead(const struct profile *p);
void ca_ahead_end(void);

// RFC 7030 §4.1.1: what the CA shows of itself to somebody who trusts nobody yet: the server is not verified, and nothing but this question
// leaves. ERR_PROFILE from a protocol that has no such question.
MUST struct err *ca_show(const struct ca_terms *t, struct cert_list *out);

// state: bytes from ca_save, or null for a new conversation. Sends nothing.
MUST struct err *ca_open(const struct ca_terms *t, const void *state, size_t state_len,
			 struct ca **out);
void ca_close(struct ca *c);
DEFINE_CLEANUP(ca, struct ca, ca_close)

// Unauthenticated. ERR_CA_REFUSED, ERR_NETWORK, ERR_POLICY (the CA wants what we do not do).
MUST struct err *ca_constraints(struct ca *c, struct ca_constraints *out);
MUST struct err *ca_questions(struct ca *c, const struct ca_constraints *k,
			      struct ca_questions *out);
// Opens or warms the connection, unauthenticated, while the token makes its key; may run in a thread of its own, alone. Its failure
// is not yet an error of the enrolment.
MUST struct err *ca_warm(struct ca *c);
// What goes into the request besides the subject; null *challenge when nothing.
MUST struct err *ca_challenge(struct ca *c, const struct answers *a, struct secret **challenge);
// The same for what RFC 7894 §3 has beside it; null where there is none.
struct ca_challenges {
	struct secret *otp, *revocation;
};
void ca_challenges_free(struct ca_challenges *c);
MUST struct err *ca_challenges(struct ca *c, const struct answers *a, struct ca_challenges *out);
// Certificates that the CA shall get with the request (the maker's attestation); called before it is signed. EST has no place beside the request
// and appends an Attribute to out, which goes inside; a protocol with a place of its own (CMP's extraCerts, certificates of SCEP's SignedData) keeps
// them for its message. ERR_PROFILE from one with neither: the profile's check does not let it come to that.
MUST struct err *ca_beside(struct ca *c, const struct cert_list *certs, struct buf *out);
// True when the request carries a secret, or is bound to its connection: it is not journalled but built anew with the same key.
bool ca_request_is_secret(const struct ca *c);
// True when the protocol signs or decrypts with the request's own key (SCEP, CMP), so that ca_submit, ca_poll, ca_confirm and ca_reject find it
// in ca_request.own. The others never look at it, and no PIN is asked for it.
bool ca_needs_own_key(const struct ca *c);
// True when a poll needs no request, only the keys: what it must remember of the request is in ca_save (SCEP).
bool ca_polls_alone(const struct ca *c);
// The weak algorithms by which the CA protected its answer because the profile lets it ("DES, SHA-1"); kept by ca_save. "" when there are none.
const char *ca_weakness(const struct ca *c);
// The file that a request goes to instead of over a network, an absolute path; null for every other protocol. Such a request may be written
// again without a second issue, and an answer that is wrong ends nothing: another one may be brought.
const char *ca_request_file(const struct ca *c);
// Takes the credentials out of the answers. Sends nothing for EST; other protocols log in here.
MUST struct err *ca_authenticate(struct ca *c, const struct answers *a);
// Sends the request, once. *sent is set as soon as any byte of it may have left (the CA may have issued). Credentials are wiped after it.
// ERR_ANSWER for 401; ERR_CA_REFUSED; ERR_NETWORK.
MUST struct err *ca_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			   bool *sent);
// The error of the last ca_submit or ca_poll does not tell that the CA has not issued: a status of HTTP or an
// error of CMP that nothing protects (http://), or a word about a page that came after the request.
bool ca_no_is_open(const struct ca *c);
// Asks again. After CA_WAIT_ANEW call ca_authenticate first.
MUST struct err *ca_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			 bool *sent);
// False when what waits was begun by another run and this protocol cannot ask after it: then the request is sent anew.
bool ca_polls(const struct ca *c);
// The certificate is stored and verified, or is not wanted. Protocols without a word for it (not ca_confirms) do nothing and say false in *told.
bool ca_confirms(const struct ca *c);
// ERR_ANSWER tagged "credentials-missing" where another run had them: call ca_authenticate, then again.
MUST struct err *ca_confirm(struct ca *c, const struct ca_request *r, bool *told);
MUST struct err *ca_reject(struct ca *c, const struct ca_request *r, const struct err *why,
			   bool *told);
// The word is about to leave: true when ca_save has something new to keep, before ca_confirm is called.
bool ca_word_leaves(struct ca *c);
// Whether another run can give the word after a certificate: not where a one-time password has to protect it, which one run has.
enum ca_word {
	CA_WORD_KEEPS, // any run can
	CA_WORD_ONCE,  // this one alone can
	CA_WORD_LOST, // the run that could has ended before it did: the CA will take that certificate back; a new one is to be asked for
	CA_WORD_UNSURE, // it has ended while it did: the CA may have that certificate as confirmed; otherwise likewise
};
enum ca_word ca_word(const struct ca *c);
// Asks for the revocation of a certificate (a reason of RFC 5280 §5.3.1). Protocols that cannot (not ca_revokes) are never asked. Who asks:
// the certificate itself, as ca_request.old, where terms.renews says so; otherwise what ca_authenticate took.
bool ca_revokes(const struct ca *c);
bool ca_protocol_revokes(const struct profile *p); // the same, before anything is opened
MUST struct err *ca_revoke(struct ca *c, const struct ca_request *r, const struct cert *cert,
			   int reason, bool *sent);
// Opaque, without secrets (a ticket for polling counts as none: it is bound to the request).
MUST struct err *ca_save(const struct ca *c, struct buf *state);
unsigned ca_handshakes(const struct ca *c);
