// Is the attestation about our key, from a maker that is trusted? One function a question.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "x509/attestation_inside.h"
#include "x509/cert_inside.h"
#include "x509/chain.h"
#include "x509/rsa.h"

// --- the chain

enum { LEAF, DEVICE, ANCHOR, SHORT_CHAIN };

// What the header allows for firmware 4.3, and nothing else: the token's own certificate right below an anchor is not marked as a CA; the
// anchor says pathlen 0. Our own certificate is no statement about a key: the caller has seen to that.
static int forgive(int fine, X509_STORE_CTX *ctx)
{
	if (fine)
		return 1;
	int code = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
	if (sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != SHORT_CHAIN)
		return 0;
	return (code == X509_V_ERR_INVALID_CA && depth == DEVICE) ||
	       (code == X509_V_ERR_PATH_LENGTH_EXCEEDED && depth == ANCHOR);
}

static struct err *untrusted(void)
{
	return err_tag(attestation_refused(
			       msg_new(N_("The attestation of the key does not come from a maker "
					  "that the profile trusts."))),
		       "attestation-untrusted");
}

static struct err *verify(X509_STORE_CTX *ctx)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL_112_BITS);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST |
						   X509_V_FLAG_NO_CHECK_TIME);
	X509_STORE_CTX_set_verify_cb(ctx, forgive);
	if (X509_verify_cert(ctx) == 1)
		return NULL;
	int code = X509_STORE_CTX_get_error(ctx);
	ossl_clear();
	return err_call(untrusted(), "X509_verify_cert", X509_verify_cert_error_string(code),
			(uint64_t)code);
}

static struct err *check_chain(const struct cert_list *roots, const struct read_statement *r)
{
	AUTO(store) X509_STORE *store = NULL;
	AUTO(borrowed_stack) STACK_OF(X509) *others = NULL;
	AUTO_CERTS struct cert_list device = { 0 };
	if (r->intermediate) {
		// The key of a slot is the person's to sign with: a statement about it makes nobody an issuer.
		if (is_statement(r->intermediate))
			return untrusted();
		TRY(cert_list_add(&device, r->intermediate));
	}
	TRY(chain_store(roots, &store));
	TRY(chain_borrow(&device, &others));
	AUTO(store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (!ctx || !X509_STORE_CTX_init(ctx, store, cert_x509(r->leaf), others))
		return ossl_failed("X509_STORE_CTX_init");
	return verify(ctx);
}

// --- the rest

static struct err *check_key(const struct attestation_terms *t, const struct read_statement *r)
{
	AUTO(pkey) EVP_PKEY *ours = NULL;
	TRY(rsa_public_key(t->key, &ours));
	EVP_PKEY *attested = X509_get0_pubkey(cert_x509(r->leaf));
	bool same = attested && EVP_PKEY_eq(attested, ours) == 1;
	ossl_clear();
	if (same)
		return NULL;
	return err_tag(attestation_refused(msg_new(
			       N_("The token's attestation is about another key than this one."))),
		       "attestation-other-key");
}

// Decimal, perhaps with zeros in front; anything else is no serial number of this maker.
static bool same_serial(const char *text, uint64_t serial)
{
	char number[24];
	snprintf(number, sizeof(number), "%" PRIu64, serial);
	if (!text_is_digits(text, strlen(text)))
		return false;
	while (text[0] == '0' && text[1])
		text++;
	return strcmp(text, number) == 0;
}

static struct err *check_serial(const struct attestation_terms *t, const struct attestation *a)
{
	char number[24];
	if (!t->serial || same_serial(t->serial, a->serial))
		return NULL;
	snprintf(number, sizeof(number), "%" PRIu64, a->serial);
	return err_tag(
		attestation_refused(msg_new(N_("The attestation comes from the token with serial "
					       "number %1, but this token says %2."),
					    ARG_TEXT(number), ARG_TEXT(t->serial))),
		"attestation-other-serial");
}

static struct err *check_slot(const struct attestation_terms *t, const struct attestation *a)
{
	if (!t->slot || t->slot == a->slot)
		return NULL;
	char said[4], ours[4];
	snprintf(said, sizeof(said), "%02x", a->slot);
	snprintf(ours, sizeof(ours), "%02x", t->slot);
	return err_tag(attestation_refused(msg_new(
			       N_("The attestation is about the key in slot %1, but this key is in "
				  "slot %2."),
			       ARG_TEXT(said), ARG_TEXT(ours))),
		       "attestation-other-slot");
}

// CVE-2017-15361 by Yubico's advisory YSA-2017-01: 4.2.6 to 4.3.4.
static struct err *check_firmware(const struct attestation *a)
{
	unsigned version =
		(unsigned)a->firmware[0] << 16 | (unsigned)a->firmware[1] << 8 | a->firmware[2];
	if (version < 0x040206 || version > 0x040304)
		return NULL;
	char text[ATTESTATION_FIRMWARE_TEXT];
	return err_tag(
		attestation_refused(msg_new(
			N_("The firmware of the token (%1) makes RSA keys with a known weakness "
			   "(ROCA, CVE-2017-15361): they can be computed from their public half."),
			ARG_TEXT(attestation_firmware(a, text)))),
		"attestation-firmware");
}

static bool pin_suffices(enum attested_pin_floor floor, uint8_t pin)
{
	bool every = pin == ATTESTED_PIN_ALWAYS || pin == ATTESTED_PIN_MATCH_ALWAYS;
	bool once = pin == ATTESTED_PIN_ONCE || pin == ATTESTED_PIN_MATCH_ONCE;
	return floor == ATTESTED_PIN_ANY || every || (floor == ATTESTED_PIN_AT_LEAST_ONCE && once);
}

static bool touch_suffices(enum attested_touch_floor floor, uint8_t touch)
{
	return floor == ATTESTED_TOUCH_ANY || touch == ATTESTED_TOUCH_ALWAYS ||
	       (floor == ATTESTED_TOUCH_AT_LEAST_CACHED && touch == ATTESTED_TOUCH_CACHED);
}

static struct err *check_policies(const struct attestation_terms *t, const struct attestation *a)
{
	struct msg *what = NULL;
	if (!pin_suffices(t->pin, a->pin))
		what = msg_new(N_("The profile demands the PIN for using the key more often than "
				  "the token does (%1)."),
			       ARG_ID(attested_pin_words(a->pin)));
	else if (!touch_suffices(t->touch, a->touch))
		what = msg_new(N_("The profile demands that the token is touched for using the "
				  "key more often than the token does (%1)."),
			       ARG_ID(attested_touch_words(a->touch)));
	return what ? err_tag(attestation_refused(what), "attestation-policy") : NULL;
}

struct err *attestation_judge(const struct attestation_terms *t,
			      const struct attestation_statement *s, struct attestation *out)
{
	AUTO_READ_STATEMENT struct read_statement r = { 0 };
	struct attestation a = { 0 };
	TRY(statement_read(s, &r, &a));
	TRY(check_chain(t->roots, &r));
	TRY(check_key(t, &r));
	TRY(check_serial(t, &a));
	TRY(check_slot(t, &a));
	TRY(check_firmware(&a));
	TRY(check_policies(t, &a));
	*out = a;
	return NULL;
}
