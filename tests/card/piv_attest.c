// The statement about a key: a certificate for it, signed by F9, with Yubico's extensions; and how F9 comes to be.
#include "piv.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define FORM_USB_A_KEYCHAIN 0x01
#define OID_YUBICO	    "1.3.6.1.4.1.41482.3."
#define F9_NAME		    "Yubico PIV Attestation"

static void must_be(bool fine, const char *what)
{
	if (!fine)
		die("a certificate", what);
}

static X509_NAME *named(const char *common_name)
{
	X509_NAME *name = must(X509_NAME_new(), "X509_NAME_new");
	must_be(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
					   (const unsigned char *)common_name, -1, -1, 0) == 1,
		common_name);
	return name;
}

static void put_serial(X509 *cert)
{
	uint8_t raw[16];
	must_be(RAND_bytes(raw, sizeof(raw)) == 1, "no random number");
	raw[0] = (raw[0] & 0x3f) | 0x40;
	BIGNUM *n = must(BN_bin2bn(raw, sizeof(raw), NULL), "BN_bin2bn");
	ASN1_INTEGER *serial = must(BN_to_ASN1_INTEGER(n, NULL), "BN_to_ASN1_INTEGER");
	must_be(X509_set_serialNumber(cert, serial) == 1, "serial");
	ASN1_INTEGER_free(serial);
	BN_free(n);
}

// From the years of the maker's own; they end far away.
static X509 *begin(const X509_NAME *subject, const X509_NAME *issuer, EVP_PKEY *key)
{
	X509 *cert = must(X509_new(), "X509_new");
	must_be(X509_set_version(cert, X509_VERSION_3) == 1, "version");
	put_serial(cert);
	must_be(X509_set_subject_name(cert, subject) == 1, "subject");
	must_be(X509_set_issuer_name(cert, issuer) == 1, "issuer");
	must_be(ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20160314000000Z") == 1,
		"time");
	must_be(ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20520417000000Z") == 1,
		"time");
	must_be(X509_set_pubkey(cert, key) == 1, "key");
	return cert;
}

static void put_ca(X509 *cert, const char *constraints)
{
	X509_EXTENSION *e = must(
		X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, constraints), constraints);
	must_be(X509_add_ext(cert, e, -1) == 1, constraints);
	X509_EXTENSION_free(e);
}

static void put_yubico(X509 *cert, const char *oid, const void *data, size_t len)
{
	ASN1_OBJECT *name = must(OBJ_txt2obj(oid, 1), oid);
	ASN1_OCTET_STRING *value = must(ASN1_OCTET_STRING_new(), oid);
	must_be(ASN1_OCTET_STRING_set(value, data, (int)len) == 1, oid);
	X509_EXTENSION *e = must(X509_EXTENSION_create_by_OBJ(NULL, name, 0, value), oid);
	must_be(X509_add_ext(cert, e, -1) == 1, oid);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(name);
}

static void sign(X509 *cert, EVP_PKEY *with)
{
	must_be(X509_sign(cert, with, EVP_sha256()) > 0, "cannot be signed");
}

// A certificate that signs statements: under the root, or under itself.
static X509 *f9_certificate(EVP_PKEY *key, const X509_NAME *issuer, EVP_PKEY *issuer_key)
{
	X509_NAME *name = named(F9_NAME);
	X509 *cert = begin(name, issuer ? issuer : name, key);
	put_ca(cert, "critical,CA:TRUE,pathlen:0");
	sign(cert, issuer_key);
	X509_NAME_free(name);
	return cert;
}

static char *key_file(const char *root_file)
{
	char *name;
	if (asprintf(&name, "%s.key", root_file) < 0)
		die("asprintf", "no memory");
	return name;
}

// The root that is there already, made by an earlier card.
static bool root_read(const struct card *card, EVP_PKEY **key, X509 **root)
{
	if (!card->root_file)
		return false;
	char *name = key_file(card->root_file);
	FILE *from = fopen(name, "re");
	free(name);
	if (!from)
		return false;
	*key = must(PEM_read_PrivateKey(from, NULL, NULL, NULL), "the root's key");
	fclose(from);
	from = must(fopen(card->root_file, "re"), "the root's certificate");
	*root = must(PEM_read_X509(from, NULL, NULL, NULL), "the root's certificate");
	fclose(from);
	return true;
}

static void root_write(const struct card *card, EVP_PKEY *key, X509 *root)
{
	if (!card->root_file)
		return;
	FILE *to = must(fopen(card->root_file, "we"), card->root_file);
	must_be(PEM_write_X509(to, root) == 1 && fclose(to) == 0, card->root_file);
	char *name = key_file(card->root_file);
	mode_t mask = umask(077);
	to = must(fopen(name, "we"), name);
	umask(mask);
	must_be(PEM_write_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(to) == 0,
		name);
	free(name);
}

static void root_make(const struct card *card, EVP_PKEY **key, X509 **root)
{
	if (root_read(card, key, root))
		return;
	X509_NAME *name = named("Virtual PIV Root CA");
	*key = key_make(ALG_RSA2048);
	*root = begin(name, name, *key);
	put_ca(*root, "critical,CA:TRUE,pathlen:1");
	sign(*root, *key);
	root_write(card, *key, *root);
	X509_NAME_free(name);
}

// A certificate object's content (SP 800-73-4 part 1, table 10): certificate, uncompressed, no check.
static void wrap(X509 *cert, struct bytes *to)
{
	uint8_t *der = NULL;
	const uint8_t plain = 0;
	int n = i2d_X509(cert, &der);
	must_be(n > 0, "cannot be written");
	bytes_tlv(to, 0x70, der, (size_t)n);
	bytes_tlv(to, 0x71, &plain, 1);
	bytes_tlv(to, 0xfe, NULL, 0);
	OPENSSL_free(der);
}

void attest_birth(const struct card *card, struct piv *p)
{
	EVP_PKEY *root_key;
	X509 *root;
	struct bytes content = { 0 };
	root_make(card, &root_key, &root);
	struct piv_key *f9 = key_at(p, SLOT_F9);
	key_put(f9, key_make(ALG_RSA2048), ALG_RSA2048, ORIGIN_GENERATED);
	X509 *cert = f9_certificate(f9->key, X509_get_subject_name(root), root_key);
	wrap(cert, &content);
	object_set(p, OBJECT_ATTESTATION, content.data, content.len);
	bytes_free(&content);
	X509_free(cert);
	X509_free(root);
	EVP_PKEY_free(root_key);
}

static void impostor_make(struct piv *p)
{
	if (p->impostor)
		return;
	p->impostor_key = key_make(ALG_RSA2048);
	p->impostor = f9_certificate(p->impostor_key, NULL, p->impostor_key);
}

bool attest_impostor(const struct card *card, struct piv *p, struct bytes *content)
{
	if (!card->faults.self_signed_attestation)
		return false;
	impostor_make(p);
	wrap(p->impostor, content);
	return true;
}

static X509 *f9_stored(const struct piv *p)
{
	const struct bytes *object = object_find(p, OBJECT_ATTESTATION);
	struct span der;
	if (!object || !tlv_find((struct span){ object->data, object->len }, 0x70, &der))
		return NULL;
	const uint8_t *at = der.data;
	return d2i_X509(NULL, &at, (long)der.len);
}

static void put_facts(const struct card *card, const struct piv_key *k, X509 *cert)
{
	unsigned version =
		card->faults.attested_firmware ? card->faults.attested_firmware : card->firmware;
	const uint8_t firmware[] = { (uint8_t)(version >> 16), (uint8_t)(version >> 8),
				     (uint8_t)version };
	const uint8_t policy[] = { (uint8_t)k->pin, (uint8_t)k->touch };
	const uint8_t form = FORM_USB_A_KEYCHAIN;
	ASN1_INTEGER *number = must(ASN1_INTEGER_new(), "ASN1_INTEGER_new");
	uint8_t *der = NULL;
	must_be(ASN1_INTEGER_set_uint64(number, card->serial + card->faults.other_serial) == 1,
		"serial");
	int n = i2d_ASN1_INTEGER(number, &der);
	must_be(n > 0, "serial");
	put_yubico(cert, OID_YUBICO "3", firmware, sizeof(firmware));
	put_yubico(cert, OID_YUBICO "7", der, (size_t)n);
	put_yubico(cert, OID_YUBICO "8", policy, sizeof(policy));
	put_yubico(cert, OID_YUBICO "9", &form, 1);
	OPENSSL_free(der);
	ASN1_INTEGER_free(number);
}

// Whose key the statement is about: the slot's, or, told so, another that nobody has.
static EVP_PKEY *stated_key(const struct card *card, struct piv *p, const struct piv_key *k)
{
	if (!card->faults.foreign_attestation)
		return k->key;
	EVP_PKEY_free(p->foreign_key);
	p->foreign_key = key_make(k->alg);
	return p->foreign_key;
}

static void state(const struct card *card, struct piv *p, const struct piv_key *k, X509 *issuer,
		  EVP_PKEY *signer, struct bytes *out)
{
	char text[64];
	uint8_t *der = NULL;
	snprintf(text, sizeof(text), "YubiKey PIV Attestation %x",
		 card->faults.attested_slot ? card->faults.attested_slot : k->slot);
	X509_NAME *name = named(text);
	X509 *cert = begin(name, X509_get_subject_name(issuer), stated_key(card, p, k));
	if (!card->faults.bare_attestation)
		put_facts(card, k, cert);
	sign(cert, signer);
	int n = i2d_X509(cert, &der);
	must_be(n > 0, "cannot be written");
	bytes_put(out, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(cert);
	X509_NAME_free(name);
}

// A certificate's length, and no certificate inside: the tag and length of the whole stay, so that what reads no further takes it.
static void garble(struct bytes *out)
{
	enum { HEAD = 4 };
	if (out->len > HEAD)
		must_be(RAND_bytes(out->data + HEAD, (int)(out->len - HEAD)) == 1,
			"no random number");
}

enum sw attest(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out)
{
	const struct piv_key *k = key_at(p, a->p1), *f9 = key_at(p, SLOT_F9);
	if (card->firmware < FIRMWARE(4, 3, 0))
		return SW_UNKNOWN_INS;
	if (!k || k == f9 || a->p2 != 0)
		return SW_WRONG_P1P2;
	if (!k->key)
		return SW_NO_KEY;
	if (k->origin != ORIGIN_GENERATED)
		return SW_WRONG_DATA;
	if (card->faults.self_signed_attestation) {
		impostor_make(p);
		state(card, p, k, p->impostor, p->impostor_key, out);
		return SW_OK;
	}
	if (card->faults.empty_attestation)
		return SW_OK;
	X509 *issuer = f9_stored(p);
	if (!issuer || !f9->key || !alg_rsa_bits(f9->alg)) {
		X509_free(issuer);
		return SW_CONDITIONS;
	}
	state(card, p, k, issuer, f9->key, out);
	if (card->faults.garbled_attestation)
		garble(out);
	X509_free(issuer);
	return SW_OK;
}
