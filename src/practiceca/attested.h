// What the maker of the client's token says of the key in the request: looked for in the request, judged by the CA's own roots.
#pragma once

#include "base/err.h"
#include "practiceca/database.h"
#include "practiceca/refusal.h"
#include "practiceca/request.h"
#include "x509/cert.h"

// How the CA was told to take it.
struct attested_rules {
	struct cert_list roots; // empty: what a request carries is left unread
	bool required;		// a request without one is refused
};
// --attestation-roots FILE (null: none) and --require-attestation. ERR_USAGE for the second without the first.
MUST struct err *attested_rules_read(const char *path, bool required, struct attested_rules *out);

// Whether a request may carry this extension for that; it is never certified.
bool attested_extension(const X509_EXTENSION *ext);
// Fills r->attestation where there is one and it is good; a wrong one is refused even where none is required.
// One that came as a file counts where the request itself carries none.
MUST struct err *attested_judge(const struct attested_rules *rules, struct database *d,
				struct request *r, enum refusal *no);
// Whether the account may enrol with the token that was attested: any, until one is issued for; then that one, and never without an
// attestation. Nothing is looked at without roots. Inside the caller's transaction of s.
MUST struct err *attested_account(const struct attested_rules *rules, struct store *s,
				  int64_t account, const struct request *r, enum refusal *no);
