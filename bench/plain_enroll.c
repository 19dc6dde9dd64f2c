// bench-plain-enroll MODULE LABEL URL CA-FILE COMMON-NAME: an enrolment in one process, straight on: the same calls of the token and the
// same three requests of EST that inkan makes (csrattrs, cacerts, simpleenroll), but no journal, no worker, no read-back, no evidence, no
// judging of the certificate, no trying out. What inkan is measured against.
//
// PIN, user name and password are the three lines of standard input.
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"

struct answer {
	char bytes[65536];
	size_t len;
};

void die(const char *what)
{
	fprintf(stderr, "bench-plain-enroll: %s\n", what);
	exit(1);
}

static void read_line(char *line, int room)
{
	if (!fgets(line, room, stdin))
		die("PIN, user name and password are wanted on standard input");
	line[strcspn(line, "\n")] = '\0';
}

static size_t take(char *bytes, size_t one, size_t n, void *to)
{
	struct answer *a = to;
	if (n > sizeof(a->bytes) - 1 - a->len)
		return 0;
	memcpy(a->bytes + a->len, bytes, one * n);
	a->len += one * n;
	a->bytes[a->len] = '\0';
	return n;
}

static void ask(CURL *curl, const char *base, const char *path, struct answer *out)
{
	char url[512];
	long status = 0;
	snprintf(url, sizeof(url), "%s/%s", base, path);
	out->len = 0;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK || status < 200 || status > 299)
		die(url);
}

// The public key as OpenSSL has it, by the DER of RSAPublicKey and its AlgorithmIdentifier.
static EVP_PKEY *public_key(const struct plain_key *k)
{
	BIGNUM *n = BN_bin2bn(k->modulus, (int)k->modulus_len, NULL);
	BIGNUM *e = BN_bin2bn(k->exponent, (int)k->exponent_len, NULL);
	ASN1_INTEGER *parts[] = { BN_to_ASN1_INTEGER(n, NULL), BN_to_ASN1_INTEGER(e, NULL) };
	unsigned char body[600], der[640], *at = body, *front = der;
	i2d_ASN1_INTEGER(parts[0], &at);
	i2d_ASN1_INTEGER(parts[1], &at);
	ASN1_put_object(&front, 1, (int)(at - body), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(front, body, (size_t)(at - body));
	const unsigned char *in = der;
	EVP_PKEY *key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &in, front - der + (at - body));
	for (int i = 0; i < 2; i++)
		ASN1_INTEGER_free(parts[i]);
	BN_free(n);
	BN_free(e);
	if (!key)
		die("public key");
	return key;
}

static void add(X509_NAME *name, const char *field, const char *value)
{
	X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1,
				   0);
}

// Base64 of the request, for the body.
static void make_request(const struct plain_key *k, const char *common_name, char *body)
{
	X509_REQ *request = X509_REQ_new();
	EVP_PKEY *key = public_key(k);
	X509_NAME *name = X509_NAME_new();
	add(name, "C", "JP");
	add(name, "O", "Practice Shinkin Bank");
	add(name, "CN", common_name);
	X509_REQ_set_subject_name(request, name);
	X509_REQ_set_pubkey(request, key);
	X509_ALGOR *algorithm = X509_ALGOR_new();
	X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL, NULL);
	X509_REQ_set1_signature_algo(request, algorithm);
	unsigned char *tbs = NULL, *der = NULL;
	int len = i2d_re_X509_REQ_tbs(request, &tbs);
	uint8_t sig[1024];
	size_t sig_len = sizeof(sig);
	token_sign(k, tbs, (size_t)len, sig, &sig_len);
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	ASN1_BIT_STRING_set(bits, sig, (int)sig_len);
	bits->flags = ASN1_STRING_FLAG_BITS_LEFT;
	X509_REQ_set0_signature(request, bits);
	len = i2d_X509_REQ(request, &der);
	int chars = EVP_EncodeBlock((unsigned char *)body, der, len);
	memcpy(body + chars, "\n", 2);
	OPENSSL_free(tbs);
	OPENSSL_free(der);
	X509_ALGOR_free(algorithm);
	X509_NAME_free(name);
	EVP_PKEY_free(key);
	X509_REQ_free(request);
}

static X509 *certificate_of(const struct answer *a, PKCS7 **whole)
{
	unsigned char der[49152];
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int len = 0, more = 0;
	EVP_DecodeInit(ctx);
	EVP_DecodeUpdate(ctx, der, &len, (const unsigned char *)a->bytes, (int)a->len);
	EVP_DecodeFinal(ctx, der + len, &more);
	EVP_ENCODE_CTX_free(ctx);
	const unsigned char *in = der;
	*whole = d2i_PKCS7(NULL, &in, len + more);
	if (!*whole || !PKCS7_type_is_signed(*whole))
		die("no PKCS#7 came");
	return sk_X509_value((*whole)->d.sign->cert, 0);
}

static void store(X509 *leaf, const uint8_t *id, size_t id_len, const char *label)
{
	struct plain_cert c = { 0 };
	c.der_len = (size_t)i2d_X509(leaf, &c.der);
	c.subject_len = (size_t)i2d_X509_NAME(X509_get_subject_name(leaf), &c.subject);
	c.issuer_len = (size_t)i2d_X509_NAME(X509_get_issuer_name(leaf), &c.issuer);
	c.serial_len = (size_t)i2d_ASN1_INTEGER(X509_get_serialNumber(leaf), &c.serial);
	token_store(&c, id, id_len, label);
	OPENSSL_free(c.der);
	OPENSSL_free(c.subject);
	OPENSSL_free(c.issuer);
	OPENSSL_free(c.serial);
}

static CURL *line_to(const char *ca_file)
{
	curl_global_init(CURL_GLOBAL_ALL);
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	return curl;
}

int main(int argc, char **argv)
{
	static struct answer answer;
	char pin[64], user[128], password[128], body[8192];
	struct plain_key key = { 0 };
	uint8_t id[16];
	PKCS7 *whole = NULL;
	if (argc != 6 || RAND_bytes(id, sizeof(id)) != 1)
		die("MODULE LABEL URL CA-FILE COMMON-NAME");
	read_line(pin, sizeof(pin));
	read_line(user, sizeof(user));
	read_line(password, sizeof(password));
	CURL *curl = line_to(argv[4]);
	token_begin(argv[1], argv[2], pin);
	ask(curl, argv[3], "csrattrs", &answer);
	ask(curl, argv[3], "cacerts", &answer);
	token_generate(id, sizeof(id), argv[5], &key);
	make_request(&key, argv[5], body);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/pkcs10");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERNAME, user);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	ask(curl, argv[3], "simpleenroll", &answer);
	store(certificate_of(&answer, &whole), id, sizeof(id), argv[5]);
	token_end();
	PKCS7_free(whole);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	curl_global_cleanup();
	return 0;
}
