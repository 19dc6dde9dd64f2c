// What a token's maker says of a key: that it was made in this token. Read, judged, put into a request.
//
// A YubiKey (firmware 4.3 and later) makes, for the key of a PIV slot that it made itself, a certificate signed by the key of its
// slot F9, whose certificate comes from the factory. Yubico documents the format (developers.yubico.com, "PIV attestation"; the numbers
// are below 1.3.6.1.4.1.41482.3): the subject "YubiKey PIV Attestation 9a" names the slot, extensions of the certificate
// name firmware (3), serial number (7), PIN and touch policy (8) and form factor (9).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"
#include "x509/request.h"

// The ways in which makers do it. Another maker is a row here, in attestation.c, and in token/models.c.
enum attestation_kind { ATTESTATION_NONE, ATTESTATION_YUBIKEY_PIV };

enum { ATTESTATION_MAX_DER = 8192 }; // of one certificate: a YubiKey keeps at most 3052 bytes

// As the token hands it out: bytes that nobody has looked at yet.
struct attestation_statement {
	enum attestation_kind kind; // ATTESTATION_NONE: there is none
	struct buf leaf;	    // about the key
	struct buf
		intermediate; // who signed it: the token's own attestation certificate; may be empty
};
void attestation_statement_free(struct attestation_statement *s);
static inline void attestation_statement_cleanup(struct attestation_statement *s)
{
	attestation_statement_free(s);
}
#define AUTO_STATEMENT __attribute__((cleanup(attestation_statement_cleanup)))

// The numbers are those of the certificate; one that is not here is a firmware's newer than this.
enum attested_pin {
	ATTESTED_PIN_NEVER = 1,
	ATTESTED_PIN_ONCE = 2,
	ATTESTED_PIN_ALWAYS = 3,
	ATTESTED_PIN_MATCH_ONCE = 4, // PIN or fingerprint
	ATTESTED_PIN_MATCH_ALWAYS = 5,
};
enum attested_touch {
	ATTESTED_TOUCH_NEVER = 1,
	ATTESTED_TOUCH_ALWAYS = 2,
	ATTESTED_TOUCH_CACHED = 3, // good for 15 seconds
};

// What it says.
struct attestation {
	enum attestation_kind kind;
	uint8_t firmware[3]; // 5.4.3
	uint64_t serial;
	uint8_t slot;	     // 0x9a
	uint8_t pin, touch;  // enum attested_pin, enum attested_touch
	uint8_t form_factor; // 0: not said (firmware before 5)
};

enum { ATTESTATION_FIRMWARE_TEXT = 12 };
const char *attestation_firmware(const struct attestation *a,
				 char out[static ATTESTATION_FIRMWARE_TEXT]); // "5.4.3"
// "never", "once", "always", "match-once", "match-always", "cached", "unknown": for JSON and the journal.
const char *attested_pin_name(uint8_t pin);
const char *attested_touch_name(uint8_t touch);
// The same for people: message ids.
const char *attested_pin_words(uint8_t pin);
const char *attested_touch_words(uint8_t touch);
const char *attested_form_words(uint8_t form_factor);

// By those names: as JSON has them.
const char *attested_pin_words_of(const char *name);
const char *attested_touch_words_of(const char *name);

// Floors of what the key demands at each use, in rising order.
enum attested_pin_floor { ATTESTED_PIN_ANY, ATTESTED_PIN_AT_LEAST_ONCE, ATTESTED_PIN_EVERY_TIME };
enum attested_touch_floor {
	ATTESTED_TOUCH_ANY,
	ATTESTED_TOUCH_AT_LEAST_CACHED,
	ATTESTED_TOUCH_EVERY_TIME,
};

struct attestation_terms {
	const struct cert_list *roots; // where the chain must end: a maker's root, or a CA below it
	const struct rsa_public *key;  // the key that it must be about
	const char *serial; // the token's, as CK_TOKEN_INFO has it (decimal); null: not compared
	uint8_t slot;	    // where the key is; 0: not compared
	enum attested_pin_floor pin;
	enum attested_touch_floor touch;
};

// Reads both certificates, no more. ERR_POLICY tagged "attestation-malformed".
MUST struct err *attestation_read(const struct attestation_statement *s, struct attestation *out);

// Reads and judges: the chain, the key, the serial number, the slot, the firmware, the policies, in this order. ERR_POLICY tagged
// "attestation-malformed", "attestation-untrusted", "attestation-other-key", "attestation-other-serial", "attestation-other-slot",
// "attestation-firmware" (4.2.6 to 4.3.4 make weak RSA keys: ROCA, CVE-2017-15361), "attestation-policy".
//
// The chain is OpenSSL's, with RSA of 2048 bits and SHA-256 at least, and two things otherwise than for a certificate of a person:
// - No clock. The dates of the statement are copied from the certificate in F9, so they say nothing of when the key was made; F9's
//   own run from long ago to 2052 or 9999, and a machine whose clock is wrong should not lose a good key. What shall not be
//   believed any more is taken out of the roots.
// - The certificate in F9 of firmware 4.3 is not marked as a CA, and the root of that time allows none below it (pathlen 0). Both pass
//   for this one place only, right below a root that the profile names, and never for a certificate that is itself a statement about a key: the
//   key in 9A is the person's to sign with.
MUST struct err *attestation_judge(const struct attestation_terms *t,
				   const struct attestation_statement *s, struct attestation *out);

// An Attribute in DER for request_terms.extra_attributes: an extensionRequest with the two certificates as yubico-piv-tool writes them
// (1.3.6.1.4.1.41482.3.11 the statement, .3.2 the certificate of F9). Appends.
MUST struct err *attestation_attribute(const struct attestation_statement *s, struct buf *out);
// Found in a request's DER, as these extensions or among the certificates of a bag (bag.h): ATTESTATION_NONE when it carries none.
// ERR_POLICY tagged "attestation-malformed", also where it stands in both.
MUST struct err *attestation_from_request(const void *der, size_t len,
					  struct attestation_statement *out);
// Both certificates as PEM, the statement first. ERR_POLICY tagged "attestation-malformed".
MUST struct err *attestation_pem(const struct attestation_statement *s, struct buf *out);
// A statement and its issuer among certificates in any order: ATTESTATION_NONE when none is a statement. ERR_POLICY tagged
// "attestation-malformed" when more than one is.
MUST struct err *attestation_from_certs(const struct cert_list *certs,
					struct attestation_statement *out);
