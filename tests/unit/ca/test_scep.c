// A conversation by SCEP with the byte server, which plays a good CA or one that is bad in one way; the key is in software.
#include <string.h>

#include <openssl/rsa.h>

#include "byteserver.h"
#include "ca/ca.h"
#include "ca/scep.h"
#include "check.h"
#include "x509/judge.h"
#include "x509/maker.h"

#include <time.h>

#define CN "00000011283"

static struct soft_key soft;
static bool cannot_decrypt;

static struct err *use(EVP_PKEY_CTX *ctx,
		       int (*how)(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *,
				  size_t),
		       const uint8_t *in, size_t in_len, struct buf *out)
{
	uint8_t room[512];
	size_t len = sizeof(room);
	int ok = how(ctx, room, &len, in, in_len);
	EVP_PKEY_CTX_free(ctx);
	return ok > 0 ? buf_put(out, room, len)
		      : err_tag(err_new(ERR_TOKEN, "It does not open."), "decryption-failed");
}

static struct err *sign(void *ctx, const struct signing_terms *t, struct buf *out)
{
	AUTO_BUF struct buf block = BUF(512);
	(void)ctx;
	TRY(signing_block(t, 2048, &block));
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(soft.key, NULL);
	EVP_PKEY_sign_init(c);
	EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING);
	return use(c, EVP_PKEY_sign, block.data, block.len, out);
}

static struct err *decrypt(void *ctx, const struct decryption_terms *t, struct buf *out)
{
	(void)ctx;
	if (cannot_decrypt)
		return err_tag(err_new(ERR_TOKEN, "The token cannot decrypt."), "token-cannot");
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(soft.key, NULL);
	EVP_PKEY_decrypt_init(c);
	EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING);
	return use(c, EVP_PKEY_decrypt, t->data, t->len, out);
}

static struct desk {
	struct byteserver *server;
	struct profile profile;
	struct profile_role role;
	char url[64], host[32];
	char *hosts[1];
	struct private_key *key;
	struct buf request;
	struct ca *ca;
} desk;

static void make_request(void)
{
	AUTO(secret) struct secret *challenge = NULL;
	struct request_rdn rdn = { "CN", CN };
	CHECK_OK(secret_from("challenge-word", 14, &challenge));
	struct request_terms t = { .subject = &rdn,
				   .n_subject = 1,
				   .challenge_password = challenge,
				   .digital_signature = true,
				   .key_encipherment = true };
	CHECK_OK(request_sign(&t, &soft.public_key, &soft.signer, &desk.request));
}

// One server for all of a test; each submit and poll uses up one POST of the script.
static void begin(const char *script)
{
	static char name[] = "user", zone[] = "UTC", challenge[] = "challenge-word";
	desk = (struct desk){ .server = byteserver_start(script, "plain") };
	snprintf(desk.host, sizeof(desk.host), "127.0.0.1:%u", desk.server->port);
	snprintf(desk.url, sizeof(desk.url), "http://%s/scep/", desk.host);
	desk.hosts[0] = desk.host;
	desk.role = (struct profile_role){ .name = name, .challenge_password = challenge };
	desk.profile = (struct profile){
		.name = name,
		.roles = &desk.role,
		.n_roles = 1,
		.window.zone = zone,
		.ca = { .protocol = CA_SCEP,
			.url = desk.url,
			.anchors = desk.server->anchors,
			.hosts = desk.hosts,
			.n_hosts = 1,
			.connect_seconds = 5,
			.answer_seconds = 8,
			.max_answer = 262144 },
	};
	if (!soft.key)
		soft_key_make(&soft, 2048);
	const struct private_key_ops ops = { .sign = sign, .decrypt = decrypt };
	CHECK_OK(private_key_new(&soft.public_key, &ops, &desk.key));
	make_request();
}

static void end(void)
{
	ca_close(desk.ca);
	private_key_free(desk.key);
	buf_free(&desk.request);
	byteserver_free(desk.server);
}

static void open_anew(const struct buf *state)
{
	struct ca_terms t = { .profile = &desk.profile, .role = &desk.role, .transaction = "0" };
	ca_close(desk.ca);
	desk.ca = NULL;
	CHECK_OK(ca_open(&t, state ? state->data : NULL, state ? state->len : 0, &desk.ca));
}

static struct err *submit(struct ca_outcome *o, bool *sent)
{
	struct ca_request r = { .der = desk.request.data,
				.len = desk.request.len,
				.own.key = desk.key };
	struct ca_constraints k = { 0 };
	struct err *e = ca_constraints(desk.ca, &k);
	CU_ASSERT(e || (k.decrypt && k.key_usage_encipherment && k.challenge_password));
	ca_constraints_free(&k);
	return e ? e : ca_submit(desk.ca, &r, o, sent);
}

static const char *judged(const struct ca_outcome *o)
{
	static char slug[64];
	AUTO_BUF struct buf key = { 0 };
	AUTO_CERTS struct cert_list anchors = { 0 };
	AUTO(cert) struct cert *leaf = NULL;
	CHECK_OK(rsa_public_der(&soft.public_key, &key));
	CHECK_OK(cert_list_from_pem(desk.server->anchors.data, desk.server->anchors.len, &anchors));
	struct judge_terms t = { key.data, key.len, CN, &anchors, time(NULL), true, false };
	AUTO(err) struct err *e = judge_certificates(&t, &o->issued, &leaf, NULL);
	snprintf(slug, sizeof(slug), "%s", e ? err_slug(e) : "");
	return slug;
}

#define CAPS "on GET /scep?operation=GetCACaps\n text AES\n text POSTPKIOperation\n text SHA-256\n"
#define CERT                                                                                       \
	"on GET /scep?operation=GetCACert\n header Content-Type: application/x-x509-ca-cert\n "    \
	"scep-ca\n"
#define POST "on POST /scep?operation=PKIOperation\n"
#define PKI  " header Content-Type: application/x-pki-message\n"

static const struct bad {
	const char *variant;
	int kind; // of an error; 0: what is inside is given to the judge
	const char *tag;
} bads[] = {
	{ "good", 0, "" },
	{ "leaf-only", 0, "" },
	{ "shuffled", 0, "" },
	{ "other-key", 0, "certificate-other-key" },
	{ "other-name", 0, "certificate-other-name" },
	{ "other-chain", 0, "certificate-chain" },
	{ "expired", 0, "certificate-expired" },
	{ "not-yet", 0, "certificate-not-yet" },
	{ "is-ca", 0, "certificate-is-ca" },
	{ "usage", 0, "certificate-usage" },
	{ "two-leaves", 0, "certificate-several" },
	{ "no-leaf", 0, "certificate-other-key" },
	{ "truncated", ERR_CA_REFUSED, "no-certificate" },
	{ "signed", ERR_CA_REFUSED, "no-certificate" },
	{ "garbage-inside", ERR_CA_REFUSED, "no-certificate" },
	{ "empty", ERR_CA_REFUSED, "no-certificate" },
	{ "to-other", ERR_CA_REFUSED, "no-certificate" },
	{ "cut", ERR_CA_REFUSED, "no-certificate" },
	{ "failure", ERR_CA_REFUSED, "request-refused" },
	{ "failure-mute", ERR_CA_REFUSED, "request-refused" },
	{ "no-status", ERR_CA_REFUSED, "answer-unreadable" },
	{ "odd-status", ERR_CA_REFUSED, "answer-unreadable" },
	{ "no-nonce", ERR_CA_REFUSED, "answer-unreadable" },
	{ "two-transactions", ERR_CA_REFUSED, "answer-unreadable" },
	{ "wrong-nonce", ERR_NETWORK, "answer-replayed" },
	{ "short-nonce", ERR_NETWORK, "answer-replayed" },
	{ "wrong-transaction", ERR_NETWORK, "answer-replayed" },
	{ "not-answer", ERR_NETWORK, "answer-replayed" },
	{ "foreign", ERR_NETWORK, "answer-forged" },
	{ "changed", ERR_NETWORK, "answer-forged" },
	{ "md5", ERR_POLICY, "answer-weak" },
	{ "sha1", ERR_POLICY, "answer-weak" },
	{ "des", ERR_POLICY, "answer-weak" },
	{ "3des", ERR_POLICY, "answer-weak" },
	{ "rc2", ERR_POLICY, "answer-weak" },
};

static void check_one(const struct bad *b)
{
	struct ca_outcome o = { 0 };
	bool sent = false;
	open_anew(NULL);
	AUTO(err) struct err *e = submit(&o, &sent);
	bool fine = sent && (e ? (int)err_kind(e) == b->kind && err_has_tag(e, b->tag)
			       : !b->kind && o.state == CA_ISSUED && !strcmp(judged(&o), b->tag));
	if (!fine)
		fprintf(stderr, "%s: %s\n", b->variant, e ? err_render(e) : judged(&o));
	CU_ASSERT(fine);
	CU_ASSERT_STRING_EQUAL(ca_weakness(desk.ca), "");
	ca_outcome_free(&o);
}

static void test_each_bad_answer_is_told_apart(void)
{
	AUTO_BUF struct buf script = BUF(65536);
	CHECK_OK(buf_puts(&script, CAPS CERT));
	for (size_t i = 0; i < ARRAY_LEN(bads); i++)
		CHECK_OK(buf_printf(&script, POST PKI " scep %s\n", bads[i].variant));
	begin((const char *)script.data);
	for (size_t i = 0; i < ARRAY_LEN(bads); i++)
		check_one(&bads[i]);
	// Whatever came, each was sent once.
	CU_ASSERT_EQUAL(byteserver_logged(desk.server, "POST"), ARRAY_LEN(bads));
	end();
}

static void take_weak(enum scep_answers answers, enum scep_signatures signatures, const char *what)
{
	struct ca_outcome o = { 0 };
	bool sent = false;
	AUTO_BUF struct buf state = { 0 };
	desk.profile.ca.scep.weak_answers = answers;
	desk.profile.ca.scep.weak_signatures = signatures;
	open_anew(NULL);
	AUTO(err) struct err *e = submit(&o, &sent);
	if (*what) {
		CU_ASSERT(!e && !strcmp(judged(&o), ""));
		CHECK_OK(ca_save(desk.ca, &state));
		open_anew(&state); // nobody forgets it over a restart
	} else {
		CU_ASSERT(e && err_has_tag(e, "answer-weak"));
	}
	CU_ASSERT_STRING_EQUAL(ca_weakness(desk.ca), what);
	ca_outcome_free(&o);
}

static void test_weak_answers_only_by_profile_and_never_silently(void)
{
	begin(CAPS CERT POST PKI " scep des\n" POST PKI " scep 3des\n" POST PKI
				 " scep des\n" POST PKI " scep sha1\n" POST PKI
				 " scep md5\n" POST PKI " scep md5\n" POST PKI " scep rc2\n");
	take_weak(SCEP_ANSWERS_DES, SCEP_SIGNATURES_STRONG, "DES");
	take_weak(SCEP_ANSWERS_3DES, SCEP_SIGNATURES_STRONG, "3DES");
	take_weak(SCEP_ANSWERS_3DES, SCEP_SIGNATURES_STRONG, "");
	take_weak(SCEP_ANSWERS_STRONG, SCEP_SIGNATURES_SHA1, "SHA-1");
	take_weak(SCEP_ANSWERS_STRONG, SCEP_SIGNATURES_SHA1, "");
	take_weak(SCEP_ANSWERS_STRONG, SCEP_SIGNATURES_MD5, "MD5");
	take_weak(SCEP_ANSWERS_DES, SCEP_SIGNATURES_MD5, "");
	end();
}

static void test_what_the_server_said_is_shown_safely(void)
{
	struct ca_outcome o = { 0 };
	bool sent = false;
	begin(CAPS CERT POST PKI " scep failure\n");
	open_anew(NULL);
	AUTO(err) struct err *e = submit(&o, &sent);
	AUTO_TEXT char *text = e ? err_render(e) : NULL;
	CU_ASSERT(text && strstr(text, "Der Passwort ist falsch.") && !strchr(text, '\x1b') &&
		  strstr(text, "badRequest"));
	end();
}

// The state has neither the request nor the challenge, and is enough.
static void test_a_new_process_polls_without_the_request(void)
{
	struct ca_outcome o = { 0 };
	bool sent = false;
	AUTO_BUF struct buf state = { 0 };
	begin(CAPS CERT POST PKI " header Retry-After: 7\n scep pending\n" POST PKI
				 " scep pending\n" POST PKI " scep failure\n");
	open_anew(NULL);
	CHECK_OK(submit(&o, &sent));
	CU_ASSERT(o.state == CA_WAIT && o.retry_seconds == 7);
	CHECK_OK(ca_save(desk.ca, &state));
	CU_ASSERT(!memmem(state.data, state.len, "challenge-word", 14));
	CU_ASSERT(!memmem(state.data, state.len, "6368616c6c656e67652d776f7264", 28));
	open_anew(&state);
	struct ca_request r = { .own.key = desk.key };
	CHECK_OK(ca_poll(desk.ca, &r, &o, &sent));
	CU_ASSERT(o.state == CA_WAIT && o.retry_seconds == 60);
	AUTO(err) struct err *e = ca_poll(desk.ca, &r, &o, &sent);
	CU_ASSERT(e && err_has_tag(e, "request-refused"));
	end();
}

struct ending {
	const char *tag;
	enum err_kind kind;
};

static void ends(const struct ending *w, bool leaves)
{
	struct ca_outcome o = { 0 };
	bool sent = false;
	open_anew(NULL);
	AUTO(err) struct err *e = submit(&o, &sent);
	bool fine = e && err_has_tag(e, w->tag) && err_kind(e) == w->kind && sent == leaves;
	if (!fine)
		fprintf(stderr, "%s: %s\n", w->tag, e ? err_render(e) : "no error");
	CU_ASSERT(fine);
	// By http:// anybody on the way could have said so: it does not tell that nothing was issued.
	if (leaves && (!strcmp(w->tag, "request-refused") || !strcmp(w->tag, "redirected")))
		CU_ASSERT_TRUE(ca_no_is_open(desk.ca));
}

#define ASKS "on GET /scep?operation=GetCACaps\n"
#define CA   "on GET /scep?operation=GetCACert\n"

// What is wrong before the request leaves keeps it here.
static void test_a_server_that_is_no_good_gets_nothing(void)
{
	static const struct ending endings[] = {
		{ "scep-weak-server", ERR_POLICY },
		{ "scep-weak-server", ERR_POLICY },
		{ "scep-weak-server", ERR_POLICY },
		{ "server-trouble", ERR_NETWORK },
		{ "answer-unreadable", ERR_CA_REFUSED },
		{ "request-refused", ERR_CA_REFUSED },
		{ "line-cut", ERR_NETWORK },
	};
	begin(ASKS " text POSTPKIOperation\n text SHA-256\n text DES3\n" ASKS
		   " text POSTPKIOperation\n text AES\n" ASKS " status 404 Not Found\n" ASKS
		   " status 503 Busy\n" CAPS CA " header Content-Type: text/html\n html 500\n" CA
		   " status 404 Not Found\n" CA " drop\n");
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		ends(&endings[i], false);
	CU_ASSERT_EQUAL(byteserver_logged(desk.server, "POST"), 0);
	end();
}

static void test_http_answers_become_errors(void)
{
	static const struct ending endings[] = {
		{ "no-certificate", ERR_CA_REFUSED },  { "no-certificate", ERR_CA_REFUSED },
		{ "request-refused", ERR_CA_REFUSED }, { "server-trouble", ERR_NETWORK },
		{ "line-cut", ERR_NETWORK },	       { "redirected", ERR_CA_REFUSED },
		{ "token-cannot", ERR_TOKEN },
	};
	begin(CAPS CERT POST
	      " header Content-Type: text/html\n html 500\n" POST PKI " random 300\n" POST
	      " status 401 Unauthorized\n" POST " status 500 Oops\n text in trouble\n" POST PKI
	      " scep good\n reset 40\n" POST
	      " status 302 Found\n header Location: http://127.0.0.1/\n" POST PKI " scep good\n");
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		cannot_decrypt = endings[i].kind == ERR_TOKEN;
		ends(&endings[i], true);
	}
	cannot_decrypt = false;
	CU_ASSERT_EQUAL(byteserver_logged(desk.server, "POST"), ARRAY_LEN(endings));
	end();
}

// Where POST is not offered the message goes in the address.
static void test_a_server_without_post_is_asked_by_get(void)
{
	struct ca_outcome o = { 0 };
	bool sent = false;
	begin("on GET /scep?operation=GetCACaps\n text AES\n text SHA-256\n" CERT
	      "on GET /scep?operation=PKIOperation&message=*\n status 503 Busy\n");
	open_anew(NULL);
	AUTO(err) struct err *e = submit(&o, &sent);
	if (!e || !err_has_tag(e, "server-trouble"))
		fprintf(stderr, "get: %s\n", e ? err_render(e) : "no error");
	CU_ASSERT(e && err_has_tag(e, "server-trouble") && sent);
	CU_ASSERT_EQUAL(byteserver_logged(desk.server, "POST"), 0);
	CU_ASSERT_EQUAL(byteserver_logged(desk.server, "operation=PKIOperation&message="), 1);
	end();
	soft_key_free(&soft);
}

static void test_every_weakness_is_told(void)
{
	struct scep s = { 0 };
	scep_remember_weakness(&s, "3DES");
	scep_remember_weakness(&s, "SHA-1");
	scep_remember_weakness(&s, "DES");
	scep_remember_weakness(&s, "DES");
	scep_remember_weakness(&s, "3DES");
	scep_remember_weakness(&s, "MD5");
	CU_ASSERT_STRING_EQUAL(s.weakness, "3DES, SHA-1, DES, MD5");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_each_bad_answer_is_told_apart),
			  TEST(test_every_weakness_is_told),
			  TEST(test_weak_answers_only_by_profile_and_never_silently),
			  TEST(test_what_the_server_said_is_shown_safely),
			  TEST(test_a_new_process_polls_without_the_request),
			  TEST(test_a_server_that_is_no_good_gets_nothing),
			  TEST(test_http_answers_become_errors),
			  TEST(test_a_server_without_post_is_asked_by_get));
}
