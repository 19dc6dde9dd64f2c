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
	[REFUSE_SCEP_OPERATION] = { 400, N_("The operation must be GetCACaps, GetCACert, "
					    "GetNextCACert or PKIOperation (RFC 8894, section "
					    "4).") },
	[REFUSE_SCEP_BASE64] = { 400,
				 N_("The message of a GET must be base64, all of it (RFC 8894, "
				    "section 4.1).") },
	[REFUSE_SCEP_CMS] = { 400, N_("The message must be one CMS SignedData in DER with content, "
				      "and nothing behind it (RFC 8894, section 3.1).") },
	[REFUSE_SCEP_SIGNER] = { 400, N_("The message must have one signer, whose certificate it "
					 "carries (RFC 8894, section 3.2).") },
	[REFUSE_SCEP_TRANSACTION] = { 400, N_("The message must have one transactionID, a "
					      "PrintableString of 1 to 128 characters (RFC 8894, "
					      "section 3.2.1.1).") },
	[REFUSE_SCEP_NONCE] = { 400, N_("The message must have one senderNonce of 16 bytes (RFC "
					"8894, section 3.2.1.5).") },
	[REFUSE_SCEP_NO_MESSAGE_TYPE] = { 400, N_("The message must have one messageType, a "
						  "PrintableString (RFC 8894, section 3.2.1.2).") },
	[REFUSE_SCEP_DIGEST] = { 400, N_("The message must be signed with SHA-256 or better (RFC "
					 "8894, section 2.9).") },
	[REFUSE_SCEP_SIGNATURE] = { 400, N_("The signature of the message is wrong (RFC 8894, "
					    "section 3.2).") },
	[REFUSE_SCEP_MESSAGE_TYPE] = { 400, N_("The messageType must be PKCSReq, RenewalReq or "
					       "CertPoll (RFC 8894, section 3.2.1.2).") },
	[REFUSE_SCEP_ATTRIBUTE] = { 400, N_("The message has an attribute that only answers have, "
					    "or one twice (RFC 8894, section 3.2.1).") },
	[REFUSE_SCEP_ENVELOPE] = { 400, N_("The content must be one CMS EnvelopedData for this CA "
					   "alone (RFC 8894, section 3.2.2).") },
	[REFUSE_SCEP_CIPHER] = { 400, N_("The content must be encrypted with AES in CBC mode (RFC "
					 "8894, section 2.9).") },
	[REFUSE_SCEP_KEY_TRANSPORT] = { 400, N_("The content's key must be encrypted with RSA, "
						"PKCS #1 v1.5 (RFC 8894, section 3.1).") },
	[REFUSE_SCEP_NOT_SELF_SIGNED] = { 403, N_("A PKCSReq must be signed by a certificate that "
						  "signs itself (RFC 8894, section 2.3).") },
	[REFUSE_SCEP_OTHER_KEY] = { 403, N_("The signer's certificate must hold the key of the "
					    "request (RFC 8894, section 2.3).") },
	[REFUSE_SCEP_USAGE] = { 403, N_("The signer's certificate must allow digitalSignature and "
					"keyEncipherment (RFC 8894, section 2.3).") },
	[REFUSE_SCEP_TIME] = { 403,
			       N_("The signer's certificate is not valid now (RFC 8894, section "
				  "3.2.1.4).") },
	[REFUSE_SCEP_CHALLENGE_SHAPE] = { 403, N_("The challengePassword must be the PIN and the "
						  "one-time password (or the second PIN) with a "
						  "colon between them (RFC 8894, section 2.4).") },
	[REFUSE_SCEP_RENEWAL_CHALLENGE] = { 403,
					    N_("A RenewalReq carries no challengePassword (RFC "
					       "8894, section 2.4).") },
	[REFUSE_SCEP_TAKEN] = { 403, N_("The transactionID belongs to another key or another "
					"request (RFC 8894, section 3.2.1.1).") },
	[REFUSE_SCEP_NAMES] = { 403,
				N_("A CertPoll must name this CA and a subject (RFC 8894, section "
				   "3.3.3).") },
	[REFUSE_SCEP_UNKNOWN] = { 403, N_("There is no such transaction of this signer (RFC 8894, "
					  "section 3.3.3).") },
	[REFUSE_SCEP_NO_NEXT] = { 404, N_("There is no next CA (RFC 8894, section 4.7).") },
	[REFUSE_NOT_RA] = { 403, N_("The holder of the client certificate may not vouch for "
				    "others.") },
	[REFUSE_NO_ACCOUNT] = { 403, N_("There is no account with the Common Name of the "
					"request.") },
	[REFUSE_NOT_ITS_PERSON] = { 403, N_("The holder of the client certificate may vouch for "
					    "people of its own contract only.") },
	[REFUSE_ITSELF] = { 403, N_("Nobody vouches for themselves. Renew, or enrol with IDs and "
				    "PINs.") },
	[REFUSE_PORTAL_SESSION] = { 403, N_("The session has ended. Begin again at the top "
					    "page.") },
	[REFUSE_PORTAL_TOKEN] = { 403, N_("This form was sent already, or is not the one that was "
					  "shown last.") },
	[REFUSE_PORTAL_ORDER] = { 403, N_("This page does not come next. Begin again at the top "
					  "page.") },
	[REFUSE_PORTAL_FORM] = { 400, N_("The form is not filled in as this page wants it.") },
	[REFUSE_PORTAL_TYPE] = { 415, N_("The body must be application/x-www-form-urlencoded.") },
	[REFUSE_PORTAL_PEM] = { 400, N_("The request must be one PKCS#10 request in PEM.") },
	[REFUSE_TEMPLATE] = { 403, N_("The CA has no such certificate template.") },
	[REFUSE_AGENT_CMS] = { 400, N_("What an enrolment agent hands in must be one CMS "
				       "SignedData in DER around the PKCS#10 request, and nothing "
				       "behind it ([MS-WCCE], section 3.1.1.4.3.3.2).") },
	[REFUSE_AGENT_SIGNER] = { 400, N_("It must have one signer, whose certificate it carries "
					  "([MS-WCCE], section 3.1.1.4.3.3.2).") },
	[REFUSE_AGENT_DIGEST] = { 400, N_("The enrolment agent must sign with SHA-256 or better "
					  "(NIST SP 800-131A, section 9).") },
	[REFUSE_AGENT_SIGNATURE] = { 400, N_("The enrolment agent's signature is wrong (RFC 5652, "
					     "section 5.6).") },
	[REFUSE_AGENT_REQUESTER] = { 400, N_("The signed attributes must have one requestername, a "
					     "BMPString ([MS-WCCE], section 2.2.2.7.10).") },
	[REFUSE_AGENT_USAGE] = { 403, N_("The certificate that signs is not for an enrolment "
					 "agent, Certificate Request Agent ([MS-WCCE], section "
					 "3.2.2.6.2.1.4.5.4).") },
	[REFUSE_AGENT_NO_ACCOUNT] = { 403,
				      N_("There is no account of the requestername ([MS-WCCE], "
					 "section 2.2.2.7.10).") },
	[REFUSE_DENIED] = { 403, N_("The request was denied.") },
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
