// PSKC: how values are encrypted (RFC 6030 §6), with OpenSSL.
#include "otp/import_pskc.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

// More rounds than anybody asks of a passphrase: a file must not keep us busy for ever.
enum { ITERATIONS_MAX = 10000000, BLOCK = 16, WRAP_MORE = 16 };

enum mode { MODE_CBC, MODE_WRAP };
struct pskc_algorithm {
	const char *uri;
	const char *cipher; // OpenSSL's name
	enum mode mode;
	size_t key_len;
};

static const struct pskc_algorithm algorithms[] = {
	{ NS_XENC "aes128-cbc", "AES-128-CBC", MODE_CBC, 16 },
	{ NS_XENC "aes192-cbc", "AES-192-CBC", MODE_CBC, 24 },
	{ NS_XENC "aes256-cbc", "AES-256-CBC", MODE_CBC, 32 },
	{ NS_XENC "kw-aes128", "AES-128-WRAP", MODE_WRAP, 16 },
	{ NS_XENC "kw-aes192", "AES-192-WRAP", MODE_WRAP, 24 },
	{ NS_XENC "kw-aes256", "AES-256-WRAP", MODE_WRAP, 32 },
	{ NS_XENC11 "kw-aes-128-pad", "AES-128-WRAP-PAD", MODE_WRAP, 16 },
	{ NS_XENC11 "kw-aes-192-pad", "AES-192-WRAP-PAD", MODE_WRAP, 24 },
	{ NS_XENC11 "kw-aes-256-pad", "AES-256-WRAP-PAD", MODE_WRAP, 32 },
};

#define NS_DSMORE "http://www.w3.org/2001/04/xmldsig-more#"
static const struct {
	const char *uri, *digest;
} macs[] = {
	{ NS_DS "hmac-sha1", "SHA1" },	       { NS_DSMORE "hmac-sha224", "SHA224" },
	{ NS_DSMORE "hmac-sha256", "SHA256" }, { NS_DSMORE "hmac-sha384", "SHA384" },
	{ NS_DSMORE "hmac-sha512", "SHA512" },
};

static const char *digest_of(const char *uri)
{
	for (size_t i = 0; uri && i < ARRAY_LEN(macs); i++)
		if (strcmp(macs[i].uri, uri) == 0)
			return macs[i].digest;
	return NULL;
}

void pskc_crypt_clear(struct pskc_crypt *c)
{
	free(c->name);
	secret_free(c->salt);
	secret_free(c->mac_cipher.bytes);
	secret_free(c->key);
	secret_free(c->mac_key);
	*c = (struct pskc_crypt){ 0 };
}

static void cipher_cleanup(struct pskc_cipher *c)
{
	secret_free(c->bytes);
}
#define AUTO_CIPHER __attribute__((cleanup(cipher_cleanup)))

static struct err *read_cipher(const xmlNode *n, struct pskc_cipher *out)
{
	const xmlNode *method = xml_child(n, NS_XENC, "EncryptionMethod");
	const xmlNode *data = xml_child(n, NS_XENC, "CipherData");
	const xmlNode *value = xml_child(data, NS_XENC, "CipherValue");
	if (!method)
		return xml_damaged(n, N_("it is not said how a value is encrypted"));
	AUTO_TEXT char *uri = NULL;
	TRY(xml_attribute(method, "Algorithm", &uri));
	const struct pskc_algorithm *a = NULL;
	for (size_t i = 0; uri && i < ARRAY_LEN(algorithms); i++)
		if (strcmp(algorithms[i].uri, uri) == 0)
			a = &algorithms[i];
	if (!a)
		return xml_unknown(
			method, N_("a value is encrypted in a way that inkan does not know"), uri);
	if (!value)
		return xml_damaged(n, N_("an encrypted value is missing"));
	AUTO(secret) struct secret *bytes = NULL;
	TRY(xml_base64(value, &bytes));
	size_t len = secret_len(bytes);
	if (a->mode == MODE_CBC ? len < 2 * BLOCK || len % BLOCK != 0 : len < BLOCK || len % 8 != 0)
		return xml_damaged(value, N_("an encrypted value was cut short"));
	*out = (struct pskc_cipher){ a, bytes };
	bytes = NULL;
	return NULL;
}

// A number that XML Schema calls non-negative, as an element of no certain namespace.
static struct err *read_number(const xmlNode *in, const char *name, uint64_t max, uint64_t *out)
{
	const xmlNode *n = xml_child(in, NULL, name);
	AUTO_TEXT char *text = NULL;
	TRY(xml_words(n, &text));
	if (!text)
		return NULL;
	if (!import_number(text, strlen(text), max, out))
		return xml_damaged(n, N_("a number is none, or is too large"));
	return NULL;
}

// PBKDF2 (RFC 8018 appendix A.2). PKCS #5 2.0's own schema has these elements without a namespace, XML Encryption 1.1 in its own.
static struct err *read_pbkdf2(struct pskc_crypt *c, const xmlNode *method)
{
	const xmlNode *params = xml_child(method, NULL, "PBKDF2-params");
	const xmlNode *salt = xml_child(xml_child(params, NULL, "Salt"), NULL, "Specified");
	const xmlNode *prf = xml_child(params, NULL, "PRF");
	if (!salt)
		return xml_damaged(method, N_("the passphrase's key has no salt"));
	TRY(xml_base64(salt, &c->salt));
	TRY(read_number(params, "IterationCount", ITERATIONS_MAX, &c->iterations));
	TRY(read_number(params, "KeyLength", 32, &c->key_len));
	if (c->iterations == 0)
		return xml_damaged(params, N_("the passphrase's key has no number of rounds"));
	AUTO_TEXT char *uri = NULL;
	if (prf)
		TRY(xml_attribute(prf, "Algorithm", &uri));
	c->prf = uri ? digest_of(uri) : "SHA1"; // the default of RFC 8018
	return c->prf ? NULL
		      : xml_unknown(prf,
				    N_("a passphrase is used in a way that inkan does not know"),
				    uri);
}

static struct err *read_derived(struct pskc_crypt *c, const xmlNode *derived)
{
	static const char *const pbkdf2[] = {
		"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2",
		"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#pbkdf2",
		NS_XENC11 "pbkdf2",
	};
	const xmlNode *method = xml_child(derived, NS_XENC11, "KeyDerivationMethod");
	AUTO_TEXT char *uri = NULL;
	if (method)
		TRY(xml_attribute(method, "Algorithm", &uri));
	bool known = false;
	for (size_t i = 0; uri && i < ARRAY_LEN(pbkdf2); i++)
		known = known || strcmp(uri, pbkdf2[i]) == 0;
	if (!known)
		return xml_unknown(
			derived, N_("a passphrase is used in a way that inkan does not know"), uri);
	c->kind = PSKC_KEY_DERIVED;
	TRY(xml_words(xml_child(derived, NS_XENC11, "MasterKeyName"), &c->name));
	return read_pbkdf2(c, method);
}

struct err *pskc_crypt_key(struct pskc_crypt *c, const xmlNode *encryption_key)
{
	const xmlNode *n = xml_first(encryption_key);
	if (!n || xml_next(n) || c->kind != PSKC_KEY_NONE)
		return xml_damaged(encryption_key, N_("there is not one encryption key"));
	if (xml_is(n, NS_DS, "KeyName")) {
		c->kind = PSKC_KEY_NAMED;
		return xml_words(n, &c->name);
	}
	if (xml_is(n, NS_XENC11, "DerivedKey"))
		return read_derived(c, n);
	if (xml_is(n, NS_DS, "X509Data"))
		return xml_unknown(
			n, N_("it is encrypted to a certificate, which inkan cannot open"), NULL);
	return xml_unknown(n, N_("its encryption key is given in a way that inkan does not know"),
			   (const char *)n->name);
}

struct err *pskc_crypt_mac(struct pskc_crypt *c, const xmlNode *mac_method)
{
	AUTO_TEXT char *uri = NULL;
	TRY(xml_attribute(mac_method, "Algorithm", &uri));
	if (c->mac)
		return xml_damaged(mac_method, N_("an element stands there twice"));
	c->mac = digest_of(uri);
	if (!c->mac)
		return xml_unknown(mac_method,
				   N_("values are authenticated in a way that inkan does not know"),
				   uri);
	const xmlNode *key = xml_child(mac_method, NS_PSKC, "MACKey");
	if (!key)
		return xml_unknown(mac_method, N_("there is no MAC key of its own"), NULL);
	return read_cipher(key, &c->mac_cipher);
}

static struct err *key_wanted(const struct pskc_crypt *c)
{
	struct err *e = c->kind == PSKC_KEY_NAMED
				? err_new(ERR_ANSWER,
					  N_("The file is encrypted with a pre-shared key, “%1”. "
					     "It is needed."),
					  ARG_TEXT(c->name ? c->name : ""))
				: err_new(ERR_ANSWER,
					  N_("The file is encrypted with a passphrase, “%1”. It is "
					     "needed."),
					  ARG_TEXT(c->name ? c->name : ""));
	return err_tag(
		err_hint(e, N_("Whoever sent the file has it, and sends it by another way.")),
		"pskc-key-wanted");
}

static struct err *key_wrong(const xmlNode *at)
{
	return err_tag(err_hint(err_new(ERR_ANSWER,
					N_("The key or passphrase does not open the value in line "
					   "%1 of the PSKC file, or the value was changed."),
					ARG_NUM(xmlGetLineNo((xmlNode *)(uintptr_t)at))),
				N_("Ask whoever sent the file for its key or passphrase. If that "
				   "is right, have the file sent again.")),
		       "pskc-key-wrong");
}

static struct err *mac_wrong(const xmlNode *at, const char *what)
{
	return err_tag(
		err_hint(err_new(ERR_ANSWER, N_("In line %1 of the PSKC file %2."),
				 ARG_NUM(xmlGetLineNo((xmlNode *)(uintptr_t)at)), ARG_ID(what)),
			 N_("Ask whoever sent the file for its key or passphrase. If that is "
			    "right, have the file sent again.")),
		"pskc-mac");
}

static struct err *derive(struct pskc_crypt *c, size_t len)
{
	AUTO(secret) struct secret *key = NULL;
	TRY(secret_new(len, &key));
	const struct secret *p = c->given->passphrase;
	EVP_MD *md = EVP_MD_fetch(NULL, c->prf, NULL);
	int ok = md && PKCS5_PBKDF2_HMAC(secret_text(p), (int)secret_len(p), secret_bytes(c->salt),
					 (int)secret_len(c->salt), (int)c->iterations, md, (int)len,
					 secret_room(key)) == 1;
	EVP_MD_free(md);
	if (!ok)
		return err_call(
			err_new(ERR_FAILED, N_("A key could not be made of the passphrase.")),
			"PKCS5_PBKDF2_HMAC", "", 0);
	secret_set_len(key, len);
	c->key = key;
	key = NULL;
	return NULL;
}

// The key that opens `at`, of the length that its algorithm wants.
static struct err *have_key(struct pskc_crypt *c, const xmlNode *at, size_t len)
{
	if (c->kind == PSKC_KEY_NONE)
		return xml_damaged(at, N_("a value is encrypted, and no key is named"));
	bool given = c->kind == PSKC_KEY_NAMED ? c->given->preshared : c->given->passphrase;
	if (!given)
		return key_wanted(c);
	if (!c->key && c->kind == PSKC_KEY_NAMED)
		TRY(secret_copy(c->given->preshared, &c->key));
	if (!c->key)
		TRY(derive(c, c->key_len ? c->key_len : len));
	return secret_len(c->key) == len ? NULL : key_wrong(at);
}

// EVP one-shot: what comes out is in `to`, of at most `room` bytes. False where OpenSSL refuses it.
static bool run_cipher(const struct pskc_cipher *in, const struct secret *key, uint8_t *to,
		       size_t *len)
{
	const uint8_t *bytes = secret_bytes(in->bytes);
	size_t n = secret_len(in->bytes);
	bool cbc = in->algorithm->mode == MODE_CBC;
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, in->algorithm->cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int made = 0, rest = 0;
	bool ok = cipher && ctx;
	if (ok && !cbc)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = ok &&
	     EVP_DecryptInit_ex2(ctx, cipher, secret_bytes(key), cbc ? bytes : NULL, NULL) == 1;
	if (ok && cbc)
		EVP_CIPHER_CTX_set_padding(ctx, 0); // xmlenc's own is taken off afterwards
	size_t skip = cbc ? BLOCK : 0;
	ok = ok && EVP_DecryptUpdate(ctx, to, &made, bytes + skip, (int)(n - skip)) == 1 &&
	     EVP_DecryptFinal_ex(ctx, to + made, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	*len = ok ? (size_t)(made + rest) : 0;
	return ok;
}

// XML Encryption §5.2: the last byte alone says how much is padding.
static bool take_padding_off(const uint8_t *bytes, size_t *len)
{
	if (*len == 0 || bytes[*len - 1] == 0 || bytes[*len - 1] > BLOCK || bytes[*len - 1] > *len)
		return false;
	*len -= bytes[*len - 1];
	return true;
}

static struct err *open_cipher(struct pskc_crypt *c, const struct pskc_cipher *in,
			       const xmlNode *at, struct secret **out)
{
	AUTO(secret) struct secret *plain = NULL;
	TRY(have_key(c, at, in->algorithm->key_len));
	TRY(secret_new(secret_len(in->bytes) + WRAP_MORE, &plain));
	size_t len = 0;
	if (!run_cipher(in, c->key, secret_room(plain), &len))
		return key_wrong(at);
	if (in->algorithm->mode == MODE_CBC && !take_padding_off(secret_bytes(plain), &len))
		return key_wrong(at);
	secret_set_len(plain, len);
	*out = plain;
	plain = NULL;
	return NULL;
}

static struct err *check_mac(struct pskc_crypt *c, const struct pskc_cipher *in, const xmlNode *mac)
{
	AUTO(secret) struct secret *said = NULL;
	TRY(xml_base64(mac, &said));
	if (!c->mac)
		return xml_damaged(mac, N_("a value has a MAC, and it is not said how it is made"));
	if (!c->mac_key)
		TRY(open_cipher(c, &c->mac_cipher, mac, &c->mac_key));
	uint8_t is[EVP_MAX_MD_SIZE];
	size_t len = 0;
	if (!EVP_Q_mac(NULL, "HMAC", NULL, c->mac, NULL, secret_bytes(c->mac_key),
		       secret_len(c->mac_key), secret_bytes(in->bytes), secret_len(in->bytes), is,
		       sizeof(is), &len))
		return err_call(err_new(ERR_FAILED, N_("A MAC could not be made.")), "EVP_Q_mac",
				"", 0);
	if (len == secret_len(said) && CRYPTO_memcmp(is, secret_bytes(said), len) == 0)
		return NULL;
	return mac_wrong(mac, N_("a value's MAC is wrong: the key or passphrase is another, or the "
				 "value was changed"));
}

struct err *pskc_decrypt(struct pskc_crypt *c, const xmlNode *encrypted, const xmlNode *mac,
			 struct secret **out)
{
	AUTO_CIPHER struct pskc_cipher in = { 0 };
	TRY(read_cipher(encrypted, &in));
	// AES key wrap authenticates by itself; CBC does not.
	if (!mac && in.algorithm->mode == MODE_CBC)
		return mac_wrong(encrypted,
				 N_("a value has no MAC: nobody could say whether it was changed"));
	TRY(have_key(c, encrypted, in.algorithm->key_len));
	if (mac)
		TRY(check_mac(c, &in, mac));
	return open_cipher(c, &in, encrypted, out);
}
