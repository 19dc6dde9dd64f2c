// A portal's page from its bytes: parsed, its form filled in, its cookies taken, its certificates looked for. The first line of the input is the
// charset that the server says, the second the values of Set-Cookie, the rest the page.
#include "fuzz.h"

#include "ca/portal.h"
#include "judged.h"

enum { PAGE_MAX = 32768 };

static struct err *fill(void *ctx, const char *template_text, struct secret **out)
{
	(void)ctx;
	return secret_from(template_text, strlen(template_text), out);
}

// What is sent holds no byte that would end a header or a form, and goes to https alone.
static void try_form(const struct portal_doc *d)
{
	char name[] = "page", pin[] = "pin", value[] = "70912653", keypad[] = "keypad";
	char *typed[] = { pin };
	struct profile_rdn field = { pin, value };
	struct portal_page page = { .name = name,
				    .fields = &field,
				    .n_fields = 1,
				    .keypad = keypad,
				    .typed_there = typed,
				    .n_typed_there = 1 };
	AUTO_SENDING struct portal_sending s = { 0 };
	if (!fuzz_fine(portal_fill(d, &page, fill, NULL, &s)))
		return;
	MUST_HOLD(strncmp(s.url, "https://", 8) == 0 || strncmp(s.url, "http://", 7) == 0);
	MUST_HOLD(!strpbrk(s.url, "\r\n") && !strpbrk(s.content_type, "\r\n"));
	if (strcmp(s.content_type, "application/x-www-form-urlencoded") == 0 && s.body)
		MUST_HOLD(!strpbrk(secret_text(s.body), "\r\n <>\""));
}

static void try_page(const char *charset, const char *cookies, const uint8_t *page, size_t len)
{
	struct portal_cookies jar = { 0 };
	AUTO_TEXT char *header = NULL;
	AUTO_CERTS struct cert_list certs = { 0 };
	AUTO(portal_doc) struct portal_doc *d = NULL;
	AUTO_ANSWER struct http_answer a = { .status = 200,
					     .retry_after = -1,
					     .body = BUF(PAGE_MAX) };
	struct adcs_reply r;
	a.content_type = strdup("text/html");
	a.charset = *charset ? strdup(charset) : NULL;
	MUST_HOLD(a.content_type && fuzz_fine(buf_put(&a.body, page, len)));
	MUST_HOLD(fuzz_fine(portal_cookies_take(&jar, "https://ca.example/a/b", cookies)));
	MUST_HOLD(fuzz_fine(portal_cookies_header(&jar, "https://ca.example/a/b", &header)));
	MUST_HOLD(!header || !strpbrk(header, "\r\n"));
	portal_cookies_free(&jar);
	if (fuzz_fine(portal_certificates(page, len, &certs)))
		judged_try(&certs);
	if (!fuzz_fine(portal_doc_read("https://ca.example/a/b", &a, &d)))
		return;
	adcs_read(d, &r);
	MUST_HOLD(strspn(r.id, "0123456789") == strlen(r.id));
	MUST_HOLD(r.kind == ADCS_ISSUED || r.kind == ADCS_PENDING || !r.id[0]);
	(void)portal_doc_has_text(d, "電子証明書取得");
	try_form(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > PAGE_MAX)
		return 0;
	const uint8_t *first = size ? memchr(data, '\n', size) : NULL;
	const uint8_t *second =
		first ? memchr(first + 1, '\n', size - (size_t)(first + 1 - data)) : NULL;
	if (!second)
		return 0;
	judged_begin();
	AUTO_TEXT char *charset = fuzz_text(data, (size_t)(first - data));
	AUTO_TEXT char *cookies = fuzz_text(first + 1, (size_t)(second - first - 1));
	for (char *c = cookies; *c; c++)
		*c = *c == '|' ? '\n' : *c;
	try_page(charset, cookies, second + 1, size - (size_t)(second + 1 - data));
	return 0;
}
