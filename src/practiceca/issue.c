// Issuing.
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "practiceca/agent.h"
#include "practiceca/base64.h"
#include "practiceca/certificates.h"
#include "practiceca/issue.h"
#include "practiceca/openssl_error.h"

enum { DAY_SECONDS = 86400, TOKYO_SECONDS = 9 * 3600, VALID_DAYS = 365 };

int64_t issue_last_moment(int64_t now)
{
	int64_t day = (now + TOKYO_SECONDS) / DAY_SECONDS; // no summer time in Japan
	return (day + VALID_DAYS + 1) * DAY_SECONDS - TOKYO_SECONDS - 1;
}

static void hash_hex(const void *bytes, size_t len, char out[static 65])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256(bytes, len, hash);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static struct err *to_der(X509 *cert, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	if (len <= 0)
		return openssl_error("i2d_X509");
	struct err *e = buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return e;
}

struct attested_text {
	char serial[24], firmware[ATTESTATION_FIRMWARE_TEXT];
};

static struct attested_text attested_text(const struct attestation *a)
{
	struct attested_text t = { "", "" };
	if (a->kind == ATTESTATION_NONE)
		return t;
	snprintf(t.serial, sizeof t.serial, "%" PRIu64, a->serial);
	attestation_firmware(a, t.firmware);
	return t;
}

static struct err *write_log(struct store *s, const struct account *who, const struct request *r,
			     X509 *leaf, int64_t now, int64_t *id)
{
	AUTO_BUF struct buf der = BUF(65536);
	char name[COMMON_NAME_MAX + 1];
	char sha256[65];
	char serial[64] = "";
	TRY(to_der(leaf, &der));
	hash_hex(der.data, der.len, sha256);
	holder_common_name(&who->holder, name);
	const ASN1_INTEGER *number = X509_get0_serialNumber(leaf);
	for (int i = 0; i < ASN1_STRING_length(number) && i < 20; i++)
		snprintf(serial + 2 * (size_t)i, 3, "%02x", ASN1_STRING_get0_data(number)[i]);
	struct attested_text attested = attested_text(&r->attestation);
	AUTO_TEXT char *subject = text_format("CN=%s,O=Practice Shinkin Bank,C=JP", name);
	if (!subject)
		return err_no_memory();
	AUTO(rows) struct rows *rows = NULL;
	bool more = false;
	TRY(store_query(s,
			"INSERT INTO issued(account, at, serial, common_name, subject, not_before, "
			"not_after,"
			" request_sha256, sha256, certificate, attested_serial, attested_firmware,"
			" renews, vouched_by, revocation_cost, revocation_salt, revocation_hash)"
			" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id",
			VALUES(V_INT(who->id), V_INT(now), V_TEXT(serial), V_TEXT(name),
			       V_TEXT(subject), V_INT(now), V_INT(issue_last_moment(now)),
			       V_TEXT(r->sha256), V_TEXT(sha256), V_BYTES(der.data, der.len),
			       V_TEXT(attested.serial), V_TEXT(attested.firmware), V_INT(r->renews),
			       V_INT(r->vouched_by), V_INT(r->revocation_hash.cost),
			       V_BYTES(r->revocation_hash.salt, sizeof r->revocation_hash.salt),
			       V_BYTES(r->revocation_hash.hash, sizeof r->revocation_hash.hash)),
			&rows));
	TRY(rows_next(rows, &more));
	*id = rows_int(rows, 0);
	return NULL;
}

struct err *issue(struct store *s, const struct authority *a, const struct account *who,
		  const struct request *r, int64_t now, int64_t *id, X509 **leaf)
{
	char name[COMMON_NAME_MAX + 1];
	bool agent = false;
	holder_common_name(&who->holder, name);
	AUTO(x509) X509 *cert = NULL;
	TRY(account_is_agent(s, who->id, &agent));
	TRY(certificate_make(
		&(struct certificate_terms){ .kind = agent ? CERTIFICATE_AGENT : CERTIFICATE_PERSON,
					     .common_name = name,
					     .crl_url = a->crl_url,
					     .ocsp_url = a->ocsp_url,
					     .public_key = r->public_key,
					     .issuer = a->issuing,
					     .issuer_key = a->issuing_key,
					     .not_before = now,
					     .not_after = issue_last_moment(now) },
		&cert));
	TRY(write_log(s, who, r, cert, now, id));
	if (r->attestation.kind != ATTESTATION_NONE)
		TRY(account_bind(s, who->id, attested_text(&r->attestation).serial));
	*leaf = cert;
	cert = NULL;
	return NULL;
}

struct err *issue_again(struct store *s, int64_t id, X509 **leaf)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	size_t len = 0;
	TRY(store_query(s, "SELECT certificate FROM issued WHERE id=?", VALUES(V_INT(id)), &r));
	TRY(rows_next(r, &more));
	const unsigned char *der = rows_bytes(r, 0, &len);
	X509 *cert = der ? d2i_X509(NULL, &der, (long)len) : NULL;
	if (!cert)
		return openssl_error("d2i_X509");
	*leaf = cert;
	return NULL;
}

struct err *certs_only_der(X509 *const *certs, size_t n, struct buf *out)
{
	PKCS7 *p7 = PKCS7_new();
	bool good = p7 && PKCS7_set_type(p7, NID_pkcs7_signed) == 1 &&
		    PKCS7_content_new(p7, NID_pkcs7_data) == 1;
	// The degenerate form has no content at all, not an empty one.
	if (good)
		PKCS7_set_detached(p7, 1);
	for (size_t i = 0; good && i < n; i++)
		good = PKCS7_add_certificate(p7, certs[i]) == 1;
	unsigned char *der = NULL;
	int len = good ? i2d_PKCS7(p7, &der) : -1;
	PKCS7_free(p7);
	if (len <= 0)
		return openssl_error("i2d_PKCS7");
	struct err *e = buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return e;
}

struct err *certs_only(X509 *const *certs, size_t n, struct buf *body)
{
	AUTO_BUF struct buf der = BUF(REQUEST_BODY_MAX);
	TRY(certs_only_der(certs, n, &der));
	return base64_write_body(der.data, der.len, body);
}
