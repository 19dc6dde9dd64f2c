// SCEP's operations (RFC 8894 §3.5, §4).
#include "practiceca/scep.h"

#include <string.h>

#include "practiceca/base64.h"
#include "practiceca/issue.h"
#include "practiceca/openssl_error.h"

DEFINE_CLEANUP(cms, CMS_ContentInfo, CMS_ContentInfo_free)

static struct err *caps(const struct service *s, const struct call *c, struct answer *a)
{
	(void)c;
	a->status = 200;
	a->content_type = "text/plain";
	return buf_printf(
		&a->body, "AES\n%sPOSTPKIOperation\nRenewal\nSHA-256\nSHA-512\nSCEPStandard\n%s",
		s->scep_3des ? "DES3\n" : "", s->authority->next ? "GetNextCACert\n" : "");
}

static struct err *put_certificate(X509 *x, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	if (len <= 0)
		return openssl_error("i2d_X509");
	struct err *e = buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return e;
}

static struct err *ca_cert(const struct service *s, const struct call *c, struct answer *a)
{
	const struct authority *ca = s->authority;
	X509 *const both[] = { ca->ra, ca->issuing, ca->root };
	(void)c;
	a->status = 200;
	a->content_type = ca->ra ? "application/x-x509-ca-ra-cert" : "application/x-x509-ca-cert";
	return ca->ra ? certs_only_der(both, ARRAY_LEN(both), &a->body)
		      : put_certificate(ca->issuing, &a->body);
}

// The next CA's certificates, signed by the present one (RFC 8894 §4.7.1).
static struct err *next_ca(const struct service *s, const struct call *c, struct answer *a)
{
	enum { FLAGS = CMS_BINARY | CMS_NOSMIMECAP };
	AUTO_BUF struct buf certs = BUF(65536);
	X509 *const next[] = { s->authority->next };
	unsigned char *der = NULL;
	if (!next[0])
		return answer_refuse(a, c, REFUSE_SCEP_NO_NEXT);
	TRY(certs_only_der(next, 1, &certs));
	AUTO(bio) BIO *in = BIO_new_mem_buf(certs.data, (int)certs.len);
	AUTO(cms)
	CMS_ContentInfo *cms =
		in ? CMS_sign(scep_certificate(s), scep_key(s), NULL, in, FLAGS) : NULL;
	int len = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;
	if (len <= 0)
		return openssl_error("CMS_sign");
	a->status = 200;
	a->content_type = "application/x-x509-next-ca-cert";
	struct err *e = buf_put(&a->body, der, (size_t)len);
	OPENSSL_free(der);
	return e;
}

static struct err *read_base64(const char *text, struct buf *der, bool *good)
{
	uint8_t bytes[REQUEST_BODY_MAX];
	size_t len = sizeof bytes;
	*good = text && base64_read(text, strlen(text), bytes, &len) && len > 0;
	return *good ? buf_put(der, bytes, len) : NULL;
}

static struct err *operation(const struct service *s, const struct call *c, struct answer *a)
{
	AUTO_BUF struct buf der = BUF(REQUEST_BODY_MAX);
	bool good = false;
	if (strcmp(c->method, "POST") == 0)
		return scep_operate(s, c, c->body, a);
	TRY(read_base64(call_query(c, "message"), &der, &good));
	return good ? scep_operate(s, c, &der, a) : answer_refuse(a, c, REFUSE_SCEP_BASE64);
}

struct err *scep_operate(const struct service *s, const struct call *c, const struct buf *der,
			 struct answer *out)
{
	AUTO_SCEP_MESSAGE struct scep_message m = { 0 };
	struct scep_verdict v = { 0 };
	TRY(scep_read(der, &m, &v.no));
	if (v.no)
		return answer_refuse(out, c, v.no);
	TRY(scep_open(s, &m, &v.no));
	struct err *e = v.no ? NULL : scep_decide(s, &m, &v);
	if (!e)
		e = scep_reply(s, c, &m, &v, out);
	X509_free(v.leaf);
	return e;
}

struct err *scep_answer(const struct service *s, const struct call *c, struct answer *out)
{
	static const struct {
		const char *name;
		bool posted;
		struct err *(*answer)(const struct service *s, const struct call *c,
				      struct answer *a);
	} operations[] = {
		{ "GetCACaps", false, caps },
		{ "GetCACert", false, ca_cert },
		{ "GetNextCACert", false, next_ca },
		{ "PKIOperation", true, operation },
	};
	const char *name = call_query(c, "operation");
	bool post = strcmp(c->method, "POST") == 0;
	if (c->too_large)
		return answer_refuse(out, c, REFUSE_TOO_LARGE);
	for (size_t i = 0; name && i < ARRAY_LEN(operations); i++) {
		if (strcmp(operations[i].name, name) != 0)
			continue;
		if (strcmp(c->method, "GET") == 0 || (post && operations[i].posted))
			return operations[i].answer(s, c, out);
		out->allow = operations[i].posted ? "GET, POST" : "GET";
		return answer_refuse(out, c, REFUSE_METHOD);
	}
	return answer_refuse(out, c, REFUSE_SCEP_OPERATION);
}
