// CMP against the practice CA in this process, with somebody between them who changes answers.
#include <openssl/rsa.h>

#include "ca/ca.h"
#include "check.h"
#include "cmp_bank.h"
#include "cmp_edit.h"
#include "scratch.h"
#include "x509/cmp_message.h"
#include "x509/maker.h"

enum { KEYS = 2 };
static struct soft_key keys[KEYS];
static const char *dir;
static const char *secret;

static void test_the_ca_opens(void)
{
	bank_start(dir);
	for (size_t i = 0; i < KEYS; i++)
		soft_key_make(&keys[i], 2048);
}

// --- a conversation

static struct err *sign(void *ctx, const struct signing_terms *t, struct buf *out)
{
	AUTO_BUF struct buf block = BUF(1024);
	uint8_t room[1024];
	size_t len = sizeof room;
	const struct soft_key *k = ctx;
	TRY(signing_block(t, 2048, &block));
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->key, NULL);
	int ok = EVP_PKEY_sign_init(c) > 0 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) > 0 &&
		 EVP_PKEY_sign(c, room, &len, block.data, block.len) > 0;
	EVP_PKEY_CTX_free(c);
	return ok ? buf_put(out, room, len) : err_new(ERR_FAILED, "It does not work.");
}

struct talk {
	struct profile profile;
	struct profile_role role;
	struct profile_field fields[2];
	char *hosts[1];
	char host[64], url[128];
	struct ca *ca;
	struct answers *answers;
	struct private_key *own, *old;
	struct cert *old_cert;
	struct buf request;
};

static struct ca_request request_of(const struct talk *t)
{
	return (struct ca_request){ .der = t->request.data,
				    .len = t->request.len,
				    .own = { .key = t->own },
				    .old = { .key = t->old, .cert = t->old_cert } };
}

static void open_ca(struct talk *t, const struct buf *state)
{
	const struct ca_terms terms = { .profile = &t->profile,
					.role = &t->role,
					.transaction = "0123",
					.renews = t->old_cert };
	CHECK_OK(ca_open(&terms, state ? state->data : NULL, state ? state->len : 0, &t->ca));
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->ca);
}

static void make_profile(struct talk *t, enum cmp_request kind)
{
	static char name[] = "user", kid[] = "{kid}", key[] = "{key}", code[] = "1283",
		    field_kid[] = "kid", field_key[] = "key", cn[] = "1234567890user1283";
	t->fields[0] = (struct profile_field){ .name = field_kid, .max_length = 40 };
	t->fields[1] =
		(struct profile_field){ .name = field_key, .max_length = 40, .secret = true };
	t->role = (struct profile_role){ .name = name,
					 .fields = t->fields,
					 .n_fields = 2,
					 .common_name = cn,
					 .cmp_reference = kid,
					 .cmp_secret = key };
	snprintf(t->host, sizeof t->host, "127.0.0.1:%u", bank_port());
	snprintf(t->url, sizeof t->url, "http://%s/.well-known/cmp", t->host);
	t->hosts[0] = t->host;
	t->profile = (struct profile){ .institution_code = code,
				       .roles = &t->role,
				       .n_roles = 1,
				       .ca = { .protocol = CA_CMP,
					       .url = t->url,
					       .anchors = *bank_anchors(),
					       .hosts = t->hosts,
					       .n_hosts = 1,
					       .connect_seconds = 5,
					       .answer_seconds = 20,
					       .max_answer = 262144,
					       .cmp = { .request = kind } } };
}

static void give_answers(struct talk *t, const char *key)
{
	answers_free(t->answers);
	CHECK_OK(answers_new(&t->answers));
	CHECK_OK(answers_put_known(t->answers, "kid", bank_reference()));
	CHECK_OK(answers_put_known(t->answers, "key", key));
}

// renews: a certificate of keys[1] that is renewed; null: a first one, of keys[0].
static void begin(struct talk *t, enum cmp_request kind, struct cert *renews)
{
	struct request_rdn rdn[] = { { "C", "JP" },
				     { "O", "Practice Shinkin Bank" },
				     { "CN", "1234567890user1283" } };
	const struct request_terms terms = { .subject = rdn, .n_subject = 3 };
	struct private_key_ops ops = { .sign = sign, .ctx = &keys[0] };
	*t = (struct talk){ .old_cert = renews };
	bank_change = NULL;
	secret = bank_new_secret();
	make_profile(t, kind);
	give_answers(t, secret);
	CHECK_OK(private_key_new(&keys[0].public_key, &ops, &t->own));
	ops.ctx = &keys[1];
	if (renews)
		CHECK_OK(private_key_new(&keys[1].public_key, &ops, &t->old));
	CHECK_OK(request_sign(&terms, &keys[0].public_key, &keys[0].signer, &t->request));
	open_ca(t, NULL);
}

static void end(struct talk *t)
{
	ca_close(t->ca);
	answers_free(t->answers);
	private_key_free(t->own);
	private_key_free(t->old);
	buf_free(&t->request);
}

static void reopen(struct talk *t)
{
	AUTO_BUF struct buf state = { 0 };
	CHECK_OK(ca_save(t->ca, &state));
	CU_ASSERT_PTR_NULL(memmem(state.data, state.len, secret, strlen(secret)));
	ca_close(t->ca);
	open_ca(t, &state);
}

static struct err *submit(struct talk *t, struct ca_outcome *o)
{
	const struct ca_request r = request_of(t);
	bool sent = false;
	TRY(ca_authenticate(t->ca, t->answers));
	return ca_submit(t->ca, &r, o, &sent);
}

static void issued_well(struct talk *t, struct cert **leaf)
{
	struct ca_outcome o = { 0 };
	CHECK_OK(submit(t, &o));
	CU_ASSERT_EQUAL_FATAL(o.state, CA_ISSUED);
	CU_ASSERT_FATAL(o.issued.n > 0);
	if (leaf)
		*leaf = cert_ref(o.issued.certs[0]);
	ca_outcome_free(&o);
}

// --- good ones

static void test_each_request_is_confirmed_after_a_restart_too(void)
{
	for (int kind = CMP_REQUEST_IR; kind <= CMP_REQUEST_P10CR; kind++) {
		struct talk t;
		bool told = false;
		begin(&t, (enum cmp_request)kind, NULL);
		issued_well(&t, NULL);
		reopen(&t);
		const struct ca_request r = request_of(&t);
		AUTO(err) struct err *e = ca_confirm(t.ca, &r, &told);
		CU_ASSERT(e && err_has_tag(e, "credentials-missing") && !told);
		CHECK_OK(ca_authenticate(t.ca, t.answers));
		CHECK_OK(ca_confirm(t.ca, &r, &told));
		CU_ASSERT(told);
		CHECK_OK(ca_confirm(t.ca, &r, &told));
		CU_ASSERT_FALSE(told); // once
		end(&t);
	}
}

// The word arrived, and the answer to it did not: another run says it again, and the CA knows nothing of it any more.
static void test_a_confirmation_that_arrived_is_said_again(void)
{
	struct talk t;
	bool told = false;
	begin(&t, CMP_REQUEST_IR, NULL);
	issued_well(&t, NULL);
	AUTO_BUF struct buf before = { 0 };
	CHECK_OK(ca_save(t.ca, &before));
	const struct ca_request r = request_of(&t);
	CHECK_OK(ca_confirm(t.ca, &r, &told));
	ca_close(t.ca);
	open_ca(&t, &before);
	CHECK_OK(ca_authenticate(t.ca, t.answers));
	CHECK_OK(ca_confirm(t.ca, &r, &told));
	CU_ASSERT_FALSE(told);
	end(&t);
}

static void test_a_certificate_that_is_not_wanted_is_taken_back(void)
{
	struct talk t;
	bool told = false;
	AUTO(cert) struct cert *leaf = NULL;
	begin(&t, CMP_REQUEST_IR, NULL);
	issued_well(&t, &leaf);
	const struct ca_request r = request_of(&t);
	AUTO(err)
	struct err *why = err_tag(err_new(ERR_POLICY, "No."), "certificate-other-name");
	CHECK_OK(ca_reject(t.ca, &r, why, &told));
	CU_ASSERT(told);
	AUTO_TEXT char *reason = bank_revoked_for(cert_sha256(leaf));
	CU_ASSERT_STRING_EQUAL(reason, "cessationOfOperation");
	end(&t);
}

static void test_implicit_confirmation(void)
{
	struct talk t;
	bool told = true;
	begin(&t, CMP_REQUEST_IR, NULL);
	t.profile.ca.cmp.implicit_confirm = true;
	issued_well(&t, NULL);
	const struct ca_request r = request_of(&t);
	CHECK_OK(ca_confirm(t.ca, &r, &told));
	CU_ASSERT_FALSE(told);
	end(&t);
}

static void swap_keys(void)
{
	struct soft_key k = keys[0];
	keys[0] = keys[1];
	keys[1] = k;
	// Each signs through a pointer to itself.
	for (size_t i = 0; i < KEYS; i++) {
		keys[i].signer.ctx = &keys[i];
		keys[i].public_key.modulus = keys[i].modulus;
		keys[i].public_key.exponent = keys[i].exponent;
	}
}

static void test_renewal_and_revocation_are_signed(void)
{
	struct talk t;
	bool told = false, sent = false;
	AUTO(cert) struct cert *leaf = NULL;
	begin(&t, CMP_REQUEST_IR, NULL);
	issued_well(&t, &leaf);
	struct ca_request r = request_of(&t);
	CHECK_OK(ca_confirm(t.ca, &r, &told));
	end(&t);
	swap_keys();
	begin(&t, CMP_REQUEST_IR, leaf);
	issued_well(&t, NULL);
	reopen(&t);
	r = request_of(&t);
	CHECK_OK(ca_confirm(t.ca, &r, &told));
	CU_ASSERT(told);
	CHECK_OK(ca_revoke(t.ca, &r, leaf, 1, &sent));
	AUTO_TEXT char *reason = bank_revoked_for(cert_sha256(leaf));
	CU_ASSERT_STRING_EQUAL(reason, "keyCompromise");
	// What is revoked renews nothing.
	struct ca_outcome o = { 0 };
	AUTO(err) struct err *e = submit(&t, &o);
	CU_ASSERT(e && err_kind(e) == ERR_CA_REFUSED && err_has_tag(e, "request-refused"));
	CU_ASSERT_FALSE(ca_no_is_open(t.ca)); // the CA has signed that
	end(&t);
}

// --- bad ones

static void fails(void (*how)(struct bank_answer *a), int body, enum err_kind kind, const char *tag)
{
	struct talk t;
	struct ca_outcome o = { 0 };
	begin(&t, CMP_REQUEST_IR, NULL);
	bank_change = how;
	bank_change_body = body;
	AUTO(err) struct err *e = submit(&t, &o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	if (err_kind(e) != kind || strcmp(err_slug(e), tag) != 0) {
		AUTO_TEXT char *text = err_render(e);
		fprintf(stderr, "not %s, but:\n%s\n", tag, text);
	}
	CU_ASSERT(err_kind(e) == kind);
	CU_ASSERT_STRING_EQUAL(err_slug(e), tag);
	CU_ASSERT_EQUAL(o.issued.n, 0);
	ca_outcome_free(&o);
	end(&t);
}

static void other_nonce(struct bank_answer *a)
{
	cmp_find(a->body, cmp_recipient_nonce, sizeof cmp_recipient_nonce)[4] ^= 1;
	cmp_protect_again(a->body, secret);
}
static void other_transaction(struct bank_answer *a)
{
	cmp_find(a->body, cmp_transaction, sizeof cmp_transaction)[4] ^= 1;
	cmp_protect_again(a->body, secret);
}
static void other_protection(struct bank_answer *a)
{
	cmp_find(a->body, cmp_recipient_nonce, sizeof cmp_recipient_nonce)[4] ^= 1;
}
static void web_page(struct bank_answer *a)
{
	buf_reset(a->body);
	*a->type = "text/html";
	CHECK_OK(buf_puts(a->body, "<html>Welcome</html>"));
}
static void trouble(struct bank_answer *a)
{
	web_page(a);
	*a->status = 503;
}
static void not_found(struct bank_answer *a)
{
	web_page(a);
	*a->status = 404;
}
static void elsewhere(struct bank_answer *a)
{
	web_page(a);
	*a->status = 302;
}
static size_t cut_at;
static void cut(struct bank_answer *a)
{
	a->body->len = a->body->len * cut_at / 10;
}
static void other_type(struct bank_answer *a)
{
	*a->type = "application/octet-stream";
}

static void test_answers_that_are_none(void)
{
	fails(other_nonce, CMP_IP, ERR_NETWORK, "answer-forged");
	fails(other_transaction, CMP_IP, ERR_NETWORK, "answer-forged");
	fails(other_protection, CMP_IP, ERR_ANSWER, "secret-wrong");
	fails(web_page, CMP_IP, ERR_CA_REFUSED, "no-certificate");
	fails(other_type, CMP_IP, ERR_CA_REFUSED, "no-certificate");
	fails(trouble, CMP_IP, ERR_NETWORK, "server-trouble");
	fails(not_found, CMP_IP, ERR_CA_REFUSED, "request-refused");
	for (cut_at = 0; cut_at < 10; cut_at++)
		fails(cut, CMP_IP, ERR_CA_REFUSED, "no-certificate");
}

// On a line without TLS a status comes from whoever is on the way: the CA may have issued all the same.
static void test_a_status_on_an_open_line_is_no_word_of_the_ca(void)
{
	static void (*const ways[])(struct bank_answer *) = { not_found, elsewhere };
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct talk t;
		struct ca_outcome o = { 0 };
		begin(&t, CMP_REQUEST_IR, NULL);
		bank_change = ways[i];
		bank_change_body = CMP_IP;
		AUTO(err) struct err *e = submit(&t, &o);
		CU_ASSERT(e && err_has_tag(e, i ? "redirected" : "request-refused"));
		CU_ASSERT_TRUE(ca_no_is_open(t.ca));
		end(&t);
	}
}

static void test_a_secret_that_does_not_fit(void)
{
	struct talk t;
	struct ca_outcome o = { 0 };
	begin(&t, CMP_REQUEST_IR, NULL);
	give_answers(&t, "ANOTHER-ONE");
	AUTO(err) struct err *e = submit(&t, &o);
	CU_ASSERT(e && err_kind(e) == ERR_ANSWER && err_has_tag(e, "secret-wrong"));
	CU_ASSERT_TRUE(ca_no_is_open(t.ca)); // anybody has a secret that is not ours
	end(&t);
}

// Protected by the secret, it is the CA's own word.
static void test_a_no_under_the_secret(void)
{
	struct request_rdn rdn[] = { { "C", "JP" }, { "CN", "0000000009user1283" } };
	const struct request_terms terms = { .subject = rdn, .n_subject = 2 };
	struct talk t;
	struct ca_outcome o = { 0 };
	begin(&t, CMP_REQUEST_IR, NULL);
	buf_reset(&t.request);
	CHECK_OK(request_sign(&terms, &keys[0].public_key, &keys[0].signer, &t.request));
	AUTO(err) struct err *e = submit(&t, &o);
	CU_ASSERT(e && err_has_tag(e, "request-refused"));
	CU_ASSERT_FALSE(ca_no_is_open(t.ca));
	end(&t);
}

// An error that nothing protects could come from anybody.
static void make_error(struct bank_answer *a, const void *algorithm, size_t algorithm_len,
		       const void *protection, size_t protection_len)
{
	AUTO_BUF struct buf id = BUF(64), nonce = BUF(64);
	CHECK_OK(buf_put(&id, cmp_find(a->body, cmp_transaction, 4) + 4, 16));
	CHECK_OK(buf_put(&nonce, cmp_find(a->body, cmp_recipient_nonce, 4), 20));
	static const unsigned char head[] = { 0x30, 0x00, 0x30, 0x33, 0x02, 0x01, 0x02, 0xa4,
					      0x02, 0x30, 0x00, 0xa4, 0x02, 0x30, 0x00 },
				   before_id[] = { 0xa4, 0x12, 0x04, 0x10 };
	static const unsigned char tail[] = {
		0xb7, 0x10, 0x30, 0x0e, 0x30, 0x0c, 0x02, 0x01, 0x02,
		0x30, 0x03, 0x0c, 0x01, 0x78, 0x03, 0x02, 0x05, 0x20
	};
	buf_reset(a->body);
	CHECK_OK(buf_put(a->body, head, sizeof head));
	CHECK_OK(buf_put(a->body, algorithm, algorithm_len));
	CHECK_OK(buf_put(a->body, before_id, sizeof before_id));
	CHECK_OK(buf_put(a->body, id.data, 16));
	CHECK_OK(buf_put(a->body, nonce.data, 20));
	CHECK_OK(buf_put(a->body, tail, sizeof tail));
	CHECK_OK(buf_put(a->body, protection, protection_len));
	a->body->data[1] = (unsigned char)(a->body->len - 2);
	a->body->data[3] = (unsigned char)(a->body->data[3] + algorithm_len);
}

static void unprotected(struct bank_answer *a)
{
	make_error(a, "", 0, "", 0);
}

// sha256WithRSAEncryption, and two bytes of a signature.
static void badly_signed(struct bank_answer *a)
{
	static const unsigned char algorithm[] = { 0xa1, 0x0f, 0x30, 0x0d, 0x06, 0x09,
						   0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
						   0x01, 0x01, 0x0b, 0x05, 0x00 },
				   protection[] = { 0xa0, 0x05, 0x03, 0x03, 0x00, 0x12, 0x34 };
	make_error(a, algorithm, sizeof algorithm, protection, sizeof protection);
}

static void test_errors_without_protection(void)
{
	static void (*const ways[])(struct bank_answer *) = { unprotected, badly_signed };
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct talk t;
		struct ca_outcome o = { 0 };
		fails(ways[i], CMP_IP, ERR_NETWORK, "answer-forged");
		begin(&t, CMP_REQUEST_IR, NULL);
		t.profile.ca.cmp.unprotected_errors = true;
		ca_close(t.ca);
		open_ca(&t, NULL);
		bank_change = ways[i];
		bank_change_body = CMP_IP;
		AUTO(err) struct err *e = submit(&t, &o);
		CU_ASSERT_PTR_NOT_NULL_FATAL(e);
		CU_ASSERT(err_has_tag(e, "request-refused"));
		// Somebody on the way may have said it, and the CA have issued.
		CU_ASSERT_TRUE(ca_no_is_open(t.ca));
		end(&t);
	}
}

static struct err *put_tlv(struct buf *b, unsigned char tag, const void *bytes, size_t len)
{
	const unsigned char head[] = { tag, 0x82, (unsigned char)(len >> 8), (unsigned char)len };
	TRY(buf_put(b, head, sizeof head));
	return buf_put(b, bytes, len);
}

// A field of the header that is longer than any that means something is not carried along.
static void long_nonce(struct bank_answer *a)
{
	static const unsigned char names[] = { 0x02, 0x01, 0x02, 0xa4, 0x02, 0x30,
					       0x00, 0xa4, 0x02, 0x30, 0x00 },
				   body[] = {
					   0xb7, 0x07, 0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02
				   };
	static const unsigned char nonce[9000];
	AUTO_BUF struct buf octets = BUF(20000), header = BUF(20000), all = BUF(20000);
	CHECK_OK(put_tlv(&octets, 0x04, nonce, sizeof nonce));
	CHECK_OK(buf_put(&header, names, sizeof names));
	CHECK_OK(buf_put(&header, cmp_find(a->body, cmp_transaction, 4), 4 + 16));
	CHECK_OK(put_tlv(&header, 0xa5, octets.data, octets.len));
	CHECK_OK(put_tlv(&all, 0x30, header.data, header.len));
	CHECK_OK(buf_put(&all, body, sizeof body));
	buf_reset(a->body);
	CHECK_OK(put_tlv(a->body, 0x30, all.data, all.len));
}

static void test_a_field_that_is_too_long(void)
{
	fails(long_nonce, CMP_IP, ERR_CA_REFUSED, "no-certificate");
}

static void test_confirmations_that_are_not_believed(void)
{
	static void (*const ways[])(struct bank_answer *) = { other_nonce, other_transaction,
							      other_protection };
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct talk t;
		bool told = false;
		begin(&t, CMP_REQUEST_IR, NULL);
		issued_well(&t, NULL);
		bank_change = ways[i];
		bank_change_body = CMP_PKICONF;
		const struct ca_request r = request_of(&t);
		AUTO(err) struct err *e = ca_confirm(t.ca, &r, &told);
		CU_ASSERT(e && err_kind(e) == ERR_NETWORK && err_has_tag(e, "answer-forged"));
		CU_ASSERT_FALSE(told);
		end(&t);
	}
}

// "I know nothing of it" ends the exchange for a run that says its word again; but not where anybody could have said it.
static void test_gone_without_protection_is_no_confirmation(void)
{
	struct talk t;
	bool told = false;
	begin(&t, CMP_REQUEST_IR, NULL);
	t.profile.ca.cmp.unprotected_errors = true;
	issued_well(&t, NULL);
	reopen(&t);
	bank_change = unprotected;
	bank_change_body = CMP_PKICONF;
	const struct ca_request r = request_of(&t);
	CHECK_OK(ca_authenticate(t.ca, t.answers));
	AUTO(err) struct err *e = ca_confirm(t.ca, &r, &told);
	CU_ASSERT(e && err_has_tag(e, "request-refused") && !told);
	// The word can be said again, and is then heard, or was.
	bank_change = NULL;
	CHECK_OK(ca_authenticate(t.ca, t.answers));
	CHECK_OK(ca_confirm(t.ca, &r, &told));
	end(&t);
}

// A server certificate is pinned: the same CA's other one is nobody.
static void test_a_pinned_server(void)
{
	struct talk t;
	struct ca_outcome o = { 0 };
	AUTO(cert) struct cert *leaf = NULL;
	bool told = false;
	begin(&t, CMP_REQUEST_IR, NULL);
	issued_well(&t, &leaf);
	struct ca_request r = request_of(&t);
	CHECK_OK(ca_confirm(t.ca, &r, &told));
	end(&t);
	swap_keys();
	begin(&t, CMP_REQUEST_IR, leaf);
	AUTO_TEXT char *pem = cert_pem(leaf);
	CHECK_OK(buf_puts(&t.profile.ca.cmp.server_certificate, pem));
	AUTO(err) struct err *e = submit(&t, &o);
	CU_ASSERT(e && err_has_tag(e, "answer-forged"));
	buf_free(&t.profile.ca.cmp.server_certificate);
	end(&t);
}

int main(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	dir = s->dir;
	int result = CHECK_MAIN(
		TEST(test_the_ca_opens), TEST(test_each_request_is_confirmed_after_a_restart_too),
		TEST(test_a_confirmation_that_arrived_is_said_again),
		TEST(test_a_certificate_that_is_not_wanted_is_taken_back),
		TEST(test_implicit_confirmation), TEST(test_renewal_and_revocation_are_signed),
		TEST(test_answers_that_are_none),
		TEST(test_a_status_on_an_open_line_is_no_word_of_the_ca),
		TEST(test_a_secret_that_does_not_fit), TEST(test_a_no_under_the_secret),
		TEST(test_errors_without_protection), TEST(test_a_field_that_is_too_long),
		TEST(test_confirmations_that_are_not_believed),
		TEST(test_gone_without_protection_is_no_confirmation), TEST(test_a_pinned_server));
	bank_stop();
	for (size_t i = 0; i < KEYS; i++)
		soft_key_free(&keys[i]);
	return result;
}
