// One way to speak HTTP: TLS 1.2 or newer, hosts pinned, no redirects, sizes and times capped, nothing sent twice.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

struct http; // one client with its kept connection; used by one thread at a time

struct evp_pkey_st; // OpenSSL's EVP_PKEY

// Who we are to a server that asks (TLS client authentication: RFC 8446 §4.4.2, RFC 5246 §7.4.6). The key may be on a token: its holder
// knows better than an answer here why it did not sign.
struct http_der {
	const void *bytes;
	size_t len;
};
struct http_login {
	struct evp_pkey_st *key;     // null: nobody
	struct http_der certificate; // of the key
	const struct http_der *chain;
	size_t n_chain;
	bool pss; // the key makes PSS signatures; without them it is TLS 1.2 and PKCS#1 v1.5
};

struct http_terms {
	const char *const *hosts; // "host" or "host:port" that may be spoken to
	size_t n_hosts;
	const void *anchors_pem; // the only trust anchors; the system's are not used
	size_t anchors_len;
	unsigned connect_seconds, answer_seconds;
	size_t max_body; // of an answer
	// http:// may be spoken as well as https://: for protocols whose messages are protected by themselves (SCEP, CMP), CRLs and OCSP. Credentials
	// never go that way.
	bool plain;
	// The server is not verified (RFC 7030 §4.1.1): for what a person compares by another way before it counts. Only a GET without headers leaves,
	// and no login; the anchors may be empty.
	bool unverified;
	struct http_login login;
	bool bound; // requests are to be bound to their connection: TLS 1.2, whose connections have a value (http_channel)
	// Called about every 200 ms while waiting; true stops (ERR_INTERRUPTED). May be null.
	bool (*stop)(void *ctx);
	void *stop_ctx;
};

// The network library is loaded and started in a thread of its own, by one who will want it and has something else to do first. Its failure is
// http_open's to tell. The end waits for that thread; a process must not exit before.
void http_ahead(void);
void http_ahead_end(void);

MUST struct err *http_open(const struct http_terms *t, struct http **out); // copies what it needs
void http_close(struct http *h);					   // wipes credentials
DEFINE_CLEANUP(http, struct http, http_close)

struct http_header {
	const char *name, *value;
};

// How a server is told who we are, over TLS alone. NTLM and Negotiate take two requests on one connection, and only the second carries the
// body and the proof, once; they give no channel binding (RFC 5929).
enum http_auth {
	HTTP_BASIC,
	HTTP_NTLM,	// [MS-NLMP], with user and password; the user may be DOMAIN\name
	HTTP_NEGOTIATE, // RFC 4559, with the Kerberos ticket of this process; user and password are null
};

struct http_call {
	const char *method; // "GET" or "POST"
	const char *url;
	const struct http_header *headers;
	size_t n_headers;
	const void *body; // POST only
	size_t body_len;
	// HTTP Basic (RFC 7617), sent ahead, only after the server was verified; both or neither. With HTTP_NTLM they are for that.
	const struct secret *user, *password;
	enum http_auth auth;
	// HTTP Digest (RFC 7616) with them instead: first a request without body and credentials, then, as the server asks, the true one, once.
	// ERR_CA_REFUSED tagged "digest-not-offered" where it does not ask so, "digest-again" where it asks a second time. libcurl keeps them until
	// http_close.
	bool digest;
	// true: the bytes leave at most once, whatever the connection does; a line that drops is an error. Implied by credentials and by POST.
	bool once;
	// It leaves only on the connection that has this value (http_channel), otherwise not at all; null: on any.
	const char *channel;
};

enum { HTTP_MAX_HEADERS = 64 };

struct http_answer {
	int status;	    // 100-599
	char *content_type; // lower case, without parameters; "" when missing
	int64_t retry_after; // seconds from now; -1 when missing or unreadable (both forms of RFC 9110 §10.2.3 are read)
	int64_t date; // when the server says that it answered (RFC 9110 §6.6.1), seconds since 1970; -1 when missing or unreadable
	char *set_cookie; // all name=value pairs that were set, as a Cookie header wants them; null: none
	char *www_authenticate; // all challenges, joined by ", "; null: none
	char *location;		// of a redirection, as it was sent; null: none
	char *charset;		// of the content type, lower case; null: none
	char *cookies; // the values of all Set-Cookie headers as they were sent, one a line; null: none
	char *reason; // safe text (text_safe) of a text/plain or short answer for showing; "" otherwise
	struct buf body;
};
void http_answer_free(struct http_answer *a);
static inline void http_answer_cleanup(struct http_answer *a)
{
	http_answer_free(a);
}
#define AUTO_ANSWER __attribute__((cleanup(http_answer_cleanup)))

// Any status is success here; ERR_NETWORK for TLS (tagged "tls-untrusted", "tls-expired", "tls-not-yet", "tls-wrong-host", "tls-failed"), name, connect ("unreachable"), cut line
// ("line-cut"), time-out ("timeout"), too much ("too-large"), no HTTP ("not-http"); ERR_CA_REFUSED where the server does not take our
// certificate ("login-refused") or wants one where there is none ("login-wanted"); ERR_PROFILE for a host that is not allowed, before anything is sent.
// ERR_NETWORK tagged "channel-changed" where the connection is not the call's and nothing was sent; "line-cut" where it ended with the request.
// *sent (may be null) is set true as soon as any byte of the request may have left.
MUST struct err *http_do(struct http *h, const struct http_call *c, struct http_answer *out,
			 bool *sent);

// Where a reference on the page `base` leads (RFC 3986 §5.2), without its fragment. ERR_PROFILE tagged "url-wrong" for what is no http or https address.
MUST struct err *http_resolve(const char *base, const char *reference, char **out);
// Whether two URLs have the same origin: scheme, host, port (RFC 6454 §5). False for what is no URL.
bool http_same_origin(const char *a, const char *b);
// The host of a URL, lower case, and its path, "/" at least. ERR_PROFILE tagged "url-wrong".
MUST struct err *http_parts(const char *url, char **host, char **path);

// The connection of the last answer.
struct http_tls {
	char version[16], cipher[64]; // "TLSv1.3", "TLS_AES_256_GCM_SHA384"; empty before the first
	bool login_asked;	      // the server asked who we are ...
	bool login_given;	      // ... and was given our certificate
};
const struct http_tls *http_tls(const struct http *h);

// What binds a request to the connection of the last answer: tls-unique (RFC 5929 §3) in base64, at most 88 bytes. Empty where it has none
// that can be relied on: TLS 1.3, or TLS 1.2 without the extended master secret (RFC 7627).
const char *http_channel(const struct http *h);

// Counters, for tests and figures.
unsigned http_handshakes(const struct http *h);
