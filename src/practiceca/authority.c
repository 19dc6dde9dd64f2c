// Root, issuing CA and TLS certificate: read, judged, made when needed.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "practiceca/authority.h"
#include "practiceca/certificates.h"
#include "practiceca/files.h"
#include "practiceca/openssl_error.h"

// Ten years each. A CA is renewed while everything that it signs (13 months at most) still ends before it.
#define DAY		((int64_t)86400)
#define TEN_YEARS	(3652 * DAY)
#define CA_DUE		(400 * DAY)
#define TLS_DUE		(30 * DAY)
#define CLOCK_TOLERANCE (300)

enum { PEM_MAX = 65536 };

struct member {
	const char *key_file, *cert_file, *common_name;
	enum certificate_kind kind;
	int64_t due;
};

// The issuing CA signs every day and its key is RSA-2048, as banks have it; the root rarely, with RSA-3072. The TLS key is P-256: a
// handshake with it costs a tenth.
static const struct member root_member = { "root.key", "root.pem", "Practice Shinkin Bank Root CA",
					   CERTIFICATE_ROOT, CA_DUE };
static const struct member issuing_member = { "issuing.key", "issuing.pem",
					      "Practice Shinkin Bank Issuing CA",
					      CERTIFICATE_ISSUING, CA_DUE };
static const struct member tls_member = { "tls.key", "tls.pem", "localhost", CERTIFICATE_TLS,
					  TLS_DUE };

static const struct member ra_member = { "scep-ra.key", "scep-ra.pem",
					 "Practice Shinkin Bank SCEP RA", CERTIFICATE_RA, TLS_DUE };
static const struct member next_member = { "next.key", "next.pem",
					   "Practice Shinkin Bank Issuing CA 2",
					   CERTIFICATE_ISSUING, CA_DUE };

static struct err *make_key(enum certificate_kind kind, EVP_PKEY **out)
{
	EVP_PKEY *key = kind == CERTIFICATE_TLS
				? EVP_EC_gen("P-256")
				: EVP_RSA_gen(kind == CERTIFICATE_ROOT ? 3072u : 2048u);
	if (!key)
		return openssl_error("EVP_PKEY_Q_keygen");
	*out = key;
	return NULL;
}

static struct err *unreadable(const char *dir, const char *name)
{
	struct err *e =
		err_new(ERR_FAILED, N_("The file %1/%2 cannot be read as what it should hold."),
			ARG_TEXT(dir), ARG_TEXT(name));
	return err_hint(e, N_("Bring it back from a backup, or remove it to have it made anew."));
}

static struct err *load_key(const char *dir, const struct member *m, EVP_PKEY **out)
{
	AUTO_BUF struct buf pem = BUF(PEM_MAX);
	bool there = false;
	TRY(files_read(dir, m->key_file, PEM_MAX, &there, &pem));
	if (there) {
		AUTO(bio) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
		*out = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
		return *out ? NULL
			    : err_caused_by(unreadable(dir, m->key_file),
					    openssl_error("PEM_read_bio"));
	}
	AUTO(pkey) EVP_PKEY *key = NULL;
	TRY(make_key(m->kind, &key));
	TRY(key_pem(key, &pem));
	TRY(files_write(dir, m->key_file, true, pem.data, pem.len));
	*out = key;
	key = NULL;
	return NULL;
}

static struct err *load_certificate(const char *dir, const struct member *m, X509 **out)
{
	AUTO_BUF struct buf pem = BUF(PEM_MAX);
	bool there = false;
	TRY(files_read(dir, m->cert_file, PEM_MAX, &there, &pem));
	if (!there)
		return NULL;
	AUTO(bio) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	*out = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	return *out ? NULL
		    : err_caused_by(unreadable(dir, m->cert_file), openssl_error("PEM_read_bio"));
}

static bool names_host(X509 *cert, const char *host)
{
	return !host || X509_check_ip_asc(cert, host, 0) == 1 ||
	       X509_check_host(cert, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

// Still good for its key, its issuer, the time ahead and the host?
static bool fits(X509 *cert, EVP_PKEY *key, X509 *issuer, const struct member *m, const char *host,
		 int64_t now)
{
	time_t later = (time_t)(now + m->due);
	time_t present = (time_t)now;
	bool good = cert && X509_check_private_key(cert, key) == 1 &&
		    X509_verify(cert, X509_get0_pubkey(issuer ? issuer : cert)) == 1 &&
		    X509_cmp_time(X509_get0_notAfter(cert), &later) > 0 &&
		    X509_cmp_time(X509_get0_notBefore(cert), &present) < 0 &&
		    (m->kind != CERTIFICATE_TLS || names_host(cert, host));
	ERR_clear_error();
	return good;
}

static struct err *make_member(const char *dir, const struct member *m, EVP_PKEY *key, X509 *issuer,
			       EVP_PKEY *issuer_key, const char *alt_names, int64_t now, X509 **out)
{
	struct certificate_terms t = {
		.kind = m->kind,
		.common_name = m->common_name,
		.alt_names = alt_names,
		.public_key = key,
		.issuer = issuer,
		.issuer_key = issuer_key,
		.not_before = now - CLOCK_TOLERANCE,
		.not_after = now + TEN_YEARS,
	};
	if (issuer && certificate_not_after(issuer) < t.not_after)
		t.not_after = certificate_not_after(issuer);
	AUTO(x509) X509 *cert = NULL;
	AUTO_BUF struct buf pem = BUF(PEM_MAX);
	TRY(certificate_make(&t, &cert));
	TRY(certificate_pem(&cert, 1, &pem));
	TRY(files_write(dir, m->cert_file, false, pem.data, pem.len));
	*out = cert;
	cert = NULL;
	return NULL;
}

// Key and certificate of one member, read or made.
static struct err *ensure(const char *dir, const struct member *m, X509 *issuer,
			  EVP_PKEY *issuer_key, const char *host, int64_t now, EVP_PKEY **key,
			  X509 **cert)
{
	AUTO(x509) X509 *found = NULL;
	TRY(load_key(dir, m, key));
	TRY(load_certificate(dir, m, &found));
	if (fits(found, *key, issuer, m, host, now)) {
		*cert = found;
		found = NULL;
		return NULL;
	}
	AUTO_TEXT char *alt_names = NULL;
	if (m->kind == CERTIFICATE_TLS) {
		const char *form = host && strspn(host, "0123456789abcdefABCDEF.:") == strlen(host)
					   ? "IP"
					   : "DNS";
		bool more = host && strcmp(host, "localhost") != 0 &&
			    strcmp(host, "127.0.0.1") != 0 && strcmp(host, "::1") != 0;
		alt_names =
			text_format("DNS:localhost,IP:127.0.0.1,IP:::1%s%s%s%s", more ? "," : "",
				    more ? form : "", more ? ":" : "", more ? host : "");
		if (!alt_names)
			return err_no_memory();
	}
	return make_member(dir, m, *key, issuer, issuer_key ? issuer_key : *key, alt_names, now,
			   cert);
}

// The root alone, for clients; written again whenever it differs.
static struct err *publish_root(const char *dir, X509 *root)
{
	AUTO_BUF struct buf pem = BUF(PEM_MAX);
	AUTO_BUF struct buf old = BUF(PEM_MAX);
	bool there = false;
	TRY(certificate_pem(&root, 1, &pem));
	TRY(files_read(dir, "practice-ca.pem", PEM_MAX, &there, &old));
	if (there && old.len == pem.len && memcmp(old.data, pem.data, pem.len) == 0)
		return NULL;
	return files_write(dir, "practice-ca.pem", false, pem.data, pem.len);
}

static struct err *open_all(const char *dir, const char *host, int64_t now, struct authority *a)
{
	TRY(ensure(dir, &root_member, NULL, NULL, NULL, now, &a->root_key, &a->root));
	TRY(ensure(dir, &issuing_member, a->root, a->root_key, NULL, now, &a->issuing_key,
		   &a->issuing));
	TRY(ensure(dir, &tls_member, a->issuing, a->issuing_key, host, now, &a->tls_key, &a->tls));
	TRY(publish_root(dir, a->root));
	X509 *const chain[] = { a->tls, a->issuing };
	X509 *const trust[] = { a->issuing, a->root };
	TRY(certificate_pem(chain, ARRAY_LEN(chain), &a->tls_chain_pem));
	TRY(certificate_pem(trust, ARRAY_LEN(trust), &a->trust_pem));
	return key_pem(a->tls_key, &a->tls_key_pem);
}

struct err *authority_open(const char *dir, const char *host, int64_t now, struct authority **out)
{
	AUTO(authority) struct authority *a = calloc(1, sizeof *a);
	int lock = -1;
	if (!a)
		return err_no_memory();
	TRY(files_make_directory(dir));
	TRY(files_lock(dir, &lock)); // of two servers that start at once, one makes the keys
	struct err *e = open_all(dir, host, now, a);
	files_unlock(lock);
	if (e)
		return e;
	*out = a;
	a = NULL;
	return NULL;
}

static struct err *open_for_scep(struct authority *a, const char *dir, bool ra, bool next,
				 int64_t now)
{
	if (ra)
		TRY(ensure(dir, &ra_member, a->issuing, a->issuing_key, NULL, now, &a->ra_key,
			   &a->ra));
	if (next)
		TRY(ensure(dir, &next_member, a->root, a->root_key, NULL, now, &a->next_key,
			   &a->next));
	return NULL;
}

struct err *authority_for_scep(struct authority *a, const char *dir, bool ra, bool next,
			       int64_t now)
{
	int lock = -1;
	TRY(files_lock(dir, &lock));
	struct err *e = open_for_scep(a, dir, ra, next, now);
	files_unlock(lock);
	return e;
}

void authority_free(struct authority *a)
{
	if (!a)
		return;
	X509_free(a->root);
	X509_free(a->issuing);
	X509_free(a->tls);
	X509_free(a->ra);
	X509_free(a->next);
	EVP_PKEY_free(a->ra_key);
	EVP_PKEY_free(a->next_key);
	EVP_PKEY_free(a->root_key);
	EVP_PKEY_free(a->issuing_key);
	EVP_PKEY_free(a->tls_key);
	buf_free(&a->tls_chain_pem);
	buf_free(&a->tls_key_pem);
	buf_free(&a->trust_pem);
	free(a);
}
