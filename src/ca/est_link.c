// A request bound to its TLS connection (RFC 7030 §3.5): who has the key is who speaks here.
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "ca/est.h"

static struct err *no_channel(void)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("The request is to be bound to the TLS connection, but the "
				   "connection to the CA has nothing that it could be bound to "
				   "(TLS "
				   "1.2 with the extended master secret is wanted).")),
			"link-impossible"),
		N_("Nothing was sent. Tell the institution what is said here."));
}

// Any answer will do: it is the connection that is looked at.
static struct err *look(const struct est *e, struct http *http)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO_TEXT char *url = text_format("%s/cacerts", e->base);
	if (!url)
		return err_no_memory();
	struct http_call call = { .method = "GET", .url = url };
	TRY(http_do(http, &call, &a, NULL));
	return http_channel(http)[0] ? NULL : no_channel();
}

struct err *est_link_begin(struct ca *c)
{
	struct est *e = c->self;
	AUTO(http) struct http *http = NULL;
	if (!e->linked) {
		e->linked = true;
		TRY(est_open_http(c, NULL, &http));
		http_close(e->http);
		e->http = http;
		http = NULL;
	}
	log_info("ca", N_("The request will be bound to the TLS connection (tls-unique)."));
	return look(e, e->http);
}

struct err *est_link_take(const struct est *e, struct http *http, char **channel)
{
	TRY(look(e, http));
	char *copy = text_copy(http_channel(http));
	if (!copy)
		return err_no_memory();
	*channel = copy;
	return NULL;
}

struct err *est_link_sign(const struct ca_request *r, const char *channel, struct buf *der)
{
	AUTO(secret) struct secret *value = NULL;
	if (!r->resign)
		return err_new(ERR_FAILED, N_("The request cannot be signed now."));
	TRY(secret_from(channel, strlen(channel), &value));
	return r->resign(r->ctx, value, der);
}
