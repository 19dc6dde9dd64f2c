// What the two files that read CsrAttrs share. Private to the room.
#pragma once

#include "x509/csrattrs.h"
#include "x509/ossl.h"

enum { CSRATTRS_MAX_ITEMS = 64 };

// The items of a SEQUENCE or SET, or of an implicit [n], one after the other.
struct der_items {
	const unsigned char *p, *end;
};
struct der_item {
	int tag, class;
	const unsigned char *whole, *body;
	size_t whole_len, body_len;
};
// False when there is no further item or it is malformed; *bad tells which.
bool der_next(struct der_items *at, struct der_item *item, bool *bad);

MUST struct err *csrattrs_malformed(const char *call);
MUST struct err *csrattrs_add_unknown(struct csrattrs *a, const ASN1_OBJECT *oid);

// What was said about the key, gathered over all items.
struct key_said {
	bool rsa, other;
};
MUST struct err *csrattrs_take_key_oid(const ASN1_OBJECT *oid, struct key_said *said, bool *taken);
// challengePassword and its kin of RFC 7894; false for anything else.
bool csrattrs_take_challenge(struct csrattrs *a, const ASN1_OBJECT *oid);
// Extensions (SEQUENCE OF Extension). Fills key usage and appends what else has a value as an extensionRequest attribute.
MUST struct err *csrattrs_take_extensions(struct csrattrs *a, const struct der_item *sequence);

// RFC 9908 §3.4: a CertificationRequestInfoTemplate.
MUST struct err *csrattrs_take_template(struct csrattrs *a, const struct der_item *sequence,
					struct key_said *said);
