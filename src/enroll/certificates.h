// The certificates on the token that this machine got, as the journal knows them. Private to the room.
#pragma once

#include "enroll/enrolment.h"
#include "pkcs11/certobj.h"

struct our_certificate {
	const struct certobj *object;
	struct record *made; // the enrolment that got it
};
struct our_certificates {
	struct certobj_list objects;
	struct our_certificate *list;
	size_t n;
};
void our_certificates_free(struct our_certificates *c);
static inline void our_certificates_cleanup(struct our_certificates *c)
{
	our_certificates_free(c);
}
#define AUTO_OUR_CERTIFICATES __attribute__((cleanup(our_certificates_cleanup)))

// Those that the job means by profile, role and CKA_ID; of several for one person of one profile and role the one that is valid longest.
MUST struct err *our_certificates_find(struct enrolment *e, struct our_certificates *out);
// The only one. ERR_TOKEN tagged "renewal-missing", ERR_USAGE tagged "certificate-ambiguous".
MUST struct err *our_certificates_one(const struct enrolment *e, const struct our_certificates *c,
				      const struct our_certificate **out);
