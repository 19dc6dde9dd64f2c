// Revocation.
#include <ctype.h>
#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <string.h>

#include "practiceca/crl.h"
#include "practiceca/openssl_error.h"

enum { CRL_MAX = 16 << 20 };
#define DAY	 ((int64_t)86400)
#define REUSED	 (DAY)
#define GOOD_FOR (7 * DAY)

bool crl_reason(const char *name, int *number)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {
		{ "unspecified", CRL_REASON_UNSPECIFIED },
		{ "keyCompromise", CRL_REASON_KEY_COMPROMISE },
		{ "cACompromise", CRL_REASON_CA_COMPROMISE },
		{ "affiliationChanged", CRL_REASON_AFFILIATION_CHANGED },
		{ "superseded", CRL_REASON_SUPERSEDED },
		{ "cessationOfOperation", CRL_REASON_CESSATION_OF_OPERATION },
		{ "certificateHold", CRL_REASON_CERTIFICATE_HOLD },
		{ "privilegeWithdrawn", CRL_REASON_PRIVILEGE_WITHDRAWN },
		{ "aACompromise", CRL_REASON_AA_COMPROMISE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		*number = rows[i].number;
		return true;
	}
	return false;
}

bool crl_serial(const char *text, char out[static SERIAL_HEX_MAX + 1])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;
	for (const char *p = text; *p; p++) {
		int c = tolower((unsigned char)*p);
		if (c == ':' && n > 0 && n % 2 == 0 && p[-1] != ':' && p[1])
			continue;
		if (!strchr(digits, c) || n >= SERIAL_HEX_MAX)
			return false;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return n > 0 && n % 2 == 0;
}

static struct err *explain(struct store *s, const char *serial)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "SELECT id FROM issued WHERE serial=?", VALUES(V_TEXT(serial)), &r));
	TRY(rows_next(r, &more));
	if (more)
		return err_new(ERR_ANSWER, N_("The certificate %1 is revoked already."),
			       ARG_TEXT(serial));
	return err_hint(err_new(ERR_ANSWER,
				N_("This CA issued no certificate with the serial number %1."),
				ARG_TEXT(serial)),
			N_("inkan-practice-ca issued shows all of them."));
}

struct err *crl_revoke(struct store *s, const char *serial, const char *reason, int64_t now)
{
	int64_t changed = 0;
	TRY(store_run(s,
		      "UPDATE issued SET revoked_at=?, revoked_reason=? WHERE serial=? AND "
		      "revoked_at IS NULL",
		      VALUES(V_INT(now), V_TEXT(reason), V_TEXT(serial)), &changed));
	return changed ? NULL : explain(s, serial);
}

struct err *crl_revocation_challenge(struct store *s, const char *serial, struct pin_hash *out)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	size_t salt_len = 0, hash_len = 0;
	TRY(store_query(s,
			"SELECT revocation_cost, revocation_salt, revocation_hash FROM issued "
			"WHERE serial=?",
			VALUES(V_TEXT(serial)), &r));
	TRY(rows_next(r, &more));
	if (!more || rows_int(r, 0) == 0)
		return NULL;
	const uint8_t *salt = rows_bytes(r, 1, &salt_len), *hash = rows_bytes(r, 2, &hash_len);
	if (salt_len != sizeof out->salt || hash_len != sizeof out->hash)
		return NULL;
	out->cost = rows_int(r, 0);
	memcpy(out->salt, salt, salt_len);
	memcpy(out->hash, hash, hash_len);
	return NULL;
}

static bool set_time(int64_t t, X509_CRL *crl, int (*set)(X509_CRL *crl, const ASN1_TIME *t))
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)t);
	bool good = time && set(crl, time) == 1;
	ASN1_TIME_free(time);
	return good;
}

// RFC 5280 §5.3.1: the reason is left out where it is unspecified.
static bool add_reason(X509_REVOKED *entry, const char *reason)
{
	int number = CRL_REASON_UNSPECIFIED;
	if (!crl_reason(reason, &number) || number == CRL_REASON_UNSPECIFIED)
		return true;
	ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();
	bool good = code && ASN1_ENUMERATED_set(code, number) == 1 &&
		    X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code, 0, 0) == 1;
	ASN1_ENUMERATED_free(code);
	return good;
}

static bool add_entry(X509_CRL *crl, const char *serial, int64_t at, const char *reason)
{
	BIGNUM *n = NULL;
	ASN1_INTEGER *number = BN_hex2bn(&n, serial) ? BN_to_ASN1_INTEGER(n, NULL) : NULL;
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)at);
	X509_REVOKED *entry = X509_REVOKED_new();
	bool good = number && time && entry && X509_REVOKED_set_serialNumber(entry, number) == 1 &&
		    X509_REVOKED_set_revocationDate(entry, time) == 1 && add_reason(entry, reason);
	good = good && X509_CRL_add0_revoked(crl, entry) == 1;
	if (!good)
		X509_REVOKED_free(entry);
	ASN1_TIME_free(time);
	ASN1_INTEGER_free(number);
	BN_free(n);
	return good;
}

// Everything that was ever revoked: this CA's people are few.
static struct err *add_entries(struct store *s, X509_CRL *crl, int64_t *count)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s,
			"SELECT serial, revoked_at, revoked_reason FROM issued WHERE revoked_at IS "
			"NOT NULL ORDER BY id",
			NO_VALUES, &r));
	TRY(rows_next(r, &more));
	for (; more; ++*count) {
		if (!add_entry(crl, rows_text(r, 0), rows_int(r, 1), rows_text(r, 2)))
			return openssl_error("X509_CRL_add0_revoked");
		TRY(rows_next(r, &more));
	}
	return NULL;
}

// RFC 5280 §5.2.1 and §5.2.3.
static bool add_extensions(X509_CRL *crl, X509 *issuing, int64_t number)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuing, NULL, NULL, crl, 0);
	X509_EXTENSION *key =
		X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	bool good = key && X509_CRL_add_ext(crl, key, -1) == 1 && n &&
		    ASN1_INTEGER_set_int64(n, number) == 1 &&
		    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1;
	ASN1_INTEGER_free(n);
	X509_EXTENSION_free(key);
	return good;
}

static struct err *to_der(X509_CRL *crl, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);
	if (len <= 0)
		return openssl_error("i2d_X509_CRL");
	struct err *e = buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return e;
}

static struct err *make(struct store *s, const struct authority *a, int64_t now, int64_t number,
			int64_t *count, struct buf *der)
{
	AUTO(x509_crl) X509_CRL *crl = X509_CRL_new();
	if (!crl || X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(a->issuing)) != 1 ||
	    !set_time(now, crl, X509_CRL_set1_lastUpdate) ||
	    !set_time(now + GOOD_FOR, crl, X509_CRL_set1_nextUpdate))
		return openssl_error("X509_CRL_new");
	TRY(add_entries(s, crl, count));
	if (!add_extensions(crl, a->issuing, number) || X509_CRL_sort(crl) != 1 ||
	    X509_CRL_sign(crl, a->issuing_key, EVP_sha256()) <= 0)
		return openssl_error("X509_CRL_sign");
	return to_der(crl, der);
}

// The newest CRL's number, and itself where it can still be given away: young, complete, and by the key that this CA has now.
static struct err *newest(struct store *s, const struct authority *a, int64_t now, int64_t *number,
			  struct buf *out)
{
	AUTO(rows) struct rows *r = NULL;
	AUTO(x509_crl) X509_CRL *crl = NULL;
	bool more = false;
	size_t len = 0;
	TRY(store_query(s,
			"SELECT c.number, c.made_at, c.der, c.revoked = (SELECT count(*) FROM "
			"issued WHERE revoked_at IS NOT NULL) FROM crl c ORDER BY c.number DESC "
			"LIMIT 1",
			NO_VALUES, &r));
	TRY(rows_next(r, &more));
	if (!more)
		return NULL;
	*number = rows_int(r, 0);
	int64_t age = now - rows_int(r, 1);
	const unsigned char *der = rows_bytes(r, 2, &len);
	const unsigned char *p = der;
	if (age < 0 || age >= REUSED || !rows_int(r, 3))
		return NULL;
	crl = d2i_X509_CRL(NULL, &p, (long)len);
	bool ours = crl && X509_CRL_verify(crl, X509_get0_pubkey(a->issuing)) == 1;
	ERR_clear_error();
	return ours ? buf_put(out, der, len) : NULL;
}

static struct err *renew(struct store *s, const struct authority *a, int64_t now, struct buf *out)
{
	int64_t number = 0, count = 0;
	TRY(store_begin(s));
	TRY(newest(s, a, now, &number, out));
	if (out->len) // another process was first
		return store_commit(s);
	TRY(make(s, a, now, number + 1, &count, out));
	TRY(store_run(s, "DELETE FROM crl", NO_VALUES, NULL));
	TRY(store_run(
		s, "INSERT INTO crl(number, made_at, revoked, der) VALUES(?,?,?,?)",
		VALUES(V_INT(number + 1), V_INT(now), V_INT(count), V_BYTES(out->data, out->len)),
		NULL));
	return store_commit(s);
}

struct err *crl_answer(struct database *d, const struct authority *a, int64_t now, struct buf *out)
{
	AUTO_BUF struct buf der = BUF(CRL_MAX);
	int64_t number = 0;
	struct store *s = database_take(d);
	struct err *e = newest(s, a, now, &number, &der);
	if (!e && !der.len)
		e = renew(s, a, now, &der);
	database_give(d);
	return e ? e : buf_copy(&der, out);
}
