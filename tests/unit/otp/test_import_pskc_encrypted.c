// PSKC files that are encrypted here, in every way that is known, and keys that others wrapped.
#include <openssl/evp.h>

#include "pskc_files.h"

struct sealing {
	const char *cipher, *uri; // of the values
	size_t key_len;
	bool wrap;
	const char *mac, *mac_uri;
	const char *prf, *prf_uri; // null: pre-shared
};

static void put64(struct buf *to, const uint8_t *bytes, size_t len)
{
	uint8_t text[512];
	int n = EVP_EncodeBlock(text, bytes, (int)len);
	CHECK_OK(buf_put(to, text, (size_t)n));
}

static uint8_t last_byte; // of the secret's padding, instead of the right one; 0: the right one

// IV and ciphertext with xmlenc's padding (its bytes but the last are noise), or a wrapped key.
static size_t seal(const struct sealing *how, const uint8_t *key, const char *plain_text,
		   size_t len, uint8_t out[static 256])
{
	uint8_t padded[128];
	memset(padded, 0xa5, sizeof(padded));
	memcpy(padded, plain_text, len);
	size_t iv = how->wrap ? 0 : 16, n = how->wrap ? len : (len / 16 + 1) * 16;
	if (!how->wrap)
		padded[n - 1] = last_byte && len == 24 ? last_byte : (uint8_t)(n - len);
	memset(out, 0x77, 16);
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, how->cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (how->wrap)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	int made = 0;
	CU_ASSERT(c && EVP_EncryptInit_ex2(ctx, c, key, how->wrap ? NULL : out, NULL) == 1);
	if (!how->wrap)
		EVP_CIPHER_CTX_set_padding(ctx, 0);
	CU_ASSERT(EVP_EncryptUpdate(ctx, out + iv, &made, padded, (int)n) == 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(c);
	return iv + (size_t)made;
}

static void put_sealed(struct buf *to, const struct sealing *how, const uint8_t *bytes, size_t len)
{
	CHECK_OK(buf_printf(to,
			    "<x:EncryptionMethod Algorithm=\"%s\"/><x:CipherData><x:CipherValue>",
			    how->uri));
	put64(to, bytes, len);
	CHECK_OK(buf_puts(to, "</x:CipherValue></x:CipherData>"));
}

static void put_value(struct buf *to, const struct sealing *how, const uint8_t *key,
		      const char *name, const char *value, size_t len)
{
	uint8_t bytes[256], mac[64];
	size_t n = seal(how, key, value, len, bytes), mac_len = 0;
	CHECK_OK(buf_printf(to, "<%s><EncryptedValue>", name));
	put_sealed(to, how, bytes, n);
	CHECK_OK(buf_puts(to, "</EncryptedValue>"));
	if (how->mac) {
		CU_ASSERT(EVP_Q_mac(NULL, "HMAC", NULL, how->mac, NULL,
				    "a key for the macs of 32 bytes..", 32, bytes, n, mac,
				    sizeof(mac), &mac_len) != NULL);
		CHECK_OK(buf_puts(to, "<ValueMAC>"));
		put64(to, mac, mac_len);
		CHECK_OK(buf_puts(to, "</ValueMAC>"));
	}
	CHECK_OK(buf_printf(to, "</%s>", name));
}

static void make(const struct sealing *how, const uint8_t *key, struct buf *to)
{
	CHECK_OK(buf_puts(to,
			  "<KeyContainer Version='1.0' xmlns='urn:ietf:params:xml:ns:keyprov:pskc'"
			  " xmlns:x='http://www.w3.org/2001/04/xmlenc#'"
			  " xmlns:y='http://www.w3.org/2009/xmlenc11#'><EncryptionKey>"));
	if (how->prf) {
		CHECK_OK(buf_printf(
			to,
			"<y:DerivedKey><y:KeyDerivationMethod "
			"Algorithm='http://www.w3.org/2009/xmlenc11#pbkdf2'>"
			"<y:PBKDF2-params><y:Salt><y:Specified>c2FsdHNhbHQ=</y:Specified></y:Salt>"
			"<y:IterationCount>1234</y:IterationCount><y:KeyLength>%zu</y:KeyLength>"
			"<y:PRF "
			"Algorithm='%s'/></y:PBKDF2-params></y:KeyDerivationMethod></y:DerivedKey>",
			how->key_len, how->prf_uri));
	} else {
		CHECK_OK(buf_puts(
			to, "<KeyName xmlns='http://www.w3.org/2000/09/xmldsig#'>K</KeyName>"));
	}
	CHECK_OK(buf_puts(to, "</EncryptionKey>"));
	if (how->mac) {
		uint8_t bytes[256];
		size_t n = seal(how, key, "a key for the macs of 32 bytes..", 32, bytes);
		CHECK_OK(buf_printf(to, "<MACMethod Algorithm='%s'><MACKey>", how->mac_uri));
		put_sealed(to, how, bytes, n);
		CHECK_OK(buf_puts(to, "</MACKey></MACMethod>"));
	}
	CHECK_OK(buf_puts(to, "<KeyPackage><Key Id='k' "
			      "Algorithm='urn:ietf:params:xml:ns:keyprov:pskc:hotp'><Data>"));
	put_value(to, how, key, "Secret", "a secret of 24 bytes....", 24);
	if (how->wrap && !strstr(how->uri, "pad")) // wraps 16 bytes or more
	{
		CHECK_OK(buf_puts(to, "<Counter><PlainValue>4294967298</PlainValue></Counter>"));
	} else {
		put_value(to, how, key, "Counter", "\0\0\0\1\0\0\0\2", 8);
	}
	CHECK_OK(buf_puts(to, "</Data></Key></KeyPackage></KeyContainer>"));
}

#define XENC "http://www.w3.org/2001/04/xmlenc#"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"

static void test_every_cipher_mac_and_prf_opens(void)
{
	static const struct sealing ways[] = {
		{ "AES-128-CBC", XENC "aes128-cbc", 16, false, "SHA1",
		  "http://www.w3.org/2000/09/xmldsig#hmac-sha1", NULL, NULL },
		{ "AES-192-CBC", XENC "aes192-cbc", 24, false, "SHA224", MORE "hmac-sha224", NULL,
		  NULL },
		{ "AES-256-CBC", XENC "aes256-cbc", 32, false, "SHA256", MORE "hmac-sha256", NULL,
		  NULL },
		{ "AES-256-CBC", XENC "aes256-cbc", 32, false, "SHA384", MORE "hmac-sha384", "SHA1",
		  "http://www.w3.org/2000/09/xmldsig#hmac-sha1" },
		{ "AES-128-CBC", XENC "aes128-cbc", 16, false, "SHA512", MORE "hmac-sha512",
		  "SHA256", MORE "hmac-sha256" },
		{ "AES-128-WRAP", XENC "kw-aes128", 16, true, NULL, NULL, NULL, NULL },
		{ "AES-192-WRAP", XENC "kw-aes192", 24, true, "SHA256", MORE "hmac-sha256", NULL,
		  NULL },
		{ "AES-256-WRAP", XENC "kw-aes256", 32, true, NULL, NULL, "SHA512",
		  MORE "hmac-sha512" },
		{ "AES-256-WRAP-PAD", "http://www.w3.org/2009/xmlenc11#kw-aes-256-pad", 32, true,
		  NULL, NULL, NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		const struct sealing *how = &ways[i];
		uint8_t key[32] = "0123456789abcdef0123456789abcdef";
		EVP_MD *md = how->prf ? EVP_MD_fetch(NULL, how->prf, NULL) : NULL;
		if (how->prf)
			CU_ASSERT(PKCS5_PBKDF2_HMAC("pass", 4, (const uint8_t *)"saltsalt", 8, 1234,
						    md, (int)how->key_len, key) == 1);
		EVP_MD_free(md);
		AUTO_BUF struct buf text = { 0 };
		make(how, key, &text);
		AUTO_SEEDS struct seeds s = { 0 }, none = { 0 };
		CHECK_OK(import((const char *)text.data, (const char *)key, how->key_len, "pass",
				&s));
		CHECK_OR_END(s.n == 1);
		CU_ASSERT(has_secret(&s.list[0], "a secret of 24 bytes...."));
		CU_ASSERT_EQUAL(s.list[0].counter, UINT64_C(0x100000002));
		key[0] ^= 1;
		struct err *e = import((const char *)text.data, (const char *)key, how->key_len,
				       "Pass", &none);
		CU_ASSERT(err_has_tag(e, "pskc-key-wrong") || err_has_tag(e, "pskc-mac"));
		err_free(e);
	}
}

static void test_padding_that_cannot_be_is_refused(void)
{
	static const struct sealing how = { "AES-128-CBC", XENC "aes128-cbc",  16,   false,
					    "SHA256",	   MORE "hmac-sha256", NULL, NULL };
	static const uint8_t key[] = "0123456789abcdef";
	static const uint8_t bytes[] = { 16, 17, 255 };
	for (size_t i = 0; i < sizeof(bytes); i++) {
		last_byte = bytes[i];
		AUTO_BUF struct buf text = { 0 };
		AUTO_SEEDS struct seeds s = { 0 };
		make(&how, key, &text);
		struct err *e = import((const char *)text.data, (const char *)key, 16, NULL, &s);
		CU_ASSERT(bytes[i] == 16 ? !e && secret_len(s.list[0].secret) == 16
					 : err_has_tag(e, "pskc-key-wrong"));
		err_free(e);
	}
	last_byte = 0;
}

// RFC 3394 §4.1 to §4.3: the same wrapped by others.
static void test_rfc_3394_vectors_open(void)
{
	static const struct {
		const char *uri, *wrapped;
		size_t key_len;
	} vectors[] = {
		{ XENC "kw-aes128", "H6aLCoEStEeu80vY+1p7gp0+hiNx0s/l", 16 },
		{ XENC "kw-aes192", "lneLJa5spDX5K1uXwFCu0kaKuKF62E5d", 24 },
		{ XENC "kw-aes256", "ZOjD+c4PW6Jj6Xd5BYGKKpPIGR59born", 32 },
	};
	uint8_t key[32];
	for (uint8_t i = 0; i < 32; i++)
		key[i] = i;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		AUTO_TEXT char *with_cipher = without(
			without(file("figure6", "xmlenc#aes128-cbc", "xmlenc#kw-aes128", NULL),
				"<MACMethod", "</MACMethod>"),
			"<ValueMAC>", "</ValueMAC>");
		char *value = strstr(with_cipher, "AAECAwQF"),
		     *uri = strstr(with_cipher, XENC "aes128-cbc");
		CHECK_OR_END(value && uri && uri < value);
		AUTO_TEXT char *text = text_format(
			"%.*s%s%.*s%s%s", (int)(uri - with_cipher), with_cipher, vectors[i].uri,
			(int)(value - uri - (long)strlen(XENC "aes128-cbc")),
			uri + strlen(XENC "aes128-cbc"), vectors[i].wrapped, value + 64);
		AUTO_SEEDS struct seeds s = { 0 }, none = { 0 };
		CHECK_OK(import(text, (const char *)key, vectors[i].key_len, NULL, &s));
		CHECK_OR_END(s.n == 1);
		CU_ASSERT(secret_len(s.list[0].secret) == 16 &&
			  memcmp(secret_bytes(s.list[0].secret),
				 "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
				 16) == 0);
		CU_ASSERT(refused(NULL, import(text, rfc_key, 16, NULL, &none), "pskc-key-wrong"));
	}
}

int main(void)
{
	return CHECK_MAIN(TEST(test_every_cipher_mac_and_prf_opens),
			  TEST(test_padding_that_cannot_be_is_refused),
			  TEST(test_rfc_3394_vectors_open));
}
