// CMS SignedData (RFC 5652 §5) with one signer and attributes of one's own, as SCEP (RFC 8894 §3.1) and enrolment
// agents (agent.h) wrap theirs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"
#include "x509/private_key.h"

// A signed attribute.
enum signed_form {
	SIGNED_OCTETS,	// an OCTET STRING of these bytes
	SIGNED_TEXT,	// a PrintableString of them
	SIGNED_SEQUENCE // they are a SEQUENCE already, in DER
};
struct signed_attribute {
	const char *oid; // "2.16.840.1.113733.1.9.7"
	enum signed_form form;
	const void *bytes;
	size_t len;
};

struct signed_terms {
	const void *content;
	size_t len;
	const struct cert *signer; // goes along
	struct private_key *
		key; // of the signer; its holder knows better than an error here why it did not sign
	const struct signed_attribute
		*attributes; // beside contentType, messageDigest and signingTime
	size_t n_attributes;
	const struct cert_list *beside; // further certificates; null: none
};
// DER; RSASSA-PKCS1-v1_5 with SHA-256. Appends.
MUST struct err *signed_make(const struct signed_terms *t, struct buf *der);

struct signed_message; // read; nothing of it is true before signed_check
void signed_free(struct signed_message *m);
DEFINE_CLEANUP(signed, struct signed_message, signed_free)
// One signer, and nothing behind it. ERR_CA_REFUSED tagged "certificate-unreadable" for anything else.
MUST struct err *signed_parse(const void *der, size_t len, struct signed_message **out);
// Signed by one of these certificates; those in the message are not looked at. ERR_NETWORK tagged "answer-forged".
MUST struct err *signed_check(const struct signed_message *m, const struct cert_list *by);

// How well the digest protects, worst first.
enum signed_digest { DIGEST_OTHER, DIGEST_MD5, DIGEST_SHA1, DIGEST_STRONG };
enum signed_digest signed_digest(const struct signed_message *m);

enum attribute_found { ATTRIBUTE_MISSING, ATTRIBUTE_WRONG, ATTRIBUTE_THERE };
// Wrong is: there twice, with more than one value, or of another type. Borrowed from the message.
enum attribute_found signed_attribute_of(const struct signed_message *m, const char *oid, bool text,
					 const uint8_t **bytes, size_t *len);
// What was signed, borrowed; null when there is none, or nothing in it.
const uint8_t *signed_content(const struct signed_message *m, size_t *len);
