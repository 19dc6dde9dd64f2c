// A conversation with the byte server.
#include "fixture.h"

#include <time.h>

#include "x509/judge.h"

static struct soft_key key;

static void make_profile(struct fixture *f)
{
	static char contract[] = "contract_id", user_id[] = "user_id", pin[] = "user_pin",
		    name[] = "user", code[] = "1283";
	static char cn[] = "{contract_id}{user_id}{institution_code}",
		    user[] = "{contract_id}.{user_id}", password[] = "{user_pin}{otp}",
		    practice[] = "practice";
	f->fields[0] = (struct profile_field){ .name = contract, .digits_min = 6, .digits_max = 6 };
	f->fields[1] = (struct profile_field){ .name = user_id, .max_length = 8 };
	f->fields[2] = (struct profile_field){ .name = pin, .secret = true, .max_length = 12 };
	f->role = (struct profile_role){ .name = name,
					 .fields = f->fields,
					 .n_fields = 3,
					 .otp = { .kind = OTP_TOTP, .length = 6, .step = 30 },
					 .common_name = cn,
					 .user_name = user,
					 .password = password };
	snprintf(f->host, sizeof(f->host), "127.0.0.1:%u", f->server->port);
	snprintf(f->url, sizeof(f->url), "https://%s" EST "/",
		 f->host); // with the slash that people leave
	f->hosts[0] = f->host;
	f->profile = (struct profile){ .name = practice,
				       .institution_code = code,
				       .roles = &f->role,
				       .n_roles = 1,
				       .key = { .bits = 2048 },
				       .ca = { .protocol = CA_EST,
					       .url = f->url,
					       .anchors = f->server->anchors,
					       .hosts = f->hosts,
					       .n_hosts = 1,
					       .connect_seconds = 5,
					       .answer_seconds = 8,
					       .max_answer = 262144 } };
}

static bool asked_to_stop(void *ctx)
{
	return ((const struct fixture *)ctx)->stop;
}

static struct err *open_ca(struct fixture *f, const struct buf *state)
{
	struct ca_terms t = { .profile = &f->profile,
			      .role = &f->role,
			      .transaction = "0123",
			      .stop = asked_to_stop,
			      .stop_ctx = f };
	return ca_open(&t, state ? state->data : NULL, state ? state->len : 0, &f->ca);
}

static void make_answers(struct fixture *f)
{
	CHECK_OK(answers_new(&f->answers));
	CHECK_OK(answers_put_known(f->answers, "contract_id", "000000"));
	CHECK_OK(answers_put_known(f->answers, "user_id", "1"));
	CHECK_OK(answers_put_known(f->answers, "user_pin", "pin-word"));
	CHECK_OK(answers_put_known(f->answers, "otp", "123456"));
}

void fixture_begin(struct fixture *f, const char *script, const char *server)
{
	*f = (struct fixture){ .server = byteserver_start(script, server) };
	if (!key.key)
		soft_key_make(&key, 2048);
	make_profile(f);
	make_answers(f);
	CHECK_OK(open_ca(f, NULL));
	struct request_rdn rdn = { "CN", FIXTURE_CN };
	struct request_terms t = { .subject = &rdn, .n_subject = 1, .digital_signature = true };
	CHECK_OK(request_sign(&t, &key.public_key, &key.signer, &f->request));
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->ca);
}

void fixture_end(struct fixture *f)
{
	ca_close(f->ca);
	answers_free(f->answers);
	buf_free(&f->request);
	byteserver_free(f->server);
}

void fixture_reopen(struct fixture *f)
{
	AUTO_BUF struct buf state = { 0 };
	CHECK_OK(ca_save(f->ca, &state));
	CU_ASSERT(!memmem(state.data, state.len, "pin-word", 8) &&
		  !memmem(state.data, state.len, "123456", 6));
	ca_close(f->ca);
	f->ca = NULL;
	CHECK_OK(open_ca(f, &state));
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->ca);
}

struct err *fixture_submit(struct fixture *f, struct ca_outcome *out, bool *sent)
{
	struct ca_request r = { .der = f->request.data, .len = f->request.len };
	TRY(ca_authenticate(f->ca, f->answers));
	return ca_submit(f->ca, &r, out, sent);
}

struct err *fixture_poll(struct fixture *f, struct ca_outcome *out)
{
	struct ca_request r = { .der = f->request.data, .len = f->request.len };
	bool sent = false;
	return ca_poll(f->ca, &r, out, &sent);
}

const char *fixture_judge(const struct fixture *f, const struct ca_outcome *o)
{
	AUTO_BUF struct buf public_key = { 0 };
	AUTO_CERTS struct cert_list anchors = { 0 };
	CHECK_OK(rsa_public_der(&key.public_key, &public_key));
	CHECK_OK(cert_list_from_pem(f->profile.ca.anchors.data, f->profile.ca.anchors.len,
				    &anchors));
	struct judge_terms t = { public_key.data, public_key.len, FIXTURE_CN, &anchors,
				 time(NULL),	  true,		  false };
	AUTO(cert) struct cert *leaf = NULL;
	AUTO(err) struct err *e = judge_certificates(&t, &o->issued, &leaf, NULL);
	static char slug[64];
	snprintf(slug, sizeof(slug), "%s", e ? err_slug(e) : "");
	return slug;
}

void fixture_key_free(void)
{
	soft_key_free(&key);
}
