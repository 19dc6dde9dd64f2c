// What the room's files share: the client, one transfer of it, and where a URL leads. Private to the room.
#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "http/http.h"

// Where a URL leads: scheme https or http, no user information, the host in ASCII and lower case, the port always said.
struct place {
	CURLU *url;	 // null for a host alone
	char *host;	 // as in URLs: IPv6 in brackets
	char *host_port; // "host:port"
	bool plain;	 // http
};
void place_free(struct place *p);
static inline void place_cleanup(struct place *p)
{
	place_free(p);
}
#define AUTO_PLACE __attribute__((cleanup(place_cleanup)))
// ERR_PROFILE for anything else.
MUST struct err *place_of_url(const char *url, struct place *out);
MUST struct err *place_of_host(const char *host, struct place *out); // "host" or "host:port"
// What it says of an address that is not allowed: the caller's to return.
struct err *place_refused(const char *url);
bool place_is_loopback(const struct place *p);

// What OpenSSL found wrong with the server's certificates; it lives as long as the connections, which libcurl keeps.
struct verdict {
	int error;		       // X509_V_…; X509_V_OK
	int64_t not_before, not_after; // of the certificate that is wrong
};

// Who we are, as OpenSSL wants it, and what the server said to it.
struct login {
	EVP_PKEY *key; // null: nobody
	X509 *certificate;
	STACK_OF(X509) * chain;
	bool pss;
	int alert; // the last fatal one that came from the server in this transfer; 0: none
};

enum { CHANNEL_ROOM = 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1 };

struct http {
	CURLM *multi; // holds the kept connection
	CURL *easy;
	char **hosts; // "host:port", as in a place
	size_t n_hosts;
	struct buf anchors;
	unsigned connect_seconds, answer_seconds;
	size_t max_body;
	bool plain;
	bool (*stop)(void *ctx);
	void *stop_ctx;
	unsigned handshakes;
	struct verdict verdict;
	struct login login;
	struct http_tls tls;
	bool bound, unverified;
	char channel[CHANNEL_ROOM];
};

// Has verdict and login of the client kept up at every handshake. False: libcurl refused.
bool handshake_watch(CURL *easy, struct http *h);
void verdict_watch(SSL_CTX *ctx);

// TLS as requests that are bound to their connection need it.
void channel_prepare(SSL_CTX *ctx, const struct http *h);
void channel_of(SSL *ssl, char out[static CHANNEL_ROOM]);

MUST struct err *login_open(const struct http_login *l, struct http *h);
void login_close(struct http *h);
void login_offer(SSL_CTX *ctx, struct http *h);
// The connection stands: what it is.
void login_look(CURL *easy, struct http *h);
// ERR_CA_REFUSED where the server's alert is about our certificate, or about having none; null otherwise.
struct err *login_fault(const struct http *h, const char *host);

struct transfer {
	const struct place *place;
	struct http *http;
	bool once;
	const char *channel;	 // as in the call
	bool digest, challenged; // the server asked for Digest
	int status; // of the last status line; 0: none came yet, or none since the request left
	bool channel_changed;
	bool *sent;	    // may be null
	unsigned sendings;  // how often the request began to leave
	bool again_refused; // it would have left a second time
	bool too_large, no_memory, interrupted, timed_out;
	bool headers_ended; // by their empty line: libcurl takes a line that is cut before it for the end of an answer
	int64_t answer_by; // on the monotonic clock, in ms; 0 until the request leaves
	unsigned answer_seconds;
	size_t n_headers, header_bytes;
	char *retry_after; // as it was sent
	struct http_answer answer;
	char words[CURL_ERROR_SIZE]; // libcurl's
};
void transfer_free(struct transfer *t);
static inline void transfer_cleanup(struct transfer *t)
{
	transfer_free(t);
}
#define AUTO_TRANSFER __attribute__((cleanup(transfer_cleanup)))

// Gathers headers and body into the transfer (libcurl's callbacks).
MUST struct err *answer_gather(CURL *easy, struct transfer *t, size_t max_body);
// Once all is there: status, times and words.
MUST struct err *answer_finish(CURL *easy, struct transfer *t);

// "Authorization: Basic …" (RFC 7617), zero-terminated.
MUST struct err *basic_header(const struct secret *user, const struct secret *password,
			      struct secret **out);

// Why a transfer failed, for a person.
MUST struct err *fault_of(CURL *easy, CURLcode code, const struct http *h,
			  const struct transfer *t);

// A digest that was not asked for: nothing of the request has left. A server in trouble is the caller's.
struct err *digest_fault(const struct transfer *t);

// Loads libcurl, unless it is there. ERR_FAILED tagged "network-library".
MUST struct err *libcurl_load(void);
// libcurl with a heap that is wiped as it is freed.
MUST struct err *heap_start(void);
