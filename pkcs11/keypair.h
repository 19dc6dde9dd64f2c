// RSA key pairs on a token: made, found, read back, used, destroyed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "pkcs11/quirks.h"
#include "pkcs11/session.h"
#include "x509/private_key.h"
#include "x509/request.h"

enum { KEY_ID_MAX = 32, KEY_ID_LEN = 16, KEY_LABEL_MAX = 63 };
struct key_id {
	uint8_t bytes[KEY_ID_MAX];
	size_t len;
};
// KEY_ID_LEN random bytes, not in use on the token by any object (nor, with quirks->slot_ids, an occupied slot).
MUST struct err *key_id_choose(struct session *s, const struct quirks *q, struct key_id *out);
bool key_id_same(const struct key_id *a, const struct key_id *b);
char *key_id_hex(const struct key_id *id); // new string
MUST struct err *key_id_from_hex(const char *hex, struct key_id *out);

struct keypair; // handles and public numbers; valid while its session lives
void keypair_free(struct keypair *k);
DEFINE_CLEANUP(keypair, struct keypair, keypair_free)

struct key_terms {
	unsigned bits;
	bool decrypt;
	const char *label; // ASCII
	struct key_id id;
	const char *
		census; // of keypair_census, taken just before; null: it is not known which keys were there
};
// C_GenerateKeyPair with TOKEN, PRIVATE, SENSITIVE=true, EXTRACTABLE=false, SIGN, DECRYPT as asked, ID, LABEL all said explicitly, on both halves
// as they fit (PKCS#11 2.40 §2.1.4). Where the module rejects the template, what `q` knows of is left out first, then what other models
// refuse (uses that are not asked for, label, EXTRACTABLE, last ID: the read-back decides then; never SENSITIVE); a key that a module made while it rejected the
// template is destroyed before the next try. ERR_TOKEN tagged "template-rejected" with the CKR when nothing is left to leave out. On a
// module that ignores CKA_ID it is set afterwards; where that is refused keypair_id tells the one that the module chose. A module that made
// the pair and gave no handles to it: the pair is found as what was not in the census.
MUST struct err *keypair_generate(struct session *s, const struct key_terms *t,
				  const struct quirks *q, struct keypair **out);
// By CKA_ID. *out null when there is none; half a pair (one object only) is found too (keypair_halves). Several: ERR_TOKEN tagged "key-ambiguous".
MUST struct err *keypair_find(struct session *s, const struct key_id *id, struct keypair **out);
// Which private keys are on the token, for finding out later which one is new. New string; null when there are too many to know them all.
MUST struct err *keypair_census(struct session *s, char **out);
// Whether the census (may be null) has the pair.
MUST struct err *keypair_in_census(struct session *s, const struct keypair *k, const char *census,
				   bool *in);
// The private key that is not in the census, has this label (of which KEY_LABEL_MAX bytes count) and no CKA_ID, with its public half: a pair of
// ours on a module that ignores CKA_ID, whose maker died before it could be named. *out null when there is none, or more than one.
MUST struct err *keypair_find_stray(struct session *s, const char *census, const char *label,
				    struct keypair **out);
// Removes what a module that died wrote of one pair: RSA objects of which the token itself says that they have neither modulus nor label nor
// CKA_ID, where just one more of its class is there than the census counted. What cannot be read is left alone.
MUST struct err *keypair_clear_fragments(struct session *s, const char *census, size_t *removed);
const struct key_id *keypair_id(const struct keypair *k);
bool keypair_has_private(const struct keypair *k);
bool keypair_has_public(const struct keypair *k);
// From the public object, or the private one's modulus where there is no public object. Borrowed.
const struct rsa_public *keypair_public(const struct keypair *k);

// What the token says of the private key after it was made.
enum tri { TRI_NO, TRI_YES, TRI_MISSING };
struct key_facts {
	enum tri local, sensitive, always_sensitive, extractable, never_extractable,
		always_authenticate, token, private_object;
	bool private_read_refused; // reading CKA_PRIVATE_EXPONENT and the primes gave an error or nothing
	bool wrap_tried,
		wrap_refused; // C_WrapKey under a fresh session key (only tried where the attributes alone do not say enough)
	bool set_tried,
		set_answered; // C_SetAttributeValue that would open the key; it was answered with CKR_OK
	bool copy_tried, copy_given; // C_CopyObject that would make an open copy; there was one
	unsigned bits;
	bool public_matches; // public object's numbers are the private one's
	bool roca;
};
MUST struct err *keypair_facts(struct session *s, const struct keypair *k, struct key_facts *out);
// Tries C_WrapKey under a session AES (or RSA) key; fills wrap_tried and wrap_refused. A token with no wrapping mechanism at all has
// refused; one where no wrapping key can be made stays untried.
MUST struct err *keypair_try_wrap(struct session *s, const struct keypair *k,
				  struct key_facts *facts);

// Tries to make the key leave: C_SetAttributeValue with EXTRACTABLE=true and SENSITIVE=false. Only for a key that nobody uses yet, for a
// module may obey. An answer of CKR_OK proves nothing: what counts is whether the values can be read or wrapped then. What was set is set
// back, and the flags are read again. Fills set_tried and set_answered, and the rest anew where it was answered. Before that C_CopyObject with the same
// two attributes: a copy that is made is a way out, whatever it says of itself, and is destroyed. Fills copy_tried and copy_given.
MUST struct err *keypair_try_opening(struct session *s, const struct keypair *k,
				     struct key_facts *facts);

// RSASSA-PKCS1-v1_5 with SHA-256: CKM_SHA256_RSA_PKCS; where the token lacks it CKM_RSA_PKCS over our DigestInfo, and where it lacks that, too,
// CKM_RSA_X_509 over our padding (RFC 8017 §9.2). Appends.
// CKA_ALWAYS_AUTHENTICATE: the asker is asked once, and C_Login(CKU_CONTEXT_SPECIFIC) comes between C_SignInit and C_Sign.
MUST struct err *keypair_sign(struct session *s, const struct keypair *k,
			      const struct pin_asker *pin, const void *data, size_t len,
			      struct buf *sig);
// The same with other hashes and with PSS: CKM_RSA_PKCS_PSS, and where the token lacks it CKM_RSA_X_509 over our padding (RFC 8017 §9.1).
MUST struct err *keypair_sign_as(struct session *s, const struct keypair *k,
				 const struct pin_asker *pin, const struct signing_terms *t,
				 struct buf *sig);
// Whether the token has a way to make PSS signatures, which TLS 1.3 wants (RFC 8446 §4.2.3).
bool keypair_signs_pss(const struct session *s);
// Whether the token says that it decrypts with CKM_RSA_PKCS (CKF_DECRYPT); one that does not answer may.
bool keypair_decrypts(struct session *s);
// CKM_RSA_PKCS, CKM_RSA_PKCS_OAEP. Appends. CKA_ALWAYS_AUTHENTICATE as for signing. ERR_TOKEN tagged "decryption-failed" where the token does not
// open it, and does not say what else is wrong.
MUST struct err *keypair_decrypt(struct session *s, const struct keypair *k,
				 const struct pin_asker *pin, const struct decryption_terms *t,
				 struct buf *plain);

// The pair in the hands of OpenSSL, for TLS, CMS and CMP: uses the session, the pair and the asker (may be null) until private_key_free.
struct keypair_use {
	struct session *session;
	const struct keypair *pair;
	const struct pin_asker *pin;
};
MUST struct err *keypair_private_key(struct keypair_use *use, struct private_key **out);
// Both halves; what is not there is no error.
MUST struct err *keypair_destroy(struct session *s, struct keypair *k);
