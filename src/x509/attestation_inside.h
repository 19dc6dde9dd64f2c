// What the files about attestation share. Private to the room.
#pragma once

#include <openssl/x509.h>

#include "x509/attestation.h"

// A statement with its certificates read.
struct read_statement {
	struct cert *leaf, *intermediate; // intermediate: null when the token gave none
};
void read_statement_free(struct read_statement *r);
static inline void read_statement_cleanup(struct read_statement *r)
{
	read_statement_free(r);
}
#define AUTO_READ_STATEMENT __attribute__((cleanup(read_statement_cleanup)))

MUST struct err *statement_read(const struct attestation_statement *s, struct read_statement *r,
				struct attestation *out);
// bag.h, for a request that is parsed.
MUST struct err *bag_of_request(const X509_REQ *req, struct cert_list *out);
// Whether a certificate is a statement about a key and so nobody's issuer.
bool is_statement(const struct cert *c);
// what: a message id that ends the sentence.
struct err *attestation_malformed(const char *what) MUST;
// With the advice that all refusals of an attestation share; untagged.
struct err *attestation_refused(struct msg *what) MUST;
