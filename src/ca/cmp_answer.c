// What went wrong in an exchange by CMP, in words: the CA's no (RFC 9810 §5.2.3), or an answer that is not to be believed.
#include <string.h>

#include <openssl/cmperr.h>
#include <openssl/err.h>

#include "base/text.h"
#include "ca/cmp.h"

enum { TEXT_MAX = 2000 };

// PKIFailureInfo, bit by bit.
static const char *const failure_words[] = {
	N_("It does not know the algorithm, or does not take it (badAlg)."),
	N_("The protection of our message is wrong: the secret or the signature does not fit "
	   "(badMessageCheck)."),
	N_("It does not serve such requests (badRequest)."),
	N_("The time in our message is not that of its clock: look at the clock of this machine "
	   "(badTime)."),
	N_("It does not find the certificate that was named (badCertId)."),
	N_("The message had a form that it cannot read (badDataFormat)."),
	N_("The message named another authority than this one (wrongAuthority)."),
	N_("What it got is not right (incorrectData)."),
	N_("A time stamp is missing (missingTimeStamp)."),
	N_("It has no proof that the key is ours (badPOP)."),
	N_("The certificate is revoked already (certRevoked)."),
	N_("The certificate was confirmed already (certConfirmed)."),
	N_("The message was protected in a way that it does not take (wrongIntegrity)."),
	N_("The nonce that it gave did not come back (badRecipientNonce)."),
	N_("Its source of time is not at hand (timeNotAvailable)."),
	N_("It does not know the policy that was asked for (unacceptedPolicy)."),
	N_("It does not know the extension that was asked for (unacceptedExtension)."),
	N_("It cannot give what was asked for (addInfoNotAvailable)."),
	N_("The nonce in our message does not serve (badSenderNonce)."),
	N_("The name in the request does not serve (badCertTemplate)."),
	N_("It does not trust who signed the message (signerNotTrusted)."),
	N_("It has an exchange with this number already (transactionIdInUse)."),
	N_("It does not speak this version of CMP (unsupportedVersion)."),
	N_("We may not ask for this (notAuthorized)."),
	N_("The system is not at hand at present (systemUnavail)."),
	N_("The system failed (systemFailure)."),
	N_("There is such a certificate already (duplicateCertReq)."),
};
enum { BAD_MESSAGE_CHECK = 1, SYSTEM_UNAVAIL = 24, SYSTEM_FAILURE = 25 };

static struct err *with_words(struct err *e, unsigned failures, const char *text)
{
	for (unsigned i = ARRAY_LEN(failure_words); i-- > 0;)
		if (failures & (1U << i))
			e = err_caused_by(e, err_new(err_kind(e), failure_words[i]));
	if (text && *text)
		e = err_caused_by(e, err_new(err_kind(e), N_("The CA says: %1"), ARG_TEXT(text)));
	return e;
}

struct err *cmp_refusal(unsigned failures, const char *text)
{
	struct err *e = NULL;
	if (failures & (1U << SYSTEM_UNAVAIL | 1U << SYSTEM_FAILURE))
		e = err_hint(err_tag(err_new(ERR_NETWORK, N_("The CA's system is in trouble.")),
				     "server-trouble"),
			     N_("Try again later; if it stays so, tell the institution."));
	else if (failures & (1U << BAD_MESSAGE_CHECK))
		e = err_hint(
			err_tag(err_new(ERR_ANSWER, N_("The CA did not accept what protects our "
						       "message: the reference or the secret is "
						       "wrong, or it was used up.")),
				"credentials-refused"),
			N_("It was sent once and is not tried again. Look both up before the next "
			   "attempt, or have the institution give you a new secret."));
	else
		e = err_hint(err_tag(err_new(ERR_CA_REFUSED, N_("The CA refused the request.")),
				     "request-refused"),
			     N_("Tell the institution what is said here."));
	return with_words(e, failures, text);
}

// --- what OpenSSL found

static const struct row {
	int reason;
	enum { SAYS_SECRET, SAYS_FORGED, SAYS_EMPTY } means;
} rows[] = {
	{ CMP_R_WRONG_PBM_VALUE, SAYS_SECRET },
	{ CMP_R_TRANSACTIONID_UNMATCHED, SAYS_FORGED },
	{ CMP_R_RECIPNONCE_UNMATCHED, SAYS_FORGED },
	{ CMP_R_MISSING_PROTECTION, SAYS_FORGED },
	{ CMP_R_ERROR_VALIDATING_PROTECTION, SAYS_FORGED },
	{ CMP_R_ERROR_VALIDATING_SIGNATURE, SAYS_FORGED },
	{ CMP_R_SRVCERT_DOES_NOT_VALIDATE_MSG, SAYS_FORGED },
	{ CMP_R_NO_SUITABLE_SENDER_CERT, SAYS_FORGED },
	{ CMP_R_POTENTIALLY_INVALID_CERTIFICATE, SAYS_FORGED },
	{ CMP_R_MISSING_TRUST_ANCHOR, SAYS_FORGED },
	{ CMP_R_SENDER_GENERALNAME_TYPE_NOT_SUPPORTED, SAYS_FORGED },
	{ CMP_R_MISSING_SENDER_IDENTIFICATION, SAYS_FORGED },
	{ CMP_R_UNEXPECTED_PVNO, SAYS_EMPTY },
	{ CMP_R_UNEXPECTED_PKIBODY, SAYS_EMPTY },
	{ CMP_R_CERTRESPONSE_NOT_FOUND, SAYS_EMPTY },
	{ CMP_R_CERTIFICATE_NOT_FOUND, SAYS_EMPTY },
	{ CMP_R_MULTIPLE_RESPONSES_NOT_SUPPORTED, SAYS_EMPTY },
};

static struct err *secret_wrong(void)
{
	return err_hint(err_tag(err_new(ERR_ANSWER,
					N_("What protects the CA's answer does not fit the "
					   "secret: the reference or the secret is wrong, or it "
					   "was used up.")),
				"secret-wrong"),
			N_("It was sent once and is not tried again. Look both up before the next "
			   "attempt, or have the institution give you a new secret."));
}

struct err *cmp_forged(void)
{
	return err_hint(
		err_tag(err_new(ERR_NETWORK, N_("The answer does not come from the CA, or was "
						"changed on the way: its protection is missing or "
						"does not hold.")),
			"answer-forged"),
		N_("Try it from another network. If it stays so, the institution has to look at "
		   "its server, or give you a profile with its present certificates."));
}

static struct err *empty(void)
{
	return err_hint(
		err_tag(err_new(ERR_CA_REFUSED,
				N_("The CA answered with something that is no certificate.")),
			"no-certificate"),
		N_("The request arrived; the CA may have issued. Check the address in the "
		   "profile and tell the institution."));
}

// The first reason in the queue that says something; the queue is empty afterwards.
static struct err *from_queue(const char **detail, unsigned long *code)
{
	const struct row *found = NULL;
	unsigned long one = 0;
	*detail = "";
	while ((one = ERR_get_error())) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (!found && ERR_GET_LIB(one) == ERR_LIB_CMP &&
			    ERR_GET_REASON(one) == rows[i].reason)
				found = &rows[i];
		if (!*code) {
			*code = one;
			*detail = ERR_reason_error_string(one);
		}
	}
	if (!found)
		return NULL;
	return found->means == SAYS_SECRET   ? secret_wrong()
	       : found->means == SAYS_FORGED ? cmp_forged()
					     : empty();
}

static struct err *put_texts(OSSL_CMP_PKIFREETEXT *list, struct buf *out)
{
	for (int i = 0; i < sk_ASN1_UTF8STRING_num(list); i++) {
		const ASN1_STRING *s = sk_ASN1_UTF8STRING_value(list, i);
		if (out->len)
			TRY(buf_puts(out, "; "));
		TRY(buf_put(out, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
	}
	return NULL;
}

static struct err *said_no(const OSSL_CMP_CTX *ctx)
{
	int failures = OSSL_CMP_CTX_get_failInfoCode(ctx);
	AUTO_BUF struct buf text = BUF(CMP_MESSAGE_MAX);
	TRY(put_texts(OSSL_CMP_CTX_get0_statusString(ctx), &text));
	AUTO_TEXT char *safe =
		text_safe(text.len ? (const char *)text.data : "", text.len, TEXT_MAX);
	return cmp_refusal(failures > 0 ? (unsigned)failures : 0, safe);
}

// OpenSSL does not leave a reason for every signature that it does not believe. Of a MAC it does, and the secret is gone by now.
static bool is_believed(const struct cmp *m, OSSL_CMP_CTX *ctx)
{
	bool good = !m->last || OSSL_CMP_validate_msg(ctx, m->last) == 1;
	ERR_clear_error();
	return good;
}

struct err *cmp_failure(struct ca *c, const struct ca_request *r, OSSL_CMP_CTX *ctx)
{
	enum { REJECTION = 2 };
	struct cmp *m = c->self;
	const char *detail = "";
	unsigned long code = 0;
	struct err *e = from_queue(&detail, &code);
	struct err *line = m->err;
	m->err = NULL;
	const struct ca_key *by = cmp_signer(c, r);
	struct err *of_key = by && by->key ? private_key_error(by->key) : NULL;
	if (!of_key && r->own.key)
		of_key = private_key_error(r->own.key);
	if (of_key || line) {
		err_free(e);
		if (of_key)
			err_free(line);
		return of_key ? of_key : line;
	}
	if (OSSL_CMP_CTX_get_status(ctx) == REJECTION) {
		err_free(e);
		return said_no(ctx);
	}
	if (!e)
		e = m->answered ? is_believed(m, ctx) ? empty() : cmp_forged()
				: err_new(ERR_FAILED, N_("A cryptographic operation failed."));
	return err_call(e, "OSSL_CMP", detail, code);
}
