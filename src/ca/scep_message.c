// A pkiMessage of ours (RFC 8894 §3.1, §3.2): encrypted to the CA, signed, sent once.
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "ca/scep.h"
#include "x509/enveloped.h"
#include "x509/signed.h"

static struct err *wrap(const struct scep *s, struct scep_message *m, struct buf *der)
{
	enum content_cipher cipher = s->caps & SCEP_AES ? CIPHER_AES : CIPHER_3DES;
	AUTO_BUF struct buf envelope = { 0 };
	if (RAND_bytes(m->nonce, sizeof(m->nonce)) != 1)
		return err_new(ERR_FAILED, N_("A cryptographic operation failed."));
	TRY(enveloped_seal(m->content, m->len, s->authorities.encrypt_to, cipher, &envelope));
	const struct signed_attribute attributes[] = {
		{ "2.16.840.1.113733.1.9.7", SIGNED_TEXT, s->transaction, strlen(s->transaction) },
		{ "2.16.840.1.113733.1.9.2", SIGNED_TEXT, m->type, strlen(m->type) },
		{ "2.16.840.1.113733.1.9.5", SIGNED_OCTETS, m->nonce, sizeof(m->nonce) },
	};
	const struct signed_terms terms = {
		.content = envelope.data,
		.len = envelope.len,
		.signer = m->signer->cert,
		.key = m->signer->key,
		.attributes = attributes,
		.n_attributes = ARRAY_LEN(attributes),
		.beside = &s->beside,
	};
	struct err *e = signed_make(&terms, der);
	struct err *of_key = e ? private_key_error(m->signer->key) : NULL;
	if (!of_key)
		return e;
	err_free(e);
	return of_key;
}

// base64 as an argument of a URL (RFC 8894 §4.1).
static struct err *argument(const struct buf *der, struct buf *out)
{
	AUTO_TEXT char *text = malloc(der->len / 3 * 4 + 5);
	if (!text)
		return err_no_memory();
	EVP_EncodeBlock((unsigned char *)text, der->data, (int)der->len);
	for (const char *at = text; *at;) {
		size_t plain = strcspn(at, "+/=");
		TRY(buf_put(out, at, plain));
		at += plain;
		if (*at)
			TRY(buf_printf(out, "%%%02X", (unsigned)(unsigned char)*at++));
	}
	return NULL;
}

static struct err *post(struct scep *s, const struct buf *der, struct http_answer *out, bool *sent)
{
	AUTO_TEXT char *url = text_format("%s?operation=PKIOperation", s->base);
	const struct http_header type = { "Content-Type", "application/x-pki-message" };
	if (!url)
		return err_no_memory();
	const struct http_call call = {
		.method = "POST",
		.url = url,
		.headers = &type,
		.n_headers = 1,
		.body = der->data,
		.body_len = der->len,
		.once = true,
	};
	return http_do(s->http, &call, out, sent);
}

static struct err *get(struct scep *s, const struct buf *der, struct http_answer *out, bool *sent)
{
	AUTO_BUF struct buf message = { 0 };
	TRY(argument(der, &message));
	return scep_get(s, "PKIOperation", (const char *)message.data, true, out, sent);
}

struct err *scep_exchange(struct ca *c, struct scep_message *m, struct ca_outcome *out, bool *sent)
{
	struct scep *s = c->self;
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO_BUF struct buf der = { 0 };
	TRY(wrap(s, m, &der));
	TRY(s->caps & SCEP_POST ? post(s, &der, &a, sent) : get(s, &der, &a, sent));
	struct err *no = scep_refusal(&a);
	c->open_no = no && strncmp(s->base, "http://", 7) == 0;
	return no ? no : scep_outcome(c, m, &a, out);
}
