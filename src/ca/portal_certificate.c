// Where the certificate comes back: in the page, or as a download; PEM, DER, base64, alone or as PKCS#7.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ca/est.h" // its decoder takes any shape of base64
#include "ca/portal.h"

static struct err *no_certificate(struct err *cause)
{
	struct err *e = err_new(ERR_CA_REFUSED,
				N_("The CA answered with something that is no certificate."));
	e = err_hint(err_tag(e, "no-certificate"),
		     N_("The request arrived; the CA may have issued. Check the address in the "
			"profile and tell the institution."));
	return cause ? err_caused_by(e, cause) : e;
}

static struct err *from_der(const void *der, size_t len, struct cert_list *out)
{
	AUTO(cert) struct cert *one = NULL;
	struct err *e = cert_parse(der, len, &one);
	if (!e)
		return cert_list_add(out, one);
	err_free(e);
	return cert_list_from_pkcs7(der, len, out);
}

static struct err *from_base64(const void *text, size_t len, struct cert_list *out)
{
	AUTO_BUF struct buf in = BUF(len + 1), der = BUF(len + 1);
	TRY(buf_put(&in, text, len));
	TRY(est_decode(&in, &der));
	return from_der(der.data, der.len, out);
}

// What stands between the lines of a PKCS#7 in PEM; null when it is none.
static const char *inside_pkcs7(const char *text, size_t *len)
{
	static const char *const names[] = { "PKCS7", "CMS", "PKCS #7 SIGNED DATA" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char begin[64], end[64];
		snprintf(begin, sizeof(begin), "-----BEGIN %s-----", names[i]);
		snprintf(end, sizeof(end), "-----END %s-----", names[i]);
		const char *from = strstr(text, begin);
		const char *to = from ? strstr(from, end) : NULL;
		if (!to)
			continue;
		from += strlen(begin);
		*len = (size_t)(to - from);
		return from;
	}
	return NULL;
}

static struct err *read_any(const char *text, size_t len, struct cert_list *out)
{
	size_t inner = 0;
	const char *pkcs7 = inside_pkcs7(text, &inner);
	if (pkcs7)
		return from_base64(pkcs7, inner, out);
	if (strstr(text, "-----BEGIN CERTIFICATE-----"))
		return err_as(cert_list_from_pem(text, len, out), ERR_CA_REFUSED);
	if (len > 2 && text[0] == 0x30)
		return from_der(text, len, out);
	return from_base64(text, len, out);
}

struct err *portal_certificates(const void *bytes, size_t len, struct cert_list *out)
{
	AUTO_BUF struct buf text = BUF(len + 1);
	AUTO_CERTS struct cert_list list = { 0 };
	TRY(buf_put(&text, bytes, len));
	struct err *e = len ? read_any((const char *)text.data, len, &list) : NULL;
	if (e || list.n == 0)
		return no_certificate(e);
	*out = list;
	list = (struct cert_list){ 0 };
	return NULL;
}

struct err *portal_answers(const struct cert_list *certs, const struct ca_request *r)
{
	char ours[65], theirs[65];
	request_key_sha256(r->der, r->len, ours);
	for (size_t i = 0; i < certs->n; i++) {
		size_t len = 0;
		const uint8_t *key = cert_public_key_der(certs->certs[i], &len);
		der_sha256(key, len, theirs);
		if (ours[0] && strcmp(ours, theirs) == 0)
			return NULL;
	}
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("The CA's pages lead to a certificate for another key, perhaps "
				   "that of an earlier request: it is not the answer to this "
				   "one.")),
			"certificate-earlier"),
		N_("It was not taken, and the new key stays on the token. `inkan resume` hands the "
		   "request in again. If the pages lead to the same certificate once more, ask the "
		   "institution to clear the earlier request, and to revoke its certificate if "
		   "the key of that is gone."));
}

static bool ends_like_certificates(const char *href)
{
	static const char *const ends[] = { ".cer", ".crt", ".pem", ".der", ".p7b", ".p7c" };
	size_t len = strcspn(href, "?#");
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (len > 4 && strncasecmp(href + len - 4, ends[i], 4) == 0)
			return true;
	return false;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static const struct portal_link *find_link(const struct portal_doc *d, const char *by)
{
	for (size_t i = 0; i < d->n_links; i++) {
		const struct portal_link *l = &d->links[i];
		if (by ? same(l->id, by) || strstr(l->href, by) || (l->text && strstr(l->text, by))
		       : ends_like_certificates(l->href))
			return l;
	}
	return NULL;
}

static const struct portal_block *find_block(const struct portal_doc *d, const char *by)
{
	for (size_t i = 0; i < d->n_blocks; i++) {
		const struct portal_block *b = &d->blocks[i];
		if (!b->text)
			continue;
		if (by ? same(b->id, by) || same(b->name, by)
		       : strstr(b->text, "-----BEGIN CERTIFICATE") ||
				    strstr(b->text, "-----BEGIN PKCS7"))
			return b;
	}
	return NULL;
}

static struct err *download(struct portal *p, const struct portal_page *page, const char *href,
			    struct cert_list *out)
{
	AUTO_TEXT char *url = NULL;
	TRY(portal_elsewhere(http_resolve(p->here->url, href, &url), page->name));
	p->led_on = true;
	TRY(portal_elsewhere(portal_open_page(p, url), page->name));
	struct err *no = portal_refusal(p, page);
	if (no) // it is issued: a no to the fetching is none to the request, which would be handed in anew
		return err_kind(no) == ERR_NETWORK ? no : err_tag(no, "no-certificate");
	if (p->here->html)
		return err_hint(
			err_tag(err_new(ERR_CA_REFUSED,
					N_("The CA answered with a web page where a "
					   "certificate should be.")),
				"no-certificate"),
			N_("The request arrived; the CA may have issued. Check the address in "
			   "the profile and tell the institution."));
	return portal_certificates(p->here->body.data, p->here->body.len, out);
}

struct err *portal_take_certificates(struct portal *p, const struct portal_page *page,
				     struct cert_list *out)
{
	const struct portal_doc *d = p->here;
	if (!d->html)
		return portal_certificates(d->body.data, d->body.len, out);
	const struct portal_block *block = find_block(d, page->certificate);
	if (block)
		return portal_certificates(block->text, strlen(block->text), out);
	const struct portal_link *link = find_link(d, page->certificate);
	if (link)
		return download(p, page, link->href, out);
	return err_tag(portal_changed(page, msg_new(N_("There is no certificate in it, and no link "
						       "to one."))),
		       "no-certificate");
}
