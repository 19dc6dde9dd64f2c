// EST's requests: /simpleenroll and /simplereenroll, each sent once.
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "ca/est.h"

// Sends the request with the credentials or with the ticket, never with both.
static struct err *post(const struct est *e, const struct est_sending *s, const struct buf *der,
			const char *channel, struct http_answer *answer, bool *sent)
{
	AUTO_TEXT char *url = text_format("%s/%s", e->base, s->operation);
	AUTO_BUF struct buf body = BUF(der->len * 2 + 64);
	if (!url)
		return err_no_memory();
	TRY(est_encode(der->data, der->len, &body));
	struct http_header headers[] = { { "Content-Type", "application/pkcs10" },
					 { "Content-Transfer-Encoding", "base64" },
					 { "Accept", "application/pkcs7-mime" },
					 { "Cookie", e->ticket } };
	struct http_call call = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.n_headers = ARRAY_LEN(headers) - (e->user || !e->ticket ? 1 : 0),
		.body = body.data,
		.body_len = body.len,
		.user = e->user,
		.password = e->password,
		.digest = e->user && s->digest,
		.once = true,
		.channel = channel,
	};
	struct err *err = http_do(s->http, &call, answer, sent);
	wipe(body.data, body.len); // a challenge may be in it
	return err;
}

// The connection may end between signing and sending: nothing was sent then, and the request is signed anew.
static struct err *post_linked(const struct est *e, const struct est_sending *s,
			       struct http_answer *answer, bool *sent)
{
	enum { TRIES = 3 };
	for (int n = 1;; n++) {
		AUTO_BUF struct buf der = { 0 };
		AUTO_TEXT char *channel = NULL;
		TRY(est_link_take(e, s->http, &channel));
		TRY(est_link_sign(s->request, channel, &der));
		struct err *err = post(e, s, &der, channel, answer, sent);
		if (!err || n == TRIES || !err_has_tag(err, "channel-changed"))
			return err;
		log_err(LOG_INFO, "ca", err);
		err_free(err);
	}
}

static struct err *send_it(const struct est *e, const struct est_sending *s,
			   struct http_answer *answer, bool *sent)
{
	if (e->linked)
		return post_linked(e, s, answer, sent);
	AUTO_BUF struct buf der = { 0 };
	TRY(buf_put(&der, s->request->der, s->request->len));
	return post(e, s, &der, NULL, answer, sent);
}

// A connection of its own: only this request goes where the certificate that vouches has logged in (RFC 7030 §3.3.2, §4.2.2). Why the token did
// not sign is known better by the one who holds the key.
static struct err *post_vouched(struct ca *c, const struct ca_key *by, const char *operation,
				const struct ca_request *r, struct http_answer *answer, bool *sent)
{
	AUTO(http) struct http *http = NULL;
	TRY(est_open_http(c, by, &http));
	const struct est_sending s = { .http = http, .operation = operation, .request = r };
	struct err *err = send_it(c->self, &s, answer, sent);
	struct err *of_key = private_key_error(by->key);
	if (of_key) {
		err_free(err);
		return of_key;
	}
	if (!err && !http_tls(http)->login_given)
		log_info("ca", N_("The server did not ask for the certificate that vouches."));
	return err;
}

static struct err *reenroll(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			    bool *sent)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	if (!r->old.key || !r->old.cert)
		return err_new(ERR_FAILED, N_("The key that is renewed is not at hand."));
	TRY(post_vouched(c, &r->old, "simplereenroll", r, &a, sent));
	TRY(est_renewal_refusal(&a));
	return est_outcome(c->self, &a, false, out);
}

// RFC 7030 §3.3.2: an RA is known by its TLS client certificate. A ticket needs nobody who vouches once more.
static struct err *enroll_on_behalf(struct ca *c, const struct ca_request *r,
				    struct ca_outcome *out, bool *sent)
{
	struct est *e = c->self;
	AUTO_ANSWER struct http_answer a = { 0 };
	if (e->ticket) {
		const struct est_sending s = { .http = e->http,
					       .operation = "simpleenroll",
					       .request = r };
		TRY(send_it(e, &s, &a, sent));
		return est_outcome(e, &a, false, out);
	}
	if (!r->ra.key)
		return ca_ra_missing(c);
	TRY(post_vouched(c, &r->ra, "simpleenroll", r, &a, sent));
	TRY(est_ra_refusal(&a));
	return est_outcome(e, &a, false, out);
}

// HTTP Digest has a connection of its own: with it ends what libcurl knows of the credentials.
static struct err *enroll(struct ca *c, const struct ca_request *r, struct http_answer *answer,
			  bool *sent)
{
	const struct est *e = c->self;
	struct est_sending s = { .http = e->http, .operation = "simpleenroll", .request = r };
	s.digest = e->user && c->terms.profile->ca.est.auth == EST_AUTH_DIGEST;
	AUTO(http) struct http *apart = NULL;
	if (s.digest) {
		TRY(est_open_http(c, NULL, &apart));
		s.http = apart;
	}
	return send_it(e, &s, answer, sent);
}

static struct err *send_request(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
				bool *sent)
{
	struct est *e = c->self;
	bool had_credentials = e->user != NULL;
	if (c->terms.renews)
		return reenroll(c, r, out, sent);
	if (c->terms.on_behalf)
		return enroll_on_behalf(c, r, out, sent);
	if (!had_credentials && !e->ticket && c->terms.role->user_name)
		return err_tag(err_new(ERR_ANSWER, N_("The CA needs the answers anew for this.")),
			       "credentials-missing");
	AUTO_ANSWER struct http_answer a = { 0 };
	struct err *err = enroll(c, r, &a, sent);
	est_forget_credentials(e);
	return err ? err : est_outcome(e, &a, had_credentials, out);
}

struct err *est_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out, bool *sent)
{
	struct est *e = c->self;
	free(e->ticket); // of an earlier request
	e->ticket = NULL;
	return send_request(c, r, out, sent);
}

// A ticket that the CA does not take any more: the person is asked again.
struct err *est_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out, bool *sent)
{
	struct est *e = c->self;
	bool by_ticket = !e->user && e->ticket;
	struct err *err = send_request(c, r, out, sent);
	if (!by_ticket || !err || err_kind(err) != ERR_ANSWER)
		return err;
	log_err(LOG_INFO, "ca", err);
	err_free(err);
	free(e->ticket);
	e->ticket = NULL;
	*out = (struct ca_outcome){ .state = CA_WAIT_ANEW, .retry_seconds = 1 };
	return NULL;
}
