// CMS EnvelopedData (RFC 5652 §6) with RSAES-PKCS1-v1_5, as SCEP (RFC 8894 §3.2) encrypts its messages: to a certificate, and read by a key that is
// somewhere else.
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"
#include "x509/private_key.h"

// What encrypts the content, weakest first.
enum content_cipher { CIPHER_OTHER, CIPHER_DES, CIPHER_3DES, CIPHER_AES };
const char *content_cipher_name(enum content_cipher c); // "DES", "3DES", "AES"; "" for others

// With AES-128-CBC, or DES-EDE3-CBC. Appends. ERR_CA_REFUSED tagged "encryption-key-unusable" where the certificate holds no RSA key of 2048 bits or more.
MUST struct err *enveloped_seal(const void *content, size_t len, const struct cert *to,
				enum content_cipher cipher, struct buf *der);

struct enveloped_terms {
	const void *der;
	size_t len;
	struct private_key
		*key;	       // its holder knows better than an error here why it did not decrypt
	const struct cert *of; // the certificate of the key by which the sender names it
	enum content_cipher weakest; // what is weaker than this is not read
};
// *used is set as soon as it is known. ERR_CA_REFUSED tagged "certificate-unreadable" for what is none or is for somebody else, ERR_POLICY tagged "answer-weak",
// ERR_TOKEN tagged "decryption-failed". Appends.
MUST struct err *enveloped_open(const struct enveloped_terms *t, enum content_cipher *used,
				struct buf *content);
