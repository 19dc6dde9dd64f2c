// OCSP answers.
#include "practiceca/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "practiceca/crl.h"
#include "practiceca/openssl_error.h"

#define GOOD_FOR ((int64_t)3600)
enum { MOST_ASKED = 16 };

DEFINE_CLEANUP(ocsp_request, OCSP_REQUEST, OCSP_REQUEST_free)
DEFINE_CLEANUP(ocsp_response, OCSP_RESPONSE, OCSP_RESPONSE_free)
DEFINE_CLEANUP(ocsp_basic, OCSP_BASICRESP, OCSP_BASICRESP_free)
DEFINE_CLEANUP(asn1_time, ASN1_TIME, ASN1_TIME_free)

struct said {
	int status, reason;
	int64_t revoked_at;
};

static struct err *look_up(struct store *s, const ASN1_INTEGER *serial, struct said *out)
{
	AUTO(rows) struct rows *r = NULL;
	char hex[SERIAL_HEX_MAX + 1] = "";
	bool more = false;
	out->status = V_OCSP_CERTSTATUS_UNKNOWN;
	int len = ASN1_STRING_length(serial);
	if (len < 1 || len > SERIAL_HEX_MAX / 2)
		return NULL;
	for (int i = 0; i < len; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", ASN1_STRING_get0_data(serial)[i]);
	TRY(store_query(s, "SELECT revoked_at, revoked_reason FROM issued WHERE serial=?",
			VALUES(V_TEXT(hex)), &r));
	TRY(rows_next(r, &more));
	if (!more)
		return NULL;
	bool revoked = !rows_null(r, 0);
	out->status = revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD;
	out->revoked_at = rows_int(r, 0);
	out->reason = OCSP_REVOKED_STATUS_NOSTATUS;
	int number = 0;
	if (revoked && crl_reason(rows_text(r, 1), &number) && number != CRL_REASON_UNSPECIFIED)
		out->reason = number;
	return NULL;
}

// This CA speaks for its issuing CA alone.
static bool is_ours(const OCSP_CERTID *asked, X509 *issuing)
{
	ASN1_OBJECT *algorithm = NULL;
	OCSP_id_get0_info(NULL, &algorithm, NULL, NULL, (OCSP_CERTID *)(uintptr_t)asked);
	const EVP_MD *md = EVP_get_digestbyobj(algorithm);
	OCSP_CERTID *ours = md ? OCSP_cert_to_id(md, NULL, issuing) : NULL;
	bool same = ours && OCSP_id_issuer_cmp(ours, asked) == 0;
	OCSP_CERTID_free(ours);
	return same;
}

static struct err *add_one(const struct service *s, OCSP_CERTID *id, int64_t now,
			   OCSP_BASICRESP *basic)
{
	struct said said = { .status = V_OCSP_CERTSTATUS_UNKNOWN };
	ASN1_INTEGER *serial = NULL;
	OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
	if (is_ours(id, s->authority->issuing)) {
		struct err *e = look_up(database_take(s->database), serial, &said);
		database_give(s->database);
		TRY(e);
	}
	AUTO(asn1_time) ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)now);
	AUTO(asn1_time) ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)(now + GOOD_FOR));
	AUTO(asn1_time) ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)said.revoked_at);
	bool revoked = said.status == V_OCSP_CERTSTATUS_REVOKED;
	if (!from || !until || !at ||
	    !OCSP_basic_add1_status(basic, id, said.status, said.reason, revoked ? at : NULL, from,
				    until))
		return openssl_error("OCSP_basic_add1_status");
	return NULL;
}

static struct err *make(const struct service *s, OCSP_REQUEST *request, OCSP_RESPONSE **out)
{
	AUTO(ocsp_basic) OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	const struct authority *a = s->authority;
	if (!basic)
		return err_no_memory();
	for (int i = 0; i < OCSP_request_onereq_count(request); i++)
		TRY(add_one(s, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i)),
			    clock_now(), basic));
	if (OCSP_copy_nonce(basic, request) <= 0 || // 2: there is none
	    !OCSP_basic_sign(basic, a->issuing, a->issuing_key, EVP_sha256(), NULL, 0))
		return openssl_error("OCSP_basic_sign");
	*out = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	return *out ? NULL : openssl_error("OCSP_response_create");
}

static bool is_request(const struct call *c)
{
	return c->content_type && strcmp(c->content_type, "application/ocsp-request") == 0 &&
	       !c->too_large && c->body->len > 0;
}

struct err *ocsp_answer(const struct service *s, const struct call *c, struct answer *out)
{
	if (strcmp(c->method, "POST") != 0) {
		out->allow = "POST";
		return answer_refuse(out, c, REFUSE_METHOD);
	}
	const unsigned char *p = c->body->data;
	AUTO(ocsp_request)
	OCSP_REQUEST *request =
		is_request(c) ? d2i_OCSP_REQUEST(NULL, &p, (long)c->body->len) : NULL;
	AUTO(ocsp_response) OCSP_RESPONSE *response = NULL;
	bool readable = request && p == c->body->data + c->body->len &&
			OCSP_request_onereq_count(request) >= 1 &&
			OCSP_request_onereq_count(request) <= MOST_ASKED;
	ERR_clear_error();
	if (readable)
		TRY(make(s, request, &response));
	else
		response = OCSP_response_create(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, NULL);
	unsigned char *der = NULL;
	int len = response ? i2d_OCSP_RESPONSE(response, &der) : -1;
	if (len <= 0)
		return openssl_error("i2d_OCSP_RESPONSE");
	struct err *e = buf_put(&out->body, der, (size_t)len);
	OPENSSL_free(der);
	out->status = 200;
	out->content_type = "application/ocsp-response"; // RFC 6960, appendix A.2
	return e;
}
