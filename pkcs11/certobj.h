// Certificate objects on a token. They are CKA_PRIVATE=false: reading them needs no PIN.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "pkcs11/keypair.h"
#include "pkcs11/session.h"
#include "x509/cert.h"

struct certobj {
	struct key_id id;
	char label[65];	   // safe text
	struct cert *cert; // null when its value does not parse
	bool hollow;	   // the token says that its value has no byte
	bool placeholder; // the module's own, which it stores with a key that it makes: nobody's certificate
	unsigned long handle; // valid while the session lives
};
struct certobj_list {
	struct certobj *list;
	size_t n;
	bool more; // there may be others: the search ended at its cap
};
// All X.509 certificates; at most 512. Attestations that a module shows as certificates (pkcs11/attest.h) are none of them.
MUST struct err *certobj_list(struct session *s, struct certobj_list *out);
void certobj_list_free(struct certobj_list *l);
static inline void certobj_list_cleanup(struct certobj_list *l)
{
	certobj_list_free(l);
}
#define AUTO_CERTOBJS __attribute__((cleanup(certobj_list_cleanup)))

// Subject, issuer, serial, CKA_ID, label, value, TOKEN, PRIVATE=false, category unspecified→ token user. A same certificate with the same CKA_ID
// that is there already is success and nothing is written. What is left of it from a write that was cut off is removed first.
MUST struct err *certobj_store(struct session *s, const struct key_id *id, const char *label,
			       const struct cert *c);
// Removes those with this CKA_ID whose value is this certificate (null: all with the CKA_ID). *removed counts; may be null.
MUST struct err *certobj_destroy(struct session *s, const struct key_id *id,
				 const struct cert *only, size_t *removed);
// Removes those with this CKA_ID that a card's slot holds for us: placeholders, and the certificate with this SHA-256 (may be null). What
// somebody else put there stays: *others counts it.
MUST struct err *certobj_clear_slot(struct session *s, const struct key_id *id, const char *sha256,
				    size_t *others);
// Whether a private key with the CKA_ID (null: any) is there: TRI_MISSING = cannot be known without a PIN.
MUST struct err *certobj_key_present(struct session *s, const struct key_id *id, enum tri *present);
