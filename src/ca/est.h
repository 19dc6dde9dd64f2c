// EST inside: the conversation's memory and what its files share. Private to the room.
#pragma once

#include "ca/protocol.h"
#include "http/http.h"
#include "x509/cert.h"
#include "x509/csrattrs.h"

struct est {
	struct http *http;
	char *base; // the profile's URL without a slash at the end
	struct secret *user,
		*password; // from ca_authenticate to the next sending, whatever comes of it
	struct cert_list
		cacerts; // what /cacerts gave: for building a chain to the profile's anchors, never trusted
	bool cacerts_asked;
	bool linked;  // requests are bound to their TLS connection
	char *ticket; // cookie pairs from a 202: bound to the request, no credential; null: none
};

// old: whose certificate logs in; null: nobody's.
MUST struct err *est_open_http(const struct ca *c, const struct ca_key *old, struct http **out);
void est_forget_credentials(struct est *e);

// est_send.c
struct est_sending {
	struct http *http;
	const char *operation; // "simpleenroll"
	const struct ca_request *request;
	bool digest; // of the credentials, where there are some
};
MUST struct err *est_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			    bool *sent);
MUST struct err *est_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			  bool *sent);

// est_show.c
MUST struct err *est_show(const struct ca_terms *t, struct cert_list *out);

// est_link.c: from now on requests are bound. ERR_POLICY tagged "link-impossible" where the server's connections cannot be bound to.
MUST struct err *est_link_begin(struct ca *c);
// What binds a request to this connection as it stands now.
MUST struct err *est_link_take(const struct est *e, struct http *http, char **channel);
MUST struct err *est_link_sign(const struct ca_request *r, const char *channel, struct buf *der);

// base64 as RFC 8951 §3 wants bodies: 64 columns, a newline after each line.
MUST struct err *est_encode(const void *der, size_t len, struct buf *out);
// Any shape of base64: one line or many, CRLF, white space, with or without padding. ERR_CA_REFUSED for what is none.
MUST struct err *est_decode(const struct buf *body, struct buf *der);

// What the status says, as an error; null for 200, 201 and 202.
MUST struct err *est_refusal(const struct http_answer *a);
// A status of 4xx as a plain no, 401 too where nobody logs in by HTTP: ERR_CA_REFUSED tagged "request-refused".
MUST struct err *est_no(const struct http_answer *a);
// 401 and 403 to a request that the old certificate vouches for, as an error; null for anything else.
MUST struct err *est_renewal_refusal(const struct http_answer *a);
// The same where an RA vouches.
MUST struct err *est_ra_refusal(const struct http_answer *a);
// An answer of 200, 201 or 202 to a request, as an outcome; keeps the ticket. had_credentials: whether this sending carried some.
MUST struct err *est_outcome(struct est *e, const struct http_answer *a, bool had_credentials,
			     struct ca_outcome *out);

// GET /csrattrs, judged against what this program can do.
MUST struct err *est_constraints(struct ca *c, struct ca_constraints *out);
// est_subject.c: ERR_POLICY tagged "subject-template".
MUST struct err *est_subject(const struct profile_role *r, const struct csrattrs *w,
			     struct ca_constraints *out);
// GET /cacerts, once; what comes is kept in e->cacerts. An error where there are none to be had.
MUST struct err *est_cacerts(struct est *e);
// GET base + path.
MUST struct err *est_get(struct est *e, const char *path, struct http_answer *out);
