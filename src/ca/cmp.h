// CMP inside: the conversation's memory and what its files share. Private to the room.
#pragma once

#include <openssl/cmp.h>

#include "ca/protocol.h"
#include "http/http.h"
#include "x509/cmp_message.h"

enum cmp_phase {
	CMP_NEW,       // nothing was issued in this transaction
	CMP_ISSUED,    // the CA waits for our word
	CMP_TELLING,   // the word is about to leave, or has left, and the answer to it was not seen
	CMP_CONFIRMED, // it was given, or the CA does without it
};

struct cmp {
	struct http *http;
	struct secret *reference, *secret; // from ca_authenticate until the CA was told, or a no
	OSSL_CMP_CTX *ctx; // of a transaction that waits; OpenSSL keeps what it asked for in it
	struct cert_list beside;

	// What is remembered over a restart, so that a certificate can be confirmed by another run.
	enum cmp_phase phase;
	int64_t request_id;
	struct buf header; // of our last message
	struct buf nonce;  // the senderNonce of the last answer
	struct buf hash;   // certHash
	struct cert_list
		along; // extraCerts of its answers: a later one may come without (RFC 9483 §3.3)
	bool restored; // all that from another run, which may have told the CA already
	bool implicit; // the CA granted implicitConfirm
	bool told;     // the word may have left in this run

	// One exchange of messages.
	bool *sent;
	struct err *err; // what happened on the way
	bool answered;
	OSSL_CMP_MSG *last; // the answer; OpenSSL has one of its own
};

// POST of one PKIMessage; the answer in DER, and what its header says kept.
MUST struct err *cmp_post(struct ca *c, const struct buf *message, struct buf *answer);

// OpenSSL's context for one exchange: who we are, whom we believe, and the way to the CA. ERR_ANSWER tagged "credentials-missing" where it
// takes a secret that is not there.
MUST struct err *cmp_context(struct ca *c, const struct ca_request *r, OSSL_CMP_CTX **out);
// Whose key protects our messages: that of the certificate that is renewed, or the RA's that vouches (RFC 9483 §5.2.1: its own protection
// stands on the whole message; the new key proves itself in it as ever). Null: the secret does.
const struct ca_key *cmp_signer(const struct ca *c, const struct ca_request *r);
// Secret and keys again into a context that waited.
MUST struct err *cmp_credentials(struct ca *c, const struct ca_request *r, OSSL_CMP_CTX *ctx);
// Certificates that may stand between the one that signs an answer and an anchor; never trusted.
MUST struct err *cmp_untrusted(const struct cert_list *list, OSSL_CMP_CTX *ctx);
// Takes the secret out of it.
void cmp_forget_in(OSSL_CMP_CTX *ctx);
DEFINE_CLEANUP(cmp_ctx, OSSL_CMP_CTX, OSSL_CMP_CTX_free)

// Why an exchange failed, of all that can be known: the line, the token, OpenSSL's word, the CA's word. Empties OpenSSL's queue.
MUST struct err *cmp_failure(struct ca *c, const struct ca_request *r, OSSL_CMP_CTX *ctx);
// An answer whose protection is missing or does not hold.
struct err *cmp_forged(void);
// What a no of the CA means, with its words. failures: PKIFailureInfo; text may be null.
MUST struct err *cmp_refusal(unsigned failures, const char *text);

MUST struct err *cmp_confirm(struct ca *c, const struct ca_request *r, bool *told);
MUST struct err *cmp_reject(struct ca *c, const struct ca_request *r, const struct err *why,
			    bool *told);
MUST struct err *cmp_revoke(struct ca *c, const struct ca_request *r, const struct cert *cert,
			    int reason, bool *sent);
