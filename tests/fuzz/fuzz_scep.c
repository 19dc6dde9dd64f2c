// What a SCEP server says: its certificates (an input that begins with 'A'), a CertRep ('S'), the envelope in it ('E'). No input has a signature of the
// CA's, so none may pass as the CA's word.
#include "judged.h"
#include "x509/authorities.h"
#include "x509/enveloped.h"
#include "x509/signed.h"

enum { INPUT_MAX = 65536 };

static struct private_key *holder;

// Whatever was encrypted: the content's key is sixteen times the letter k.
static struct err *decrypt(void *ctx, const struct decryption_terms *t, struct buf *out)
{
	(void)ctx;
	(void)t;
	return buf_put(out, "kkkkkkkkkkkkkkkk", 16);
}

static void begin(void)
{
	static uint8_t modulus[256] = { 0x81 }, exponent[] = { 1, 0, 1 };
	const struct rsa_public numbers = { modulus, sizeof(modulus), exponent, sizeof(exponent) };
	const struct private_key_ops ops = { .decrypt = decrypt };
	if (holder)
		return;
	judged_begin();
	modulus[255] = 1;
	MUST_HOLD(fuzz_fine(private_key_new(&numbers, &ops, &holder)));
}

// Whom we would ask comes from the anchors; and with a fingerprint that nothing has, nobody.
static void try_authorities(const uint8_t *data, size_t size)
{
	static const char *const nobody[] = {
		"0000000000000000000000000000000000000000000000000000000000000000"
	};
	AUTO_CERTS struct cert_list got = { 0 };
	AUTO(cert) struct cert *one = NULL;
	if (fuzz_fine(cert_parse(data, size, &one)))
		MUST_HOLD(fuzz_fine(cert_list_add(&got, one)));
	else if (!fuzz_fine(cert_list_from_pkcs7(data, size, &got)))
		return;
	struct authorities_terms t = { .got = &got,
				       .anchors = &fuzz_anchors,
				       .now = cert_not_before(fuzz_leaf) + 86400 };
	for (int vouched = 0; vouched < 2; vouched++) {
		AUTO_AUTHORITIES struct authorities a = { 0 };
		t.vouched = vouched;
		if (!fuzz_fine(authorities_judge(&t, &a)))
			continue;
		MUST_HOLD(a.ca && a.encrypt_to && cert_is_ca(a.ca) && a.signers.n > 0);
		MUST_HOLD(a.believed.n <= got.n && a.signers.n <= a.believed.n);
	}
	AUTO_AUTHORITIES struct authorities a = { 0 };
	t.named = nobody;
	t.n_named = 1;
	MUST_HOLD(!fuzz_fine(authorities_judge(&t, &a)) && !a.ca);
}

static void try_envelope(const uint8_t *data, size_t size)
{
	for (enum content_cipher weakest = CIPHER_DES; weakest <= CIPHER_AES; weakest++) {
		enum content_cipher used = CIPHER_OTHER;
		AUTO_BUF struct buf content = BUF(INPUT_MAX);
		const struct enveloped_terms t = {
			.der = data, .len = size, .key = holder, .of = fuzz_leaf, .weakest = weakest
		};
		if (!fuzz_fine(enveloped_open(&t, &used, &content)))
			continue;
		MUST_HOLD(used >= weakest && content.len > 0 && content.len < size);
		AUTO_CERTS struct cert_list got = { 0 };
		if (fuzz_fine(cert_list_from_pkcs7(content.data, content.len, &got)))
			judged_try(&got);
	}
}

static void try_signed(const uint8_t *data, size_t size)
{
	AUTO(signed) struct signed_message *m = NULL;
	const uint8_t *bytes = NULL;
	size_t len = 0;
	if (!fuzz_fine(signed_parse(data, size, &m)))
		return;
	for (int n = '2'; n <= '7'; n++) {
		char oid[] = "2.16.840.1.113733.1.9.x";
		oid[sizeof(oid) - 2] = (char)n;
		for (int text = 0; text < 2; text++)
			if (signed_attribute_of(m, oid, text, &bytes, &len) == ATTRIBUTE_THERE)
				MUST_HOLD(len <= size);
	}
	(void)signed_digest(m);
	const uint8_t *content = signed_content(m, &len);
	MUST_HOLD(!content == !len && len <= size);
	MUST_HOLD(!fuzz_fine(signed_check(m, &fuzz_anchors)));
	if (content)
		try_envelope(content, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > INPUT_MAX)
		return 0;
	begin();
	if (data[0] == 'A')
		try_authorities(data + 1, size - 1);
	else if (data[0] == 'S')
		try_signed(data + 1, size - 1);
	else if (data[0] == 'E')
		try_envelope(data + 1, size - 1);
	return 0;
}
