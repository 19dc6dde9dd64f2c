// What a client asks for: one PKCS#10 (RFC 2986) in an EST body, judged as far as it can be without knowing who asks.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/accounts.h"
#include "practiceca/ossl.h"
#include "practiceca/pin_hash.h"
#include "practiceca/refusal.h"
#include "x509/attestation.h"

enum { REQUEST_BODY_MAX = 65536, REQUEST_CHALLENGE_MAX = 255 };

struct request {
	X509_REQ *parsed;
	EVP_PKEY *public_key;
	int rsa_bits;
	char sha256[65]; // of the request's DER, hex
	char asked_sha256
		[65]; // of what is asked for, without what binds it to a connection: it stays the same when it is signed anew
	char common_name[COMMON_NAME_MAX + 2]; // longer ones are cut, and fit nobody
	char challenge[REQUEST_CHALLENGE_MAX + 1];
	bool has_challenge;
	char linking[REQUEST_CHALLENGE_MAX + 1];    // estIdentityLinking (RFC 7894 §3.3); "": none
	char otp[REQUEST_CHALLENGE_MAX + 1];	    // otpChallenge (§3.1); "": none
	char revocation[REQUEST_CHALLENGE_MAX + 1]; // revocationChallenge (§3.2); "": none
	struct pin_hash revocation_hash; // what is kept of it; set before the certificate is made
	int64_t renews; // the certificate in the log that it shall follow; 0: none (simpleenroll)
	int64_t vouched_by; // the RA's certificate in the log; 0: the person's own proof
	struct attestation attestation; // judged good (attested.h); of no kind until then
};
// Strict: base64 and nothing else, DER and nothing after it, a signature that verifies (SHA-256 or better), an RSA key of 2048
// bits or more, a subject of C, O, OU and one CN, and no extension that this CA would not certify.
// With a certificate that it renews: the same subject and subjectAltName, byte for byte (RFC 7030 §4.2.2); otherwise null.
MUST struct err *request_read(const struct buf *body, X509 *renews, struct request *out,
			      enum refusal *no);
// The same of DER.
MUST struct err *request_read_der(const struct buf *der, X509 *renews, struct request *out,
				  enum refusal *no);
// A CertTemplate of CRMF (RFC 4211 §5), judged as a PKCS#10 request is; its proof of possession is OpenSSL's to check. Borrowed.
struct request_template {
	EVP_PKEY *public_key;
	const X509_NAME *subject;		     // null: none
	const STACK_OF(X509_EXTENSION) * extensions; // null: none
	const void *der;
	size_t len;
};
MUST struct err *request_of_template(const struct request_template *t, X509 *renews,
				     struct request *out, enum refusal *no);
void request_free(struct request *r);
static inline void request_cleanup(struct request *r)
{
	request_free(r);
}
#define AUTO_REQUEST __attribute__((cleanup(request_cleanup)))
