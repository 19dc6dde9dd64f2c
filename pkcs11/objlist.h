// Everything that is on a token, object by object, as far as the session may see it: without the PIN what is public.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "pkcs11/keypair.h"
#include "pkcs11/session.h"
#include "x509/cert.h"

enum object_kind {
	OBJECT_PRIVATE_KEY,
	OBJECT_PUBLIC_KEY,
	OBJECT_CERTIFICATE,
	OBJECT_SECRET_KEY,
	OBJECT_DATA,
	OBJECT_OTHER,
};

struct object {
	enum object_kind kind;
	struct key_id id; // of no length: none, or one that is longer than any of ours
	char label[65];	  // safe text, cut
	enum tri private_object;
	// keys
	char type[16]; // "RSA", "EC", …; "" when the token does not say
	unsigned bits; // RSA; 0: not known
	enum tri local, sensitive, always_sensitive, extractable, never_extractable, sign, decrypt,
		always_authenticate;
	char public_sha256
		[65]; // of the SubjectPublicKeyInfo: of RSA keys and of certificates; "" when not known
	bool attestation; // a maker's statement that the module shows as a certificate (pkcs11/attest.h): nothing that is stored
	struct cert *cert; // certificates; null when the value does not parse
	size_t size; // bytes of the value of data, of a certificate, of a secret key; 0: not known
	unsigned long handle; // valid while the session lives
};

enum { OBJECT_LIST_MAX = 4096 };
struct object_list {
	struct object *list;
	size_t n;
	bool more; // there are more than OBJECT_LIST_MAX
};
// In the order of the token. An object that goes while it is read is left out.
MUST struct err *object_list(struct session *s, struct object_list *out);
void object_list_free(struct object_list *l);
static inline void object_list_cleanup(struct object_list *l)
{
	object_list_free(l);
}
#define AUTO_OBJECTS __attribute__((cleanup(object_list_cleanup)))

// SHA-256 of the certificate's SubjectPublicKeyInfo, as objects have it; untouched where it cannot be made.
void object_key_hash(const struct cert *c, char out[static 65]);
// Whether the object is a key (or certificate) with the certificate's public key.
bool object_is_key_of(const struct object *o, const struct cert *c);

// C_DestroyObject. One that is gone already is success.
MUST struct err *object_remove(struct session *s, const struct object *o);
// C_SetAttributeValue of CKA_LABEL (ASCII, at most KEY_LABEL_MAX). ERR_TOKEN where the token does not let it be changed.
MUST struct err *object_rename(struct session *s, const struct object *o, const char *label);
