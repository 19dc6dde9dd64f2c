// Requests that came over pages (the portal, /certsrv/), until their certificate was fetched: their numbers, and what became of them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/est.h"

enum web_place { WEB_PORTAL, WEB_CERTSRV };

struct web_request {
	int64_t id, account;
	int64_t requested_for; // the account that gets the certificate; 0: the same
	int64_t vouched_by;    // the agent's certificate in the log; 0: the person's own proof
	struct buf wrapped;    // what the agent signed, DER; empty: nothing
	struct buf body;       // base64, as request_read takes it
	char sha256[65];
	int64_t at;
	bool done; // fetched, or refused
};
void web_request_free(struct web_request *w);
static inline void web_request_cleanup(struct web_request *w)
{
	web_request_free(w);
}
#define AUTO_WEB_REQUEST __attribute__((cleanup(web_request_cleanup)))

// Strict PEM: one request and nothing else, as base64. *good false otherwise.
MUST struct err *web_pem(const char *text, bool *good, struct buf *body);
// The same of a PKCS#7, as DER.
bool web_is_pkcs7(const char *text);
MUST struct err *web_pkcs7(const char *text, bool *good, struct buf *der);
// Judged as EST's: the request itself, the name of the account, the attestation.
MUST struct err *web_judge(const struct service *s, const struct call *c, const struct holder *who,
			   const struct buf *body, enum refusal *no, char sha256[static 65]);
// A new one, which gets its number; at the portal it takes the place of one that was never fetched.
MUST struct err *web_add(const struct service *s, enum web_place place, struct web_request *w);
// By number; with id 0 the account's own that was not fetched yet. *there false: none.
MUST struct err *web_find(const struct service *s, enum web_place place, int64_t id,
			  int64_t account, bool *there, struct web_request *out);
// The numbers of an account's requests that are not done and that no certificate was issued for.
enum { WEB_WAITING_MAX = 20 };
MUST struct err *web_waiting(const struct service *s, enum web_place place, int64_t account,
			     int64_t ids[static WEB_WAITING_MAX], size_t *n);
MUST struct err *web_done(const struct service *s, int64_t id); // fetched, or refused

enum web_state { WEB_ISSUED, WEB_WAITS, WEB_REFUSED };
// Issues, or asks again, or finds what was issued. leaf on WEB_ISSUED, wait on WEB_WAITS, no on WEB_REFUSED.
MUST struct err *web_step(const struct service *s, const struct call *c,
			  const struct web_request *w, enum web_state *state, X509 **leaf,
			  int64_t *wait, enum refusal *no);
