// The refusals in both languages.
#include "practiceca/refusal.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/lang.h"

static const struct {
	unsigned status;
	const char *words;
} rows[] = {
	[REFUSE_NOTHING] = { 200, "" },
	[REFUSE_NOT_FOUND] = { 404, N_("There is nothing at this address.") },
	[REFUSE_METHOD] = { 405, N_("This address does not take that method.") },
	[REFUSE_TOO_LARGE] = { 413, N_("The body is larger than any request.") },
	[REFUSE_CONTENT_TYPE] = { 415, N_("The body must be application/pkcs10.") },
	[REFUSE_NO_CREDENTIALS] = { 401,
				    N_("IDs and PINs are missing: send them with HTTP Basic.") },
	[REFUSE_CREDENTIALS] = { 401, N_("The IDs, a PIN or the one-time password is wrong. After "
					 "five errors in a "
					 "row the account is locked.") },
	[REFUSE_NOW_LOCKED] = { 401, N_("The IDs, a PIN or the one-time password is wrong. That "
					"was the fifth error "
					"in a row: the account is locked now.") },
	[REFUSE_LOCKED] = { 401, N_("The account is locked after five errors in a row. Have the "
				    "bank unlock it.") },
	[REFUSE_BASE64] = { 400, N_("The body is not base64 (RFC 8951).") },
	[REFUSE_PKCS10] = { 400, N_("The body is not one PKCS#10 request.") },
	[REFUSE_SIGNATURE] = { 400, N_("The signature of the request is wrong.") },
	[REFUSE_WEAK_SIGNATURE] = { 400, N_("The request must be signed with SHA-256 or better.") },
	[REFUSE_KEY] = { 400, N_("The key must be RSA with 2048 to 8192 bits and an odd exponent "
				 "of 65537 or more.") },
	[REFUSE_KEY_SIZE] = { 400, N_("The key is smaller than /csrattrs says.") },
	[REFUSE_SUBJECT] = { 400, N_("The subject may hold C, O, OU and exactly one CN of letters "
				     "and digits.") },
	[REFUSE_EXTENSION] = { 400, N_("The request asks for an extension that this CA does not "
				       "certify.") },
	[REFUSE_CHALLENGE] = { 400, N_("The challengePassword cannot be read.") },
	[REFUSE_NO_CHALLENGE] = { 400, N_("The request must carry a challengePassword.") },
	[REFUSE_OTHER_CHALLENGE] = { 403, N_("The challengePassword is wrong.") },
	[REFUSE_NO_LINK] = { 400, N_("The request must be bound to this TLS connection: tls-unique "
				     "(TLS 1.2) as its challengePassword or, where /csrattrs asks "
				     "for it, as estIdentityLinking.") },
	[REFUSE_OTHER_LINK] = { 403, N_("The request is bound to another TLS connection than this "
					"one (RFC 7030, section 3.5).") },
	[REFUSE_NO_OTP] = { 400, N_("The request must carry the one-time password as its "
				    "otpChallenge (RFC 7894).") },
	[REFUSE_OTP] = { 400, N_("The one-time password stands in the wrong place: the account has "
				 "none, or it came in the password and in otpChallenge.") },
	[REFUSE_NO_REVOCATION] = { 400, N_("The request must carry a revocationChallenge (RFC "
					   "7894).") },
	[REFUSE_NO_ATTESTATION] = { 403, N_("The request must carry the token maker's attestation "
					    "of the key.") },
	[REFUSE_ATTESTATION] = { 400, N_("The attestation in the request cannot be read.") },
	[REFUSE_ATTESTATION_UNTRUSTED] = { 403, N_("The attestation does not come from a maker "
						   "that this CA trusts.") },
	[REFUSE_ATTESTATION_KEY] = { 403, N_("The attestation is about another key than the one "
					     "in the request.") },
	[REFUSE_ATTESTATION_FIRMWARE] = { 403, N_("The firmware of the token makes weak keys "
						  "(ROCA, CVE-2017-15361).") },
	[REFUSE_OTHER_TOKEN] = { 403, N_("This account has enrolled with another token. Have the "
					 "bank release it.") },
	[REFUSE_OTHER_NAME] = { 403, N_("The Common Name is not the one of this account.") },
	[REFUSE_OTHER_REQUEST] = { 403, N_("The ticket was given for another request.") },
	// A 401 would ask for HTTP Basic, which helps nobody here.
	[REFUSE_NO_CERTIFICATE] = { 403, N_("No client certificate came with the TLS connection. "
					    "One of this CA is needed here.") },
	[REFUSE_CERTIFICATE_SELF_SIGNED] = { 403, N_("The client certificate signs itself. One of "
						     "this CA is needed here.") },
	[REFUSE_CERTIFICATE_FOREIGN] = { 403, N_("The client certificate was not issued by this "
						 "CA.") },
	[REFUSE_CERTIFICATE_USAGE] = { 403, N_("The client certificate is not for TLS clients "
					       "(clientAuth).") },
	[REFUSE_CERTIFICATE_EARLY] = { 403, N_("The client certificate is not valid yet.") },
	[REFUSE_CERTIFICATE_EXPIRED] = { 403, N_("The client certificate has expired. Acquire a "
						 "new one with full authentication.") },
	[REFUSE_CERTIFICATE_UNKNOWN] = { 403, N_("The client certificate is not in the log of "
						 "what this CA issued.") },
	[REFUSE_CERTIFICATE_REVOKED] = { 403, N_("The client certificate is revoked.") },
	[REFUSE_OTHER_SUBJECT] = { 403, N_("The subject of the request is not, byte for byte, "
					   "that of the client certificate (RFC 7030, section "
					   "4.2.2).") },
	[REFUSE_OTHER_ALT_NAME] = { 403, N_("The subjectAltName of the request is not that of the "
					    "client certificate (RFC 7030, section 4.2.2).") },
	[REFUSE_SAME_KEY] = { 403, N_("The key in the request is that of the client certificate. "
				      "This bank wants a new key.") },
	[REFUSE_RENEWAL_LOCKED] = { 403, N_("The account is locked after five errors in a row. "
					    "Have the bank unlock it.") },
	[REFUSE_NOT_RA] = { 403, N_("The holder of the client certificate may not vouch for "
				    "others.") },
	[REFUSE_NO_ACCOUNT] = { 403, N_("There is no account with the Common Name of the "
					"request.") },
	[REFUSE_NOT_ITS_PERSON] = { 403, N_("The holder of the client certificate may vouch for "
					    "people of its own contract only.") },
	[REFUSE_ITSELF] = { 403, N_("Nobody vouches for themselves. Renew, or enrol with IDs and "
				    "PINs.") },
	[REFUSE_CMP_CONTENT_TYPE] = { 415, N_("The body must be application/pkixcmp.") },
	[REFUSE_CMP_MESSAGE] = { 400, N_("The body is not one PKIMessage of CMP.") },
	[REFUSE_FAULT] = { 500, N_("The practice CA failed. Its terminal says why.") },
};

static const char *japanese[ARRAY_LEN(rows)];

void refusal_prepare(void)
{
	enum lang before = lang_now();
	err_ignore(lang_set("ja"));
	for (unsigned i = REFUSE_NOTHING + 1; i < ARRAY_LEN(rows); i++)
		japanese[i] = lang_text(rows[i].words);
	err_ignore(lang_set(before == LANG_JA ? "ja" : "en"));
}

unsigned refusal_status(enum refusal r)
{
	return rows[r].status;
}

const char *refusal_words(enum refusal r, const char *language)
{
	return language[0] == 'j' && japanese[r] ? japanese[r] : rows[r].words;
}
