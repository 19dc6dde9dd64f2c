// EST inside: the conversation's memory and what its files share. Private to the room.
#pragma once

#include "ca/protocol.h"
#include "http/http.h"
#include "x509/cert.h"

struct est {
	struct http *http;
	char *base; // the profile's URL without a slash at the end
	struct secret *user,
		*password; // from ca_authenticate to the next sending, whatever comes of it
	struct cert_list
		cacerts; // what /cacerts gave: for building a chain to the profile's anchors, never trusted
	bool cacerts_asked;
	char *ticket; // cookie pairs from a 202: bound to the request, no credential; null: none
};

// base64 as RFC 8951 §3 wants bodies: 64 columns, a newline after each line.
MUST struct err *est_encode(const void *der, size_t len, struct buf *out);
// Any shape of base64: one line or many, CRLF, white space, with or without padding. ERR_CA_REFUSED for what is none.
MUST struct err *est_decode(const struct buf *body, struct buf *der);

// What the status says, as an error; null for 200, 201 and 202.
MUST struct err *est_refusal(const struct http_answer *a);
// 401 and 403 to a request that the old certificate vouches for, as an error; null for anything else.
MUST struct err *est_renewal_refusal(const struct http_answer *a);
// The same where an RA vouches.
MUST struct err *est_ra_refusal(const struct http_answer *a);
// An answer of 200, 201 or 202 to a request, as an outcome; keeps the ticket. had_credentials: whether this sending carried some.
MUST struct err *est_outcome(struct est *e, const struct http_answer *a, bool had_credentials,
			     struct ca_outcome *out);

// GET /csrattrs, judged against what this program can do.
MUST struct err *est_constraints(struct ca *c, struct ca_constraints *out);
// GET /cacerts, once; what comes is kept in e->cacerts. An error where there are none to be had.
MUST struct err *est_cacerts(struct est *e);
// GET base + path.
MUST struct err *est_get(struct est *e, const char *path, struct http_answer *out);
