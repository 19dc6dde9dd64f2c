// EST's addresses and what is said at each.
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "practiceca/base64.h"
#include "practiceca/cmp.h"
#include "practiceca/crl.h"
#include "practiceca/est.h"
#include "practiceca/issue.h"

struct err *service_prepare(struct service *s)
{
	AUTO_BUF struct buf der = BUF(256);
	X509 *const chain[] = { s->authority->root, s->authority->issuing };
	TRY(certs_only(chain, ARRAY_LEN(chain), &s->cacerts));
	TRY(csrattrs_der(&s->csrattrs, &der));
	TRY(base64_write_body(der.data, der.len, &s->csrattrs_body));
	TRY(cmp_desk_new(s, &s->cmp));
	return pin_hash_nobody(&s->login.nobody);
}

void service_free(struct service *s)
{
	sessions_free(s->sessions);
	cmp_desk_free(s->cmp);
	authority_free(s->authority);
	database_close(s->database);
	secret_free(s->challenge);
	digest_free(s->digest);
	cert_list_free(&s->attested.roots);
	buf_free(&s->cacerts);
	buf_free(&s->csrattrs_body);
	*s = (struct service){ 0 };
}

struct wanted call_languages(const struct call *c)
{
	const char *first = c->accept_language ? c->accept_language : "";
	bool ja = strncasecmp(first, "ja", 2) == 0;
	bool en = strncasecmp(first, "en", 2) == 0;
	return (struct wanted){ .en = !ja, .ja = !en };
}

// A line for each language.
struct err *answer_refuse(struct answer *a, const struct call *c, enum refusal r)
{
	struct wanted in = call_languages(c);
	a->refusal = r;
	a->status = refusal_status(r);
	a->content_type = "text/plain; charset=utf-8";
	buf_reset(&a->body);
	if (in.en)
		TRY(buf_printf(&a->body, "%s\n", refusal_words(r, "en")));
	if (in.ja)
		TRY(buf_printf(&a->body, "%s\n", refusal_words(r, "ja")));
	return NULL;
}

static struct err *cacerts(const struct service *s, const struct call *c, struct answer *a)
{
	(void)c;
	a->status = 200;
	a->content_type = "application/pkcs7-mime";
	return buf_put(&a->body, s->cacerts.data, s->cacerts.len);
}

static struct err *csrattrs(const struct service *s, const struct call *c, struct answer *a)
{
	(void)c;
	a->status = s->csrattrs_body.len ? 200
					 : 204; // RFC 7030 §4.5.2: 204 when there is nothing to say
	if (!s->csrattrs_body.len)
		return NULL;
	a->content_type = "application/csrattrs";
	return buf_put(&a->body, s->csrattrs_body.data, s->csrattrs_body.len);
}

static const struct operation {
	const char *name, *allow;
	struct err *(*answer)(const struct service *s, const struct call *c, struct answer *a);
} operations[] = {
	{ "cacerts", "GET, HEAD", cacerts },
	{ "csrattrs", "GET, HEAD", csrattrs },
	{ "simpleenroll", "POST", enroll_answer },
	{ "simplereenroll", "POST", reenroll_answer },
};

// The CRL has an address of its own beside EST's.
static struct err *crl(const struct service *s, const struct call *c, struct answer *a)
{
	(void)c;
	TRY(crl_answer(s->database, s->authority, clock_now(), &a->body));
	a->status = 200;
	a->content_type = "application/pkix-crl"; // RFC 2585 §4.2
	return NULL;
}

static const struct operation crl_operation = { "crl", "GET, HEAD", crl };

static const struct operation *operation_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

// /.well-known/est/OPERATION, or with one label between (RFC 7030 §3.2.2); a label is no operation's name. This server has one
// CA, which answers under every label.
static const struct operation *find_operation(const char *path)
{
	static const char prefix[] = "/.well-known/est/";
	static const char label_letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	if (strcmp(path, "/crl") == 0)
		return &crl_operation;
	if (strncmp(path, prefix, sizeof prefix - 1) != 0)
		return NULL;
	const char *first = path + sizeof prefix - 1;
	const char *slash = strchr(first, '/');
	if (!slash)
		return operation_named(first);
	size_t len = (size_t)(slash - first);
	if (len == 0 || len > 64 || strspn(first, label_letters) != len)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (strlen(operations[i].name) == len &&
		    strncmp(first, operations[i].name, len) == 0)
			return NULL;
	return operation_named(slash + 1);
}

static bool allowed(const struct operation *op, const char *method)
{
	if (strcmp(op->allow, "POST") == 0)
		return strcmp(method, "POST") == 0;
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

struct err *est_answer(const struct service *s, const struct call *c, struct answer *out)
{
	const struct operation *op = find_operation(c->path);
	if (!op)
		return answer_refuse(out, c, REFUSE_NOT_FOUND);
	if (!allowed(op, c->method)) {
		out->allow = op->allow;
		return answer_refuse(out, c, REFUSE_METHOD);
	}
	if (c->too_large)
		return answer_refuse(out, c, REFUSE_TOO_LARGE);
	return op->answer(s, c, out);
}
