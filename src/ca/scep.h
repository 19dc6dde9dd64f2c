// SCEP inside: the conversation's memory and what its files share. Private to the room.
#pragma once

#include "ca/protocol.h"
#include "http/http.h"
#include "x509/authorities.h"
#include "x509/cert.h"

enum scep_caps { // what GetCACaps says (RFC 8894 §3.5.2)
	SCEP_AES = 1,
	SCEP_3DES = 2,
	SCEP_SHA2 = 4,
	SCEP_POST = 8,
	SCEP_RENEWAL = 16,
	SCEP_NEXT_CA = 32,
};

enum { SCEP_NONCE = 16, SCEP_WEAKNESS = 32 };

struct scep {
	struct http *http;
	char *base;    // the profile's URL without a slash at the end
	bool asked;    // caps and authorities are those of the server
	unsigned caps; // of enum scep_caps
	struct authorities authorities;
	char transaction[65];	 // of the request that was sent last; "": none
	struct cert *applicant;	 // signs itself, for the request's key; null for a renewal
	struct cert_list beside; // goes along with the request
	char weakness[SCEP_WEAKNESS];
};

// Capabilities and certificates of the server, asked for once. Nothing is sent to one whose certificates do not reach the profile's anchors.
MUST struct err *scep_ask(struct ca *c);
// The next CA, where the server shows one: a message for the person; null: none.
struct msg *scep_next_ca(struct ca *c);
// GET of an operation; message may be null.
MUST struct err *scep_get(struct scep *s, const char *operation, const char *message, bool once,
			  struct http_answer *out, bool *sent);
// What an HTTP status says, as an error; null for 200.
MUST struct err *scep_refusal(const struct http_answer *a);

// One PKIMessage of ours (RFC 8894 §3.2).
struct scep_message {
	const char *type; // "19"
	const void *content;
	size_t len;
	const struct ca_key *signer; // with its certificate, to which the answer is encrypted
	uint8_t nonce[SCEP_NONCE];   // made when it is sent
};
// Sends it and takes the answer.
MUST struct err *scep_exchange(struct ca *c, struct scep_message *m, struct ca_outcome *out,
			       bool *sent);
// Adds a weak algorithm that the profile lets the CA use, once, to those that were met already.
void scep_remember_weakness(struct scep *s, const char *name);
// The CertRep that came for it.
MUST struct err *scep_outcome(struct ca *c, const struct scep_message *m,
			      const struct http_answer *a, struct ca_outcome *out);
