// Attestations in requests.
#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "practiceca/attested.h"
#include "practiceca/openssl_error.h"
#include "practiceca/registered.h"

enum { ROOTS_MAX = 512 * 1024, NUMBER_MAX = 1024 };

struct err *attested_rules_read(const char *path, bool required, struct attested_rules *out)
{
	AUTO_BUF struct buf pem = BUF(ROOTS_MAX);
	out->required = required;
	if (!path && required)
		return err_hint(
			err_new(ERR_USAGE, N_("Without roots no attestation can be checked.")),
			N_("Add --attestation-roots FILE."));
	if (!path)
		return NULL;
	TRY(buf_read_file(path, ROOTS_MAX, &pem));
	return cert_list_from_pem(pem.data, pem.len, &out->roots);
}

bool attested_extension(const X509_EXTENSION *ext)
{
	// As yubico-piv-tool writes them: the statement, and who signed it.
	static const char *const numbers[] = { "1.3.6.1.4.1.41482.3.11", "1.3.6.1.4.1.41482.3.2" };
	char number[64];
	ASN1_OBJECT *object = X509_EXTENSION_get_object((X509_EXTENSION *)(uintptr_t)ext);
	if (OBJ_obj2txt(number, sizeof number, object, 1) <= 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(number, numbers[i]) == 0)
			return true;
	return false;
}

// The key of the request as two numbers.
struct numbers {
	uint8_t modulus[NUMBER_MAX], exponent[NUMBER_MAX];
	struct rsa_public key;
};

static struct err *one_number(EVP_PKEY *key, const char *name, uint8_t out[static NUMBER_MAX],
			      size_t *len)
{
	BIGNUM *n = NULL;
	if (EVP_PKEY_get_bn_param(key, name, &n) != 1)
		return openssl_error("EVP_PKEY_get_bn_param");
	int bytes = BN_num_bytes(n);
	if (bytes <= NUMBER_MAX)
		*len = (size_t)BN_bn2bin(n, out);
	BN_free(n);
	return bytes <= NUMBER_MAX ? NULL : openssl_error("BN_bn2bin");
}

static struct err *key_numbers(const struct request *r, struct numbers *out)
{
	size_t modulus = 0, exponent = 0;
	TRY(one_number(r->public_key, OSSL_PKEY_PARAM_RSA_N, out->modulus, &modulus));
	TRY(one_number(r->public_key, OSSL_PKEY_PARAM_RSA_E, out->exponent, &exponent));
	out->key = (struct rsa_public){ out->modulus, modulus, out->exponent, exponent };
	return NULL;
}

static struct err *read_statement(const struct request *r, struct attestation_statement *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509_REQ(r->parsed, &der);
	if (len <= 0)
		return openssl_error("i2d_X509_REQ");
	struct err *e = attestation_from_request(der, (size_t)len, out);
	OPENSSL_free(der);
	return e;
}

// The judge's words are for a person at a token; the client gets ours.
static struct err *refusal_of(struct err *e, enum refusal *no)
{
	static const struct {
		const char *tag;
		enum refusal no;
	} rows[] = {
		{ "attestation-malformed", REFUSE_ATTESTATION },
		{ "attestation-untrusted", REFUSE_ATTESTATION_UNTRUSTED },
		{ "attestation-other-key", REFUSE_ATTESTATION_KEY },
		{ "attestation-firmware", REFUSE_ATTESTATION_FIRMWARE },
	};
	for (size_t i = 0; e && i < ARRAY_LEN(rows); i++)
		if (err_has_tag(e, rows[i].tag)) {
			*no = rows[i].no;
			err_free(e);
			return NULL;
		}
	return e;
}

static struct err *read_registered(struct database *d, const struct request *r,
				   struct attestation_statement *out)
{
	struct err *e = registered_find(database_take(d), r->public_key, out);
	database_give(d);
	return e;
}

static struct err *judge(const struct attested_rules *rules, struct database *d, struct request *r)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	struct numbers numbers;
	struct attestation a;
	TRY(read_statement(r, &s));
	if (s.kind == ATTESTATION_NONE)
		TRY(read_registered(d, r, &s));
	if (s.kind == ATTESTATION_NONE)
		return NULL;
	TRY(key_numbers(r, &numbers));
	const struct attestation_terms terms = { .roots = &rules->roots, .key = &numbers.key };
	TRY(attestation_judge(&terms, &s, &a));
	r->attestation = a;
	return NULL;
}

struct err *attested_judge(const struct attested_rules *rules, struct database *d,
			   struct request *r, enum refusal *no)
{
	if (!rules->roots.n)
		return NULL;
	TRY(refusal_of(judge(rules, d, r), no));
	if (!*no && rules->required && r->attestation.kind == ATTESTATION_NONE)
		*no = REFUSE_NO_ATTESTATION;
	return NULL;
}

struct err *attested_account(const struct attested_rules *rules, struct store *s, int64_t account,
			     const struct request *r, enum refusal *no)
{
	char bound[TOKEN_SERIAL_MAX + 1], has[TOKEN_SERIAL_MAX + 1];
	if (!rules->roots.n)
		return NULL;
	TRY(account_token(s, account, bound));
	if (!bound[0])
		return NULL;
	snprintf(has, sizeof has, "%" PRIu64, r->attestation.serial);
	if (r->attestation.kind == ATTESTATION_NONE)
		*no = REFUSE_NO_ATTESTATION;
	else if (strcmp(bound, has) != 0)
		*no = REFUSE_OTHER_TOKEN;
	return NULL;
}
