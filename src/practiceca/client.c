// Client certificates.
#include <openssl/err.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "practiceca/certificates.h"
#include "practiceca/client.h"

void client_free(struct client *c)
{
	X509_free(c->certificate);
	*c = (struct client){ 0 };
}

static bool same_name(const X509_NAME *a, const X509_NAME *b)
{
	return X509_NAME_cmp(a, b) == 0;
}

static enum refusal check_issuer(X509 *cert, X509 *issuing)
{
	const X509_NAME *issuer = X509_get_issuer_name(cert);
	if (same_name(issuer, X509_get_subject_name(issuing)) &&
	    X509_verify(cert, X509_get0_pubkey(issuing)) == 1)
		return REFUSE_NOTHING;
	return same_name(issuer, X509_get_subject_name(cert)) ? REFUSE_CERTIFICATE_SELF_SIGNED
							      : REFUSE_CERTIFICATE_FOREIGN;
}

// extendedKeyUsage says clientAuth, keyUsage digitalSignature, and basicConstraints no CA; all of them are there in what this CA issues.
static enum refusal check_usage(X509 *cert)
{
	uint32_t flags = X509_get_extension_flags(cert);
	bool good = (flags & EXFLAG_XKUSAGE) && (flags & EXFLAG_KUSAGE) &&
		    !(flags & (EXFLAG_CA | EXFLAG_INVALID)) &&
		    (X509_get_extended_key_usage(cert) & XKU_SSL_CLIENT) &&
		    (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE);
	return good ? REFUSE_NOTHING : REFUSE_CERTIFICATE_USAGE;
}

// Both ends belong to the validity (RFC 5280 §4.1.2.5).
static enum refusal check_time(const X509 *cert, int64_t now)
{
	if (now < certificate_not_before(cert))
		return REFUSE_CERTIFICATE_EARLY;
	return now > certificate_not_after(cert) ? REFUSE_CERTIFICATE_EXPIRED : REFUSE_NOTHING;
}

static struct err *look_up(struct store *s, const struct der *der, struct client *c,
			   enum refusal *no)
{
	AUTO(rows) struct rows *r = NULL;
	uint8_t hash[SHA256_DIGEST_LENGTH];
	char hex[2 * sizeof hash + 1];
	bool more = false;
	SHA256(der->bytes, der->len, hash);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	TRY(store_query(s,
			"SELECT i.id, i.account, i.serial, i.revoked_at, a.role FROM issued i JOIN "
			"account a ON a.id = i.account WHERE i.sha256=?",
			VALUES(V_TEXT(hex)), &r));
	TRY(rows_next(r, &more));
	if (!more) {
		*no = REFUSE_CERTIFICATE_UNKNOWN;
		return NULL;
	}
	c->issued = rows_int(r, 0);
	c->account = rows_int(r, 1);
	snprintf(c->serial, sizeof c->serial, "%s", rows_text(r, 2));
	snprintf(c->role, sizeof c->role, "%s", rows_text(r, 4));
	if (!rows_null(r, 3))
		*no = REFUSE_CERTIFICATE_REVOKED;
	return NULL;
}

static enum refusal check_alone(X509 *cert, X509 *issuing, int64_t now)
{
	enum refusal no = check_issuer(cert, issuing);
	if (!no)
		no = check_usage(cert);
	return no ? no : check_time(cert, now);
}

struct err *client_judge(struct database *d, const struct authority *a, const struct der *der,
			 int64_t now, struct client *out, enum refusal *no)
{
	AUTO_CLIENT struct client c = { 0 };
	const unsigned char *p = der->bytes;
	if (!der->len) {
		*no = REFUSE_NO_CERTIFICATE;
		return NULL;
	}
	c.certificate = d2i_X509(NULL, &p, (long)der->len);
	*no = c.certificate && p == der->bytes + der->len
		      ? check_alone(c.certificate, a->issuing, now)
		      : REFUSE_CERTIFICATE_FOREIGN;
	ERR_clear_error();
	if (*no)
		return NULL;
	struct err *e = look_up(database_take(d), der, &c, no);
	database_give(d);
	if (e || *no)
		return e;
	*out = c;
	c = (struct client){ 0 };
	return NULL;
}

struct err *client_account(struct database *d, const struct client *c, struct account *out)
{
	struct err *e = account_by_id(database_take(d), c->account, out);
	database_give(d);
	return e;
}

struct err *client_may_renew(struct store *s, int64_t issued, const struct account *who,
			     enum refusal *no)
{
	AUTO(rows) struct rows *r = NULL;
	char name[NAME_MAX_LEN + 1];
	int64_t failures = 0;
	bool more = false;
	TRY(store_query(s, "SELECT revoked_at FROM issued WHERE id=?", VALUES(V_INT(issued)), &r));
	TRY(rows_next(r, &more));
	holder_name(&who->holder, name);
	TRY(failures_count(s, name, &failures));
	if (!more || !rows_null(r, 0))
		*no = REFUSE_CERTIFICATE_REVOKED;
	else if (failures >= LOCK_AFTER)
		*no = REFUSE_RENEWAL_LOCKED;
	return NULL;
}
