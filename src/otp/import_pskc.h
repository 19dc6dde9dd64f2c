// PSKC inside: what is encrypted, and one key of the file. Only for src/otp/import_pskc*.c.
#pragma once

#include "otp/import_inside.h"
#include "otp/import_xml.h"

#define NS_PSKC	  "urn:ietf:params:xml:ns:keyprov:pskc"
#define NS_DS	  "http://www.w3.org/2000/09/xmldsig#"
#define NS_XENC	  "http://www.w3.org/2001/04/xmlenc#"
#define NS_XENC11 "http://www.w3.org/2009/xmlenc11#"

struct pskc_algorithm;
// An EncryptedDataType (XML Encryption §3.1).
struct pskc_cipher {
	const struct pskc_algorithm *algorithm;
	struct secret *bytes; // for CBC the IV first
};
enum pskc_key_kind { PSKC_KEY_NONE, PSKC_KEY_NAMED, PSKC_KEY_DERIVED };

// How the values of a file are encrypted (RFC 6030 §6). Keys are made when the first value wants them.
struct pskc_crypt {
	const struct import_keys *given;
	enum pskc_key_kind kind;
	char *name; // of the pre-shared key or the passphrase, as the file calls it; null: not at all
	struct secret *salt;
	uint64_t iterations, key_len;
	const char *prf, *mac; // OpenSSL's names of digests; mac null: no MACMethod
	struct pskc_cipher mac_cipher;
	struct secret *key, *mac_key;
};
void pskc_crypt_clear(struct pskc_crypt *c);
MUST struct err *pskc_crypt_key(struct pskc_crypt *c, const xmlNode *encryption_key);
MUST struct err *pskc_crypt_mac(struct pskc_crypt *c, const xmlNode *mac_method);
// `encrypted` with its ValueMAC (null: it has none). The MAC is looked at first (RFC 6030 §6.1.1).
MUST struct err *pskc_decrypt(struct pskc_crypt *c, const xmlNode *encrypted, const xmlNode *mac,
			      struct secret **out);

// The keys of one KeyPackage, added to `to`. A PIN's key (keyprov:pskc:pin) is none of ours and adds nothing: it is only
// there for a PIN that the token itself asks for; where it would be part of the value (PINPolicy) the file is refused.
MUST struct err *pskc_package(struct pskc_crypt *c, const xmlNode *package, struct seeds *to);
