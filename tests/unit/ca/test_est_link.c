// Requests bound to their TLS connection: when, to which, and that none leaves bound to another.
#include "fixture.h"

#define CSRATTRS  "on GET " EST "/csrattrs\n"
#define CHALLENGE CSRATTRS " text MAsGCSqGSIb3DQEJBw==\n" // challengePassword
#define LINKING	  CSRATTRS " text MA0GCyqGSIb3DQEJEAI6\n" // estIdentityLinking
#define CACERTS	  "on GET " EST "/cacerts\n"
#define KEPT	  CACERTS " cacerts\n"
// It says that it hangs up: whether the other side has seen an end that is not said is a matter of luck.
#define CLOSED CACERTS " cacerts\n header Connection: close\n close\n"
#define ISSUES "on POST " EST "/simpleenroll\n issue good\n"
#define SAYS_WAIT                                                                                  \
	"on POST " EST "/simpleenroll\n status 202 Accepted\n header Set-Cookie: ticket=abc\n"

enum { CHANNEL_TEXT = 96 };

// Stands for the token: what it was given to bind to, in order.
struct signing {
	struct fixture *f;
	char channels[8][CHANNEL_TEXT];
	size_t n;
};

static struct err *resign(void *ctx, const struct secret *channel, struct buf *der)
{
	struct signing *s = ctx;
	snprintf(s->channels[s->n++ % 8], CHANNEL_TEXT, "%s", secret_text(channel));
	return buf_put(der, s->f->request.data, s->f->request.len);
}

static struct err *submit(struct signing *s, struct ca_outcome *o, bool *sent)
{
	struct fixture *f = s->f;
	struct ca_request r = {
		.der = f->request.data, .len = f->request.len, .resign = resign, .ctx = s
	};
	TRY(ca_authenticate(f->ca, f->answers));
	return ca_submit(f->ca, &r, o, sent);
}

static void begin(struct signing *s, struct fixture *f, const char *script)
{
	struct ca_constraints k = { 0 };
	fixture_begin(f, script, NULL);
	*s = (struct signing){ .f = f };
	CHECK_OK(ca_constraints(f->ca, &k));
	ca_constraints_free(&k);
}

static void check_bound(const char *script)
{
	struct fixture f;
	struct signing s;
	struct ca_outcome o = { 0 };
	bool sent = false;
	begin(&s, &f, script);
	CU_ASSERT(ca_request_is_secret(f.ca)); // made anew for each connection, so not journalled
	CHECK_OK(submit(&s, &o, &sent));
	CU_ASSERT(sent && o.state == CA_ISSUED);
	CU_ASSERT(s.n == 1 && strlen(s.channels[0]) == 16);
	CU_ASSERT(byteserver_logged(f.server, "POST") == 1);
	ca_outcome_free(&o);
	fixture_end(&f);
}

static void test_bound_where_the_ca_asks(void)
{
	check_bound(CHALLENGE KEPT ISSUES);
	check_bound(LINKING KEPT ISSUES);
}

static void test_where_the_link_goes(void)
{
	struct fixture f;
	struct ca_constraints k = { 0 };
	fixture_begin(&f, LINKING KEPT, NULL);
	CHECK_OK(ca_constraints(f.ca, &k));
	CU_ASSERT(k.identity_linking);
	fixture_end(&f);
	fixture_begin(&f, CHALLENGE KEPT, NULL);
	CHECK_OK(ca_constraints(f.ca, &k));
	CU_ASSERT(!k.identity_linking);
	fixture_end(&f);
}

static void test_a_connection_that_was_replaced_is_signed_for_anew(void)
{
	struct fixture f;
	struct signing s;
	struct ca_outcome o = { 0 };
	bool sent = false;
	// The first look belongs to the constraints; after the second the server hangs up.
	begin(&s, &f, CHALLENGE KEPT CLOSED KEPT ISSUES);
	CHECK_OK(submit(&s, &o, &sent));
	CU_ASSERT(o.state == CA_ISSUED && s.n == 2);
	CU_ASSERT(strcmp(s.channels[0], s.channels[1]) != 0);
	CU_ASSERT(byteserver_logged(f.server, "POST") == 1);
	ca_outcome_free(&o);
	fixture_end(&f);
}

static void test_a_server_that_always_hangs_up_gets_nothing(void)
{
	struct fixture f;
	struct signing s;
	struct ca_outcome o = { 0 };
	bool sent = false;
	begin(&s, &f, CHALLENGE CLOSED ISSUES);
	AUTO(err) struct err *e = submit(&s, &o, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_NETWORK && err_has_tag(e, "channel-changed"));
	CU_ASSERT(!sent && s.n == 3);
	CU_ASSERT(byteserver_logged(f.server, "POST") == 0);
	fixture_end(&f);
}

// Over a restart, too: the state says that requests are bound.
static void test_asking_again_binds_to_the_new_connection(void)
{
	struct fixture f;
	struct signing s;
	struct ca_outcome o = { 0 };
	bool sent = false;
	begin(&s, &f, CHALLENGE KEPT SAYS_WAIT ISSUES);
	CHECK_OK(submit(&s, &o, &sent));
	CU_ASSERT(o.state == CA_WAIT && s.n == 1);
	fixture_reopen(&f);
	CU_ASSERT(ca_request_is_secret(f.ca));
	struct ca_request r = { .resign = resign, .ctx = &s };
	CHECK_OK(ca_poll(f.ca, &r, &o, &sent));
	CU_ASSERT(o.state == CA_ISSUED && s.n == 2);
	CU_ASSERT(strcmp(s.channels[0], s.channels[1]) != 0);
	ca_outcome_free(&o);
	fixture_end(&f);
}

static void test_the_profile_may_demand_or_forbid_it(void)
{
	struct fixture f;
	struct ca_constraints k = { 0 };
	fixture_begin(&f, CHALLENGE KEPT ISSUES, NULL);
	f.profile.ca.est.link = EST_LINK_NEVER;
	AUTO(err) struct err *e = ca_constraints(f.ca, &k);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_POLICY && err_has_tag(e, "challenge-password"));
	fixture_end(&f);
	fixture_begin(&f, KEPT ISSUES, NULL); // no csrattrs
	f.profile.ca.est.link = EST_LINK_ALWAYS;
	fixture_reopen(&f);
	CHECK_OK(ca_constraints(f.ca, &k));
	CU_ASSERT(ca_request_is_secret(f.ca));
	fixture_end(&f);
}

static void test_a_server_without_the_extended_master_secret(void)
{
	struct fixture f;
	struct ca_constraints k = { 0 };
	fixture_begin(&f, CHALLENGE KEPT ISSUES, "no-ems");
	AUTO(err) struct err *e = ca_constraints(f.ca, &k);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_POLICY && err_has_tag(e, "link-impossible"));
	fixture_end(&f);
}

int main(void)
{
	int status = CHECK_MAIN(TEST(test_bound_where_the_ca_asks), TEST(test_where_the_link_goes),
				TEST(test_a_connection_that_was_replaced_is_signed_for_anew),
				TEST(test_a_server_that_always_hangs_up_gets_nothing),
				TEST(test_asking_again_binds_to_the_new_connection),
				TEST(test_the_profile_may_demand_or_forbid_it),
				TEST(test_a_server_without_the_extended_master_secret));
	fixture_key_free();
	return status;
}
