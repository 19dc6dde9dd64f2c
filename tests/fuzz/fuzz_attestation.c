// A maker's attestation from any bytes: as two certificates (two bytes of length, the statement, the rest is the certificate of slot F9)
// and as a request that carries it. What is judged good is about our key, by the true maker, and of no weak firmware.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "fuzz.h"
#include "x509/attestation.h"

static struct cert_list roots, ours; // pki/maker-root.pem, pki/attested.pem
static uint8_t modulus[512], exponent[8];
static struct rsa_public key;

static void one_file(const char *name, struct cert_list *out)
{
	AUTO_BUF struct buf pem = { 0 };
	fuzz_file(name, &pem);
	MUST_HOLD(fuzz_fine(cert_list_from_pem(pem.data, pem.len, out)));
}

static size_t number(EVP_PKEY *from, const char *name, uint8_t *out)
{
	BIGNUM *n = NULL;
	MUST_HOLD(EVP_PKEY_get_bn_param(from, name, &n) == 1);
	size_t len = (size_t)BN_bn2bin(n, out);
	BN_free(n);
	return len;
}

static void begin(void)
{
	size_t len = 0;
	if (roots.n)
		return;
	one_file("pki/maker-root.pem", &roots);
	one_file("pki/attested.pem", &ours);
	const unsigned char *spki = cert_public_key_der(ours.certs[0], &len);
	EVP_PKEY *from = d2i_PUBKEY(NULL, &spki, (long)len);
	MUST_HOLD(from);
	size_t n = number(from, OSSL_PKEY_PARAM_RSA_N, modulus);
	size_t e = number(from, OSSL_PKEY_PARAM_RSA_E, exponent);
	key = (struct rsa_public){ modulus, n, exponent, e };
	EVP_PKEY_free(from);
}

static bool is_our_key(const struct buf *leaf)
{
	AUTO(cert) struct cert *c = NULL;
	size_t len = 0, our_len = 0;
	MUST_HOLD(fuzz_fine(cert_parse(leaf->data, leaf->len, &c)));
	const uint8_t *spki = cert_public_key_der(c, &len);
	const uint8_t *our = cert_public_key_der(ours.certs[0], &our_len);
	return len == our_len && memcmp(spki, our, len) == 0;
}

// What was written into a request comes out of its attribute again; how long it is in there is known.
static void look(const struct attestation_statement *s, const struct attestation *a)
{
	char firmware[ATTESTATION_FIRMWARE_TEXT];
	AUTO_BUF struct buf attribute = { 0 }, pem = { 0 };
	AUTO_CERTS struct cert_list both = { 0 };
	MUST_HOLD(strlen(attestation_firmware(a, firmware)) >= 5);
	MUST_HOLD(attested_pin_name(a->pin)[0] && attested_touch_name(a->touch)[0]);
	MUST_HOLD(a->slot >= 0x82 && a->slot <= 0x9e);
	MUST_HOLD(fuzz_fine(attestation_attribute(s, &attribute)));
	MUST_HOLD(attribute.len > s->leaf.len + s->intermediate.len);
	MUST_HOLD(fuzz_fine(attestation_pem(s, &pem)));
	MUST_HOLD(fuzz_fine(cert_list_from_pem(pem.data, pem.len, &both)));
	MUST_HOLD(both.n == 1 + (s->intermediate.len > 0));
}

// OpenSSL 3.0 takes a tenth of a millisecond for each public key that it reads, and nearly all of a run's time goes there: what costs more
// keys is looked at for the good ones and, by the input's size, for some of the others.
static void judge(const struct attestation_statement *s)
{
	struct attestation read = { 0 }, judged = { 0 };
	const struct attestation_terms terms = { .roots = &roots, .key = &key };
	bool good = fuzz_fine(attestation_judge(&terms, s, &judged));
	bool readable = (good || s->leaf.len % 8 == 0) && fuzz_fine(attestation_read(s, &read));
	if (readable)
		look(s, &read);
	if (!good) {
		MUST_HOLD(judged.kind == ATTESTATION_NONE);
		return;
	}
	MUST_HOLD(readable && read.serial == judged.serial && read.slot == judged.slot);
	MUST_HOLD(is_our_key(&s->leaf));
	MUST_HOLD(judged.firmware[0] != 4 || judged.firmware[1] != 3 || judged.firmware[2] > 4);
}

static void as_certificates(const uint8_t *data, size_t size)
{
	AUTO_STATEMENT struct attestation_statement s = { .kind = ATTESTATION_YUBIKEY_PIV };
	if (size < 2)
		return;
	size_t len = (size_t)data[0] << 8 | data[1];
	len = len > size - 2 ? size - 2 : len;
	MUST_HOLD(fuzz_fine(buf_put(&s.leaf, data + 2, len)));
	MUST_HOLD(fuzz_fine(buf_put(&s.intermediate, data + 2 + len, size - 2 - len)));
	judge(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STATEMENT struct attestation_statement s = { 0 };
	begin();
	as_certificates(data, size);
	if (fuzz_fine(attestation_from_request(data, size, &s)) && s.kind != ATTESTATION_NONE)
		judge(&s);
	return 0;
}
