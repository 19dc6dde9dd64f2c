// EST (RFC 7030, RFC 8951) without HTTP: a call in, an answer out.
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/attested.h"
#include "practiceca/authority.h"
#include "practiceca/client.h"
#include "practiceca/csrattrs.h"
#include "practiceca/database.h"
#include "practiceca/digest.h"
#include "practiceca/login.h"
#include "practiceca/refusal.h"
#include "practiceca/session.h"
#include "practiceca/ticket.h"

// What the server is set to. Read-only while it runs; every thread uses it.
struct service {
	struct authority *authority;
	struct database *database;
	struct login_rules login;
	struct csrattrs_config csrattrs;
	struct secret *
		challenge; // the challengePassword every request must carry; null: tls-unique, when one is carried
	struct digest *digest; // HTTP Digest in the place of Basic; null: Basic
	struct attested_rules attested;
	int64_t retry_after; // seconds
	bool with_chain, verbose;
	bool link_required;			  // each request is bound to its TLS connection
	bool scep_3des;				  // requests in 3DES are taken, and answered so
	bool reenroll_same_key;			  // a renewal may keep the key of its certificate
	struct sessions *sessions;		  // of the portal
	const char *portal_charset, *portal_type; // "Shift_JIS", "text/html; charset=Shift_JIS"
	struct buf cacerts, csrattrs_body;	  // ready answers
	struct cmp_desk *cmp;			  // the transactions of CMP (cmp.h)
};
MUST struct err *service_prepare(struct service *s); // fills what is derived; the rest is set
void service_free(struct service *s);

struct call { // borrowed; headers are null when missing
	const char *method, *path;
	bool plain;		// without TLS
	const void *connection; // for call_query and call_header
	const char *content_type, *authorization, *cookie, *accept_language;
	const struct buf *body;
	bool too_large;		// the body was longer than REQUEST_BODY_MAX, and is not here
	const char *tls_unique; // base64; null when the connection has none
	struct der
		certificate; // the client's, of the TLS handshake: its key was proved, all else is unjudged
	const char *tls_version, *cipher; // "TLSv1.3", "TLS_AES_256_GCM_SHA384"
};

struct answer {
	enum refusal refusal;
	unsigned status;
	const char *content_type, *allow; // null: none
	const char *location;  // of a redirection; null: none. Borrowed from the call or static
	struct buf set_cookie; // a whole Set-Cookie value; empty: none
	struct buf body;
	int64_t retry_after; // 0: none
	char ticket[TICKET_LEN + 1];
	char challenge[DIGEST_CHALLENGE_MAX]; // of a 401; "": Basic
};
static inline void answer_cleanup(struct answer *a)
{
	buf_free(&a->body);
	buf_free(&a->set_cookie);
}
#define AUTO_ANSWER __attribute__((cleanup(answer_cleanup)))

// server.c: an argument of the query, decoded, and a header; null when missing.
const char *call_query(const struct call *c, const char *name);
const char *call_header(const struct call *c, const char *name);

// Errors are the server's own faults (a full disk, say), to be answered with 500.
MUST struct err *est_answer(const struct service *s, const struct call *c, struct answer *out);

// enroll.c: POST /simpleenroll.
MUST struct err *enroll_answer(const struct service *s, const struct call *c, struct answer *out);
// reenroll.c: POST /simplereenroll.
MUST struct err *reenroll_answer(const struct service *s, const struct call *c, struct answer *out);

// Which languages the client wants words in: the one that it names first, or both.
struct wanted {
	bool en, ja;
};
struct wanted call_languages(const struct call *c);
// The answer becomes this refusal, in the words of the client's language.
MUST struct err *answer_refuse(struct answer *a, const struct call *c, enum refusal r);
