// HTTPS and HTTP in front of est.h.
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "practiceca/server.h"

// A check of a PIN holds its thread for 50 ms and a commit for a sync of the disk: more threads than cores, so that one can sync while
// another computes.
enum { THREADS = 8, CONNECTIONS = 512, IDLE_SECONDS = 30, HEADERS_MAX = 32768 };
// A body that is too large is read to its end, so that the client hears the answer and not a cut line; but not for ever.
enum { DISCARD_MAX = 64 << 20 };

struct server {
	struct MHD_Daemon *daemon;
	const struct service *service;
	server_answer *answer;
	bool plain;
	int listen_fd;
};

// One request in the making.
struct exchange {
	struct buf body;
	size_t discarded;
	bool too_large;
};

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

const char *call_header(const struct call *c, const char *name)
{
	return header((struct MHD_Connection *)(uintptr_t)c->connection, name);
}

const char *call_query(const struct call *c, const char *name)
{
	return MHD_lookup_connection_value((struct MHD_Connection *)(uintptr_t)c->connection,
					   MHD_GET_ARGUMENT_KIND, name);
}

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	return info ? info->tls_session : NULL;
}

// tls-unique (RFC 5929 §3) in base64; TLS 1.3 has none. Without the extended master secret (RFC 7627) two connections can be made to share it, and it
// links nothing.
static const char *tls_unique(gnutls_session_t session, char out[static 96])
{
	gnutls_datum_t raw = { 0 };
	gnutls_datum_t text = { 0 };
	if (gnutls_protocol_get_version(session) > GNUTLS_TLS1_2 ||
	    !gnutls_session_ext_master_secret_status(session) ||
	    gnutls_session_channel_binding(session, GNUTLS_CB_TLS_UNIQUE, &raw) < 0)
		return NULL;
	bool good = gnutls_base64_encode2(&raw, &text) == 0 && text.size < 96;
	if (good) {
		memcpy(out, text.data, text.size);
		out[text.size] = '\0';
	}
	gnutls_free(text.data);
	gnutls_free(raw.data);
	return good ? out : NULL;
}

// What the handshake was, borrowed from the session: the client's certificate, whose key GnuTLS saw it prove, version and cipher suite.
static void describe_handshake(gnutls_session_t session, char unique[static 96], struct call *c)
{
	unsigned n = 0;
	const gnutls_datum_t *certificates = gnutls_certificate_get_peers(session, &n);
	const char *cipher = gnutls_ciphersuite_get(session);
	if (certificates && n)
		c->certificate = (struct der){ certificates[0].data, certificates[0].size };
	c->tls_unique = tls_unique(session, unique);
	c->tls_version =
		gnutls_protocol_get_version(session) > GNUTLS_TLS1_2 ? "TLSv1.3" : "TLSv1.2";
	c->cipher = cipher ? cipher : "";
}

static bool add_headers(struct MHD_Response *response, const struct answer *a)
{
	bool good = MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;
	char text[256];
	if (a->content_type)
		good &= MHD_add_response_header(response, "Content-Type", a->content_type) ==
			MHD_YES;
	if (a->allow)
		good &= MHD_add_response_header(response, "Allow", a->allow) == MHD_YES;
	if (a->status == 401)
		good &= MHD_add_response_header(
				response, "WWW-Authenticate",
				a->challenge[0]
					? a->challenge
					: "Basic realm=\"inkan practice CA\", charset=\"UTF-8\"") ==
			MHD_YES;
	if (a->location)
		good &= MHD_add_response_header(response, "Location", a->location) == MHD_YES;
	if (a->set_cookie.len)
		good &= MHD_add_response_header(response, "Set-Cookie",
						(const char *)a->set_cookie.data) == MHD_YES;
	if (a->retry_after)
		good &= MHD_add_response_header(response, "Retry-After",
						msg_number(text, a->retry_after)) == MHD_YES;
	if (a->ticket[0]) {
		snprintf(text, sizeof text,
			 TICKET_COOKIE "=%s; Path=/.well-known/est; Max-Age=%lld; Secure; "
				       "HttpOnly; SameSite=Strict",
			 a->ticket, (long long)TICKET_LIFE);
		good &= MHD_add_response_header(response, "Set-Cookie", text) == MHD_YES;
	}
	return good;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, const struct answer *a)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(a->body.len, a->body.data, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	enum MHD_Result result = MHD_NO;
	if (add_headers(response, a))
		result = MHD_queue_response(connection, a->status, response);
	MHD_destroy_response(response);
	return result;
}

static void log_answer(const struct call *c, const struct answer *a)
{
	log_info("practiceca", N_("%1 %2: %3"), ARG_TEXT(c->method), ARG_TEXT(c->path),
		 ARG_NUM(a->status));
}

static enum MHD_Result answer_call(const struct server *s, struct MHD_Connection *connection,
				   const char *method, const char *path, const struct exchange *x)
{
	AUTO_ANSWER struct answer a = { 0 };
	char unique[96];
	gnutls_session_t session = session_of(connection);
	if (!session && !s->plain)
		return MHD_NO;
	struct call c = {
		.method = method,
		.path = path,
		.plain = s->plain,
		.connection = connection,
		.content_type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
		.authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
		.cookie = header(connection, MHD_HTTP_HEADER_COOKIE),
		.accept_language = header(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE),
		.body = &x->body,
		.too_large = x->too_large,
	};
	if (session)
		describe_handshake(session, unique, &c);
	AUTO(err) struct err *e = s->answer(s->service, &c, &a);
	if (e) {
		log_err(LOG_INFO, "practiceca", e);
		answer_cleanup(&a);
		a = (struct answer){ 0 };
		err_ignore(answer_refuse(&a, &c, REFUSE_FAULT));
	}
	if (s->service->verbose)
		log_answer(&c, &a);
	return send_answer(connection, &a);
}

static struct exchange *begin_exchange(struct MHD_Connection *connection)
{
	struct exchange *x = calloc(1, sizeof *x);
	const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	if (!x)
		return NULL;
	x->body = BUF(REQUEST_BODY_MAX);
	x->too_large = length && strtoull(length, NULL, 10) > REQUEST_BODY_MAX;
	return x;
}

static bool kept(struct err *e)
{
	bool good = e == NULL;
	err_ignore(e);
	return good;
}

static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *len)
{
	if (!x->too_large && x->body.len + *len > REQUEST_BODY_MAX) {
		x->too_large = true;
		buf_reset(&x->body);
	}
	if (x->too_large)
		x->discarded += *len;
	else if (!kept(buf_put(&x->body, data, *len)))
		return MHD_NO;
	*len = 0;
	return x->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *len, void **state)
{
	const struct server *s = cls;
	struct exchange *x = *state;
	(void)version;
	if (!x) {
		x = begin_exchange(connection);
		*state = x;
		if (!x)
			return MHD_NO;
		// A client that asks before it sends (100-continue) is told at once; others after their body.
		const char *expect = header(connection, MHD_HTTP_HEADER_EXPECT);
		if (x->too_large && expect && strcasecmp(expect, "100-continue") == 0)
			return answer_call(s, connection, method, url, x);
		return MHD_YES;
	}
	if (*len)
		return take_body(x, data, len);
	return answer_call(s, connection, method, url, x);
}

static void end_exchange(void *cls, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *state;
	(void)cls;
	(void)connection;
	(void)code;
	if (!x)
		return;
	buf_free(&x->body);
	free(x);
	*state = NULL;
}

static struct MHD_Daemon *start_daemon(struct server *s)
{
	const struct authority *a = s->service->authority;
	struct MHD_OptionItem common[] = {
		{ MHD_OPTION_LISTEN_SOCKET, s->listen_fd, NULL },
		{ MHD_OPTION_THREAD_POOL_SIZE, THREADS, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADERS_MAX, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, a->tls_key_pem.data },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, a->tls_chain_pem.data },
		{ MHD_OPTION_HTTPS_MEM_TRUST, 0, a->trust_pem.data },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (char *)(uintptr_t) "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ MHD_OPTION_END, 0, NULL },
	};
	if (s->plain)
		tls[0].option = MHD_OPTION_END;
	return MHD_start_daemon(
		(s->plain ? 0U : (unsigned)MHD_USE_TLS) | (unsigned)MHD_USE_AUTO_INTERNAL_THREAD, 0,
		NULL, NULL, handle, s, MHD_OPTION_ARRAY, common, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_NOTIFY_COMPLETED, end_exchange, NULL, MHD_OPTION_END);
}

struct err *server_start(const struct service *s, const struct served *what, int listen_fd,
			 struct server **out)
{
	struct server *server = calloc(1, sizeof *server);
	if (!server) {
		close(listen_fd);
		return err_no_memory();
	}
	server->service = s;
	server->answer = what->answer;
	server->plain = what->plain;
	server->listen_fd = listen_fd;
	server->daemon = start_daemon(server);
	if (!server->daemon) {
		close(listen_fd);
		free(server);
		return err_new(ERR_FAILED, N_("The HTTP server could not be started."));
	}
	*out = server;
	return NULL;
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	MHD_stop_daemon(s->daemon); // closes the listening socket too
	free(s);
}
