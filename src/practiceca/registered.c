// Attestations that came as files.
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "practiceca/openssl_error.h"
#include "practiceca/ossl.h"
#include "practiceca/registered.h"

enum { FILE_MAX = 65536 };

struct err *registered_read(const char *path, struct attestation_statement *out)
{
	AUTO_BUF struct buf pem = BUF(FILE_MAX);
	AUTO_CERTS struct cert_list certs = { 0 };
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	TRY(buf_read_file(path, FILE_MAX, &pem));
	TRY(cert_list_from_pem(pem.data, pem.len, &certs));
	TRY(attestation_from_certs(&certs, &s));
	if (s.kind == ATTESTATION_NONE)
		return err_hint(
			err_new(ERR_ANSWER, N_("There is no attestation in %1."), ARG_TEXT(path)),
			N_("It is the file that inkan wrote, with send: file in the "
			   "profile."));
	*out = s;
	s = (struct attestation_statement){ 0 };
	return NULL;
}

static struct err *name_of(EVP_PKEY *key, char out[static 65])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	unsigned char *der = NULL;
	int len = key ? i2d_PUBKEY(key, &der) : -1;
	if (len <= 0)
		return openssl_error("i2d_PUBKEY");
	SHA256(der, (size_t)len, hash);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
	return NULL;
}

struct err *registered_add(struct store *s, const struct attestation_statement *said, int64_t now)
{
	char name[65];
	const unsigned char *p = said->leaf.data;
	AUTO(x509) X509 *leaf = d2i_X509(NULL, &p, (long)said->leaf.len);
	if (!leaf)
		return openssl_error("d2i_X509");
	TRY(name_of(X509_get0_pubkey(leaf), name));
	return store_run(s,
			 "INSERT INTO attestation(key_sha256, leaf, intermediate, at) "
			 "VALUES(?,?,?,?) ON CONFLICT(key_sha256) DO UPDATE SET leaf = "
			 "excluded.leaf, intermediate = excluded.intermediate, at = excluded.at",
			 VALUES(V_TEXT(name), V_BYTES(said->leaf.data, said->leaf.len),
				said->intermediate.len
					? V_BYTES(said->intermediate.data, said->intermediate.len)
					: V_NULL,
				V_INT(now)),
			 NULL);
}

static struct err *take(const struct rows *r, int column, struct buf *out)
{
	size_t len = 0;
	const void *bytes = rows_bytes(r, column, &len);
	return bytes ? buf_put(out, bytes, len) : NULL;
}

struct err *registered_find(struct store *s, EVP_PKEY *key, struct attestation_statement *out)
{
	AUTO_STATEMENT struct attestation_statement found = { .leaf = BUF(FILE_MAX),
							      .intermediate = BUF(FILE_MAX) };
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	char name[65];
	TRY(name_of(key, name));
	TRY(store_query(s, "SELECT leaf, intermediate FROM attestation WHERE key_sha256=?",
			VALUES(V_TEXT(name)), &r));
	TRY(rows_next(r, &more));
	*out = (struct attestation_statement){ 0 };
	if (!more)
		return NULL;
	TRY(take(r, 0, &found.leaf));
	TRY(take(r, 1, &found.intermediate));
	found.kind = ATTESTATION_YUBIKEY_PIV;
	*out = found;
	found = (struct attestation_statement){ 0 };
	return NULL;
}
