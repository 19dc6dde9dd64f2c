// Messages of CMP changed on their way, and protected anew by the secret (RFC 9810 §5.1.3.1), so that nothing but the change is wrong.
#pragma once

#include <openssl/crmf.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static inline unsigned char *cmp_find(const struct buf *der, const void *what, size_t len)
{
	unsigned char *at = memmem(der->data, der->len, what, len);
	if (!at)
		abort(); // the test looks for what is not there
	return at;
}

// Moves behind the element; gives its content, and its whole length.
static inline const unsigned char *cmp_element(const unsigned char **at, const unsigned char *end,
					       size_t *len)
{
	const unsigned char *from = *at;
	long n = 0;
	int tag = 0, class = 0;
	(void)ASN1_get_object(at, &n, &tag, &class, end - from);
	const unsigned char *inside = *at;
	*at += n;
	*len = (size_t)(*at - from);
	return inside;
}

static inline void cmp_protect_again(struct buf *der, const char *secret)
{
	static const unsigned char pbm_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
						 0xf6, 0x7d, 0x07, 0x42, 0x0d };
	const unsigned char *end = der->data + der->len, *at = der->data;
	size_t header_len = 0, body_len = 0, bits_len = 0, all = 0;
	const unsigned char *header = cmp_element(&at, end, &all);
	at = header;
	(void)cmp_element(&at, end, &header_len);
	const unsigned char *body = at;
	(void)cmp_element(&at, end, &body_len);
	const unsigned char *bits = cmp_element(&at, end, &bits_len);
	const unsigned char *p = cmp_find(der, pbm_oid, sizeof pbm_oid) + sizeof pbm_oid;
	OSSL_CRMF_PBMPARAMETER *pbm = d2i_OSSL_CRMF_PBMPARAMETER(NULL, &p, end - p);
	unsigned char *part = malloc(der->len + 8), *mac = NULL;
	size_t mac_len = 0;
	if (!part || !pbm)
		abort();
	unsigned char *w = part;
	ASN1_put_object(&w, 1, (int)(header_len + body_len), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(w, header, header_len);
	memcpy(w + header_len, body, body_len);
	w += header_len + body_len;
	if (OSSL_CRMF_pbm_new(NULL, NULL, pbm, part, (size_t)(w - part),
			      (const unsigned char *)secret, strlen(secret), &mac, &mac_len) != 1)
		abort();
	// BIT STRING: tag, length, no unused bits, the MAC.
	memcpy((unsigned char *)(uintptr_t)bits + 3, mac, mac_len);
	OPENSSL_free(mac);
	OSSL_CRMF_PBMPARAMETER_free(pbm);
	free(part);
}

static const unsigned char cmp_transaction[] = { 0xa4, 0x12, 0x04, 0x10 };
static const unsigned char cmp_recipient_nonce[] = { 0xa6, 0x12, 0x04, 0x10 };
